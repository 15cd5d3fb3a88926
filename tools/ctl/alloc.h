/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory, or the end of the program.
 */
#ifndef CTL_ALLOC_H
#define CTL_ALLOC_H

#include <stddef.h>

void *alloc_array(void *old, size_t n, size_t size);
char *alloc_text(const char *s);
char *alloc_format(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));

#endif /* CTL_ALLOC_H */
