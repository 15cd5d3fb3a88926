// SPDX-License-Identifier: GPL-2.0
/*
 * Messages go to standard error and begin with the name of the program.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "error.h"

static void error_vsay(const char *fmt, va_list ap)
{
	fflush(stdout);
	fputs("myvhost: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
}

/**
 * error_say() - report an error, and return
 * @fmt: the message
 */
void error_say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	error_vsay(fmt, ap);
	va_end(ap);
}

/**
 * fail() - report a failure, and exit
 * @fmt: what, and what can be done about it
 */
void fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	error_vsay(fmt, ap);
	va_end(ap);
	exit(CTL_FAILED);
}

/**
 * fail_usage() - report a wrong command line, and exit
 * @fmt: what
 */
void fail_usage(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	error_vsay(fmt, ap);
	va_end(ap);
	fputs("see: myvhost help\n", stderr);
	exit(CTL_USAGE);
}
