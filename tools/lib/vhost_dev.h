/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Thin wrappers around the ioctls of a vhost device.
 *
 * Duty: one function per ioctl, returning 0 or a negative errno.  Must not know
 * about rings or guests.
 */
#ifndef TOOLS_LIB_VHOST_DEV_H
#define TOOLS_LIB_VHOST_DEV_H

#include "vhost_uapi.h"

int vhost_ioctl(int fd, unsigned long cmd, const void *arg);
int vhost_open(const char *node);

int vhost_set_owner(int fd);
int vhost_reset_owner(int fd);
int vhost_get_features(int fd, __u64 f[2]);
int vhost_set_features(int fd, const __u64 f[2]);
int vhost_get_backend_features(int fd, __u64 *f);
int vhost_set_backend_features(int fd, __u64 f);
int vhost_set_mem_table(int fd, const struct vhost_memory_region *r,
			unsigned int n);
int vhost_set_log_base(int fd, const void *base);
int vhost_set_log_fd(int fd, int efd);

int vhost_set_num(int fd, unsigned int vq, unsigned int num);
int vhost_set_base(int fd, unsigned int vq, unsigned int base);
int vhost_get_base(int fd, unsigned int vq, unsigned int *base);
int vhost_set_addr(int fd, const struct vhost_vring_addr *a);
int vhost_set_kick(int fd, unsigned int vq, int efd);
int vhost_set_call(int fd, unsigned int vq, int efd);
int vhost_set_err(int fd, unsigned int vq, int efd);
int vhost_set_busyloop(int fd, unsigned int vq, unsigned int usecs);
int vhost_get_busyloop(int fd, unsigned int vq, unsigned int *usecs);
int vhost_set_backend(int fd, unsigned int vq, int backend);

int vhost_new_worker(int fd, unsigned int *id);
int vhost_free_worker(int fd, unsigned int id);
int vhost_attach_worker(int fd, unsigned int vq, unsigned int id);
int vhost_get_worker(int fd, unsigned int vq, unsigned int *id);
int vhost_set_fork_owner(int fd, __u8 mode);
int vhost_get_fork_owner(int fd, __u8 *mode);

int vhost_get_stats(int fd, unsigned int vq, __u64 c[MYVHOST_CNT_MAX]);
int vhost_set_poll(int fd, unsigned int vq, unsigned int usecs);

#endif /* TOOLS_LIB_VHOST_DEV_H */
