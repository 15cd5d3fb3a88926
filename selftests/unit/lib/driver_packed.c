// SPDX-License-Identifier: GPL-2.0
/*
 * The packed virtqueue, driver side (virtio 1.3, 2.8).
 */
#include <stdlib.h>
#include "driver.h"
#include "unit.h"

#define DRIVER_AVAIL	BIT(VRING_PACKED_DESC_F_AVAIL)
#define DRIVER_USED	BIT(VRING_PACKED_DESC_F_USED)

/* How the bits that the specification leaves alone are set. */
static u16 driver_noise(void)
{
	return unit_rand() & ~(DRIVER_AVAIL | DRIVER_USED | VRING_DESC_F_NEXT |
			       VRING_DESC_F_WRITE | VRING_DESC_F_INDIRECT);
}

static struct vring_packed_desc *driver_slot(const struct driver *d, u16 pos)
{
	return (struct vring_packed_desc *)d->part[MVH_PART_DESC] + pos;
}

static void driver_step(const struct driver *d, u16 *pos, bool *wrap)
{
	if (++*pos == d->num) {
		*pos = 0;
		*wrap = !*wrap;
	}
}

/* The table's other flags, ids included, mean nothing. */
static void driver_table(struct driver *d, const struct req *req)
{
	struct vring_packed_desc *table = calloc(req->n, sizeof(*table));
	unsigned int i;

	for (i = 0; i < req->n; i++) {
		u16 flags = unit_rand() & ~VRING_DESC_F_WRITE;

		if (req->seg[i].write)
			flags |= VRING_DESC_F_WRITE;
		table[i].addr = cpu_to_le64(req->seg[i].gpa);
		table[i].len = cpu_to_le32(req->seg[i].len);
		table[i].id = cpu_to_le16(unit_rand());
		table[i].flags = cpu_to_le16(flags);
	}
	guest_rights(d->guest, req->table, req->n * sizeof(*table), ENV_R);
	guest_write(d->guest, req->table, table, req->n * sizeof(*table));
	free(table);
}

static void driver_put_desc(struct driver *d, const struct seg *seg, u16 id,
			    u16 flags)
{
	struct vring_packed_desc *desc = driver_slot(d, d->avail);

	desc->addr = cpu_to_le64(seg->gpa);
	desc->len = cpu_to_le32(seg->len);
	desc->id = cpu_to_le16(id);
	env_renew(desc, sizeof(*desc));
	flags |= driver_noise();
	flags |= d->avail_wrap ? DRIVER_AVAIL : DRIVER_USED;
	if (seg->write)
		flags |= VRING_DESC_F_WRITE;
	if (d->first) {
		order_store(&desc->flags, cpu_to_le16(flags));
	} else {
		d->first = &desc->flags;
		d->first_flags = flags;
	}
	driver_step(d, &d->avail, &d->avail_wrap);
}

/* Only the last descriptor's id counts: the others have some other. */
static void driver_chain(struct driver *d, const struct req *req, u16 id)
{
	unsigned int i;

	for (i = 0; i < req->n; i++) {
		bool last = i + 1 == req->n;

		driver_put_desc(d, &req->seg[i], last ? id : unit_rand(),
				last ? 0 : VRING_DESC_F_NEXT);
	}
}

int driver_packed_add(struct driver *d, const struct req *req, u32 cookie)
{
	unsigned int ndesc = req->table ? 1 : req->n;
	u16 id;

	if (ndesc > d->n_free)
		return -ENOSPC;
	id = d->free[--d->n_ids];
	driver_take(d, id, ndesc, req, cookie);
	d->added += ndesc;
	if (!req->table) {
		driver_chain(d, req, id);
		return 0;
	}
	driver_table(d, req);
	driver_put_desc(d, &(struct seg) {
		.gpa = req->table,
		.len = req->n * sizeof(struct vring_packed_desc),
	}, id, VRING_DESC_F_INDIRECT);
	return 0;
}

void driver_packed_publish(struct driver *d)
{
	if (!d->first)
		return;
	order_store_release(d->first, cpu_to_le16(d->first_flags));
	env_renew(d->first, sizeof(*d->first));
	d->first = NULL;
}

bool driver_packed_needs_kick(struct driver *d)
{
	struct vring_packed_desc_event *e = d->part[MVH_PART_USED];
	u16 n = d->added, flags, off_wrap, off;

	d->added = 0;
	order_mb();
	flags = le16_to_cpu(order_load(&e->flags));
	if (flags != VRING_PACKED_EVENT_FLAG_DESC)
		return flags == VRING_PACKED_EVENT_FLAG_ENABLE;
	check(d->event_idx);
	order_rmb();
	off_wrap = le16_to_cpu(order_load(&e->off_wrap));
	off = off_wrap & 0x7fff;
	check(off < d->num);
	/* How many descriptors ago was the slot of the event filled? */
	if (off_wrap >> 15 == d->avail_wrap)
		return off < d->avail && d->avail - off <= n;
	return d->avail + d->num - off <= n;
}

/* Is there a used descriptor?  It is then in @d->batch. */
bool driver_packed_peek(struct driver *d)
{
	struct vring_packed_desc *desc = driver_slot(d, d->used);
	u16 flags = le16_to_cpu(order_load_acquire(&desc->flags));

	if (!!(flags & DRIVER_AVAIL) != d->used_wrap ||
	    !!(flags & DRIVER_USED) != d->used_wrap)
		return false;
	d->batch.id = le16_to_cpu(order_load(&desc->id));
	d->batch.len = 0;
	if (flags & VRING_DESC_F_WRITE)
		d->batch.len = le32_to_cpu(order_load(&desc->len));
	return true;
}

void driver_packed_free(struct driver *d, u16 id)
{
	u16 n;

	d->free[d->n_ids++] = id;
	for (n = d->buf[id].ndesc; n; n--)
		driver_step(d, &d->used, &d->used_wrap);
}

bool driver_packed_enable_calls(struct driver *d)
{
	struct vring_packed_desc_event *e = d->part[MVH_PART_AVAIL];

	if (d->event_idx) {
		order_store(&e->off_wrap,
			    cpu_to_le16(d->used | d->used_wrap << 15));
		order_wmb();
		order_store(&e->flags,
			    cpu_to_le16(VRING_PACKED_EVENT_FLAG_DESC));
	} else {
		order_store(&e->flags,
			    cpu_to_le16(VRING_PACKED_EVENT_FLAG_ENABLE));
	}
	order_mb();
	return driver_packed_peek(d);
}

void driver_packed_disable_calls(struct driver *d)
{
	struct vring_packed_desc_event *e = d->part[MVH_PART_AVAIL];

	order_store(&e->flags, cpu_to_le16(VRING_PACKED_EVENT_FLAG_DISABLE));
}
