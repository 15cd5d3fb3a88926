// SPDX-License-Identifier: GPL-2.0
/*
 * The guest's driver, and the host at the other end of the tap, see drive.h.
 *
 * Transmission: the ring is kept full, and the driver polls.  Reception: the guest has
 * no buffers while a burst is put into the tap's queue, then it has enough for what
 * waits, so that the worker works without a pause and not beside the sender.  Ping: one
 * frame is transmitted, and when the device has used it one is put into the tap.  Paced:
 * the driver has buffers and asks for interrupts, and a frame comes now and then.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "drive.h"
#include "frame.h"
#include "relay.h"
#include "stats.h"
#include "tap.h"

/* Below the 1000 frames that a tap's queue holds. */
#define BURST		960
#define BURST_GSO	32
/* Both directions: frames per turn, and how many may wait in the tap. */
#define TURN		32
#define TURN_GSO	2

/* Overload: what the guest takes per turn; twice as many are sent. */
#define OVERLOAD_TURN	32

/* Paced: buffers that wait for frames. */
#define PACED_BUFFERS	64

/* Ping: buffers that wait for frames, and round trips of a round that are looked at. */
#define PING_BUFFERS	16
#define PING_SAMPLES	65536
/* A round trip with its two wake-ups takes as long as many packets in a row. */
#define PING_WEIGHT	20

#define VERIFIED	512
#define STALL_NS	5000000000ULL

/**
 * struct drive - what is under way
 * @s: device
 * @frame: frames of a burst with a virtio-net header of 10 bytes each, or NULL
 * @nframes: how many
 * @fed: frames put into the tap
 * @posted: frames given to the device by the driver
 * @sent: of these, used
 * @received: frames of @fed that the guest has got
 * @lost: frames of @fed that found the tap full
 * @lost_before: what the tap had counted of these before
 * @missing: buffers that the frame under way still needs
 * @len: bytes of it so far
 * @moved: when a frame moved last
 * @careful: compare every byte
 * @start: when the round began
 * @sender: instructions that sending @fed has cost
 * @began: when the round trip under way began
 * @trip: the round trips in nanoseconds
 * @ntrips: how many
 */
struct drive {
	struct subject *s;
	__u8 *frame;
	unsigned int nframes;
	unsigned long long fed, posted, sent, received, lost, lost_before;
	unsigned int missing, len;
	unsigned long long moved;
	bool careful;
	unsigned long long start;
	double sender;
	unsigned long long began;
	double *trip;
	unsigned int ntrips;
};

static unsigned long long drive_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* A turn of polling without a frame. */
static int drive_idle(struct drive *d)
{
	unsigned int i;

	for (i = 0; i < 16; i++)
		asm volatile("pause");
	return drive_now() - d->moved > STALL_NS ? -ETIMEDOUT : 0;
}

static size_t drive_frame_size(const struct drive *d)
{
	return sizeof(struct virtio_net_hdr) + d->s->c->len;
}

static int drive_make_frames(struct drive *d)
{
	unsigned int i;

	d->nframes = d->s->c->gso ? BURST_GSO : BURST;
	d->frame = calloc(d->nframes, drive_frame_size(d));
	if (!d->frame)
		return -ENOMEM;
	for (i = 0; i < d->nframes; i++) {
		__u8 *p = d->frame + i * drive_frame_size(d);

		bench_frame_header(d->s->c, (struct virtio_net_hdr *)p);
		bench_frame_fill(d->s->c, p + sizeof(struct virtio_net_hdr), i);
	}
	return 0;
}

