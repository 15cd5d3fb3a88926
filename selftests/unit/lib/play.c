// SPDX-License-Identifier: GPL-2.0
/*
 * See play.h.
 */
#include <stdlib.h>
#include "play.h"

#define SLOTS		64
#define SEGS		12

/* A request's own memory: buffers, then its table. */
#define SLOT_SIZE	0x1000
#define SLOT_BUF(i)	(GUEST_B - SLOTS / 2 * SLOT_SIZE + (i) * SLOT_SIZE)
#define SLOT_TABLE(i)	(SLOT_BUF(i) + 0xe00)

/**
 * struct play - a driver, a device, and what is between them
 * @rig: the ring
 * @seg: buffers of each request
 * @busy: requests that the device has
 * @done: chains the device has finished but not completed
 * @n_done: how many
 * @len: by request, what the device says it wrote
 * @kicked: the device was kicked, or need not be
 * @called: the driver was interrupted, or need not be
 */
struct play {
	struct rig *rig;
	struct seg seg[SLOTS][SEGS];
	bool busy[SLOTS];
	struct mvh_done done[256];
	unsigned int n_done;
	u32 len[SLOTS];
	bool kicked;
	bool called;
};

static void make_req(struct play *p, unsigned int slot, struct req *req)
{
	unsigned int n = 1 + unit_rand_below(SEGS), out, i;
	struct seg *seg = p->seg[slot];
	u64 at = SLOT_BUF(slot);

	out = unit_rand_below(n + 1);
	for (i = 0; i < n; i++) {
		seg[i] = (struct seg) { .gpa = at, .write = i >= out };
		if (unit_rand_below(5))
			seg[i].len = unit_rand_below(0x100);
		at += seg[i].len;
	}
	*req = (struct req) { .seg = seg, .n = n };
	if (unit_rand_below(3))
		return;
	req->table = SLOT_TABLE(slot);
	req->shuffle = unit_rand() & 1;
	if (!p->rig->driver.packed && unit_rand_below(2))
		req->direct = unit_rand_below(min(n, 4U));
}

static void driver_adds(struct play *p)
{
	unsigned int n = unit_rand_below(6), slot;
	struct driver *d = &p->rig->driver;
	struct req req;

	while (n--) {
		slot = unit_rand_below(SLOTS);
		if (p->busy[slot])
			continue;
		make_req(p, slot, &req);
		p->busy[slot] = !rig_add(p->rig, &req, slot);
	}
	driver_publish(d);
	p->kicked |= driver_needs_kick(d);
}

static void driver_takes(struct play *p)
{
	struct driver_done got;

	do {
		driver_disable_calls(&p->rig->driver);
		p->called = true;
		while (driver_get(&p->rig->driver, &got)) {
			check(p->busy[got.cookie]);
			check_eq(got.len, p->len[got.cookie]);
			p->busy[got.cookie] = false;
		}
	} while (driver_enable_calls(&p->rig->driver));
	p->called = false;
}

static void device_gives(struct play *p)
{
	unsigned int n;

	while (p->n_done) {
		n = 1 + unit_rand_below(min(p->n_done, 64U));
		rig_push(p->rig, p->done, n);
		p->n_done -= n;
		memmove(p->done, p->done + n, p->n_done * sizeof(*p->done));
		p->called |= rig_should_call(p->rig);
	}
}

static void device_finishes(struct play *p, const struct mvh_chain *c)
{
	u32 cookie = p->rig->driver.buf[c->id].cookie;
	struct mvh_done done;
	unsigned int at = p->n_done, i;
	u32 len = c->in_len;

	if (unit_rand_below(2))
		len = unit_rand_below(len + 1);
	done = rig_done(c, len);
	if (!p->rig->driver.in_order)
		at = unit_rand_below(p->n_done + 1);
	for (i = p->n_done++; i > at; i--)
		p->done[i] = p->done[i - 1];
	p->done[at] = done;
	p->len[cookie] = len;
}

