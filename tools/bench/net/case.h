/* SPDX-License-Identifier: GPL-2.0 */
/* The cases: what is measured. */
#ifndef BENCH_CASE_H
#define BENCH_CASE_H

#include <stdbool.h>

#include "net_frame.h"

enum bench_work {
	BENCH_TX,
	BENCH_RX,
	BENCH_BOTH,
	BENCH_PING,	/* a frame each way, one after the other */
	BENCH_OVERLOAD,	/* the guest takes half of what it is sent */
	BENCH_TCP,	/* two stacks talk through the device */
};

enum bench_sink {
	BENCH_STACK,	/* the host's stack, which has no use for the frames */
	BENCH_XDP,	/* an XDP program at the tap */
	BENCH_BRIDGE,	/* a bridge, and the interface behind it */
};

/**
 * struct bench_case - one row of the table
 * @name: for the option --cases
 * @work: what the driver does
 * @len: bytes of a frame
 * @gso: VIRTIO_NET_HDR_GSO_*, a frame of several segments
 * @sink: where transmitted frames end
 * @features: asked for besides those of every case; what one of the devices does not
 *	offer is left out for it
 * @indirect: header and data in pieces, in an indirect table
 * @log: dirty logging is on
 * @user_rings: the device does not pin the rings, where it has a choice
 * @pairs: queue pairs
 * @flows: TCP connections
 * @gap_us: packets come one by one, so far apart; 0: without a pause
 * @sender: the instructions are those of the frames' sender, not the worker's
 * @steer: a program chooses the tap's queue, so that tun learns no flows of what it gets
 */
struct bench_case {
	const char *name;
	enum bench_work work;
	unsigned int len;
	unsigned int gso;
	enum bench_sink sink;
	__u64 features;
	bool indirect;
	bool log;
	bool user_rings;
	unsigned int pairs;
	unsigned int flows;
	unsigned int gap_us;
	bool sender;
	bool steer;
};

extern const struct bench_case bench_cases[];

const struct bench_case *bench_case_find(const char *name);

#endif /* BENCH_CASE_H */
