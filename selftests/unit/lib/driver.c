// SPDX-License-Identifier: GPL-2.0
/*
 * What both layouts have in common: requests by id, and their order.
 */
#include "driver.h"
#include "unit.h"

/* Begin at @d->avail and @d->used, everything else of a new ring. */
void driver_init(struct driver *d)
{
	u16 i;

	d->n_free = d->num;
	d->n_ids = d->num;
	for (i = 0; i < d->num; i++)
		d->free[i] = d->num - 1 - i;
}

int driver_add(struct driver *d, const struct req *req, u32 cookie)
{
	return d->packed ? driver_packed_add(d, req, cookie) :
			   driver_split_add(d, req, cookie);
}

void driver_publish(struct driver *d)
{
	if (d->packed)
		driver_packed_publish(d);
	else
		driver_split_publish(d);
}

/* Must the device be kicked for what was published since the last call? */
bool driver_needs_kick(struct driver *d)
{
	return d->packed ? driver_packed_needs_kick(d) :
			   driver_split_needs_kick(d);
}

/* Ask for an interrupt; true if there is something already. */
bool driver_enable_calls(struct driver *d)
{
	return d->packed ? driver_packed_enable_calls(d) :
			   driver_split_enable_calls(d);
}

void driver_disable_calls(struct driver *d)
{
	if (d->packed)
		driver_packed_disable_calls(d);
	else
		driver_split_disable_calls(d);
}

void driver_take(struct driver *d, u16 id, u16 ndesc, const struct req *req,
		 u32 cookie)
{
	struct driver_buf *b = &d->buf[id];
	unsigned int i;

	*b = (struct driver_buf) {
		.busy = true,
		.ndesc = ndesc,
		.cookie = cookie,
	};
	for (i = 0; i < req->n; i++)
		b->room += req->seg[i].write ? req->seg[i].len : 0;
	d->n_free -= ndesc;
	d->fifo[d->fifo_in++ % MVH_RING_MAX] = id;
}

/* The request that the entry in @d->batch completes. */
u16 driver_give(struct driver *d, struct driver_done *done)
{
	u32 id = d->batch.id;
	struct driver_buf *b;

	check(id < d->num || d->packed);
	done->len = d->batch.len;
	d->in_batch = false;
	if (d->in_order) {
		check(d->fifo_in != d->fifo_out);
		id = d->fifo[d->fifo_out++ % MVH_RING_MAX];
		d->in_batch = id != d->batch.id;
		if (d->in_batch)
			done->len = d->buf[id].room;
	}
	check(id < d->num);
	b = &d->buf[id];
	check(b->busy);
	check(done->len <= b->room);
	b->busy = false;
	d->n_free += b->ndesc;
	done->cookie = b->cookie;
	return id;
}

/* Take back one request; false if there is none. */
bool driver_get(struct driver *d, struct driver_done *done)
{
	u16 id;

	if (!d->in_batch && !(d->packed ? driver_packed_peek(d) :
					  driver_split_peek(d)))
		return false;
	id = driver_give(d, done);
	if (d->packed)
		driver_packed_free(d, id);
	else
		driver_split_free(d, id);
	return true;
}
