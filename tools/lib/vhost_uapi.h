/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The vhost user interface as the tests need it.
 *
 * Duty: everything of <linux/vhost.h>, plus what headers older than 6.17 lack,
 * so that programs built against any header can talk to a current device.  The
 * driver has its own copy: its header has no structures of these.
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

#ifndef VHOST_NEW_WORKER
struct vhost_worker_state {
	unsigned int worker_id;
};

struct vhost_vring_worker {
	unsigned int index;
	unsigned int worker_id;
};

#define VHOST_NEW_WORKER	_IOR(VHOST_VIRTIO, 0x08, struct vhost_worker_state)
#define VHOST_FREE_WORKER	_IOW(VHOST_VIRTIO, 0x09, struct vhost_worker_state)
#define VHOST_ATTACH_VRING_WORKER _IOW(VHOST_VIRTIO, 0x15, struct vhost_vring_worker)
#define VHOST_GET_VRING_WORKER	_IOWR(VHOST_VIRTIO, 0x16, struct vhost_vring_worker)
#endif

#ifndef VHOST_GET_FEATURES_ARRAY
struct vhost_features_array {
	__u64 count;
	__u64 features[];
};

#define VHOST_GET_FEATURES_ARRAY _IOR(VHOST_VIRTIO, 0x83, struct vhost_features_array)
#define VHOST_SET_FEATURES_ARRAY _IOW(VHOST_VIRTIO, 0x83, struct vhost_features_array)
#endif

#ifndef VHOST_SET_FORK_FROM_OWNER
#define VHOST_FORK_OWNER_KTHREAD 0
#define VHOST_FORK_OWNER_TASK	1
#define VHOST_SET_FORK_FROM_OWNER _IOW(VHOST_VIRTIO, 0x84, __u8)
#define VHOST_GET_FORK_FROM_OWNER _IOR(VHOST_VIRTIO, 0x85, __u8)
#endif

#ifndef VHOST_VDPA_RESUME
#define VHOST_VDPA_RESUME	_IO(VHOST_VIRTIO, 0x7E)
#endif

#ifndef VHOST_VDPA_GET_VRING_DESC_GROUP
#define VHOST_VDPA_GET_VRING_DESC_GROUP _IOWR(VHOST_VIRTIO, 0x7F, struct vhost_vring_state)
#endif

#ifndef VHOST_VDPA_GET_VRING_SIZE
#define VHOST_VDPA_GET_VRING_SIZE _IOWR(VHOST_VIRTIO, 0x82, struct vhost_vring_state)
#endif

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
/* second word */
#define VHU1_GUEST_TUNNEL	VHU_F(65)
#define VHU1_HOST_TUNNEL	VHU_F(67)

/* Backend features. */
#define VHU_BF_MSG_V2		VHU_F(1)
#define VHU_BF_BATCH		VHU_F(2)
#define VHU_BF_ASID		VHU_F(3)
#define VHU_BF_SUSPEND		VHU_F(4)
#define VHU_BF_RESUME		VHU_F(5)

#define VHU_PAGE_SIZE		4096UL

enum {
	VHU_RX,
	VHU_TX,
	VHU_NVQS,
};

#endif /* TOOLS_LIB_VHOST_UAPI_H */
