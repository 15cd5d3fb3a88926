/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The virtio-net header.  Pure: see ring.h.
 */
#ifndef _MVH_NET_HDR_H
#define _MVH_NET_HDR_H

#include "mvh_env.h"

/*
 * Frame lengths, without the virtio header.  The longest is IPv6 with a VLAN
 * tag, whose length field does not count the IPv6 header.
 */
#define MVH_NET_FRAME_MIN	14
#define MVH_NET_FRAME_MAX	(14 + 4 + 40 + 65535)

/* The longest header: hash report and UDP tunnel fields. */
#define MVH_NET_HDR_MAX		24

/* Where num_buffers stands in headers that have it. */
#define MVH_NET_NUM_BUFFERS	10

/**
 * struct mvh_net_hdr - the part that all header forms begin with
 * @flags: VIRTIO_NET_HDR_F_*
 * @gso_type: VIRTIO_NET_HDR_GSO_*
 * @hdr_len: bytes of the packet's protocol headers, a hint
 * @gso_size: payload bytes of each segment
 * @csum_start: where checksumming starts in the packet
 * @csum_offset: where the checksum goes, counted from @csum_start
 *
 * Multi-byte fields have the ring's byte order (virtio 1.3, 5.1.6).
 */
struct mvh_net_hdr {
	u8 flags;
	u8 gso_type;
	__virtio16 hdr_len;
	__virtio16 gso_size;
	__virtio16 csum_start;
	__virtio16 csum_offset;
};

u32 mvh_net_hdr_len(const u64 *features);
int mvh_net_hdr_check(const struct mvh_net_hdr *hdr, bool le, u32 len);

#endif /* _MVH_NET_HDR_H */
