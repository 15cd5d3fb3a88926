// SPDX-License-Identifier: GPL-2.0
/*
 * See image.h.  UNIT_IMAGES=DIR has the unit tests write each ring that they
 * fetch from into DIR.
 */
#include <stdio.h>
#include <stdlib.h>
#include "image.h"

#define IMAGE_TABLE_MAX	1024

/* Of one test, which may meet thousands. */
#define IMAGES_MAX	8

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
	if (ring->in_order)
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
	const struct vring_desc *d = rig->ring.part[MVH_PART_DESC];
	const struct vring_packed_desc *pd = rig->ring.part[MVH_PART_DESC];
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

static void image_write(const struct rig *rig, struct image_head *head, FILE *f)
{
	struct image_patch patch;
	u16 i;

	for (i = 0; i < head->num; i++)
		head->patches += image_table(rig, i, &patch);
	fwrite(head, sizeof(*head), 1, f);
	for (i = MVH_PART_DESC; i <= MVH_PART_AVAIL; i++)
		fwrite(rig->ring.part[i],
		       mvh_ring_part_size(rig->ring.packed, rig->ring.event_idx,
					  head->num, i), 1, f);
	for (i = 0; i < head->num; i++) {
		if (!image_table(rig, i, &patch))
			continue;
		fwrite(&patch, sizeof(patch), 1, f);
		fwrite(guest_host(&rig->guest, patch.at), patch.len, 1, f);
	}
}

/* Equal images get the same name. */
static void image_name(char *name, size_t room, const char *dir,
		       const char *bytes, size_t len)
{
	u64 hash = 0xcbf29ce484222325ULL;
	size_t i;

	for (i = 0; i < len; i++)
		hash = (hash ^ (u8)bytes[i]) * 0x100000001b3ULL;
	snprintf(name, room, "%s/%016llx", dir, (unsigned long long)hash);
}

/**
 * image_save - write a ring into the directory UNIT_IMAGES, if there is one
 * @rig: the ring
 */
void image_save(const struct rig *rig)
{
	const char *dir = getenv("UNIT_IMAGES");
	struct image_head head = {
		.flags = image_flags(rig),
		.max = rig->max < 256 ? rig->max : 0,
		.num = rig->ring.num,
		.start = rig->ring.state.avail,
	};
	static unsigned int saved;
	char name[256], *bytes;
	size_t len;
	FILE *f;

	if (!dir || head.num > IMAGE_NUM_MAX || saved++ >= IMAGES_MAX)
		return;
	f = open_memstream(&bytes, &len);
	check(f);
	image_write(rig, &head, f);
	fclose(f);
	image_name(name, sizeof(name), dir, bytes, len);
	f = fopen(name, "w");
	check(f);
	check_eq(fwrite(bytes, 1, len, f), len);
	fclose(f);
	free(bytes);
}
