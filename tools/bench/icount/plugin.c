// SPDX-License-Identifier: GPL-2.0
/*
 * QEMU plugin: counts the instructions of each virtual CPU and hands them to the
 * guest, see page.h.
 *
 * Debian's QEMU takes plugins, but no package has qemu-plugin.h, hence the
 * declarations: version 4 of the interface, that of QEMU 9.1 to 10.0.
 *
 * A block that a fault or interrupt leaves early counts as a whole, which is less
 * than 0.1 % of what is measured here.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "page.h"

#define EXPORT __attribute__((visibility("default")))

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info;

enum { QEMU_PLUGIN_NO_REGS };

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id,
	void (*fn)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb));
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb,
	void (*fn)(unsigned int cpu, void *data), int regs, void *data);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
	void (*fn)(unsigned int cpu, void *data), int regs, void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb,
						 size_t i);
size_t qemu_plugin_insn_data(const struct qemu_plugin_insn *insn, void *data,
			     size_t len);

EXPORT int qemu_plugin_version = 4;

#define BUCKETS	(1 << 16)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct icount_page *page;
static uint64_t nblocks = 1;			/* block 0 is for what has no place */
static uint32_t next[ICOUNT_BLOCKS_MAX];	/* block after this of a bucket */
static uint32_t bucket[BUCKETS];		/* first block, 0 for none */

/* Number of a block; 0 if the table is full.  Processors translate at the same time. */
static uint32_t block_of(uint64_t addr, uint64_t insns)
{
	uint32_t *head = &bucket[(addr ^ addr >> 16) % BUCKETS], i;

	for (i = *head; i; i = next[i])
		if (page->block[i].addr == addr && page->block[i].insns == insns)
			return i;
	if (nblocks == ICOUNT_BLOCKS_MAX)
		return 0;
	i = nblocks++;
	page->block[i].addr = addr;
	page->block[i].insns = insns;
	next[i] = *head;
	*head = i;
	return i;
}

/* A processor enters a block of kernel code.  Each writes to counters of its own. */
static void executed(unsigned int cpu, void *block)
{
	struct icount_block *b = block;

	if (cpu >= ICOUNT_CPUS)
		return;
	page->kernel[cpu] += b->insns;
	b->hits[cpu]++;
}

/* Of programs only the sum counts; it is passed instead of a block. */
static void executed_user(unsigned int cpu, void *insns)
{
	if (cpu < ICOUNT_CPUS)
		page->user[cpu] += (uintptr_t)insns;
}

static void answer(unsigned int cpu, void *data)
{
	(void)cpu;
	(void)data;
	page->nblocks = nblocks;
	page->magic = ICOUNT_MAGIC;
}

static bool is_mark(const struct qemu_plugin_insn *insn)
{
	static const uint8_t mark[] = { ICOUNT_MARK };
	uint8_t code[16];

	return qemu_plugin_insn_data(insn, code, sizeof(code)) == sizeof(mark) &&
	       !memcmp(code, mark, sizeof(mark));
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	uint64_t addr = qemu_plugin_tb_vaddr(tb), n = qemu_plugin_tb_n_insns(tb), i;

	(void)id;
	if (addr >> 63) {
		pthread_mutex_lock(&lock);
		i = block_of(addr, n);
		pthread_mutex_unlock(&lock);
		qemu_plugin_register_vcpu_tb_exec_cb(tb, executed, QEMU_PLUGIN_NO_REGS,
						     &page->block[i]);
		return;
	}
	qemu_plugin_register_vcpu_tb_exec_cb(tb, executed_user, QEMU_PLUGIN_NO_REGS,
					     (void *)(uintptr_t)n);
	for (i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);

		if (is_mark(insn))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, answer,
				QEMU_PLUGIN_NO_REGS, NULL);
	}
}

/* Argument: page=FILE, the memory of the ivshmem device. */
EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info *info,
			       int argc, char **argv)
{
	int fd;

	(void)info;
	if (argc != 1 || strncmp(argv[0], "page=", 5)) {
		fprintf(stderr, "icount: usage: plugin.so,page=FILE\n");
		return -1;
	}
	fd = open(argv[0] + 5, O_RDWR | O_CREAT, 0600);
	if (fd < 0 || ftruncate(fd, ICOUNT_SIZE)) {
		perror(argv[0] + 5);
		return -1;
	}
	page = mmap(NULL, ICOUNT_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED) {
		perror("icount: mmap");
		return -1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
