// SPDX-License-Identifier: GPL-2.0
/*
 * A queue that always has work, or is kicked without end, keeps no other queue of
 * its worker waiting for more than two of its runs, and a run is bounded.
 *
 * What is asserted is the order of runs, which the tracepoints tell exactly; times
 * have bounds only that a hang exceeds.  A test that is preempted between its mark
 * and its kick counts too many runs, so half of the rounds may.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>

#include "blk_fixture.h"
#include "net_fixture.h"
#include "proc.h"
#include "run_trace.h"

#define ISO_ROUNDS	15
#define ISO_EVENTS	100000
#define ISO_RINGS	4
#define ISO_NUM		256
/* Of large requests all that fit are in flight when the device stops. */
#define ISO_NUM_LARGE	16
/* As security.rst states them. */
#define ISO_RUNS	2
#define ISO_PACKETS	256
#define ISO_DESCS	65536
#define ISO_PIECE_MIB	4

/**
 * struct iso_pest - a thread that gives queues work, over and over
 * @fn: does it once
 * @ring: the queues
 * @n: how many
 * @fd: where it writes frames to
 * @thread: the thread
 * @stop: set to end it
 * @turns: how often it did
 */
struct iso_pest {
	void (*fn)(struct iso_pest *p);
	struct mock_ring *ring[ISO_RINGS];
	unsigned int n;
	int fd;
	pthread_t thread;
	bool stop;
	unsigned int turns;
};

static void *iso_pest_run(void *arg)
{
	struct iso_pest *p = arg;

	while (!__atomic_load_n(&p->stop, __ATOMIC_ACQUIRE)) {
		p->fn(p);
		p->turns++;
	}
	return NULL;
}

static void iso_pest_start(struct iso_pest *p)
{
	ktap_check(!pthread_create(&p->thread, NULL, iso_pest_run, p), "thread");
}

static void iso_pest_stop(struct iso_pest *p)
{
	__atomic_store_n(&p->stop, true, __ATOMIC_RELEASE);
	pthread_join(p->thread, NULL);
	ktap_info("%u turns", p->turns);
}

/* Split rings that are full again as soon as they are not. */
static void iso_feed(struct iso_pest *p)
{
	unsigned int i;

	for (i = 0; i < p->n; i++) {
		struct mock_ring *r = p->ring[i];
		__u16 used = __atomic_load_n(&r->used->idx, __ATOMIC_ACQUIRE);

		__atomic_store_n(&r->avail->idx, (__u16)(used + r->cfg.num),
				 __ATOMIC_RELEASE);
		if (p->turns % 16 == 0)
			mock_ring_kick(r);
	}
}

static void iso_kick(struct iso_pest *p)
{
	unsigned int i;

	for (i = 0; i < p->n; i++)
		mock_ring_kick(p->ring[i]);
}

static void iso_flood(struct iso_pest *p)
{
	static const __u8 frame[1000] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

	if (write(p->fd, frame, sizeof(frame)) < 0)
		sched_yield();
}

/**
 * struct iso_victim - a queue that has work now and then
 * @dev: its device
 * @fd: the descriptor
 * @queue: which queue
 * @post: prepare a request
 * @kick: let the device know
 * @wait: until it is done
 */
struct iso_victim {
	void *dev;
	int fd;
	unsigned int queue;
	void (*post)(struct iso_victim *v);
	void (*kick)(struct iso_victim *v);
	void (*wait)(struct iso_victim *v);
};

/**
 * struct iso_seen - what happened in some rounds
 * @before: runs of others that began between kick and run, for each round
 * @most: packets of the longest of their runs
 * @worst: longest time from kick to completion, in milliseconds
 */
struct iso_seen {
	unsigned int before[ISO_ROUNDS];
	__u64 most;
	__s64 worst;
};

