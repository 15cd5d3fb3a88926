/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Frames with known content, and virtio-net headers.
 *
 * Duty: make frames whose every byte follows from a seed, and check them.
 */
#ifndef TOOLS_LIB_NET_FRAME_H
#define TOOLS_LIB_NET_FRAME_H

#include <stdbool.h>
#include <stddef.h>

#include "vhost_uapi.h"

#define FRAME_MIN	14
#define FRAME_MTU	1514
#define FRAME_MAX	65549	/* 65535 and an Ethernet header */
#define FRAME_TYPE	0x88b5	/* for local experiments */
#define FRAME_TCP_HLEN	54	/* Ethernet, IPv4 and TCP headers */

unsigned int net_hdr_len(const __u64 f[2]);

void frame_fill(__u8 *f, size_t len, unsigned int seed);
long frame_check(const __u8 *f, size_t len, unsigned int seed);
unsigned int frame_len(unsigned int seed);

void frame_fill_tcp(__u8 *f, size_t len, unsigned int seed);
void frame_tcp_hdr(struct virtio_net_hdr *h, unsigned int gso_size);

#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4	5
#endif

void frame_fill_gso(__u8 *f, size_t len, unsigned int seed, unsigned int type);
void frame_gso_hdr(struct virtio_net_hdr *h, unsigned int type, unsigned int gso_size);

/* virtio-net header with hash and tunnel fields */
#define FRAME_TUNNEL_HDR	24
#define FRAME_GSO_TUNNEL_IPV4	0x20

void frame_fill_vxlan(__u8 *f, size_t len, unsigned int seed);
void frame_vxlan_hdr(__u8 hdr[FRAME_TUNNEL_HDR], unsigned int gso_size);

#endif /* TOOLS_LIB_NET_FRAME_H */
