/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Numbers as bytes: what a fuzzer's input is made of.  The same function writes
 * a number and reads it, so that what a unit test writes is what a fuzzer reads.
 * It returns the number: the one that was given, or the one that was read.
 *
 * Behind the end of an input follows noise that is the same every time, so
 * that what draws from it comes to an end as it does in the unit tests.
 */
#ifndef _CODE_H
#define _CODE_H

#include "mvh_env.h"

/**
 * struct code - a stream of numbers
 * @writes: it is written; what does not fit is left out
 * @at: next byte
 * @left: bytes from there on
 * @noise: what follows the last byte
 */
struct code {
	bool writes;
	u8 *at;
	size_t left;
	u32 noise;
};

struct code code_reader(const u8 *bytes, size_t len);
struct code code_writer(u8 *bytes, size_t room);

size_t code_bytes(struct code *c, void *bytes, size_t len);
u8 code_u8(struct code *c, u8 v);
u16 code_u16(struct code *c, u16 v);
u32 code_u32(struct code *c, u32 v);
u64 code_u64(struct code *c, u64 v);
u32 code_below(struct code *c, u32 v, u32 n);
u64 code_edge(struct code *c, u64 v);
u64 code_addr(struct code *c, u64 v);
u64 code_span(struct code *c, u64 v);

#endif /* _CODE_H */