static void iso_look(struct iso_seen *seen, unsigned int round,
		     unsigned int victim, const struct run_trace_event *e,
		     unsigned int n)
{
	bool marked = false, served = false;
	unsigned int i;

	for (i = 0; i < n; i++) {
		bool other = e[i].kind != RUN_TRACE_MARK &&
			     e[i].queue != victim;

		if (other && e[i].kind == RUN_TRACE_END &&
		    e[i].value > seen->most)
			seen->most = e[i].value;
		if (other && e[i].kind == RUN_TRACE_BEGIN)
			seen->before[round] += marked && !served;
		marked |= e[i].kind == RUN_TRACE_MARK;
		served |= marked && e[i].kind == RUN_TRACE_BEGIN && !other;
	}
	ktap_check(served, "round %u: no run of queue %u among %u events",
		   round, victim, n);
}

static void iso_round(struct iso_victim *v, struct iso_seen *seen,
		      unsigned int round)
{
	static struct run_trace_event e[ISO_EVENTS];
	__s64 start;
	int n;

	v->post(v);
	ktap_ok(run_trace_start());
	start = mock_msecs();
	ktap_ok(run_trace_mark());
	v->kick(v);
	v->wait(v);
	if (mock_msecs() - start > seen->worst)
		seen->worst = mock_msecs() - start;
	n = ktap_ok(run_trace_stop(e, ISO_EVENTS));
	iso_look(seen, round, v->queue, e, n);
}

static int iso_compare(const void *a, const void *b)
{
	return *(const unsigned int *)a - *(const unsigned int *)b;
}

static void iso_open_trace(void)
{
	int r = run_trace_open();

	if (r)
		ktap_skip("no tracepoints: %s", strerror(-r));
}

static __u64 iso_runs(int fd, unsigned int q)
{
	__u64 c[MYVHOST_CNT_MAX];

	ktap_ok(vhost_get_stats(fd, q, c));
	return c[MYVHOST_CNT_RUNS];
}

/* @others: queues besides the victim's; @most: packets that a run may have, 0: any. */
static void iso_measure(struct iso_victim *v, unsigned int others, __u64 most)
{
	unsigned int i, half, pest = !v->queue;
	__u64 runs = iso_runs(v->fd, pest);
	struct iso_seen seen = { 0 };

	for (i = 0; i < ISO_ROUNDS; i++)
		iso_round(v, &seen, i);
	runs = iso_runs(v->fd, pest) - runs;
	qsort(seen.before, ISO_ROUNDS, sizeof(*seen.before), iso_compare);
	half = seen.before[ISO_ROUNDS / 2];
	ktap_info("%u runs of others before, at most %u; %llu packets; %lld ms",
		  half, seen.before[ISO_ROUNDS - 1], seen.most, seen.worst);
	ktap_check(runs >= ISO_ROUNDS, "queue %u ran %llu times only", pest,
		   runs);
	ktap_check(half <= ISO_RUNS * others, "%u runs before that of queue %u",
		   half, v->queue);
	ktap_check(!most || seen.most <= most, "a run of %llu packets",
		   seen.most);
}

/* Disks: @n queues, the last of which is the victim. */
struct iso_disk {
	struct blk_fix x;
	struct iso_victim v;
	struct iso_pest p;
};

static void iso_disk_post(struct iso_victim *v)
{
	struct iso_disk *d = v->dev;

	ktap_check(mock_blk_add(&d->x.b, v->queue, VIRTIO_BLK_T_IN, 8, d->x.buf,
				4096, NULL), "the ring is full");
}

static void iso_disk_kick(struct iso_victim *v)
{
	struct iso_disk *d = v->dev;

	mock_blk_submit(&d->x.b, v->queue);
}

static void iso_disk_wait(struct iso_victim *v)
{
	struct iso_disk *d = v->dev;

	ktap_eq(blk_get(&d->x, v->queue)->status, 0);
}

static void iso_disk_open(struct iso_disk *d, const struct blk_backing *back,
			  unsigned int queues, unsigned int num, __u32 flags)
{
	struct mock_blk_cfg cfg;
	unsigned int i;

	memset(d, 0, sizeof(*d));
	blk_cfg(&cfg, back, blk_vhost_split);
	cfg.queues = queues;
	cfg.num = num;
	cfg.mem_size = 32 << 20;
	cfg.table_max = 4;
	cfg.backing.flags = flags;
	blk_open(&d->x, back, &cfg, 2 << 20);
	d->v = (struct iso_victim) {
		.dev = d, .fd = d->x.b.fd, .queue = queues - 1,
		.post = iso_disk_post, .kick = iso_disk_kick,
		.wait = iso_disk_wait,
	};
	d->p.fn = iso_feed;
	for (i = 0; i + 1 < queues; i++)
		d->p.ring[d->p.n++] = &d->x.b.queue[i].ring;
}

