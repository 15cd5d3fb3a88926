/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Coverage of the modules, where the kernel has KCOV and the modules are built
 * with KCOV_INSTRUMENT=y: by system calls of a thread, and by the kernel's threads
 * that work for devices of a process and of its children.
 */
#ifndef TOOLS_LIB_KCOV_H
#define TOOLS_LIB_KCOV_H

#include <linux/types.h>

#define KCOV_MODULES	3

/**
 * struct kcov_module - which places of a module were reached
 * @start: address of its code
 * @size: bytes
 * @hit: a byte for each address, shared by processes
 */
struct kcov_module {
	__u64 start;
	__u64 size;
	__u8 *hit;
};

/**
 * struct kcov - coverage of all modules
 * @module: the modules, @size 0 where one is not loaded
 * @fd: descriptor of the coverage that is on, -1 for none
 * @area: addresses, written by the kernel
 */
struct kcov {
	struct kcov_module module[KCOV_MODULES];
	int fd;
	__u64 *area;
};

int kcov_init(struct kcov *k);
int kcov_start(struct kcov *k);
int kcov_start_remote(struct kcov *k);
void kcov_collect(struct kcov *k);
unsigned int kcov_count(const struct kcov *k, unsigned int module);
const char *kcov_name(unsigned int module);

#endif /* TOOLS_LIB_KCOV_H */
