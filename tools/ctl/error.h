/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the program says when something is wrong, and how it ends then.
 */
#ifndef CTL_ERROR_H
#define CTL_ERROR_H

/* Exit status of the program. */
enum {
	CTL_OK = 0,
	CTL_FAILED = 1,
	CTL_USAGE = 2,
};

void error_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void fail(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), noreturn));
void fail_usage(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), noreturn));

#endif /* CTL_ERROR_H */