/* A disk whose requests never wait for anything. */
static void iso_disk_file(struct iso_disk *d, unsigned int queues)
{
	struct blk_backing back;

	blk_prepare();
	blk_backing(&back, BLK_TMPFS);
	iso_disk_open(d, &back, queues, ISO_NUM, 0);
}

/**
 * struct iso_load - what a queue is full of
 * @name: for the name of the case
 * @type: of the requests
 * @mib: their data is so many pieces of 1 MiB, 0 for one piece of 4 KiB
 * @empty: so many descriptors of length 0 are among theirs
 * @queues: of the device
 * @most: packets that a run may have; 0 where I/O may complete later
 */
struct iso_load {
	__u32 type;
	unsigned int mib;
	unsigned int empty;
	unsigned int queues;
	__u64 most;
	bool cached;
};

/* One table for the requests of all slots, which all have the same memory. */
static __u64 iso_table(struct blk_fix *x, const struct iso_load *l, __u32 *len)
{
	unsigned int n = l->empty + (l->mib ? l->mib : 1) + 2, i = 0, k;
	__u64 at = guest_alloc(&x->b.mem, n * sizeof(struct vring_desc), 4096);
	__u64 hdr = guest_alloc(&x->b.mem, 4096, 4096);
	struct virtio_blk_outhdr h = { .type = l->type };
	struct vring_desc *d = guest_ptr(&x->b.mem, at);

	memcpy(guest_ptr(&x->b.mem, hdr), &h, sizeof(h));
	d[i++] = (struct vring_desc) { hdr, sizeof(h), 0, 0 };
	for (k = 0; k < l->empty; k++)
		d[i++] = (struct vring_desc) { 0, 0, 0, 0 };
	for (k = 0; k < n - l->empty - 2; k++)
		d[i++] = (struct vring_desc) {
			x->buf, l->mib ? 1 << 20 : 4096, VRING_DESC_F_WRITE, 0,
		};
	d[i++] = (struct vring_desc) { hdr + 100, 1, VRING_DESC_F_WRITE, 0 };
	for (k = 0; k + 1 < n; k++) {
		d[k].flags |= VRING_DESC_F_NEXT;
		d[k].next = k + 1;
	}
	*len = n * sizeof(*d);
	return at;
}

static void iso_disk_fill(struct iso_disk *d, const struct iso_load *l)
{
	unsigned int i, k;
	__u32 len;
	__u64 at = iso_table(&d->x, l, &len);

	for (i = 0; i < d->p.n; i++) {
		struct mock_ring *r = d->p.ring[i];

		for (k = 0; k < r->cfg.num; k++) {
			r->desc[k] = (struct vring_desc) {
				at, len, VRING_DESC_F_INDIRECT, 0,
			};
			r->avail->ring[k] = k;
		}
	}
}

/* Wait until another run of the queue has used up its budget. */
static void iso_wait_budget(struct iso_disk *pest)
{
	__u64 before = blk_counter(&pest->x, MYVHOST_CNT_BUDGET);
	__s64 end = mock_msecs() + BLK_WAIT;

	while (blk_counter(&pest->x, MYVHOST_CNT_BUDGET) == before) {
		ktap_check(mock_msecs() < end, "the budget is not used up");
		usleep(100);
	}
}

static const struct ktap_variant iso_loads[] = {
	{ "reads", &(const struct iso_load) { VIRTIO_BLK_T_IN, 0, 0, 2, 0 } },
	{ "small", &(const struct iso_load) { VIRTIO_BLK_T_GET_ID, 0, 0, 2,
	  ISO_PACKETS } },
	{ "long_chains", &(const struct iso_load) { VIRTIO_BLK_T_GET_ID, 0, 4093,
	  2, ISO_DESCS / 4096 } },
	{ "three_queues", &(const struct iso_load) { VIRTIO_BLK_T_GET_ID, 0, 0, 4,
	  ISO_PACKETS } },
	{ }
};

