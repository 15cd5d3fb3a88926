/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sets of processors, as the kernel writes and reads them.
 */
#ifndef CTL_CPUS_H
#define CTL_CPUS_H

#include <stdbool.h>
#include <stddef.h>

/* No kernel of x86-64 has more. */
#define CPUS_MAX	8192
#define CPUS_WORD	(8 * sizeof(unsigned long))

/**
 * struct cpus - a set of processors
 * @bits: as of sched_setaffinity()
 */
struct cpus {
	unsigned long bits[CPUS_MAX / CPUS_WORD];
};

int cpus_parse(struct cpus *cpus, const char *text);
int cpus_read(struct cpus *cpus, const char *path, const char *key);
void cpus_print(const struct cpus *cpus, char *text, size_t size);
bool cpus_empty(const struct cpus *cpus);
bool cpus_has(const struct cpus *cpus, unsigned int cpu);
void cpus_add(struct cpus *cpus, unsigned int first, unsigned int last);
void cpus_union(struct cpus *cpus, const struct cpus *others);
void cpus_remove(struct cpus *cpus, const struct cpus *others);

#endif /* CTL_CPUS_H */
