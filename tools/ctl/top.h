/* SPDX-License-Identifier: GPL-2.0 */
/*
 * myvhost top: what it shows, and its two ways to show it.
 */
#ifndef CTL_TOP_H
#define CTL_TOP_H

#include "blame.h"

/* Longest line of rows. */
#define TOP_LINE	512

/**
 * struct top - what is wanted
 * @filter: which devices, NULL for all
 * @text: only rows with that in their names, or ""
 * @nsecs: interval
 * @count: how many intervals, 0 for no end
 * @sort: order of the rows
 */
struct top {
	const char *filter;
	char text[64];
	uint64_t nsecs;
	uint64_t count;
	enum row_key sort;
};

void top_take(struct sample *sample, const struct top *top);
void top_rows(struct rows *rows, const struct top *top, const struct sample *old,
	      const struct sample *new);
void top_header(char *line, size_t size);
void top_line(char *line, size_t size, const struct row *row);

int screen_run(struct top *top);

#endif /* CTL_TOP_H */