/* HO10: endless requests in all queues but one, which gets its turn; then a stop. */
KTAP_TEST(iso_disk_endless, KTAP_LONG, iso_loads, "isolation_HO10_disk")
{
	const struct iso_load *l = arg;
	struct iso_disk d;

	iso_disk_file(&d, l->queues);
	iso_open_trace();
	iso_disk_fill(&d, l);
	ktap_ok(mock_blk_start(&d.x.b));
	iso_pest_start(&d.p);
	iso_wait_budget(&d);
	iso_measure(&d.v, l->queues - 1, l->most);
	iso_wait_budget(&d);
	ktap_ok(mock_blk_stop(&d.x.b));
	iso_pest_stop(&d.p);
}

/* The page cache has all of a disk. */
static void iso_warm(const struct blk_backing *back)
{
	char *buf = malloc(back->size);

	ktap_check(buf && pread(back->fd, buf, back->size, 0) ==
		   (ssize_t)back->size, "reading the backing");
	free(buf);
}

static const struct ktap_variant iso_large[] = {
	{ "cached", &(const struct iso_load) { VIRTIO_BLK_T_IN, 8, 0, 2, 0, true } },
	{ "direct", &(const struct iso_load) { VIRTIO_BLK_T_IN, 8, 0, 2, 0 } },
	{ }
};

/*
 * HO10: a large request is done by pieces, and each is a run of its own: through the
 * page cache, which has the data, or directly.
 */
KTAP_TEST(iso_disk_large, KTAP_LONG, iso_large, "isolation_HO10_disk_large")
{
	const struct iso_load *l = arg;
	__u64 c[MYVHOST_CNT_MAX];
	struct blk_backing back;
	struct iso_disk d;

	blk_prepare();
	blk_backing(&back, l->cached ? BLK_LOOP : BLK_NULL);
	iso_warm(&back);
	iso_disk_open(&d, &back, 2, ISO_NUM_LARGE, l->cached ? MYVHOST_BLK_BUFFERED : 0);
	iso_open_trace();
	iso_disk_fill(&d, l);
	ktap_ok(mock_blk_start(&d.x.b));
	iso_pest_start(&d.p);
	iso_measure(&d.v, 1, 0);
	ktap_ok(mock_blk_stop(&d.x.b));
	iso_pest_stop(&d.p);
	ktap_ok(vhost_get_stats(d.x.b.fd, 0, c));
	ktap_info("%llu requests of %u MiB in %llu runs",
		  c[MYVHOST_CNT_PACKETS], l->mib, c[MYVHOST_CNT_RUNS]);
	ktap_check(c[MYVHOST_CNT_READS], "nothing was read");
	ktap_check(c[MYVHOST_CNT_RUNS] * (ISO_PIECE_MIB + 1) >=
		   c[MYVHOST_CNT_READS] * l->mib, "%llu MiB in %llu runs",
		   c[MYVHOST_CNT_READS] * l->mib, c[MYVHOST_CNT_RUNS]);
}

/* HO6: the kick eventfd of an empty queue is written in a loop. */
KTAP_TEST(iso_disk_kicks, KTAP_LONG, NULL, "isolation_HO6_disk_kicks")
{
	struct iso_disk d;

	iso_disk_file(&d, 2);
	iso_open_trace();
	d.p.fn = iso_kick;
	ktap_ok(mock_blk_start(&d.x.b));
	iso_pest_start(&d.p);
	iso_measure(&d.v, 1, 0);
	ktap_ok(mock_blk_stop(&d.x.b));
	iso_pest_stop(&d.p);
}

