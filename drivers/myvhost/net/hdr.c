// SPDX-License-Identifier: GPL-2.0
/*
 * The virtio-net header: its length and whether it fits its frame.  Pure: see
 * hdr.h.
 */
#include <uapi/linux/virtio_config.h>
#include <uapi/linux/virtio_net.h>
#include "ring/features.h"
#include "hdr.h"

/* A checksum cannot begin before the shortest network header has ended. */
#define MVH_NET_CSUM_START_MIN	20

/**
 * mvh_net_hdr_len - length of the header in front of each frame
 * @features: what was negotiated
 *
 * Return: 10, 12 or 24 bytes (virtio 1.3, 5.1.6).
 */
u32 mvh_net_hdr_len(const u64 *features)
{
	if (mvh_has_feature(features, MVH_F_GUEST_UDP_TUNNEL_GSO) ||
	    mvh_has_feature(features, MVH_F_HOST_UDP_TUNNEL_GSO))
		return MVH_NET_HDR_MAX;
	if (mvh_has_feature(features, VIRTIO_NET_F_MRG_RXBUF) ||
	    mvh_has_feature(features, VIRTIO_F_VERSION_1))
		return sizeof(struct virtio_net_hdr_mrg_rxbuf);
	return sizeof(struct mvh_net_hdr);
}

/**
 * mvh_net_hdr_check - does a header fit its frame?
 * @hdr: the header, in kernel memory
 * @le: byte order
 * @len: bytes of the frame
 *
 * For frames without segmentation offload.  Unknown flags are ignored (N1), the
 * checksum fields count only if the checksum is asked for (N2), hdr_len is a
 * hint (N3).
 *
 * Return: 0, or -EINVAL if the frame must be dropped (N4).
 */
int mvh_net_hdr_check(const struct mvh_net_hdr *hdr, bool le, u32 len)
{
	u32 start, offset;

	if (!(hdr->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM))
		return 0;
	start = __virtio16_to_cpu(le, hdr->csum_start);
	offset = __virtio16_to_cpu(le, hdr->csum_offset);
	if (start < MVH_NET_CSUM_START_MIN ||
	    start + offset + sizeof(__sum16) > len)
		return -EINVAL;
	return 0;
}
