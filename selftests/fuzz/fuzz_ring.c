// SPDX-License-Identifier: GPL-2.0
/*
 * The verbs of a ring in any order, in memory that the guest writes whatever it
 * likes to: positions stay positions, only fetched chains are completed, the used
 * index counts completed chains, notifications are decided as the specification
 * says, and a position from outside is taken only if it is one.
 */
#include "ring/packed.h"
#include "stage.h"

#define HELD_MAX	64

/* Turns at least, since an image alone has no more input; and at most. */
#define TURNS_MIN	24
#define TURNS_MAX	200

/**
 * struct play - a device at work
 * @s: its ring
 * @held: chains fetched and not completed
 * @n_held: how many
 * @n_desc: their descriptors
 * @uncalled: entries (split) or descriptors (packed) since the last decision
 * @always: the next event is to be taken for met
 */
struct play {
	struct stage s;
	struct mvh_done held[HELD_MAX];
	unsigned int n_held;
	unsigned int n_desc;
	unsigned int uncalled;
	bool always;
};

static struct mvh_ring *ring_of(struct play *p)
{
	return &p->s.rig->ring;
}

/* As rig_fetch(); what there is, is held. */
static int take(struct play *p)
{
	struct mvh_ring *ring = ring_of(p);
	struct mvh_chain c;
	int ret;

	if (p->n_held == HELD_MAX)
		return -EAGAIN;
	ret = rig_fetch(p->s.rig, &c);
	if (ret != 1)
		return ret;
	p->held[p->n_held++] = rig_done(&c, fuzz_u8() & 1 ? c.in_len : 0);
	p->n_desc += c.ndesc;
	if (ring->packed) {
		check(p->n_desc <= ring->num);
		check(ring->state.avail < ring->num);
	}
	return 1;
}

static void give(struct play *p)
{
	struct mvh_ring *ring = ring_of(p);
	unsigned int n = 1 + fuzz_u8() % HELD_MAX, ndesc = 0, i;
	const struct vring_used *used = ring->part[MVH_PART_USED];
	u16 before = ring->state.used;

	n = min(n, p->n_held);
	if (!n)
		return;
	for (i = 0; i < n; i++)
		ndesc += p->held[i].ndesc;
	rig_push(p->s.rig, p->held, n);
	p->n_held -= n;
	p->n_desc -= ndesc;
	memmove(p->held, p->held + n, p->n_held * sizeof(*p->held));
	if (ring->packed) {
		check_eq(ring->state.used, (before + ndesc) % ring->num);
		p->uncalled += ndesc;
		return;
	}
	check_eq(ring->state.used, (u16)(before + n));
	check_eq(__virtio16_to_cpu(ring->le, used->idx), ring->state.used);
	p->uncalled += n;
}

static u16 driver_word(struct play *p, unsigned int i)
{
	const __virtio16 *avail = ring_of(p)->part[MVH_PART_AVAIL];

	return __virtio16_to_cpu(ring_of(p)->le, avail[i]);
}

/* Is the event among the last @n entries before the position? */
static bool split_event_met(struct play *p, u16 event, unsigned int n)
{
	unsigned int i;

	for (i = 1; i <= n; i++)
		if ((u16)(ring_of(p)->state.used - i) == event)
			return true;
	return false;
}

static bool split_call(struct play *p, bool always)
{
	struct mvh_ring *ring = ring_of(p);

	if (ring->notify_on_empty && driver_word(p, 1) == ring->state.avail)
		return true;
	if (!ring->event_idx)
		return !(driver_word(p, 0) & VRING_AVAIL_F_NO_INTERRUPT);
	p->always = false;
	return always ||
	       split_event_met(p, driver_word(p, 2 + ring->num), p->uncalled);
}

/* Slots before the position, with the wrap counter that they were used with. */
static bool packed_event_met(struct play *p, u16 off_wrap)
{
	struct mvh_ring *ring = ring_of(p);
	u16 slot = ring->state.used;
	bool wrap = ring->state.used_wrap;
	unsigned int i;

	for (i = 0; i < p->uncalled; i++) {
		if (!slot) {
			slot = ring->num;
			wrap = !wrap;
		}
		slot--;
		if (off_wrap == (slot | wrap << 15))
			return true;
	}
	return false;
}

/* What is no slot may be met or not. */
static int packed_call(struct play *p, bool always)
{
	u16 flags = driver_word(p, 1) & 3, off_wrap = driver_word(p, 0);
	struct mvh_ring *ring = ring_of(p);

	if (flags == VRING_PACKED_EVENT_FLAG_DISABLE)
		return false;
	if (flags != VRING_PACKED_EVENT_FLAG_DESC || !ring->event_idx)
		return true;
	p->always = false;
	if (always || p->uncalled >= ring->num)
		return true;
	if ((off_wrap & 0x7fff) >= ring->num)
		return -1;
	return packed_event_met(p, off_wrap);
}