/* A queue whose guest takes nothing back sleeps, whatever others do. */
KTAP_TEST(iso_disk_undrained, KTAP_LONG, NULL, "isolation_HO10_disk_undrained")
{
	__s64 end = mock_msecs() + BLK_WAIT;
	struct iso_disk d;
	struct mock_ring *r;
	unsigned int i;
	__u64 runs;

	iso_disk_file(&d, 2);
	r = d.p.ring[0];
	ktap_ok(mock_blk_start(&d.x.b));
	while (mock_blk_add(&d.x.b, 0, VIRTIO_BLK_T_IN, 0, d.x.buf, 4096, NULL))
		;
	mock_blk_submit(&d.x.b, 0);
	while (__atomic_load_n(&r->used->idx, __ATOMIC_ACQUIRE) !=
	       r->ninflight)
		ktap_check(mock_msecs() < end, "requests do not come back");
	usleep(BLK_QUIET * 1000);
	runs = iso_runs(d.x.b.fd, 0);
	for (i = 0; i < 50; i++) {
		iso_disk_post(&d.v);
		iso_disk_kick(&d.v);
		iso_disk_wait(&d.v);
	}
	ktap_eq(iso_runs(d.x.b.fd, 0), runs);
}

/* The thread that serves a queue, by fdinfo. */
static pid_t iso_worker(int fd)
{
	char val[64];
	int tid;

	ktap_check(proc_fdinfo(fd, "q0.worker", val, sizeof(val)) &&
		   sscanf(val, "%*s %d", &tid) == 1, "no worker in fdinfo");
	return tid;
}

static void iso_pin(pid_t tid)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	ktap_check(!sched_setaffinity(tid, sizeof(set), &set), "affinity: %s",
		   strerror(errno));
}

static const struct ktap_variant iso_reads[] = {
	{ "", &(const struct iso_load) { VIRTIO_BLK_T_IN, 0, 0, 2, 0 } },
	{ }
};

/* Devices have workers of their own; on one processor they take turns. */
KTAP_TEST(iso_disk_devices, KTAP_LONG, iso_reads, "isolation_disk_devices")
{
	static struct iso_disk pest, d;
	struct blk_backing back;
	__s64 start, worst = 0;
	unsigned int i;

	blk_prepare();
	blk_backing(&back, BLK_TMPFS);
	/* They read the same file. */
	iso_disk_open(&pest, &back, 2, ISO_NUM, MYVHOST_BLK_NOLOCK);
	iso_disk_open(&d, &back, 1, ISO_NUM, MYVHOST_BLK_NOLOCK);
	ktap_check(iso_worker(pest.x.b.fd) != iso_worker(d.x.b.fd),
		   "two devices have one worker");
	iso_pin(iso_worker(pest.x.b.fd));
	iso_pin(iso_worker(d.x.b.fd));
	iso_disk_fill(&pest, arg);
	ktap_ok(mock_blk_start(&pest.x.b));
	ktap_ok(mock_blk_start(&d.x.b));
	iso_pest_start(&pest.p);
	iso_wait_budget(&pest);
	for (i = 0; i < 50; i++) {
		iso_disk_post(&d.v);
		start = mock_msecs();
		iso_disk_kick(&d.v);
		iso_disk_wait(&d.v);
		if (mock_msecs() - start > worst)
			worst = mock_msecs() - start;
	}
	ktap_info("a request took %lld ms at most", worst);
	iso_wait_budget(&pest);
	iso_pest_stop(&pest.p);
}

/* Network devices: one queue is the victim, the other one has work. */
struct iso_net {
	struct fixture x;
	struct iso_victim v;
	struct iso_pest p;
};

static void iso_rx_post(struct iso_victim *v)
{
	struct iso_net *n = v->dev;

	mock_rx_fill(&n->x.rx);
}

static void iso_rx_kick(struct iso_victim *v)
{
	struct iso_net *n = v->dev;
	__u8 frame[100];

	frame_fill(frame, sizeof(frame), 1);
	ktap_eq(write(n->x.pkt, frame, sizeof(frame)), (int)sizeof(frame));
}

static void iso_rx_wait(struct iso_victim *v)
{
	static struct mock_rx_frame f;
	struct iso_net *n = v->dev;

	ktap_ok(mock_rx_recv(&n->x.rx, &f, FIXTURE_WAIT));
	ktap_check(f.len == 100 && frame_check(f.data, 100, 1) < 0,
		   "the frame differs");
}

static void iso_tx_post(struct iso_victim *v)
{
	struct iso_net *n = v->dev;

	ktap_ok(mock_tx_post(&n->x.tx, 0, 100, NULL));
}

