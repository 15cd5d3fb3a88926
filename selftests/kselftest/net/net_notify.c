// SPDX-License-Identifier: GPL-2.0
/*
 * Notifications both ways: none is lost, none is sent while suppressed.
 */
#include "net_fixture.h"

static const struct ktap_variant notify_all[] = {
	{ "split", &combo_split },
	{ "packed", &combo_packed },
	{ "split_inorder", &combo_split_in_order },
	{ "packed_inorder", &combo_packed_in_order },
	{ "split_flags", &(const struct combo) { .f = { VHU_VERSION_1 } } },
	{ "packed_flags", &(const struct combo) {
			.f = { VHU_VERSION_1 | VHU_PACKED } } },
	{ }
};

/* SP16, PK11: a driver that wants no notification gets none. */
KTAP_TEST(notify_tx_suppressed, KTAP_LONG, notify_all,
	  "notify_SP16_PK11_no_call_tx")
{
	struct fixture x;
	__s64 end;

	fixture_start(&x, arg);
	fixture_tx(&x, 1, 10);
	mock_ring_disable_call(x.tx.ring);
	mock_fd_drain(x.tx.ring->call_fd);
	ktap_ok(mock_tx_post(&x.tx, 0, 60, NULL));
	mock_ring_submit(x.tx.ring);
	end = mock_msecs() + FIXTURE_WAIT;
	while (!mock_ring_has_used(x.tx.ring))
		ktap_check(mock_msecs() < end, "buffer never came back");
	ktap_check(!mock_fd_wait(x.tx.ring->call_fd, FIXTURE_QUIET),
		   "notified although suppressed");
	ktap_eq(mock_tx_reap(&x.tx), 1);
}

/* The same for frames to the guest. */
KTAP_TEST(notify_rx_suppressed, KTAP_LONG, notify_all,
	  "notify_SP16_PK11_no_call_rx")
{
	static struct mock_rx_frame f;
	__u8 frame[100];
	struct fixture x;
	__s64 end;

	fixture_start(&x, arg);
	mock_rx_fill(&x.rx);
	fixture_rx(&x, 1, 10);
	mock_ring_disable_call(x.rx.ring);
	mock_fd_drain(x.rx.ring->call_fd);
	frame_fill(frame, sizeof(frame), 50);
	ktap_eq(write(x.pkt, frame, sizeof(frame)), (int)sizeof(frame));
	end = mock_msecs() + FIXTURE_WAIT;
	while (!mock_ring_has_used(x.rx.ring))
		ktap_check(mock_msecs() < end, "frame never came");
	ktap_check(!mock_fd_wait(x.rx.ring->call_fd, FIXTURE_QUIET),
		   "notified although suppressed");
	ktap_ok(mock_rx_recv(&x.rx, &f, 0));
	ktap_eq(f.len, sizeof(frame));
}

/* Ask for a notification once @ahead more entries have been used. */
static void notify_set_event(struct mock_ring *r, unsigned int ahead)
{
	unsigned int pos = r->next_used + ahead;
	bool wrap = r->used_wrap;

	if (!r->packed) {
		r->avail->ring[r->cfg.num] = pos;
		return;
	}
	if (pos >= r->cfg.num) {
		pos -= r->cfg.num;
		wrap = !wrap;
	}
	r->driver_event->off_wrap = pos | wrap << 15;
	r->driver_event->flags = VRING_PACKED_EVENT_FLAG_DESC;
}

/* Send @n frames and poll until they are used, with notifications disabled. */
static void notify_silently(struct fixture *x, unsigned int n)
{
	__s64 end = mock_msecs() + FIXTURE_WAIT;
	unsigned int i;

	for (i = 0; i < n; i++)
		ktap_ok(mock_tx_post(&x->tx, i, 60, NULL));
	mock_ring_submit(x->tx.ring);
	while (x->tx.ring->ninflight) {
		ktap_ok(mock_tx_reap(&x->tx));
		ktap_check(mock_msecs() < end, "buffers never came back");
	}
}

/* SP17, PK11: a notification exactly when the event is passed, at any place. */
KTAP_TEST(notify_event, KTAP_LONG, net_orders, "notify_SP17_PK11_event")
{
	struct fixture x;
	unsigned int i, ahead;

	fixture_start(&x, arg);
	/* The first one after a start comes in any case. */
	notify_silently(&x, 1);
	for (i = 0; i < 60; i++) {
		ahead = i * 7 % 40;
		usleep(2000);
		mock_fd_drain(x.tx.ring->call_fd);
		notify_set_event(x.tx.ring, ahead);
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		if (ahead) {
			notify_silently(&x, ahead);
			usleep(2000);
			ktap_eq(mock_fd_drain(x.tx.ring->call_fd), 0);
		}
		ktap_ok(mock_tx_post(&x.tx, 0, 60, NULL));
		mock_ring_submit(x.tx.ring);
		ktap_check(mock_fd_wait(x.tx.ring->call_fd, FIXTURE_WAIT),
			   "round %u: no notification at %u", i, ahead);
		notify_silently(&x, 0);
	}
}

/*
 * SP20: the guest adds a buffer in the moment in which the device goes to
 * sleep.  It kicks only if it is asked to.
 */
KTAP_TEST(notify_kick_race, KTAP_LONG, notify_all, "notify_SP20_kick_race")
{
	struct fixture x;
	unsigned int i;
	volatile unsigned int spin;

	fixture_start(&x, arg);
	close(x.pkt);
	mock_ring_disable_call(x.tx.ring);
	for (i = 0; i < 4000; i++) {
		notify_silently(&x, 1);
		for (spin = 0; spin < i % 37 * 8; spin++)
			;
	}
}

static const struct ktap_variant notify_legacy[] = {
	{ "", &(const struct combo) { .f = { VHU_NOTIFY_ON_EMPTY } } },
	{ }
};

/* SP21: a legacy driver hears of an empty ring although it wants no calls. */
KTAP_TEST(notify_on_empty, KTAP_SHORT, notify_legacy, "notify_SP21_on_empty")
{
	struct fixture x;

	fixture_start(&x, arg);
	notify_silently(&x, 1);
	mock_ring_disable_call(x.tx.ring);
	usleep(FIXTURE_QUIET * 1000);
	mock_fd_drain(x.tx.ring->call_fd);
	notify_silently(&x, 5);
	ktap_check(mock_fd_wait(x.tx.ring->call_fd, FIXTURE_WAIT),
		   "no notification of the empty ring");
}
