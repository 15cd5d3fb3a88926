/* SPDX-License-Identifier: GPL-2.0 */
/*
 * IOTLB messages, and a thread that answers misses.
 *
 * This is the VMM's part of the mock device.
 */
#ifndef TOOLS_LIB_IOTLB_H
#define TOOLS_LIB_IOTLB_H

#include <pthread.h>
#include <stdbool.h>

#include "mock_net.h"

int iotlb_send(int fd, bool v2, const struct vhost_iotlb_msg *m);
int iotlb_update(int fd, bool v2, __u64 iova, __u64 size, __u64 uaddr,
		 __u8 perm);
int iotlb_invalidate(int fd, bool v2, __u64 iova, __u64 size);
int iotlb_read(int fd, struct vhost_iotlb_msg *m, int *version);
int iotlb_map_mem(int fd, bool v2, const struct guest_mem *mem, __u64 bus,
		  __u64 len, __u8 perm);
int iotlb_map(const struct mock_net *n, __u64 bus, __u64 len, __u8 perm);
int iotlb_map_used(const struct mock_net *n);

/**
 * struct iotlb_server - answers misses of a device, page by page
 * @fd: the device
 * @v2: the format of its messages
 * @mem: guest memory
 * @thread: does it
 * @stop: set to end it
 * @answered: how many misses
 * @bad: message that should not have come, or 0
 */
struct iotlb_server {
	int fd;
	bool v2;
	const struct guest_mem *mem;
	pthread_t thread;
	bool stop;
	unsigned int answered;
	int bad;
};

int iotlb_server_start(struct iotlb_server *s, const struct mock_net *n);
int iotlb_server_start_on(struct iotlb_server *s, int fd, bool v2,
			  const struct guest_mem *mem);
void iotlb_server_stop(struct iotlb_server *s);

#endif /* TOOLS_LIB_IOTLB_H */
