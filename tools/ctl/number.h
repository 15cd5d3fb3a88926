/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Numbers as users write them.  Nothing may come before or behind, neither
 * blanks nor a sign; what does not fit is refused.
 */
#ifndef CTL_NUMBER_H
#define CTL_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct limit - a rate limit
 * @rate: per second, 0 for none
 * @burst: how many may come at once, 0 for the kernel's choice
 */
struct limit {
	uint64_t rate;
	uint64_t burst;
};

typedef int (*number_fn)(const char *s, uint64_t *n);

int number_parse(const char *s, uint64_t *n);
int size_parse(const char *s, uint64_t *n);
int limit_parse(const char *s, number_fn parse, struct limit *limit);
int seconds_parse(const char *s, uint64_t *nsecs);
bool range_parse(const char *s, uint64_t min, uint64_t max, uint64_t *n);

void size_print(char *buf, size_t len, uint64_t n);
void rate_print(char *buf, size_t len, double n);

#endif /* CTL_NUMBER_H */
