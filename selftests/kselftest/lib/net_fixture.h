/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What most network tests need: a mock device, a tap and a packet socket that
 * looks at the tap from the host's side.  A failure ends the case.
 */
#ifndef KSELFTEST_NET_FIXTURE_H
#define KSELFTEST_NET_FIXTURE_H

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ktap.h"
#include "mock_io.h"
#include "tap.h"

#define FIXTURE_TAP	"tap0"

/* How long to wait for something that must happen, in milliseconds. */
#define FIXTURE_WAIT	8000
/* How long to wait for something that must not. */
#define FIXTURE_QUIET	150

#define F_MODERN	(VHU_VERSION_1 | VHU_INDIRECT | VHU_EVENT_IDX)

/**
 * struct combo - a set of features to run a test with
 * @name: for the name of the case
 * @f: both feature words
 * @indirect: use tables
 */
struct combo {
	char name[48];
	__u64 f[2];
	bool indirect;
};

/**
 * struct fixture - the device and what surrounds it
 * @n: device
 * @tap: back end
 * @pkt: packet socket on the tap
 * @tx: tx buffers
 * @rx: rx buffers
 */
struct fixture {
	struct mock_net n;
	int tap;
	int pkt;
	struct mock_io tx;
	struct mock_io rx;
};

/* Layouts by name, for cases that come in both. */
extern const struct combo combo_split, combo_packed;
extern const struct combo combo_split_in_order, combo_packed_in_order;

/* Variants of tests: on one layout, on both, on both with and without in-order. */
extern const struct ktap_variant net_split[], net_packed[];
extern const struct ktap_variant net_layouts[], net_in_order[], net_orders[];

/* All combinations of features that a driver may negotiate. */
#define NET_MATRIX_MAX	96
extern struct ktap_variant net_matrix[NET_MATRIX_MAX + 1];

void combo_require(const __u64 f[2]);

void fixture_cfg(struct mock_net_cfg *cfg, const struct combo *c);
void fixture_open(struct fixture *x, const struct mock_net_cfg *cfg);
void fixture_start(struct fixture *x, const struct combo *c);
void fixture_tx(struct fixture *x, unsigned int first, unsigned int count);
int fixture_try_send(struct fixture *x, unsigned int seed);
void fixture_rx(struct fixture *x, unsigned int first, unsigned int count);
void fixture_tx_reap(struct fixture *x);
void fixture_expect_frame(struct fixture *x, unsigned int seed,
			  unsigned int len);
void fixture_drain(struct fixture *x, int msecs);
void fixture_restart_vq(struct fixture *x, unsigned int vq);
__u64 fixture_counter(struct fixture *x, unsigned int vq,
		      enum myvhost_counter c);
bool fixture_is_myvhost(const struct fixture *x);

#endif /* KSELFTEST_NET_FIXTURE_H */
