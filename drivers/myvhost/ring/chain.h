/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One request of the guest: a descriptor chain, checked and translated.  Pure:
 * see ring.h.
 */
#ifndef _MVH_CHAIN_H
#define _MVH_CHAIN_H

#include "mem.h"
#include "ring.h"

/*
 * Entries an indirect table may have.  All that a chain can use, with room for
 * empty ones; the walk must end soon.
 */
#define MVH_TABLE_MAX		4096

/* Buffers a chain may have (SP10); how many pieces of memory they are is no matter. */
#define MVH_SEGS_MAX	1024

/**
 * struct mvh_chain - a chain taken from a ring
 *
 * @iov: pieces in the owner's address space, the readable ones first
 * @n_out: pieces the device reads
 * @n_in: pieces the device writes
 * @n_segs: buffers that are not empty
 * @out_len: bytes the device reads
 * @in_len: bytes the device writes; more than 32 bits when a guest overstates
 * @id: the guest's name for it, only to be given back
 * @ndesc: ring descriptors it takes
 * @n_read: descriptors looked at, those of a table included
 */
struct mvh_chain {
	struct iovec *iov;
	unsigned int n_out;
	unsigned int n_in;
	u64 out_len;
	u64 in_len;
	u16 id;
	u16 ndesc;
	u16 n_segs;
	u16 n_read;
};

/**
 * struct mvh_fetch - how much to take from a ring
 * @max: most chains
 * @iov: room for their pieces
 * @n_iov: pieces after which no further chain is begun, at least 1
 * @max_iov: pieces there is room for, at least @n_iov
 * @descs: no further chain is begun when it is not above 0; descriptors that were
 *	looked at are subtracted, those of a chain that was not taken too
 * @bytes: likewise, bytes that the device reads
 */
struct mvh_fetch {
	unsigned int max;
	struct iovec *iov;
	unsigned int n_iov;
	unsigned int max_iov;
	s64 descs;
	s64 bytes;
};

int mvh_chain_fetch(struct mvh_ring *ring, struct mvh_view *view,
		    struct mvh_chain *chain, struct mvh_fetch *fetch);
void mvh_chain_leave(struct mvh_ring *ring, const struct mvh_chain *chain,
		     unsigned int n);

#endif /* _MVH_CHAIN_H */
