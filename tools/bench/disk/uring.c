// SPDX-License-Identifier: GPL-2.0
/*
 * The least that the host's kernel can do for a program: a thread that keeps requests in
 * flight by io_uring, and looks at no ring of a guest.  With registered file and buffers,
 * or without.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
#include <linux/io_uring.h>

#include "case.h"

#define ENTRIES	256

/* A submission or completion ring in memory that the kernel shares. */
static struct {
	int fd, file;
	bool fixed;
	unsigned int *sq_tail, *sq_mask, *sq_array;
	unsigned int *cq_head, *cq_tail, *cq_mask;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
	void *sq_map, *cq_map;
	size_t sq_len, cq_len, sqes_len;
	char *data;
	__u64 issued;
} u;

static int uring_map(const struct io_uring_params *p)
{
	char *sq, *cq;

	u.sq_len = p->sq_off.array + p->sq_entries * sizeof(unsigned int);
	u.cq_len = p->cq_off.cqes + p->cq_entries * sizeof(struct io_uring_cqe);
	u.sqes_len = p->sq_entries * sizeof(struct io_uring_sqe);
	sq = mmap(NULL, u.sq_len, PROT_READ | PROT_WRITE, MAP_SHARED, u.fd, IORING_OFF_SQ_RING);
	cq = mmap(NULL, u.cq_len, PROT_READ | PROT_WRITE, MAP_SHARED, u.fd, IORING_OFF_CQ_RING);
	u.sqes = mmap(NULL, u.sqes_len, PROT_READ | PROT_WRITE, MAP_SHARED, u.fd, IORING_OFF_SQES);
	if (sq == MAP_FAILED || cq == MAP_FAILED || (void *)u.sqes == MAP_FAILED)
		return -errno;
	u.sq_map = sq;
	u.cq_map = cq;
	u.sq_tail = (void *)(sq + p->sq_off.tail);
	u.sq_mask = (void *)(sq + p->sq_off.ring_mask);
	u.sq_array = (void *)(sq + p->sq_off.array);
	u.cq_head = (void *)(cq + p->cq_off.head);
	u.cq_tail = (void *)(cq + p->cq_off.tail);
	u.cq_mask = (void *)(cq + p->cq_off.ring_mask);
	u.cqes = (void *)(cq + p->cq_off.cqes);
	return 0;
}

static int uring_register(const struct disk_case *c)
{
	struct iovec iov = { u.data, (size_t)c->depth * c->len };

	if (syscall(SYS_io_uring_register, u.fd, IORING_REGISTER_FILES, &u.file, 1) ||
	    syscall(SYS_io_uring_register, u.fd, IORING_REGISTER_BUFFERS, &iov, 1))
		return -errno;
	return 0;
}

static int uring_open_as(const struct disk_case *c, const char *path, bool fixed)
{
	struct io_uring_params p = { .flags = 0 };
	size_t len = (size_t)c->depth * c->len;
	int r;

	memset(&u, 0, sizeof(u));
	u.fixed = fixed;
	u.file = open(path, O_RDWR | O_CLOEXEC | (c->buffered ? 0 : O_DIRECT));
	if (u.file < 0)
		return -errno;
	u.data = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (u.data == MAP_FAILED)
		return -errno;
	memset(u.data, 1, len);
	u.fd = syscall(SYS_io_uring_setup, ENTRIES, &p);
	if (u.fd < 0)
		return -errno;
	r = uring_map(&p);
	return !r && fixed ? uring_register(c) : r;
}

static int uring_open(const struct disk_case *c, const char *path)
{
	return uring_open_as(c, path, false);
}

static int uring_open_fixed(const struct disk_case *c, const char *path)
{
	return uring_open_as(c, path, true);
}

static void uring_add(const struct disk_case *c, unsigned int buffer)
{
	unsigned int tail = *u.sq_tail, i = tail & *u.sq_mask;
	bool flush = c->op == DISK_SYNC && u.issued % 2;
	struct io_uring_sqe *sqe = &u.sqes[i];

	memset(sqe, 0, sizeof(*sqe));
	sqe->fd = u.fixed ? 0 : u.file;
	sqe->flags = u.fixed ? IOSQE_FIXED_FILE : 0;
	sqe->user_data = buffer;
	if (flush) {
		sqe->opcode = IORING_OP_FSYNC;
	} else {
		bool read = c->op == DISK_READ;

		if (u.fixed)
			sqe->opcode = read ? IORING_OP_READ_FIXED : IORING_OP_WRITE_FIXED;
		else
			sqe->opcode = read ? IORING_OP_READ : IORING_OP_WRITE;
		sqe->addr = (unsigned long)(u.data + (size_t)buffer * c->len);
		sqe->len = c->len;
		sqe->off = disk_pos(c, u.issued);
	}
	u.issued++;
	u.sq_array[i] = i;
	__atomic_store_n(u.sq_tail, tail + 1, __ATOMIC_RELEASE);
}

struct uring_job {
	const struct disk_case *c;
	unsigned int n;
	int result;
};

static int uring_requests(const struct disk_case *c, unsigned int n)
{
	unsigned int added = 0, done = 0, fresh = 0;

	for (; added < c->depth && added < n; added++, fresh++)
		uring_add(c, added);
	while (done < n) {
		unsigned int head = *u.cq_head, tail;

		if (syscall(SYS_io_uring_enter, u.fd, fresh, 1, IORING_ENTER_GETEVENTS,
			    NULL, 0) < 0)
			return -errno;
		fresh = 0;
		tail = __atomic_load_n(u.cq_tail, __ATOMIC_ACQUIRE);
		for (; head != tail; head++, done++) {
			const struct io_uring_cqe *cqe = &u.cqes[head & *u.cq_mask];

			if (cqe->res < 0)
				return cqe->res;
			if (added < n) {
				uring_add(c, cqe->user_data);
				added++;
				fresh++;
			}
		}
		__atomic_store_n(u.cq_head, head, __ATOMIC_RELEASE);
	}
	return 0;
}

static void *uring_thread(void *arg)
{
	struct uring_job *job = arg;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(server_cpu, &set);
	if (server_cpu >= 0)
		sched_setaffinity(0, sizeof(set), &set);
	job->result = uring_requests(job->c, job->n);
	return NULL;
}

static int uring_run(const struct disk_case *c, unsigned int n, struct disk_counts *counts)
{
	struct uring_job job = { c, n, 0 };
	double insns = disk_insns();
	pthread_t thread;

	memset(counts, 0, sizeof(*counts));
	if (pthread_create(&thread, NULL, uring_thread, &job))
		return -EAGAIN;
	pthread_join(thread, NULL);
	counts->insns = disk_insns() - insns;
	return job.result;
}

static void uring_close(void)
{
	munmap(u.sq_map, u.sq_len);
	munmap(u.cq_map, u.cq_len);
	munmap(u.sqes, u.sqes_len);
	close(u.fd);
	close(u.file);
}

const struct server server_uring = {
	.name = "io_uring",
	.open = uring_open,
	.run = uring_run,
	.close = uring_close,
};

const struct server server_uring_fixed = {
	.name = "io_uring-fixed",
	.open = uring_open_fixed,
	.run = uring_run,
	.close = uring_close,
};
