// SPDX-License-Identifier: GPL-2.0
/* Frames with known content, and virtio-net headers, see net_frame.h. */
#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

#include "net_frame.h"
#include "rng.h"

/* Size of the virtio-net header. */
unsigned int net_hdr_len(const __u64 f[2])
{
	if (f[1] & (VHU1_GUEST_TUNNEL | VHU1_HOST_TUNNEL))
		return 24;
	if (f[0] & (VHU_MRG_RXBUF | VHU_VERSION_1))
		return 12;
	return 10;
}

static void frame_header(__u8 h[FRAME_MIN], unsigned int seed)
{
	static const __u8 first[] = { 0x02, 0, 0, 0, 0, 0x01, 0x02, 0 };

	memcpy(h, first, sizeof(first));
	h[8] = seed >> 24;
	h[9] = seed >> 16;
	h[10] = seed >> 8;
	h[11] = seed;
	h[12] = FRAME_TYPE >> 8;
	h[13] = FRAME_TYPE & 0xff;
}

/*
 * Make a frame.
 * @len: bytes, FRAME_MIN or more
 * @seed: what the content follows from
 */
void frame_fill(__u8 *f, size_t len, unsigned int seed)
{
	struct rng r;

	rng_seed(&r, seed);
	frame_header(f, seed);
	rng_fill(&r, f + FRAME_MIN, len - FRAME_MIN);
}

/*
 * Compare a frame with what it must be.  Returns -1 if all bytes are right,
 * else the position of the first wrong one.
 */
long frame_check(const __u8 *f, size_t len, unsigned int seed)
{
	static __thread __u8 want[FRAME_MAX];
	size_t i;

	if (len > sizeof(want))
		return sizeof(want);
	frame_fill(want, len < FRAME_MIN ? FRAME_MIN : len, seed);
	for (i = 0; i < len; i++)
		if (f[i] != want[i])
			return i;
	return -1;
}

/*
 * A frame length that follows from a seed.  Returns 14 to 1514, the limits more
 * often than others.
 */
unsigned int frame_len(unsigned int seed)
{
	static const unsigned int edge[] = { 14, 15, 60, 64, 1513, 1514 };
	struct rng r;

	if (seed % 4 == 0)
		return edge[seed / 4 % 6];
	rng_seed(&r, ~(__u64)seed);
	return FRAME_MIN + rng_below(&r, FRAME_MTU - FRAME_MIN + 1);
}