/* The service loop of a back end, interrupted anywhere. */
static void device_serves(struct play *p)
{
	struct mvh_ring_state mark;
	unsigned int budget = unit_rand_below(20);
	struct mvh_chain c;

	if (!p->kicked)
		return;
	rig_disable_kick(p->rig);
	while (budget--) {
		mark = p->rig->ring.state;
		env.refetch = true;
		if (!rig_fetch(p->rig, &c)) {
			device_gives(p);
			p->kicked = rig_enable_kick(p->rig);
			if (!p->kicked)
				return;
			rig_disable_kick(p->rig);
			continue;
		}
		if (!unit_rand_below(8)) {
			p->rig->ring.state = mark;
			continue;
		}
		device_finishes(p, &c);
		if (p->n_done > 20)
			device_gives(p);
	}
}

/* Stop and start, as for migration: only the position survives. */
static void device_restarts(struct play *p)
{
	struct mvh_ring *ring = &p->rig->ring;
	u32 base;

	device_gives(p);
	base = mvh_ring_state_pack(ring);
	memset(&ring->state, true, sizeof(ring->state));
	ring->seen = 0x5555;
	check_eq(mvh_ring_state_unpack(ring, base), 0);
	check(mvh_ring_state_ok(ring));
	if (!ring->packed)
		env_renew(p->rig->driver.part[MVH_PART_USED], 4);
	check_eq(mvh_ring_start(ring), 0);
	p->kicked = true;
}

/* Nothing more is added: all must come back, and both sides go to sleep. */
static void drain(struct play *p)
{
	unsigned int i;

	for (i = 0; i < 1000; i++) {
		if (p->kicked)
			device_serves(p);
		device_gives(p);
		if (p->called)
			driver_takes(p);
	}
	check(!p->kicked);
	for (i = 0; i < SLOTS; i++)
		check(!p->busy[i]);
	check_eq(p->rig->driver.n_free, p->rig->driver.num);
}

/**
 * play_head - write or read what comes before the numbers that are drawn
 * @c: where
 * @config: what kind of ring
 * @steps: how many turns, at most PLAY_STEPS_MAX
 */
void play_head(struct code *c, struct rig_config *config, unsigned int *steps)
{
	u32 log = __builtin_ctz(config->num | 128) - 4;

	config->packed = code_u8(c, config->packed) & 1;
	config->native = code_u8(c, config->native) & !config->packed;
	config->event_idx = code_u8(c, config->event_idx) & 1;
	config->in_order = code_u8(c, config->in_order) & 1;
	config->notify_on_empty = code_u8(c, config->notify_on_empty) & 1;
	config->wrap0 = code_u8(c, config->wrap0) & 1;
	if (config->packed) {
		config->num = 12 + code_below(c, config->num - 12, 60);
		config->start = code_below(c, config->start, config->num);
	} else {
		config->num = 16 << code_below(c, log, 4);
		config->start = code_u16(c, config->start);
	}
	*steps = code_below(c, *steps, PLAY_STEPS_MAX + 1);
}

/**
 * play_run - let a driver and a device play, then drain the ring
 * @config: what kind of ring
 * @steps: how many turns
 */
void play_run(const struct rig_config *config, unsigned int steps)
{
	struct play *p = calloc(1, sizeof(*p));
	unsigned int i;

	p->rig = rig_create(config);
	p->kicked = true;
	p->called = true;
	for (i = 0; i < steps; i++) {
		switch (unit_rand_below(32)) {
		case 0 ... 11:
			driver_adds(p);
			break;
		case 12 ... 22:
			device_serves(p);
			break;
		case 23 ... 27:
			device_gives(p);
			break;
		case 28 ... 30:
			if (p->called)
				driver_takes(p);
			break;
		default:
			device_restarts(p);
		}
	}
	drain(p);
	rig_destroy(p->rig);
	free(p);
}