/* Put frames into the tap. */
static int drive_feed(struct drive *d, unsigned int n)
{
	struct mmsghdr m[64];
	struct iovec iov[64];
	unsigned int i, batch;
	double before;
	int r;

	for (; n; n -= r) {
		batch = n < 64 ? n : 64;
		for (i = 0; i < batch; i++) {
			iov[i].iov_base = d->frame + (d->fed + i) % d->nframes *
					  drive_frame_size(d);
			iov[i].iov_len = drive_frame_size(d);
			m[i].msg_hdr = (struct msghdr) {
				.msg_iov = &iov[i], .msg_iovlen = 1,
			};
		}
		before = meter_sender();
		r = sendmmsg(d->s->socket, m, batch, 0);
		d->sender += meter_sender() - before;
		/* the first one was lost, and is counted by the tap */
		if (r < 0 && errno == ENOBUFS && d->s->c->work == BENCH_OVERLOAD)
			r = 1;
		if (r < 0)
			return -errno;
		d->fed += r;
	}
	return 0;
}

/* How many buffers the device should have: as the frames in the tap need. */
static unsigned int drive_rx_need(const struct drive *d, const struct subject_pair *p)
{
	unsigned int each = (p->n.hdr_len + d->s->c->len + p->rx.stride - 1) / p->rx.stride;
	unsigned long long need = (d->fed / d->s->c->pairs - p->received) * each;

	if (d->s->c->work == BENCH_OVERLOAD)
		return OVERLOAD_TURN;
	if (d->s->c->work == BENCH_PING)
		need += PING_BUFFERS;
	else if (d->s->c->gap_us)
		need += PACED_BUFFERS;
	/* what the frame under way has used already */
	return d->missing ? need - (each - d->missing) : need;
}

static int drive_rx_post(struct drive *d, struct subject_pair *p)
{
	unsigned int have = p->rx.ring->ninflight, need = drive_rx_need(d, p);
	bool added = false;
	int r = 0;

	while (have < need && p->nfree[VHU_RX] && !r) {
		unsigned int i = p->free[VHU_RX][--p->nfree[VHU_RX]];
		const struct mock_seg seg = {
			mock_io_addr(&p->rx, i), p->rx.stride, true,
		};

		r = mock_ring_add(p->rx.ring, &seg, 1, false, i);
		added = true;
		have++;
	}
	if (added)
		subject_submit(d->s, p->rx.ring);
	return r;
}

static int drive_check_frame(struct drive *d, struct subject_pair *p, const __u8 *buf)
{
	unsigned int pairs = d->s->c->pairs, number = p - d->s->pair;
	unsigned int seq = (p->received * pairs + number) % d->nframes;

	if (d->s->c->work == BENCH_OVERLOAD)
		seq = bench_frame_seq(buf + p->n.hdr_len) % d->nframes;
	if (bench_frame_seq(buf + p->n.hdr_len) != seq)
		return -EBADMSG;
	/* A frame of many buffers is nowhere in one piece. */
	if (d->careful && !d->s->c->gso &&
	    !bench_frame_same(d->s->c, buf + p->n.hdr_len, seq))
		return -EBADMSG;
	return 0;
}

static int drive_rx_buffer(struct drive *d, struct subject_pair *p,
			   const struct mock_used *u)
{
	const __u8 *buf = mock_io_ptr(&p->rx, u->cookie);
	int r = 0;

	if (!d->missing) {
		d->missing = buf[10] | buf[11] << 8;
		d->len = 0;
		if (u->len < p->n.hdr_len + FRAME_MIN || !d->missing)
			return -EBADMSG;
		r = drive_check_frame(d, p, buf);
	}
	d->len += u->implied ? p->rx.stride : u->len;
	if (!--d->missing) {
		/* in order, only the last buffer of a batch has a length */
		if (!p->rx.ring->in_order &&
		    d->len != p->n.hdr_len + d->s->c->len)
			return -EBADMSG;
		d->received++;
		p->received++;
	}
	p->free[VHU_RX][p->nfree[VHU_RX]++] = u->cookie;
	return r;
}

