// SPDX-License-Identifier: GPL-2.0
/*
 * See stage.h.
 */
#include "stage.h"

/* The hook has no argument. */
static struct stage *stage;

static struct rig *stage_rig(const struct image_head *head)
{
	struct rig_config config = {
		.packed = head->flags & IMAGE_PACKED,
		.native = !(head->flags & IMAGE_PACKED) &&
			  head->flags & IMAGE_NATIVE,
		.event_idx = head->flags & IMAGE_EVENT_IDX,
		.in_order = head->flags & IMAGE_IN_ORDER,
		.notify_on_empty = head->flags & IMAGE_NOTIFY_ON_EMPTY,
		.wrap0 = head->flags & IMAGE_WRAP0,
		.num = head->num,
		.start = head->start,
	};

	if (!config.num || config.num > IMAGE_NUM_MAX)
		config.num = 8;
	if (config.packed)
		config.start %= config.num;
	else if (config.num & (config.num - 1))
		config.num = 1 << config.num % 7;
	return rig_create(&config);
}

/* What the pure code may read: all memory but that which it may only write. */
static void stage_rights(struct rig *rig)
{
	guest_rights(&rig->guest, GUEST_A, GUEST_B_END - GUEST_A, ENV_R);
	guest_rights(&rig->guest, GUEST_RO, GUEST_RO_END - GUEST_RO, ENV_R);
	guest_rights(&rig->guest, GUEST_D, -GUEST_D, ENV_R);
}

static size_t stage_part_size(const struct rig *rig, enum mvh_part part)
{
	return mvh_ring_part_size(rig->ring.packed, rig->ring.event_idx,
				  rig->ring.num, part);
}

/* A write into a part of the ring, cut off at its end. */
static void stage_poke_part(struct rig *rig, enum mvh_part part, u64 at,
			    const u8 *bytes, size_t len)
{
	size_t size = stage_part_size(rig, part);
	u8 *to = rig->ring.part[part];

	at %= size;
	len = min(len, size - at);
	memcpy(to + at, bytes, len);
	env_renew(to + at, len);
}

static void stage_apply(struct stage *s, const struct stage_patch *p)
{
	switch (p->head.where % IMAGE_WHERE_MAX) {
	case IMAGE_DESC:
		stage_poke_part(s->rig, MVH_PART_DESC, p->head.at, p->bytes,
				p->head.len);
		break;
	case IMAGE_AVAIL:
		stage_poke_part(s->rig, MVH_PART_AVAIL, p->head.at, p->bytes,
				p->head.len);
		break;
	default:
		guest_write(&s->rig->guest, p->head.at, p->bytes, p->head.len);
	}
}

static void stage_apply_due(struct stage *s, unsigned int now)
{
	unsigned int i;

	for (i = 0; i < s->n_patches; i++)
		if (s->patch[i].head.after == now)
			stage_apply(s, &s->patch[i]);
}

static void stage_hook(void)
{
	stage_apply_due(stage, ++stage->n_reads);
}

static void stage_read_patch(struct stage_patch *p)
{
	fuzz_bytes(&p->head, sizeof(p->head));
	p->head.len %= STAGE_BYTES + 1;
	p->head.len = fuzz_bytes(p->bytes, p->head.len);
}

/**
 * stage_open - make a ring of the input
 * @s: zeroed
 *
 * A device may read the same bytes again where a chain runs in circles.
 */
void stage_open(struct stage *s)
{
	struct image_head head = {};
	u8 part[16 * IMAGE_NUM_MAX];
	unsigned int i;

	fuzz_bytes(&head, sizeof(head));
	s->rig = stage_rig(&head);
	s->rig->max = head.max ?: RIG_IOV;
	for (i = MVH_PART_DESC; i <= MVH_PART_AVAIL; i++)
		stage_poke_part(s->rig, i, 0, part,
				fuzz_bytes(part, stage_part_size(s->rig, i)));
	stage_rights(s->rig);
	memcpy(s->memory.region, s->rig->guest.region,
	       s->rig->guest.n * sizeof(s->memory.region[0]));
	s->memory.n = s->rig->guest.n;
	s->still = true;
	while (s->n_patches < min(head.patches, STAGE_PATCHES) && fuzz_more()) {
		stage_read_patch(&s->patch[s->n_patches]);
		s->still &= !s->patch[s->n_patches++].head.after;
	}
	stage_apply_due(s, 0);
	stage = s;
	env.refetch = true;
	env.hook = s->still ? NULL : stage_hook;
}

/* A value for a word, that means something for the ring. */
static u16 stage_word(const struct stage *s)
{
	u16 num = s->rig->ring.num, kind = fuzz_u8();
	const u16 word[] = {
		0, 1, num - 1, num, num + 1, 0x8000, 0xffff,
		VRING_DESC_F_NEXT, VRING_DESC_F_WRITE, VRING_DESC_F_INDIRECT,
		VRING_DESC_F_NEXT | VRING_DESC_F_WRITE,
	};

	if (kind >= ARRAY_SIZE(word))
		return kind;
	return __cpu_to_virtio16(s->rig->ring.le, word[kind]);
}

/**
 * stage_flips - what is left of the input are words that change between reads
 * @s: open
 */
void stage_flips(struct stage *s)
{
	unsigned int i;

	for (i = 0; i < STAGE_FLIPS && fuzz_more(); i++) {
		struct stage_patch *p = &s->patch[s->n_patches++];
		u16 word;

		p->head.after = 1 + fuzz_u8() % 32;
		p->head.where = fuzz_u8() & 7 ? IMAGE_DESC : IMAGE_AVAIL;
		p->head.at = 2 * fuzz_u8();
		p->head.len = sizeof(word);
		word = stage_word(s);
		memcpy(p->bytes, &word, sizeof(word));
		s->still = false;
	}
	env.hook = s->still ? NULL : stage_hook;
}

/**
 * stage_renew - the ring may be read again
 * @s: open
 */
void stage_renew(struct stage *s)
{
	unsigned int i;

	for (i = MVH_PART_DESC; i <= MVH_PART_AVAIL; i++)
		env_renew(s->rig->ring.part[i], stage_part_size(s->rig, i));
}

void stage_close(struct stage *s)
{
	env.hook = NULL;
	rig_destroy(s->rig);
}

/* The guest writes a few bytes now. */
void stage_poke(struct stage *s)
{
	struct stage_patch p = {};

	p.head.where = fuzz_u8();
	p.head.at = fuzz_u16();
	p.head.len = 1 + fuzz_u8() % 16;
	p.head.len = fuzz_bytes(p.bytes, p.head.len);
	stage_apply(s, &p);
}