static void iso_tx_kick(struct iso_victim *v)
{
	struct iso_net *n = v->dev;

	mock_ring_submit(n->x.tx.ring);
}

static void iso_tx_wait(struct iso_victim *v)
{
	struct iso_net *n = v->dev;

	fixture_tx_reap(&n->x);
}

static void iso_net_open(struct iso_net *n, unsigned int victim)
{
	struct mock_net_cfg cfg;

	memset(n, 0, sizeof(*n));
	fixture_cfg(&cfg, &combo_split);
	cfg.num = ISO_NUM;
	cfg.table_max = 1;
	cfg.mem_size = 16 << 20;
	fixture_open(&n->x, &cfg);
	ktap_ok(mock_io_init(&n->x.tx, &n->x.n, VHU_TX, 2048, 1));
	ktap_ok(mock_io_init(&n->x.rx, &n->x.n, VHU_RX, 2048, ISO_NUM));
	n->v = victim == VHU_RX ?
	       (struct iso_victim) { n, n->x.n.fd, victim, iso_rx_post,
				     iso_rx_kick, iso_rx_wait } :
	       (struct iso_victim) { n, n->x.n.fd, victim, iso_tx_post,
				     iso_tx_kick, iso_tx_wait };
	n->p.ring[0] = &n->x.n.ring[!victim];
	n->p.n = 1;
	n->p.fd = ktap_ok(packet_open(FIXTURE_TAP, false));
	iso_open_trace();
}

static void iso_net_run(struct iso_net *n, void (*fn)(struct iso_pest *p))
{
	n->p.fn = fn;
	ktap_ok(mock_net_start(&n->x.n, n->x.tap));
	iso_pest_start(&n->p);
	iso_measure(&n->v, 1, ISO_PACKETS);
	ktap_ok(mock_net_stop(&n->x.n));
	iso_pest_stop(&n->p);
}

/* HO10: endless frames to send; one comes in. */
KTAP_TEST(iso_net_tx_endless, KTAP_LONG, NULL, "isolation_HO10_net_tx")
{
	struct iso_net n;
	struct mock_ring *r;
	unsigned int i;

	iso_net_open(&n, VHU_RX);
	r = n.p.ring[0];
	memset(mock_io_ptr(&n.x.tx, 0), 0, n.x.n.hdr_len);
	frame_fill(mock_io_ptr(&n.x.tx, 0) + n.x.n.hdr_len, 60, 1);
	for (i = 0; i < r->cfg.num; i++) {
		r->desc[i] = (struct vring_desc) {
			mock_io_addr(&n.x.tx, 0), n.x.n.hdr_len + 60, 0, 0,
		};
		r->avail->ring[i] = i;
	}
	iso_net_run(&n, iso_feed);
}

/* HO10: endless frames come in for endless buffers; one is sent. */
KTAP_TEST(iso_net_rx_flood, KTAP_LONG, NULL, "isolation_HO10_net_rx")
{
	struct iso_pest feeder = { .fn = iso_feed, .n = 1 };
	struct iso_net n;
	struct mock_ring *r;
	unsigned int i;

	iso_net_open(&n, VHU_TX);
	r = n.p.ring[0];
	for (i = 0; i < r->cfg.num; i++) {
		r->desc[i] = (struct vring_desc) {
			mock_io_addr(&n.x.rx, 0), 2048, VRING_DESC_F_WRITE, 0,
		};
		r->avail->ring[i] = i;
	}
	feeder.ring[0] = r;
	iso_pest_start(&feeder);
	iso_net_run(&n, iso_flood);
	iso_pest_stop(&feeder);
}

static const struct ktap_variant iso_kicks[] = {
	{ "tx_kicks", &(const unsigned int) { VHU_RX } },
	{ "rx_kicks", &(const unsigned int) { VHU_TX } },
	{ }
};

/* HO6: kicks without end for a queue that has no use for them. */
KTAP_TEST(iso_net_kicks, KTAP_LONG, iso_kicks, "isolation_HO6_net")
{
	struct iso_net n;

	iso_net_open(&n, *(const unsigned int *)arg);
	iso_net_run(&n, iso_kick);
}

KTAP_TEARDOWN(iso_clean)
{
	run_trace_clean();
}
