// SPDX-License-Identifier: GPL-2.0
/* The cases, see case.h. */
#include <string.h>

#include "case.h"

#define TX	.work = BENCH_TX, .pairs = 1
#define RX	.work = BENCH_RX, .pairs = 1
#define GAP	100	/* a worker sleeps in between, but not each time */
#define GSO_LEN	65226	/* 45 segments of 1448 bytes and the headers */
#define TCP	.work = BENCH_TCP, .pairs = 1

const struct bench_case bench_cases[] = {
	{ "tx64", TX, .len = 64 },
	{ "tx256", TX, .len = 256 },
	{ "tx1500", TX, .len = 1500 },
	{ "tx-tso4", TX, .len = GSO_LEN, .gso = VIRTIO_NET_HDR_GSO_TCPV4,
	  .indirect = true },
	{ "tx-tso6", TX, .len = GSO_LEN, .gso = VIRTIO_NET_HDR_GSO_TCPV6,
	  .indirect = true },
	{ "tx-uso", TX, .len = GSO_LEN, .gso = VIRTIO_NET_HDR_GSO_UDP_L4,
	  .indirect = true },
	{ "tx64-xdp-drop", TX, .len = 64, .sink = BENCH_XDP },
	{ "tx64-bridge", TX, .len = 64, .sink = BENCH_BRIDGE },
	{ "rx64", RX, .len = 64 },
	{ "rx256", RX, .len = 256 },
	{ "rx1500", RX, .len = 1500 },
	{ "rx-tso4", RX, .len = GSO_LEN, .gso = VIRTIO_NET_HDR_GSO_TCPV4 },
	{ "rx-tso6", RX, .len = GSO_LEN, .gso = VIRTIO_NET_HDR_GSO_TCPV6 },
	{ "rx-uso", RX, .len = GSO_LEN, .gso = VIRTIO_NET_HDR_GSO_UDP_L4 },
	{ "ping64", .work = BENCH_PING, .len = 64, .pairs = 1 },
	{ "both64", .work = BENCH_BOTH, .len = 64, .pairs = 1 },
	{ "both1500", .work = BENCH_BOTH, .len = 1500, .pairs = 1 },
	{ "tx64-packed", TX, .len = 64, .features = VHU_PACKED },
	{ "tx64-in-order", TX, .len = 64, .features = VHU_IN_ORDER },
	{ "tx64-indirect", TX, .len = 64, .indirect = true },
	{ "tx64-log", TX, .len = 64, .log = true },
	{ "rx64-packed", RX, .len = 64, .features = VHU_PACKED },
	{ "rx64-in-order", RX, .len = 64, .features = VHU_IN_ORDER },
	{ "rx64-log", RX, .len = 64, .log = true },
	{ "tx64-user-rings", TX, .len = 64, .user_rings = true },
	{ "rx64-user-rings", RX, .len = 64, .user_rings = true },
	{ "tx64-2pairs", .work = BENCH_TX, .len = 64, .pairs = 2 },
	{ "tx64-4pairs", .work = BENCH_TX, .len = 64, .pairs = 4 },
	{ "tx64-4pairs-steered", .work = BENCH_TX, .len = 64, .pairs = 4, .steer = true },
	{ "rx64-2pairs", .work = BENCH_RX, .len = 64, .pairs = 2 },
	{ "rx64-4pairs", .work = BENCH_RX, .len = 64, .pairs = 4 },
	{ "tx64-paced", TX, .len = 64, .gap_us = GAP },
	{ "rx64-paced", RX, .len = 64, .gap_us = GAP },
	{ "rx64-sender", .work = BENCH_BOTH, .len = 64, .pairs = 1, .sender = true },
	{ "rx64-overload", .work = BENCH_OVERLOAD, .len = 64, .pairs = 1 },
	{ "tcp-1flow", TCP, .len = 1514, .flows = 1 },
	{ "tcp-8flows", TCP, .len = 1514, .flows = 8 },
	{ "tcp-1flow-gso", TCP, .len = FRAME_MAX, .gso = VIRTIO_NET_HDR_GSO_TCPV4,
	  .flows = 1 },
	{ "tcp-8flows-gso", TCP, .len = FRAME_MAX, .gso = VIRTIO_NET_HDR_GSO_TCPV4,
	  .flows = 8 },
	{ }
};

/* A case by its name, or NULL. */
const struct bench_case *bench_case_find(const char *name)
{
	const struct bench_case *c;

	for (c = bench_cases; c->name; c++)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}
