/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Mock network device: a vhost descriptor, guest memory and two rings.
 *
 * This is a mock.  It plays the guest and the VMM of a virtio-net device: it
 * makes the ioctls in the order in which QEMU makes them.
 */
#ifndef TOOLS_LIB_MOCK_NET_H
#define TOOLS_LIB_MOCK_NET_H

#include "mock_ring.h"
#include "net_frame.h"
#include "vhost_dev.h"

/**
 * struct mock_net_cfg - what a device is made of
 * @node: device node
 * @features: both feature words
 * @num: ring size, 0 for 64
 * @mem_size: guest memory in bytes, 0 for 8 MiB
 * @table_max: most entries of an indirect table, 0 for 32
 * @start: first index of each ring, see struct mock_ring_cfg
 * @head: first descriptor of each ring, see struct mock_ring_cfg
 * @backend_features: second word of the protocol, MSG_V2 for instance
 */
struct mock_net_cfg {
	const char *node;
	__u64 features[2];
	unsigned int num;
	size_t mem_size;
	unsigned int table_max;
	__u16 start[VHU_NVQS];
	__u16 head[VHU_NVQS];
	__u64 backend_features;
};

/**
 * struct mock_net - the device
 * @cfg: as given, defaults filled in
 * @fd: vhost descriptor
 * @mem: guest memory
 * @ring: the rings, VHU_RX and VHU_TX
 * @hdr_len: virtio-net header in front of each frame in guest memory
 * @tap_hdr_len: virtio-net header that the tap must have
 * @iommu: bus addresses are I/O virtual
 */
struct mock_net {
	struct mock_net_cfg cfg;
	int fd;
	struct guest_mem mem;
	struct mock_ring ring[VHU_NVQS];
	unsigned int hdr_len;
	unsigned int tap_hdr_len;
	bool iommu;
};

int mock_net_offered(const char *node, const __u64 f[2]);
int mock_net_open(struct mock_net *n, const struct mock_net_cfg *cfg);
int mock_net_setup(struct mock_net *n);
int mock_net_setup_vq(struct mock_net *n, unsigned int vq, bool log);
int mock_net_set_addr(struct mock_net *n, unsigned int vq, bool log);
int mock_net_set_mem(struct mock_net *n);
int mock_net_start(struct mock_net *n, int backend);
int mock_net_stop(struct mock_net *n);
void mock_net_close(struct mock_net *n);

#endif /* TOOLS_LIB_MOCK_NET_H */
