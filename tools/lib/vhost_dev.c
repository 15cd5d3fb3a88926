// SPDX-License-Identifier: GPL-2.0
/* Thin wrappers around the ioctls of a vhost device, see vhost_dev.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "vhost_dev.h"

/*
 * ioctl() that returns a negative errno.  Returns 0 or more from the ioctl, or
 * a negative errno.
 */
int vhost_ioctl(int fd, unsigned long cmd, const void *arg)
{
	int r = ioctl(fd, cmd, arg);

	return r < 0 ? -errno : r;
}

/*
 * Open a device the way QEMU uses it, non-blocking.  Returns the descriptor or
 * a negative errno.
 */
int vhost_open(const char *node)
{
	int fd = open(node, O_RDWR | O_CLOEXEC | O_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

/* VHOST_SET_OWNER.  Returns 0 or a negative errno, as all functions below. */
int vhost_set_owner(int fd)
{
	return vhost_ioctl(fd, VHOST_SET_OWNER, NULL);
}

int vhost_reset_owner(int fd)
{
	return vhost_ioctl(fd, VHOST_RESET_OWNER, NULL);
}

struct vhost_features2 {
	__u64 count;
	__u64 f[2];
};

/*
 * Read both feature words.
 * @f: result; the second word is 0 where the device has one word only
 */
int vhost_get_features(int fd, __u64 f[2])
{
	struct vhost_features2 a = { .count = 2 };
	int r = vhost_ioctl(fd, VHOST_GET_FEATURES_ARRAY, &a);

	if (!r) {
		memcpy(f, a.f, sizeof(a.f));
		return 0;
	}
	f[1] = 0;
	return vhost_ioctl(fd, VHOST_GET_FEATURES, f);
}

/*
 * Write both feature words.
 * @f: bits; the array ioctl is used only if the second word is not 0
 */
int vhost_set_features(int fd, const __u64 f[2])
{
	struct vhost_features2 a = { .count = 2, .f = { f[0], f[1] } };

	if (!f[1])
		return vhost_ioctl(fd, VHOST_SET_FEATURES, f);
	return vhost_ioctl(fd, VHOST_SET_FEATURES_ARRAY, &a);
}

int vhost_get_backend_features(int fd, __u64 *f)
{
	return vhost_ioctl(fd, VHOST_GET_BACKEND_FEATURES, f);
}

int vhost_set_backend_features(int fd, __u64 f)
{
	return vhost_ioctl(fd, VHOST_SET_BACKEND_FEATURES, &f);
}

int vhost_set_mem_table(int fd, const struct vhost_memory_region *r,
			unsigned int n)
{
	struct vhost_memory *m = calloc(1, sizeof(*m) + n * sizeof(*r));
	int ret;

	if (!m)
		return -ENOMEM;
	m->nregions = n;
	memcpy(m->regions, r, n * sizeof(*r));
	ret = vhost_ioctl(fd, VHOST_SET_MEM_TABLE, m);
	free(m);
	return ret;
}

int vhost_set_log_base(int fd, const void *base)
{
	__u64 p = (uintptr_t)base;

	return vhost_ioctl(fd, VHOST_SET_LOG_BASE, &p);
}

/*
 * VHOST_SET_LOG_FD.
 * @efd: eventfd, or -1
 */
int vhost_set_log_fd(int fd, int efd)
{
	return vhost_ioctl(fd, VHOST_SET_LOG_FD, &efd);
}

static int vhost_set_state(int fd, unsigned long cmd, unsigned int vq,
			   unsigned int num)
{
	struct vhost_vring_state s = { .index = vq, .num = num };

	return vhost_ioctl(fd, cmd, &s);
}

static int vhost_get_state(int fd, unsigned long cmd, unsigned int vq,
			   unsigned int *num)
{
	struct vhost_vring_state s = { .index = vq, .num = ~0U };
	int r = vhost_ioctl(fd, cmd, &s);

	if (r < 0)
		return r;
	if (s.index != vq)
		return -EBADMSG;
	*num = s.num;
	return 0;
}

static int vhost_set_file(int fd, unsigned long cmd, unsigned int vq, int file)
{
	struct vhost_vring_file f = { .index = vq, .fd = file };

	return vhost_ioctl(fd, cmd, &f);
}

int vhost_set_num(int fd, unsigned int vq, unsigned int num)
{
	return vhost_set_state(fd, VHOST_SET_VRING_NUM, vq, num);
}

int vhost_set_base(int fd, unsigned int vq, unsigned int base)
{
	return vhost_set_state(fd, VHOST_SET_VRING_BASE, vq, base);
}

int vhost_get_base(int fd, unsigned int vq, unsigned int *base)
{
	return vhost_get_state(fd, VHOST_GET_VRING_BASE, vq, base);
}

int vhost_set_addr(int fd, const struct vhost_vring_addr *a)
{
	return vhost_ioctl(fd, VHOST_SET_VRING_ADDR, a);
}

/*
 * VHOST_SET_VRING_KICK.
 * @efd: eventfd, or -1
 */
int vhost_set_kick(int fd, unsigned int vq, int efd)
{
	return vhost_set_file(fd, VHOST_SET_VRING_KICK, vq, efd);
}

/*
 * VHOST_SET_VRING_CALL.
 * @efd: eventfd, or -1
 */
int vhost_set_call(int fd, unsigned int vq, int efd)
{
	return vhost_set_file(fd, VHOST_SET_VRING_CALL, vq, efd);
}

/*
 * VHOST_SET_VRING_ERR.
 * @efd: eventfd, or -1
 */
int vhost_set_err(int fd, unsigned int vq, int efd)
{
	return vhost_set_file(fd, VHOST_SET_VRING_ERR, vq, efd);
}

int vhost_set_busyloop(int fd, unsigned int vq, unsigned int usecs)
{
	return vhost_set_state(fd, VHOST_SET_VRING_BUSYLOOP_TIMEOUT, vq, usecs);
}

int vhost_get_busyloop(int fd, unsigned int vq, unsigned int *usecs)
{
	return vhost_get_state(fd, VHOST_GET_VRING_BUSYLOOP_TIMEOUT, vq, usecs);
}

/*
 * VHOST_NET_SET_BACKEND.
 * @backend: tap or packet socket, or -1 to stop the queue
 */
int vhost_set_backend(int fd, unsigned int vq, int backend)
{
	return vhost_set_file(fd, VHOST_NET_SET_BACKEND, vq, backend);
}

int vhost_new_worker(int fd, unsigned int *id)
{
	struct vhost_worker_state s = { .worker_id = ~0U };
	int r = vhost_ioctl(fd, VHOST_NEW_WORKER, &s);

	*id = s.worker_id;
	return r;
}

int vhost_free_worker(int fd, unsigned int id)
{
	struct vhost_worker_state s = { .worker_id = id };

	return vhost_ioctl(fd, VHOST_FREE_WORKER, &s);
}

int vhost_attach_worker(int fd, unsigned int vq, unsigned int id)
{
	struct vhost_vring_worker w = { .index = vq, .worker_id = id };

	return vhost_ioctl(fd, VHOST_ATTACH_VRING_WORKER, &w);
}

int vhost_get_worker(int fd, unsigned int vq, unsigned int *id)
{
	struct vhost_vring_worker w = { .index = vq, .worker_id = ~0U };
	int r = vhost_ioctl(fd, VHOST_GET_VRING_WORKER, &w);

	if (!r && w.index != vq)
		return -EBADMSG;
	*id = w.worker_id;
	return r;
}

/*
 * VHOST_SET_FORK_FROM_OWNER.
 * @mode: VHOST_FORK_OWNER_TASK or VHOST_FORK_OWNER_KTHREAD
 */
int vhost_set_fork_owner(int fd, __u8 mode)
{
	return vhost_ioctl(fd, VHOST_SET_FORK_FROM_OWNER, &mode);
}

int vhost_get_fork_owner(int fd, __u8 *mode)
{
	return vhost_ioctl(fd, VHOST_GET_FORK_FROM_OWNER, mode);
}

int vhost_get_stats(int fd, unsigned int vq, __u64 c[MYVHOST_CNT_MAX])
{
	struct myvhost_vring_stats s = {
		.index = vq,
		.count = MYVHOST_CNT_MAX,
		.counters = (uintptr_t)c,
	};

	return vhost_ioctl(fd, MYVHOST_GET_VRING_STATS, &s);
}

/*
 * MYVHOST_SET_VRING_POLL.
 * @usecs: upper bound of the adaptive busy poll
 */
int vhost_set_poll(int fd, unsigned int vq, unsigned int usecs)
{
	struct myvhost_vring_poll p = { .index = vq, .max_usecs = usecs };

	return vhost_ioctl(fd, MYVHOST_SET_VRING_POLL, &p);
}