/* Take what has been received, and post buffers.  Returns how many were used. */
static int drive_rx_step(struct drive *d, struct subject_pair *p)
{
	struct mock_used u;
	int r, n = 0;

	while ((r = mock_ring_get_used(p->rx.ring, &u)) > 0) {
		r = drive_rx_buffer(d, p, &u);
		if (r)
			return r;
		n++;
	}
	if (!r)
		r = drive_rx_post(d, p);
	return r < 0 ? r : n;
}

static int drive_tx_add(struct subject_pair *p, unsigned int len)
{
	unsigned int i = p->free[VHU_TX][p->nfree[VHU_TX] - 1], n;
	struct mock_seg seg[MOCK_IO_SEGS];
	int r;

	n = mock_io_cut(&p->tx, mock_io_addr(&p->tx, i), p->n.hdr_len + len, false, seg);
	r = mock_ring_add(p->tx.ring, seg, n, p->tx.indirect, i);
	if (!r)
		p->nfree[VHU_TX]--;
	return r;
}

/*
 * Take back what has been transmitted, and post frames.
 * @last: no more than these are posted
 *
 * Returns how many were used.
 */
static int drive_tx_step(struct drive *d, struct subject_pair *p,
			 unsigned long long last)
{
	struct mock_used u;
	bool added = false;
	int r, n = 0;

	while ((r = mock_ring_get_used(p->tx.ring, &u)) > 0) {
		p->free[VHU_TX][p->nfree[VHU_TX]++] = u.cookie;
		n++;
	}
	if (r < 0)
		return r;
	d->sent += n;
	while (p->nfree[VHU_TX] && d->posted < last) {
		r = drive_tx_add(p, d->s->c->len);
		if (r == -ENOSPC)
			break;
		if (r)
			return r;
		d->posted++;
		added = true;
	}
	if (added)
		subject_submit(d->s, p->tx.ring);
	return n;
}

static bool drive_over(const struct drive *d, const struct drive_limit *limit,
		       unsigned long long start)
{
	unsigned long long packets = d->sent + d->received;

	if (d->s->c->work == BENCH_PING)
		packets *= PING_WEIGHT;
	return packets >= limit->packets && (!limit->ns || drive_now() - start >= limit->ns);
}

/* All that was used is taken: ask to be told of the next. */
static void drive_want_calls(struct drive *d)
{
	unsigned int i;

	for (i = 0; i < VHU_NVQS; i++)
		mock_ring_enable_call(&d->s->pair[0].n.ring[i]);
}

/* How many packets a paced round has come to. */
static unsigned long long drive_due(const struct drive *d)
{
	return (drive_now() - d->start) / 1000 / d->s->c->gap_us + 1;
}

/* One turn of all pairs; @last as in drive_tx_step(). */
static int drive_turn(struct drive *d, unsigned long long last)
{
	unsigned int i;
	int r, n = 0;

	for (i = 0; i < d->s->c->pairs; i++) {
		r = drive_tx_step(d, &d->s->pair[i], last);
		if (r >= 0) {
			n += r;
			r = drive_rx_step(d, &d->s->pair[i]);
		}
		if (r < 0)
			return r;
		n += r;
	}
	if (n && d->s->c->gap_us)
		drive_want_calls(d);
	if (!n)
		return drive_idle(d);
	d->moved = drive_now();
	return 0;
}

/* How many frames to put into the tap now. */
static unsigned int drive_portion(const struct drive *d)
{
	unsigned int turn = d->s->c->gso ? TURN_GSO : TURN;

	if (d->s->c->work == BENCH_TX)
		return 0;
	if (d->s->c->work == BENCH_RX && d->s->c->gap_us) {
		unsigned long long n = drive_due(d) - d->fed, room;

		room = BURST - (d->fed - d->received);
		return n < room ? n : room;
	}
	if (d->s->c->work == BENCH_RX)
		return d->fed == d->received ? d->nframes : 0;
	if (d->s->c->work == BENCH_PING)
		return d->sent == d->posted ? d->sent - d->fed : 0;
	if (d->s->c->work == BENCH_OVERLOAD)
		return 2 * OVERLOAD_TURN;
	return d->fed - d->received < 4 * turn ? turn : 0;
}

