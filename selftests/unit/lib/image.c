// SPDX-License-Identifier: GPL-2.0
/*
 * See image.h.
 */
#include "image.h"
#include "seed.h"

#define IMAGE_TABLE_MAX	1024

static u8 image_flags(const struct rig *rig)
{
	const struct mvh_ring *ring = &rig->ring;
	u8 flags = 0;

	if (ring->packed)
		flags |= IMAGE_PACKED;
	if (!ring->le)
		flags |= IMAGE_NATIVE;
	if (ring->event_idx)
		flags |= IMAGE_EVENT_IDX;
	if (rig->driver.in_order)
		flags |= IMAGE_IN_ORDER;
	if (ring->notify_on_empty)
		flags |= IMAGE_NOTIFY_ON_EMPTY;
	if (ring->packed && !ring->state.avail_wrap)
		flags |= IMAGE_WRAP0;
	return flags;
}

/* The table that a descriptor refers to, if it is one and all there. */
static bool image_table(const struct rig *rig, u16 i, struct image_patch *patch)
{
	const struct vring_desc *d = rig->driver.part[MVH_PART_DESC];
	const struct vring_packed_desc *pd = rig->driver.part[MVH_PART_DESC];
	bool le = rig->ring.le;
	u16 flags = rig->ring.packed ? le16_to_cpu(pd[i].flags) :
				       __virtio16_to_cpu(le, d[i].flags);
	u64 at = __virtio64_to_cpu(le, d[i].addr);
	u32 len = __virtio32_to_cpu(le, d[i].len);

	*patch = (struct image_patch) {
		.where = IMAGE_GUEST, .len = len, .at = at,
	};
	return flags & VRING_DESC_F_INDIRECT && len && len <= IMAGE_TABLE_MAX &&
	       guest_host(&rig->guest, at) &&
	       guest_host(&rig->guest, at + len - 1) ==
	       guest_host(&rig->guest, at) + len - 1;
}

static void image_write(const struct rig *rig, struct code *c)
{
	struct image_head head = {
		.flags = image_flags(rig),
		.max = rig->max < 256 ? rig->max : 0,
		.num = rig->ring.num,
		.start = rig->ring.state.avail,
	};
	struct image_patch patch;
	u16 i;

	for (i = 0; i < head.num; i++)
		head.patches += image_table(rig, i, &patch);
	code_bytes(c, &head, sizeof(head));
	for (i = MVH_PART_DESC; i <= MVH_PART_AVAIL; i++)
		code_bytes(c, rig->driver.part[i],
			   mvh_ring_part_size(rig->ring.packed,
					      rig->ring.event_idx, head.num, i));
	for (i = 0; i < head.num; i++) {
		if (!image_table(rig, i, &patch))
			continue;
		code_bytes(c, &patch, sizeof(patch));
		code_bytes(c, guest_host(&rig->guest, patch.at), patch.len);
	}
}

/**
 * image_save - a ring is a seed of the fuzzers of rings
 * @rig: the ring
 */
void image_save(const struct rig *rig)
{
	static struct seeds seeds[] = {
		{ .target = "chain" }, { .target = "ring" },
	};
	struct code *c;
	unsigned int i;

	if (rig->ring.num > IMAGE_NUM_MAX)
		return;
	for (i = 0; i < ARRAY_SIZE(seeds); i++) {
		c = seed_new(&seeds[i]);
		if (c)
			image_write(rig, c);
	}
}
