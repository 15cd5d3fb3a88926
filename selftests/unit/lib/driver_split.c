// SPDX-License-Identifier: GPL-2.0
/*
 * The split virtqueue, driver side (virtio 1.3, 2.7).
 */
#include <stdlib.h>
#include "driver.h"
#include "unit.h"

static struct vring_avail *driver_avail(const struct driver *d)
{
	return d->part[MVH_PART_AVAIL];
}

static struct vring_used *driver_used(const struct driver *d)
{
	return d->part[MVH_PART_USED];
}

static u16 driver_used_idx(const struct driver *d)
{
	return __virtio16_to_cpu(d->le, order_load(&driver_used(d)->idx));
}

static struct vring_desc driver_desc(const struct driver *d,
				     const struct seg *seg)
{
	return (struct vring_desc) {
		.addr = __cpu_to_virtio64(d->le, seg->gpa),
		.len = __cpu_to_virtio32(d->le, seg->len),
		.flags = __cpu_to_virtio16(d->le, seg->write ?
					   VRING_DESC_F_WRITE : 0),
	};
}

static void driver_link(const struct driver *d, struct vring_desc *desc,
			u16 next)
{
	desc->flags |= __cpu_to_virtio16(d->le, VRING_DESC_F_NEXT);
	desc->next = __cpu_to_virtio16(d->le, next);
}

/* Which table entry holds buffer k; the first one stays the first. */
static void driver_order(u16 *at, unsigned int n, bool shuffle)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		at[i] = i;
	for (i = n - 1; shuffle && i > 1; i--) {
		unsigned int k = 1 + unit_rand_below(i);
		u16 tmp = at[i];

		at[i] = at[k];
		at[k] = tmp;
	}
}

static void driver_table(struct driver *d, const struct req *req,
			 const struct seg *seg, unsigned int n)
{
	struct vring_desc *table = calloc(n, sizeof(*table));
	u16 *at = calloc(n, sizeof(*at));
	unsigned int i;

	driver_order(at, n, req->shuffle);
	for (i = 0; i < n; i++) {
		table[at[i]] = driver_desc(d, &seg[i]);
		if (i + 1 < n)
			driver_link(d, &table[at[i]], at[i + 1]);
	}
	guest_rights(d->guest, req->table, n * sizeof(*table), ENV_R);
	guest_write(d->guest, req->table, table, n * sizeof(*table));
	free(table);
	free(at);
}

/* In order: one after the other.  Otherwise: from anywhere. */
static u16 driver_alloc_desc(struct driver *d)
{
	u16 k, desc;

	if (d->in_order) {
		desc = d->next_desc;
		d->next_desc = (desc + 1) % d->num;
		return desc;
	}
	k = unit_rand_below(d->n_ids);
	desc = d->free[k];
	d->free[k] = d->free[--d->n_ids];
	return desc;
}

static void driver_put_desc(struct driver *d, u16 i,
			    const struct vring_desc *desc)
{
	struct vring_desc *to = (struct vring_desc *)d->part[MVH_PART_DESC] + i;

	*to = *desc;
	env_renew(to, sizeof(*to));
}

/* Write the descriptors; returns the head. */
static u16 driver_chain(struct driver *d, const struct req *req,
			unsigned int ndesc)
{
	u16 head = driver_alloc_desc(d), at = head, next = 0;
	unsigned int i;

	for (i = 0; i < ndesc; i++, at = next) {
		struct vring_desc desc;

		if (req->table && i + 1 == ndesc)
			desc = driver_desc(d, &(struct seg) {
				.gpa = req->table,
				.len = (req->n - req->direct) * sizeof(desc),
			});
		else
			desc = driver_desc(d, &req->seg[i]);
		if (req->table && i + 1 == ndesc)
			desc.flags |= __cpu_to_virtio16(d->le,
						VRING_DESC_F_INDIRECT);
		if (i + 1 < ndesc) {
			next = driver_alloc_desc(d);
			driver_link(d, &desc, next);
		}
		d->next[at] = next;
		driver_put_desc(d, at, &desc);
	}
	return head;
}

int driver_split_add(struct driver *d, const struct req *req, u32 cookie)
{
	unsigned int ndesc = req->table ? req->direct + 1 : req->n;
	__virtio16 *slot;
	u16 head;

	if (ndesc > d->n_free)
		return -ENOSPC;
	if (req->table)
		driver_table(d, req, req->seg + req->direct,
			     req->n - req->direct);
	head = driver_chain(d, req, ndesc);
	driver_take(d, head, ndesc, req, cookie);
	slot = &driver_avail(d)->ring[d->avail & (d->num - 1)];
	order_store(slot, __cpu_to_virtio16(d->le, head));
	env_renew(slot, sizeof(*slot));
	d->avail++;
	d->added++;
	return 0;
}

void driver_split_publish(struct driver *d)
{
	order_wmb();
	order_store(&driver_avail(d)->idx,
		    __cpu_to_virtio16(d->le, d->avail));
}

bool driver_split_needs_kick(struct driver *d)
{
	struct vring_used *used = driver_used(d);
	u16 n = d->added, event;

	d->added = 0;
	order_mb();
	if (!d->event_idx)
		return !(__virtio16_to_cpu(d->le, order_load(&used->flags)) &
			 VRING_USED_F_NO_NOTIFY);
	event = __virtio16_to_cpu(d->le,
			order_load((__virtio16 *)&used->ring[d->num]));
	/* The entry numbered @event is among the n that were added. */
	return (u16)(d->avail - 1 - event) < n;
}

/* Is there a used entry?  It is then in @d->batch. */
bool driver_split_peek(struct driver *d)
{
	u16 idx = driver_used_idx(d);
	struct vring_used_elem *e;

	check((u16)(idx - d->used) <= d->num);
	if (idx == d->used)
		return false;
	order_rmb();
	e = &driver_used(d)->ring[d->used & (d->num - 1)];
	d->batch.id = __virtio32_to_cpu(d->le, order_load(&e->id));
	d->batch.len = __virtio32_to_cpu(d->le, order_load(&e->len));
	return true;
}

void driver_split_free(struct driver *d, u16 id)
{
	u16 n = d->buf[id].ndesc;

	if (d->in_batch)
		check(driver_used_idx(d) != (u16)(d->used + 1));
	d->used++;
	if (d->in_order)
		return;
	for (; n; n--, id = d->next[id])
		d->free[d->n_ids++] = id;
}

bool driver_split_enable_calls(struct driver *d)
{
	struct vring_avail *avail = driver_avail(d);

	if (d->event_idx)
		order_store(&avail->ring[d->num],
			    __cpu_to_virtio16(d->le, d->used));
	else
		order_store(&avail->flags, __cpu_to_virtio16(d->le, 0));
	order_mb();
	return driver_used_idx(d) != d->used;
}

void driver_split_disable_calls(struct driver *d)
{
	struct vring_avail *avail = driver_avail(d);

	/* With events: one that lies just behind does not come soon. */
	if (d->event_idx)
		order_store(&avail->ring[d->num],
			    __cpu_to_virtio16(d->le, d->used - 1));
	else
		order_store(&avail->flags, __cpu_to_virtio16(d->le,
					VRING_AVAIL_F_NO_INTERRUPT));
}
