/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The vhost dialect of Linux 7.2 for kernels whose own header is older.  The
 * numbers are ABI; arguments are given by types of the same size that every
 * header has.
 */
#ifndef _MVH_VHOST_UAPI_H
#define _MVH_VHOST_UAPI_H

#include <linux/vhost.h>

#ifndef VHOST_FILE_UNBIND
#define VHOST_FILE_UNBIND		-1
#endif

/* Argument: __u32 worker id. */
#ifndef VHOST_NEW_WORKER
#define VHOST_NEW_WORKER		_IOR(VHOST_VIRTIO, 0x08, __u32)
#define VHOST_FREE_WORKER		_IOW(VHOST_VIRTIO, 0x09, __u32)
#endif

/* Argument: struct vhost_vring_state, num being the worker id. */
#ifndef VHOST_ATTACH_VRING_WORKER
#define VHOST_ATTACH_VRING_WORKER \
	_IOW(VHOST_VIRTIO, 0x15, struct vhost_vring_state)
#define VHOST_GET_VRING_WORKER \
	_IOWR(VHOST_VIRTIO, 0x16, struct vhost_vring_state)
#endif

/* Argument: a __u64 count, followed by that many words. */
#ifndef VHOST_GET_FEATURES_ARRAY
#define VHOST_GET_FEATURES_ARRAY	_IOR(VHOST_VIRTIO, 0x83, __u64)
#define VHOST_SET_FEATURES_ARRAY	_IOW(VHOST_VIRTIO, 0x83, __u64)
#endif

#ifndef VHOST_SET_FORK_FROM_OWNER
#define VHOST_FORK_OWNER_KTHREAD	0
#define VHOST_FORK_OWNER_TASK		1
#define VHOST_SET_FORK_FROM_OWNER	_IOW(VHOST_VIRTIO, 0x84, __u8)
#define VHOST_GET_FORK_FROM_OWNER	_IOR(VHOST_VIRTIO, 0x85, __u8)
#endif

#ifndef VHOST_VDPA_RESUME
#define VHOST_VDPA_RESUME		_IO(VHOST_VIRTIO, 0x7E)
#endif

#ifndef VHOST_VDPA_GET_VRING_DESC_GROUP
#define VHOST_VDPA_GET_VRING_DESC_GROUP \
	_IOWR(VHOST_VIRTIO, 0x7F, struct vhost_vring_state)
#endif

#ifndef VHOST_VDPA_GET_VRING_SIZE
#define VHOST_VDPA_GET_VRING_SIZE \
	_IOWR(VHOST_VIRTIO, 0x82, struct vhost_vring_state)
#endif

#ifndef VHOST_BACKEND_F_RESUME
#define VHOST_BACKEND_F_RESUME		0x5
#endif

#ifndef VHOST_BACKEND_F_ENABLE_AFTER_DRIVER_OK
#define VHOST_BACKEND_F_ENABLE_AFTER_DRIVER_OK	0x6
#endif

#ifndef VHOST_BACKEND_F_IOTLB_PERSIST
#define VHOST_BACKEND_F_IOTLB_PERSIST	0x8
#endif

#endif /* _MVH_VHOST_UAPI_H */
