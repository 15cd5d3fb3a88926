/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A device as described in /proc/PID/fdinfo/N.
 *
 * Lines are KEY:<tab>VALUE; those of a queue have a key QUEUE.KEY.  Keys that
 * are not known here are kept.
 */
#ifndef CTL_FDINFO_H
#define CTL_FDINFO_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/**
 * struct fdinfo_line - one line
 * @queue: which queue, an index of fdinfo.queue; -1 for the device
 * @key: without the queue
 * @value: as the kernel wrote it
 */
struct fdinfo_line {
	int queue;
	char *key;
	char *value;
};

/**
 * struct fdinfo - all lines of a device, from "backend:" on
 * @line: in their order
 * @n_lines: how many
 * @queue: names of the queues, in their order
 * @n_queues: how many
 */
struct fdinfo {
	struct fdinfo_line *line;
	unsigned int n_lines;
	char **queue;
	unsigned int n_queues;
};

int fdinfo_read(struct fdinfo *info, const char *path);
int fdinfo_parse(struct fdinfo *info, FILE *f);
void fdinfo_free(struct fdinfo *info);

const char *fdinfo_get(const struct fdinfo *info, int queue, const char *key);
bool fdinfo_number(const struct fdinfo *info, int queue, const char *key,
		   uint64_t *n);
void fdinfo_add_number(struct fdinfo *info, int queue, const char *key,
		       uint64_t n);
void fdinfo_add_text(struct fdinfo *info, int queue, const char *key,
		     const char *text);
int fdinfo_queue(const struct fdinfo *info, const char *name);
char *fdinfo_path(const char *value);

#endif /* CTL_FDINFO_H */
