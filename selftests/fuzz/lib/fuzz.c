// SPDX-License-Identifier: GPL-2.0
/*
 * See fuzz.h.  Takes the place of the unit tests' harness: random numbers are
 * the input, and a failure ends the program.
 */
#include <stdio.h>
#include <stdlib.h>
#include "fuzz.h"

static const u8 *input;
static size_t left;
static u32 noise;

/* As for the unit tests, which tell why. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0:detect_stack_use_after_return=0";
}

const char *__ubsan_default_options(void);
const char *__ubsan_default_options(void)
{
	return "halt_on_error=1:print_stacktrace=1";
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t len);
int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	input = data;
	left = len;
	noise = len;
	fuzz_one();
	env_check_end();
	env_reset();
	return 0;
}

bool fuzz_more(void)
{
	return left;
}

/* What is left of the input, up to @len bytes; how many that are. */
size_t fuzz_bytes(void *to, size_t len)
{
	len = min(len, left);
	memcpy(to, input, len);
	input += len;
	left -= len;
	return len;
}

u8 fuzz_u8(void)
{
	u8 byte;

	if (fuzz_bytes(&byte, 1))
		return byte;
	noise = noise * 1664525 + 1013904223;
	return noise >> 24;
}

u16 fuzz_u16(void)
{
	u16 low = fuzz_u8();

	return low | fuzz_u8() << 8;
}

u32 fuzz_u32(void)
{
	u32 low = fuzz_u16();

	return low | (u32)fuzz_u16() << 16;
}

u64 fuzz_u64(void)
{
	u64 low = fuzz_u32();

	return low | (u64)fuzz_u32() << 32;
}

/* A number near one where something wraps, or any. */
u64 fuzz_edge(void)
{
	static const u64 edge[] = {
		0, 1ULL << 9, 1ULL << 12, 1ULL << 16, 1ULL << 31, 1ULL << 32,
		1ULL << 47, 1ULL << 54, 1ULL << 55, 1ULL << 63,
	};
	u8 kind = fuzz_u8();

	if (kind == 255)
		return fuzz_u64();
	return edge[kind % ARRAY_SIZE(edge)] + (signed char)fuzz_u8() *
	       (kind & 128 ? 512ULL : 1ULL);
}

/* An address out of few, so that ranges meet; most at the ends of all there is. */
u64 fuzz_addr(void)
{
	u8 at = fuzz_u8();

	if (at == 255)
		return fuzz_edge();
	return (at & 64 ? at & 63 : 0ULL - 64 + (at & 63)) +
	       (at & 128 ? 1ULL << 32 : 0);
}

/* A length that reaches a few of these, or any. */
u64 fuzz_span(void)
{
	u8 len = fuzz_u8();

	if (len == 255)
		return U64_MAX;
	return len < 224 ? len & 31 : fuzz_edge();
}

/* For the unit tests' parts. */
uint64_t unit_rand(void)
{
	return fuzz_u16();
}

uint32_t unit_rand_below(uint32_t n)
{
	return (n <= 256 ? fuzz_u8() : fuzz_u32()) % n;
}

void unit_fail(const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fprintf(stderr, "%s:%d: ", file, line);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	abort();
}
