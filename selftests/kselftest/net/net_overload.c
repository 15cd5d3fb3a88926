// SPDX-License-Identifier: GPL-2.0
/*
 * A sender that is faster than the guest: each frame arrives, or a counter says where it
 * was lost.
 */
#include "net_fixture.h"

#include "proc.h"

#define OVERLOAD_MANY	20000

/* Take frames, so many at most, until none comes for a while. */
static unsigned int overload_take(struct fixture *x, unsigned int max, int msecs)
{
	static struct mock_rx_frame f;
	unsigned int n = 0;

	while (n < max && !mock_rx_recv(&x->rx, &f, msecs))
		n++;
	return n;
}

/* What the device says that it has dropped. */
static __u64 overload_dropped(struct fixture *x)
{
	return fixture_counter(x, VHU_RX, MYVHOST_CNT_DROP_BUFFER) +
	       fixture_counter(x, VHU_RX, MYVHOST_CNT_DROP_FAULT) +
	       fixture_counter(x, VHU_RX, MYVHOST_CNT_DROP_BACKEND);
}

/* What the qdisc has no room for, the sender is told of. */
KTAP_TEST(overload, KTAP_SHORT, net_layouts, "rx_N24_overload")
{
	unsigned int sent = 0, received = 0, i;
	long long taken, dropped;
	struct fixture x;
	char name[32];

	fixture_start(&x, arg);
	if (!fixture_is_myvhost(&x))
		ktap_skip("only myvhost has it");
	mock_rx_fill(&x.rx);
	for (i = 0; i < OVERLOAD_MANY; i++) {
		sent += !fixture_try_send(&x, i);
		if (i % 64 == 0)
			received += overload_take(&x, 16, 0);
	}
	received += overload_take(&x, OVERLOAD_MANY, FIXTURE_QUIET);
	ktap_ok(link_tx_stats(FIXTURE_TAP, &taken, &dropped));
	ktap_info("%u sent, %u received, %lld dropped", sent, received,
		  dropped);
	ktap_check(dropped, "the guest was not slow");
	ktap_eq(received + dropped + overload_dropped(&x), sent);
	ktap_eq(fixture_counter(&x, VHU_RX, MYVHOST_CNT_PACKETS), received);
	/* By these the user's program finds what is unexplained. */
	ktap_eq(taken, received);
	ktap_check(proc_fdinfo(x.n.fd, "iff", name, sizeof(name)) &&
		   !strcmp(name, FIXTURE_TAP), "fdinfo does not name the tap");
	ktap_ok(vhost_set_backend(x.n.fd, VHU_RX, -1));
	ktap_check(!proc_fdinfo(x.n.fd, "iff", name, sizeof(name)),
		   "fdinfo names a tap");
}
