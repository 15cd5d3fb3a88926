/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The vhost user interface as the tests need it.
 *
 * Duty: everything of <linux/vhost.h>, plus what headers older than 6.17 lack,
 * so that programs built against any header can talk to a current device.
 */
#ifndef TOOLS_LIB_VHOST_UAPI_H
#define TOOLS_LIB_VHOST_UAPI_H

#include <linux/ioctl.h>
#include <linux/types.h>
#include <linux/vhost.h>
#include <linux/virtio_config.h>
#include <linux/virtio_net.h>
#include <linux/virtio_ring.h>
#include <linux/myvhost.h>

struct vhu_worker_state {
	__u32 worker_id;
};

struct vhu_vring_worker {
	__u32 index;
	__u32 worker_id;
};

struct vhu_features_array {
	__u64 count;
	__u64 features[];
};

#define VHU_NEW_WORKER		_IOR(VHOST_VIRTIO, 0x08, struct vhu_worker_state)
#define VHU_FREE_WORKER		_IOW(VHOST_VIRTIO, 0x09, struct vhu_worker_state)
#define VHU_ATTACH_VRING_WORKER	_IOW(VHOST_VIRTIO, 0x15, struct vhu_vring_worker)
#define VHU_GET_VRING_WORKER	_IOWR(VHOST_VIRTIO, 0x16, struct vhu_vring_worker)
#define VHU_GET_FEATURES_ARRAY	_IOR(VHOST_VIRTIO, 0x83, struct vhu_features_array)
#define VHU_SET_FEATURES_ARRAY	_IOW(VHOST_VIRTIO, 0x83, struct vhu_features_array)
#define VHU_SET_FORK_FROM_OWNER	_IOW(VHOST_VIRTIO, 0x84, __u8)
#define VHU_GET_FORK_FROM_OWNER	_IOR(VHOST_VIRTIO, 0x85, __u8)

#define VHU_FORK_OWNER_KTHREAD	0
#define VHU_FORK_OWNER_TASK	1

/* Feature bits by name, as masks of the first or second 64-bit word. */
#define VHU_F(bit)		(1ULL << ((bit) & 63))
#define VHU_MRG_RXBUF		VHU_F(15)
#define VHU_NOTIFY_ON_EMPTY	VHU_F(24)
#define VHU_LOG_ALL		VHU_F(26)
#define VHU_NET_HDR		VHU_F(27)
#define VHU_INDIRECT		VHU_F(28)
#define VHU_EVENT_IDX		VHU_F(29)
#define VHU_VERSION_1		VHU_F(32)
#define VHU_ACCESS_PLATFORM	VHU_F(33)
#define VHU_PACKED		VHU_F(34)
#define VHU_IN_ORDER		VHU_F(35)
#define VHU_RING_RESET		VHU_F(40)
/* second word */
#define VHU1_GUEST_TUNNEL	VHU_F(65)
#define VHU1_HOST_TUNNEL	VHU_F(67)

#define VHU_BACKEND_MSG_V2	VHU_F(1)

#define VHU_PAGE_SIZE		4096UL

enum {
	VHU_RX,
	VHU_TX,
	VHU_NVQS,
};

#endif /* TOOLS_LIB_VHOST_UAPI_H */