/* Ping: a frame that came back ends a round trip, and the next one begins. */
static void drive_ping(struct drive *d)
{
	unsigned long long now = drive_now();

	if (d->received && d->ntrips < PING_SAMPLES)
		d->trip[d->ntrips++] = now - d->began;
	d->began = now;
}

/* How many frames may have been posted by now, if the round goes on. */
static unsigned long long drive_allowed(struct drive *d)
{
	if (d->s->c->gap_us)
		return drive_due(d);
	/* a packet more than the ring holds keeps it full */
	if (d->s->c->work != BENCH_PING)
		return d->sent + SUBJECT_PAIRS * SUBJECT_RING;
	if (d->received < d->posted)
		return d->posted;
	drive_ping(d);
	return d->posted + 1;
}

/* Does the driver transmit? */
static bool drive_transmits(const struct drive *d)
{
	return d->s->c->work != BENCH_RX && d->s->c->work != BENCH_OVERLOAD;
}

/* Are frames on their way? */
static bool drive_pending(struct drive *d)
{
	struct subject_tap t;

	if (d->s->c->work == BENCH_OVERLOAD && !subject_tap_stats(d->s->link, &t))
		d->lost = t.lost - d->lost_before;
	return d->sent < d->posted || d->received + d->lost < d->fed;
}

static int drive_run(struct drive *d, const struct drive_limit *limit)
{
	unsigned long long start = drive_now(), last = 0;
	bool transmit = drive_transmits(d), over = false;
	int r = 0;

	d->moved = start;
	d->start = start;
	while (!r && (!over || drive_pending(d))) {
		unsigned int portion = !over || d->s->c->work == BENCH_PING ?
				       drive_portion(d) : 0;

		if (portion)
			r = drive_feed(d, portion);
		if (transmit && !over)
			last = drive_allowed(d);
		if (!r)
			r = drive_turn(d, over ? d->posted : last);
		over = over || drive_over(d, limit, start);
	}
	return r;
}

/* Frames that have arrived at the end of their way. */
static int drive_arrived(struct subject *s, unsigned long long *n)
{
	struct subject_tap t;
	int r;

	if (s->c->sink == BENCH_BRIDGE) {
		r = subject_tap_stats(s->beyond, &t);
		*n = t.sent;
		return r;
	}
	r = subject_tap_stats(s->link, &t);
	*n = s->c->sink == BENCH_XDP ? t.dropped : t.received;
	return r;
}

static void drive_subtract(struct meter_reading *a, const struct meter_reading *b)
{
	a->cpu -= b->cpu;
	a->insns -= b->insns;
	a->cycles -= b->cycles;
	a->sleeps -= b->sleeps;
}

static int drive_start(struct drive *d, struct subject *s)
{
	struct subject_tap t;
	unsigned int i;
	int r = subject_tap_stats(s->link, &t);

	memset(d, 0, sizeof(*d));
	d->s = s;
	if (r)
		return r;
	d->lost_before = t.lost;
	for (i = 0; i < s->c->pairs; i++)
		s->pair[i].received = 0;
	if (s->c->work == BENCH_TCP)
		return 0;
	if (s->c->work == BENCH_PING) {
		d->trip = calloc(PING_SAMPLES, sizeof(*d->trip));
		if (!d->trip)
			return -ENOMEM;
	}
	return s->c->work == BENCH_TX ? 0 : drive_make_frames(d);
}

static void drive_end(struct drive *d)
{
	free(d->frame);
	free(d->trip);
}

static void drive_latency(const struct drive *d, double latency[DRIVE_QUANTILES])
{
	static const double quantile[DRIVE_QUANTILES] = {
		[DRIVE_P50] = 0.5, [DRIVE_P99] = 0.99, [DRIVE_P999] = 0.999,
	};
	unsigned int i;

	for (i = 0; i < DRIVE_QUANTILES; i++)
		latency[i] = stats_quantile(d->trip, d->ntrips, quantile[i]);
}

