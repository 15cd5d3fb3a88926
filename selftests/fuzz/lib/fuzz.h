/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A fuzzer's input as a stream of numbers, and what all targets share.
 *
 * An input that has ended goes on with noise that is the same every time, so
 * that what draws from it comes to an end as it does in the unit tests.
 */
#ifndef _FUZZ_H
#define _FUZZ_H

#include "mvh_env.h"
#include "unit.h"

bool fuzz_more(void);
size_t fuzz_bytes(void *to, size_t len);
u8 fuzz_u8(void);
u16 fuzz_u16(void);
u32 fuzz_u32(void);
u64 fuzz_u64(void);
u64 fuzz_edge(void);
u64 fuzz_addr(void);
u64 fuzz_span(void);

/* What a target does with one input. */
void fuzz_one(void);

#endif /* _FUZZ_H */
