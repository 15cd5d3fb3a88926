// SPDX-License-Identifier: GPL-2.0
/*
 * See alloc.h.  What is returned is for free().
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "alloc.h"
#include "error.h"

/**
 * alloc_array() - make an array, or change its size
 * @old: the array so far, or NULL
 * @n: elements
 * @size: of each
 *
 * Return: the array; what is new in it has no value yet.
 */
void *alloc_array(void *old, size_t n, size_t size)
{
	void *p = reallocarray(old, n ? n : 1, size);

	if (!p)
		fail("out of memory");
	return p;
}

/**
 * alloc_text() - a copy of a string
 * @s: the string
 */
char *alloc_text(const char *s)
{
	char *p = strdup(s);

	if (!p)
		fail("out of memory");
	return p;
}

/**
 * alloc_format() - a new string
 * @fmt: as of printf()
 */
char *alloc_format(const char *fmt, ...)
{
	va_list ap;
	char *p;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&p, fmt, ap);
	va_end(ap);
	if (n < 0)
		fail("out of memory");
	return p;
}