static __u16 frame_sum(const __u8 *p, size_t len, __u32 sum)
{
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		sum += p[i] << 8 | p[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static void frame_put16(__u8 *p, unsigned int v)
{
	p[0] = v >> 8;
	p[1] = v;
}

/* A TCP header; @sum is that of the pseudo header, the device completes it. */
static void frame_tcp(__u8 tcp[20], unsigned int seed, __u16 sum)
{
	memset(tcp, 0, 20);
	frame_put16(tcp, 4000);
	frame_put16(tcp + 2, 5000);
	frame_put16(tcp + 4, seed);
	tcp[12] = 0x50;
	tcp[13] = 0x10;
	frame_put16(tcp + 14, 0xffff);
	frame_put16(tcp + 16, sum);
}

/*
 * Make a TCP segment over IPv4 with a partial checksum.
 * @len: bytes, more than FRAME_TCP_HLEN
 * @seed: what the payload follows from
 */
void frame_fill_tcp(__u8 *f, size_t len, unsigned int seed)
{
	static const __u8 addr[] = { 192, 0, 2, 1, 192, 0, 2, 2 };
	__u8 *ip = f + 14;

	frame_fill(f, len, seed);
	frame_put16(f + 12, 0x0800);
	memset(ip, 0, 20);
	ip[0] = 0x45;
	frame_put16(ip + 2, len - 14);
	ip[6] = 0x40;
	ip[8] = 64;
	ip[9] = 6;
	memcpy(ip + 12, addr, sizeof(addr));
	frame_put16(ip + 10, (__u16)~frame_sum(ip, 20, 0));
	frame_tcp(f + 34, seed, frame_sum(addr, 8, 6 + len - 34));
}

/*
 * Virtio-net header of such a segment.
 * @gso_size: payload per segment on the wire, 0 for no segmentation
 */
void frame_tcp_hdr(struct virtio_net_hdr *h, unsigned int gso_size)
{
	memset(h, 0, sizeof(*h));
	h->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	h->csum_start = 34;
	h->csum_offset = 16;
	if (!gso_size)
		return;
	h->gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
	h->gso_size = gso_size;
	h->hdr_len = FRAME_TCP_HLEN;
}

/* TCP over IPv6, otherwise as frame_fill_tcp(). */
static void frame_fill_tcp6(__u8 *f, size_t len, unsigned int seed)
{
	__u8 *ip = f + 14;

	frame_fill(f, len, seed);
	frame_put16(f + 12, 0x86dd);
	memset(ip, 0, 40);
	ip[0] = 0x60;
	frame_put16(ip + 4, len - 54);
	ip[6] = 6;
	ip[7] = 64;
	/* from fd00::1 to fd00::2 */
	ip[8] = ip[24] = 0xfd;
	ip[23] = 1;
	ip[39] = 2;
	frame_tcp(f + 54, seed, frame_sum(ip + 8, 32, 6 + len - 54));
}

/* UDP over IPv4, otherwise as frame_fill_tcp(). */
static void frame_fill_udp(__u8 *f, size_t len, unsigned int seed)
{
	__u8 *ip = f + 14, *udp = f + 34;

	frame_fill_tcp(f, len, seed);
	ip[9] = 17;
	frame_put16(ip + 10, 0);
	frame_put16(ip + 10, (__u16)~frame_sum(ip, 20, 0));
	frame_put16(udp + 4, len - 34);
	frame_put16(udp + 6, frame_sum(ip + 12, 8, 17 + len - 34));
}

/*
 * Make a frame for segmentation, with a partial checksum.
 * @seed: what the payload follows from
 * @type: VIRTIO_NET_HDR_GSO_TCPV4, _TCPV6 or _UDP_L4
 */
void frame_fill_gso(__u8 *f, size_t len, unsigned int seed, unsigned int type)
{
	if (type == VIRTIO_NET_HDR_GSO_TCPV6)
		frame_fill_tcp6(f, len, seed);
	else if (type == VIRTIO_NET_HDR_GSO_UDP_L4)
		frame_fill_udp(f, len, seed);
	else
		frame_fill_tcp(f, len, seed);
}

/*
 * Virtio-net header of such a frame.
 * @gso_size: payload per segment on the wire
 */
void frame_gso_hdr(struct virtio_net_hdr *h, unsigned int type, unsigned int gso_size)
{
	frame_tcp_hdr(h, gso_size);
	h->gso_type = type;
	if (type == VIRTIO_NET_HDR_GSO_TCPV6) {
		h->csum_start = 54;
		h->hdr_len = 74;
	} else if (type == VIRTIO_NET_HDR_GSO_UDP_L4) {
		h->csum_offset = 6;
		h->hdr_len = 42;
	}
}

/* Where the outer UDP header and the inner IP and TCP headers are. */
#define VXLAN_OUTER_TH	34
#define VXLAN_INNER_NH	(VXLAN_OUTER_TH + 8 + 8 + 14)
#define VXLAN_INNER_TH	(VXLAN_INNER_NH + 20)

/*
 * A TCP segment in Ethernet in VXLAN in UDP, over IPv4.
 * @seed: what its bytes follow from
 *
 * The inner frame is that of frame_fill_tcp(); outer UDP has no checksum.
 */
void frame_fill_vxlan(__u8 *f, size_t len, unsigned int seed)
{
	const __u8 vxlan[8] = { 0x08 };
	__u8 *ip = f + 14, *udp = f + VXLAN_OUTER_TH;

	frame_fill_tcp(udp + 16, len - VXLAN_OUTER_TH - 16, seed);
	/* The outer headers begin like any others. */
	memcpy(f, udp + 16, VXLAN_OUTER_TH);
	ip[9] = 17;
	frame_put16(ip + 2, len - 14);
	frame_put16(ip + 10, 0);
	frame_put16(ip + 10, (__u16)~frame_sum(ip, 20, 0));
	frame_put16(udp, 40000);
	frame_put16(udp + 2, 4789);
	frame_put16(udp + 4, len - VXLAN_OUTER_TH);
	frame_put16(udp + 6, 0);
	memcpy(udp + 8, vxlan, sizeof(vxlan));
}

/*
 * Virtio-net header of such a segment.
 * @gso_size: payload per segment on the wire
 */
void frame_vxlan_hdr(__u8 hdr[FRAME_TUNNEL_HDR], unsigned int gso_size)
{
	const __u16 offsets[] = { VXLAN_OUTER_TH, VXLAN_INNER_NH };
	const struct virtio_net_hdr h = {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = VIRTIO_NET_HDR_GSO_TCPV4 | FRAME_GSO_TUNNEL_IPV4,
		.hdr_len = VXLAN_INNER_TH + 20,
		.gso_size = gso_size,
		.csum_start = VXLAN_INNER_TH,
		.csum_offset = 16,
	};

	memset(hdr, 0, FRAME_TUNNEL_HDR);
	memcpy(hdr, &h, sizeof(h));
	memcpy(hdr + FRAME_TUNNEL_HDR - sizeof(offsets), offsets,
	       sizeof(offsets));
}
