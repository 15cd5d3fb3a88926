/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the next chain of a ring is, told from the specification and from memory
 * that does not change, reading whatever it likes.
 */
#ifndef _ORACLE_H
#define _ORACLE_H

#include "ring/chain.h"
#include "naive.h"
#include "rig.h"

enum oracle_answer {
	ORACLE_NONE,
	ORACLE_CHAIN,
	ORACLE_BAD,
	ORACLE_NO_ROOM,	/* more pieces than the caller has room for */
	ORACLE_EITHER,	/* a chain, or bad: not all of a table can be read */
};

/**
 * struct oracle - the next chain
 * @rig: of this ring
 * @memory: in this memory
 * @taken: descriptors of a packed ring that were fetched and not completed
 * @answer: what there is
 * @why: if it is bad, which rule it breaks
 * @table: it has an indirect table
 * @iov: pieces, readable ones first
 * @n_out: how many are readable
 * @n_in: how many are writable
 * @n_segs: buffers that are not empty
 * @in_len: bytes of these
 * @id: the chain's name
 * @ndesc: ring descriptors
 */
struct oracle {
	const struct rig *rig;
	const struct naive *memory;
	unsigned int taken;
	enum oracle_answer answer;
	enum mvh_bad why;
	bool table;
	struct iovec iov[RIG_IOV];
	unsigned int n_out;
	unsigned int n_in;
	unsigned int n_segs;
	u64 in_len;
	u16 id;
	u16 ndesc;
};

void oracle_ask(struct oracle *o);

#endif /* _ORACLE_H */
