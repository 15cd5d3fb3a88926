/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A fuzzer's input, and what all targets share.
 */
#ifndef _FUZZ_H
#define _FUZZ_H

#include "code.h"
#include "unit.h"

extern struct code fuzz_input;

bool fuzz_more(void);
size_t fuzz_bytes(void *to, size_t len);
u8 fuzz_u8(void);
u16 fuzz_u16(void);
u32 fuzz_u32(void);

/* What a target does with one input. */
void fuzz_one(void);

#endif /* _FUZZ_H */
