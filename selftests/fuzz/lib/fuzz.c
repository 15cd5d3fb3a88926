// SPDX-License-Identifier: GPL-2.0
/*
 * See fuzz.h.  Takes the place of the unit tests' harness: random numbers are
 * the input, and a failure ends the program.
 */
#include <stdio.h>
#include <stdlib.h>
#include "fuzz.h"

struct code fuzz_input;

/* The reasons are in the unit tests' unit.c. */
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
	fuzz_input = code_reader(data, len);
	fuzz_one();
	env_check_end();
	env_reset();
	return 0;
}

bool fuzz_more(void)
{
	return fuzz_input.left;
}

/* What is left of the input, up to @len bytes; how many that are. */
size_t fuzz_bytes(void *to, size_t len)
{
	return code_bytes(&fuzz_input, to, len);
}

u8 fuzz_u8(void)
{
	return code_u8(&fuzz_input, 0);
}

u16 fuzz_u16(void)
{
	return code_u16(&fuzz_input, 0);
}

u32 fuzz_u32(void)
{
	return code_u32(&fuzz_input, 0);
}

/* For the unit tests' parts. */
uint64_t unit_rand(void)
{
	return fuzz_u16();
}

uint32_t unit_rand_below(uint32_t n)
{
	return code_below(&fuzz_input, 0, n);
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