/*
 * One round: drive the device until the limit is reached and all frames have arrived.
 *
 * Returns 0, -ETIMEDOUT if nothing moves, -EBADMSG for a wrong frame, -ENODATA if another
 * number arrived than was sent, or another negative errno.
 */
int drive_round(struct subject *s, const struct drive_limit *limit,
		struct drive_result *r)
{
	unsigned long long before = 0, after = 0, start;
	struct meter_reading cost;
	struct drive d;
	int ret = drive_start(&d, s);

	memset(r, 0, sizeof(*r));
	subject_calls(s);
	s->kicks = 0;
	s->calls = 0;
	if (!ret)
		ret = drive_arrived(s, &before);
	start = drive_now();
	if (!ret)
		ret = meter_read(&s->meter, &cost);
	if (!ret)
		ret = s->relay ? relay_run(s->relay, limit, r) : drive_run(&d, limit);
	if (!ret)
		ret = meter_read(&s->meter, &r->cost);
	r->secs = (drive_now() - start) / 1e9;
	if (!ret)
		ret = drive_arrived(s, &after);
	/* a bridge sends frames of its own now and then, and a stack answers */
	if (!ret && !s->relay && (after - before < d.sent ||
		     (after - before > d.sent && s->c->sink != BENCH_BRIDGE))) {
		fprintf(stderr, "%s: %llu frames sent, %llu arrived\n", s->node, d.sent,
			after - before);
		ret = -ENODATA;
	}
	if (!s->relay)
		r->packets = d.sent + d.received;
	r->lost = d.lost;
	r->kicks = s->kicks;
	r->calls = s->calls + subject_calls(s);
	drive_subtract(&r->cost, &cost);
	/* what a frame cost, as if all packets had been sent so */
	if (s->c->sender && d.fed)
		r->cost.insns = d.sender / d.fed * r->packets;
	drive_latency(&d, r->latency);
	drive_end(&d);
	return ret;
}

/* Compare what the host receives. */
static int drive_verify_tx(struct subject *s)
{
	static __u8 frame[sizeof(struct virtio_net_hdr) + FRAME_MAX];
	const struct drive_limit limit = { .packets = s->c->gso ? 64 : VERIFIED };
	unsigned int i;
	struct drive d;
	int r, fd = packet_open(s->link, true);

	if (fd < 0)
		return fd;
	r = drive_start(&d, s);
	if (!r)
		r = drive_run(&d, &limit);
	for (i = 0; i < limit.packets && !r; i++) {
		const __u8 *f = frame + sizeof(struct virtio_net_hdr);
		int len = packet_recv(fd, frame, sizeof(frame), 1000);

		if (len < 0)
			r = len;
		else if (len != (int)drive_frame_size(&d) ||
			 !bench_frame_same(s->c, f, bench_frame_seq(f)))
			r = -EBADMSG;
	}
	drive_end(&d);
	close(fd);
	return r;
}

/* Compare what the guest receives. */
static int drive_verify_rx(struct subject *s)
{
	const struct drive_limit limit = { .packets = 1 };
	struct drive d;
	int r = drive_start(&d, s);

	d.careful = true;
	if (!r)
		r = drive_run(&d, &limit);
	drive_end(&d);
	return r;
}

/*
 * Before anything is measured: every byte of some frames must arrive.
 *
 * Returns 0 or a negative errno.
 */
int drive_verify(struct subject *s)
{
	/* It compares all bytes in each round. */
	if (s->relay)
		return 0;
	if (s->c->work != BENCH_TX)
		return drive_verify_rx(s);
	/* What XDP drops, no one sees. */
	return s->c->sink == BENCH_XDP ? 0 : drive_verify_tx(s);
}
