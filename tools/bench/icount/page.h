/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the QEMU plugin tells the guest: instructions that each virtual CPU has
 * executed, in a page of memory that both see (an ivshmem device in the guest).
 *
 * The guest executes a mark, a long no-op that does nothing on other machines, to learn
 * whether there is a plugin, and how many blocks it knows.
 */
#ifndef BENCH_ICOUNT_PAGE_H
#define BENCH_ICOUNT_PAGE_H

#include <stdint.h>

#define ICOUNT_MAGIC		0x746e756f6369766dULL
#define ICOUNT_SIZE		(16UL << 20)
#define ICOUNT_CPUS		2
#define ICOUNT_BLOCKS_MAX	(1 << 18)

/* ivshmem */
#define ICOUNT_PCI_VENDOR	0x1af4
#define ICOUNT_PCI_DEVICE	0x1110

/* The mark: a no-op with a displacement that no compiler makes. */
#define ICOUNT_MARK		0x0f, 0x1f, 0x80, 0x01, 0x5e, 0xad, 0x0b

/**
 * struct icount_block - a translated block of kernel code
 * @addr: of its first instruction
 * @insns: how many it has
 * @hits: how often each CPU entered it
 */
struct icount_block {
	uint64_t addr;
	uint64_t insns;
	uint64_t hits[ICOUNT_CPUS];
};

/**
 * struct icount_page - the shared memory
 * @magic: ICOUNT_MAGIC once the plugin has answered a mark
 * @kernel: instructions of each CPU in kernel mode since the machine started
 * @user: likewise, in user mode
 * @nblocks: entries of @block, which keep their places
 * @block: blocks
 */
struct icount_page {
	uint64_t magic;
	uint64_t kernel[ICOUNT_CPUS];
	uint64_t user[ICOUNT_CPUS];
	uint64_t nblocks;
	struct icount_block block[ICOUNT_BLOCKS_MAX];
};

#endif /* BENCH_ICOUNT_PAGE_H */