/* Patches that come with a read would change what is compared. */
static void decide(struct play *p)
{
	void (*hook)(void) = env.hook;
	bool always = p->always;
	int want = false, got;

	env.hook = NULL;
	if (p->uncalled)
		want = ring_of(p)->packed ? packed_call(p, always) :
					    split_call(p, always);
	got = rig_should_call(p->s.rig);
	if (want >= 0)
		check_eq(got, want);
	p->uncalled = 0;
	env.hook = hook;
}

/*
 * A device that found nothing and saw no change may sleep, also if what it found
 * before was too little and was put back.
 */
static void sleep_if_empty(struct play *p)
{
	struct mvh_ring_state mark = ring_of(p)->state;
	unsigned int n_held = p->n_held, n_desc = p->n_desc;
	void (*hook)(void) = env.hook;
	int ret;

	env.hook = NULL;
	do {
		ret = take(p);
	} while (ret == 1);
	if (fuzz_u8() & 1) {
		ring_of(p)->state = mark;
		p->n_held = n_held;
		p->n_desc = n_desc;
	}
	if (!ret) {
		check(!rig_has_new(p->s.rig));
		check(!rig_enable_kick(p->s.rig));
	}
	env.hook = hook;
}

static void start(struct play *p)
{
	struct mvh_ring *ring = ring_of(p);

	if (!ring->packed)
		env_renew(ring->part[MVH_PART_USED], 4);
	check_eq(mvh_ring_start(ring), 0);
	p->n_held = 0;
	p->n_desc = ring->packed ? ring->num - mvh_packed_room(ring) : 0;
	p->uncalled = 0;
	p->always = true;
}

/*
 * The position is reported and set again.  A packed one whose used half is 0 means
 * a ring with nothing in flight (PK17); the play continues with its own.
 */
static void save(struct play *p)
{
	struct mvh_ring *ring = ring_of(p);
	struct mvh_ring_state state = ring->state;
	u32 base = mvh_ring_state_pack(ring);
	u32 want = ring->packed && !(base >> 16) ? base | base << 16 : base;

	check(mvh_ring_state_ok(ring) || p->n_desc == ring->num);
	check_eq(mvh_ring_state_unpack(ring, base), 0);
	check_eq(mvh_ring_state_pack(ring), want);
	ring->state = state;
}

/* Slots of the ring, the available one ahead by less than a ring. */
static bool is_position(const struct mvh_ring *ring)
{
	const struct mvh_ring_state *s = &ring->state;

	if (!ring->packed)
		return true;
	if (s->avail >= ring->num || s->used >= ring->num)
		return false;
	return s->avail_wrap == s->used_wrap ? s->avail >= s->used :
					       s->avail < s->used;
}

/* A position from outside. */
static void restore(struct play *p)
{
	struct mvh_ring *ring = ring_of(p);
	struct mvh_ring_state old = ring->state;
	u32 base = fuzz_u8() & 1 ? fuzz_u16() : fuzz_u32();
	int err = mvh_ring_state_unpack(ring, base);

	check_eq(err, !ring->packed && base > 0xffff ? -EINVAL : 0);
	check_eq(mvh_ring_state_ok(ring), is_position(ring));
	if (!err && mvh_ring_state_ok(ring))
		start(p);
	else
		ring->state = old;
}

/* The guest makes something available, whether there is room or not. */
static void offer(struct play *p)
{
	struct mvh_ring *ring = ring_of(p);
	u16 at = ring->state.avail, flags = fuzz_u8() & 7;
	struct vring_avail *avail = ring->part[MVH_PART_AVAIL];

	if (ring->packed) {
		flags = flags ? VRING_DESC_F_WRITE : flags;
		rig_packed_desc(p->s.rig, at, GUEST_A, 16, at, flags |
				rig_packed_avail(ring->state.avail_wrap));
		return;
	}
	rig_split_desc(p->s.rig, at % ring->num, GUEST_A, 16, 0, 0);
	at = __virtio16_to_cpu(ring->le, avail->idx);
	rig_split_avail(p->s.rig, at % ring->num,
			flags ? at % ring->num : fuzz_u16());
	rig_split_idx(p->s.rig, at + 1);
}

static void turn(struct play *p, u8 what)
{
	switch (what % 16) {
	case 0 ... 2:
		take(p);
		break;
	case 3:
		give(p);
		break;
	case 4:
		decide(p);
		break;
	case 5:
		rig_enable_kick(p->s.rig);
		break;
	case 6:
		rig_disable_kick(p->s.rig);
		break;
	case 7:
		rig_request_kick(p->s.rig);
		break;
	case 8:
		sleep_if_empty(p);
		break;
	case 9:
		save(p);
		break;
	case 10:
		restore(p);
		break;
	case 11 ... 14:
		offer(p);
		break;
	default:
		stage_poke(&p->s);
	}
}

void fuzz_one(void)
{
	static struct play p;
	unsigned int i;

	memset(&p, 0, sizeof(p));
	stage_open(&p.s);
	p.always = true;
	for (i = 0; i < TURNS_MIN || (i < TURNS_MAX && fuzz_more()); i++)
		turn(&p, fuzz_u8());
	stage_close(&p.s);
}
