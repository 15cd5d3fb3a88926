// SPDX-License-Identifier: GPL-2.0
/*
 * See cpus.h.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "alloc.h"
#include "cpus.h"
#include "number.h"

/**
 * cpus_has() - is a processor in a set?
 * @cpus: the set
 * @cpu: the processor, below CPUS_MAX
 */
bool cpus_has(const struct cpus *cpus, unsigned int cpu)
{
	return cpus->bits[cpu / CPUS_WORD] >> cpu % CPUS_WORD & 1;
}

/**
 * cpus_add() - add processors to a set
 * @cpus: the set
 * @first: the first one
 * @last: the last one, below CPUS_MAX
 */
void cpus_add(struct cpus *cpus, unsigned int first, unsigned int last)
{
	for (; first <= last; first++)
		cpus->bits[first / CPUS_WORD] |= 1UL << first % CPUS_WORD;
}

/**
 * cpus_union() - add processors to a set
 * @cpus: the set
 * @others: what is added
 */
void cpus_union(struct cpus *cpus, const struct cpus *others)
{
	unsigned int i;

	for (i = 0; i < CPUS_MAX / CPUS_WORD; i++)
		cpus->bits[i] |= others->bits[i];
}

/**
 * cpus_remove() - remove processors from a set
 * @cpus: the set
 * @others: what is removed
 */
void cpus_remove(struct cpus *cpus, const struct cpus *others)
{
	unsigned int i;

	for (i = 0; i < CPUS_MAX / CPUS_WORD; i++)
		cpus->bits[i] &= ~others->bits[i];
}

/**
 * cpus_empty() - is nothing in a set?
 * @cpus: the set
 */
bool cpus_empty(const struct cpus *cpus)
{
	unsigned int i;

	for (i = 0; i < CPUS_MAX / CPUS_WORD; i++)
		if (cpus->bits[i])
			return false;
	return true;
}

/* "N" or "N-M" */
static int cpus_parse_range(struct cpus *cpus, char *text)
{
	char *dash = strchr(text, '-');
	uint64_t first, last;

	if (dash)
		*dash = 0;
	if (!range_parse(text, 0, CPUS_MAX - 1, &first))
		return -EINVAL;
	last = first;
	if (dash && !range_parse(dash + 1, first, CPUS_MAX - 1, &last))
		return -EINVAL;
	cpus_add(cpus, first, last);
	return 0;
}

/**
 * cpus_parse() - a set of at least one processor, as people and the kernel write it
 * @cpus: result
 * @text: such as 0-3,8
 *
 * Return: 0, or -EINVAL.
 */
int cpus_parse(struct cpus *cpus, const char *text)
{
	char *copy = alloc_text(text), *at = copy, *part;
	int r = 0;

	memset(cpus, 0, sizeof(*cpus));
	while (!r && (part = strsep(&at, ",")))
		r = cpus_parse_range(cpus, part);
	free(copy);
	return r;
}

/**
 * cpus_read() - a set from a file
 * @cpus: result
 * @path: the file
 * @key: what the line begins with, or NULL for a file of one line
 *
 * Return: 0, -EINVAL if it is not there, or another negative errno.
 */
int cpus_read(struct cpus *cpus, const char *path, const char *key)
{
	size_t len = key ? strlen(key) : 0;
	FILE *f = fopen(path, "re");
	char line[4096];
	int r = -EINVAL;

	if (!f)
		return -errno;
	while (r && fgets(line, sizeof(line), f)) {
		if (len && strncmp(line, key, len))
			continue;
		line[strcspn(line, "\n")] = 0;
		r = cpus_parse(cpus, line + len + strspn(line + len, " \t"));
	}
	fclose(f);
	return r;
}

/**
 * cpus_print() - a set as cpus_parse() reads it
 * @cpus: the set
 * @text: where to; what does not fit is left out
 * @size: room there
 */
void cpus_print(const struct cpus *cpus, char *text, size_t size)
{
	unsigned int i, last;
	size_t at = 0;

	text[0] = 0;
	for (i = 0; i < CPUS_MAX; i = last + 1) {
		last = i;
		if (!cpus_has(cpus, i))
			continue;
		while (last + 1 < CPUS_MAX && cpus_has(cpus, last + 1))
			last++;
		at += snprintf(text + at, at < size ? size - at : 0, "%s%u",
			       at ? "," : "", i);
		if (last > i)
			at += snprintf(text + at, at < size ? size - at : 0, "-%u",
				       last);
		if (at >= size)
			return;
	}
}
