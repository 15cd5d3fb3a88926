// SPDX-License-Identifier: GPL-2.0
/*
 * Mock driver: the guest's side of one virtqueue, what both layouts share.
 *
 * This is a mock, it only plays the guest.  See mock_ring.h.
 */
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "mock_ring.h"

static void mock_ring_reset(struct mock_ring *r, __u16 start, __u16 head)
{
	unsigned int i;

	r->next_avail = start;
	r->avail_wrap = true;
	if (r->packed) {
		r->next_avail = start & ~MOCK_START_WRAP;
		r->avail_wrap = start & MOCK_START_WRAP;
	}
	r->next_used = r->next_avail;
	r->used_wrap = r->avail_wrap;
	r->kicked = r->next_avail;
	r->nadded = 0;
	r->nfree = r->cfg.num;
	r->nslots = r->cfg.num;
	r->ninflight = 0;
	r->fifo_head = 0;
	r->fifo_tail = 0;
	r->batch = 0;
	r->held = false;
	r->next_desc = head;
	memset(r->chain, 0, r->cfg.num * sizeof(*r->chain));
	for (i = 0; i < r->cfg.num; i++)
		r->free_list[i] = i;
	if (r->packed)
		mock_packed_init(r);
	else
		mock_split_init(r);
}

static void mock_ring_alloc_split(struct mock_ring *r)
{
	unsigned int n = r->cfg.num;

	r->desc_addr = guest_alloc(r->mem, n * sizeof(*r->desc), 4096);
	r->driver_addr = guest_alloc(r->mem, 6 + n * 2, 4096);
	r->device_addr = guest_alloc(r->mem, 6 + n * 8, 4096);
	r->desc = guest_ptr(r->mem, r->desc_addr);
	r->avail = guest_ptr(r->mem, r->driver_addr);
	r->used = guest_ptr(r->mem, r->device_addr);
}

static void mock_ring_alloc_packed(struct mock_ring *r)
{
	unsigned int n = r->cfg.num;

	r->desc_addr = guest_alloc(r->mem, n * sizeof(*r->pdesc), 4096);
	r->driver_addr = guest_alloc(r->mem, 4, 4096);
	r->device_addr = guest_alloc(r->mem, 4, 4096);
	r->pdesc = guest_ptr(r->mem, r->desc_addr);
	r->driver_event = guest_ptr(r->mem, r->driver_addr);
	r->device_event = guest_ptr(r->mem, r->device_addr);
}

/*
 * Make a ring in guest memory.
 * @mem: where it is taken from
 * @cfg: size, features and first index
 *
 * Returns 0 or a negative errno.
 */
int mock_ring_init(struct mock_ring *r, struct guest_mem *mem,
		   const struct mock_ring_cfg *cfg)
{
	memset(r, 0, sizeof(*r));
	r->mem = mem;
	r->cfg = *cfg;
	r->packed = cfg->features & VHU_PACKED;
	r->event_idx = cfg->features & VHU_EVENT_IDX;
	r->in_order = cfg->features & VHU_IN_ORDER;
	if (!r->cfg.table_max)
		r->cfg.table_max = 32;
	r->chain = calloc(cfg->num, sizeof(*r->chain));
	r->free_list = calloc(cfg->num, sizeof(*r->free_list));
	r->next = calloc(cfg->num, sizeof(*r->next));
	r->fifo = calloc(cfg->num, sizeof(*r->fifo));
	r->kick_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r->call_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r->err_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!r->chain || !r->free_list || !r->next || !r->fifo || r->err_fd < 0)
		return -ENOMEM;
	if (r->packed)
		mock_ring_alloc_packed(r);
	else
		mock_ring_alloc_split(r);
	if (cfg->features & VHU_INDIRECT)
		r->table_addr = guest_alloc(mem, (size_t)cfg->num *
					    r->cfg.table_max * 16, 4096);
	mock_ring_reset(r, cfg->start, cfg->head);
	return 0;
}

/* Free the ring's own memory; guest memory stays. */
void mock_ring_fini(struct mock_ring *r)
{
	free(r->chain);
	free(r->free_list);
	free(r->next);
	free(r->fifo);
	close(r->kick_fd);
	close(r->call_fd);
	close(r->err_fd);
}

/* Drop all buffers and start at another index. */
void mock_ring_restart(struct mock_ring *r, __u16 start, __u16 head)
{
	mock_ring_reset(r, start, head);
}

/*
 * Vring base the device has when all is consumed and used.  Returns argument
 * for vhost_set_base().
 */
unsigned int mock_ring_base(const struct mock_ring *r)
{
	unsigned int avail = r->next_avail, used = r->next_used;

	if (!r->packed)
		return avail;
	return avail | r->avail_wrap << 15 | used << 16 |
	       (unsigned int)r->used_wrap << 31;
}

/* Vring base of a ring whose buffers are all untouched. */
unsigned int mock_ring_idle_base(const struct mock_ring *r)
{
	unsigned int used = r->next_used;

	if (!r->packed)
		return used;
	used |= r->used_wrap << 15;
	return used | used << 16;
}

/*
 * Indirect table of a slot.
 * @addr: bus address of the table
 */
void *mock_ring_table(const struct mock_ring *r, __u16 slot, __u64 *addr)
{
	*addr = r->table_addr + (__u64)slot * r->cfg.table_max * 16;
	return guest_ptr(r->mem, *addr);
}

static __u16 mock_ring_take_slot(struct mock_ring *r, unsigned int ndesc)
{
	__u16 slot;

	if (!r->packed && r->in_order) {
		slot = r->next_desc;
		r->next_desc = (r->next_desc + ndesc) % r->cfg.num;
		return slot;
	}
	if (r->packed)
		return r->free_list[--r->nslots];
	return r->free_list[r->nslots - 1];
}

static void mock_ring_give_slot(struct mock_ring *r, __u16 slot,
				unsigned int ndesc)
{
	unsigned int i;

	if (!r->packed && r->in_order)
		return;
	if (r->packed)
		ndesc = 1;
	for (i = 0; i < ndesc; i++) {
		r->free_list[r->nslots++] = slot;
		slot = r->next[slot];
	}
}

/*
 * Add a buffer with direct and indirect pieces.
 * @seg: pieces, readable ones first
 * @ndirect: pieces with a descriptor of their own; the others go to a table
 * @cookie: returned with the used buffer
 *
 * The device sees the buffer after mock_ring_publish() only.
 *
 * Returns 0, or -ENOSPC if the ring is full.
 */
int mock_ring_add_mixed(struct mock_ring *r, const struct mock_seg *seg,
			unsigned int n, unsigned int ndirect, __u64 cookie)
{
	unsigned int i, ndesc = ndirect + (ndirect < n);
	struct mock_chain *c;
	__u16 slot;

	if (ndesc > r->nfree || n - ndirect > r->cfg.table_max)
		return -ENOSPC;
	slot = mock_ring_take_slot(r, ndesc);
	c = &r->chain[slot];
	c->busy = true;
	c->head = slot;
	c->ndesc = ndesc;
	c->cookie = cookie;
	c->in_len = 0;
	for (i = 0; i < n; i++)
		if (seg[i].write)
			c->in_len += seg[i].len;
	if (r->packed)
		mock_packed_write(r, slot, seg, n, ndirect);
	else
		mock_split_write(r, slot, seg, n, ndirect);
	r->nfree -= ndesc;
	r->fifo[r->fifo_tail++ % r->cfg.num] = slot;
	r->ninflight++;
	return 0;
}

/*
 * Add a buffer, all direct or all indirect.
 * @seg: pieces, readable ones first
 * @cookie: returned with the used buffer
 *
 * Returns 0, or -ENOSPC if the ring is full.
 */
int mock_ring_add(struct mock_ring *r, const struct mock_seg *seg,
		  unsigned int n, bool indirect, __u64 cookie)
{
	return mock_ring_add_mixed(r, seg, n, indirect ? 0 : n, cookie);
}

/* Publish all buffers added so far. */
void mock_ring_publish(struct mock_ring *r)
{
	if (r->packed)
		mock_packed_publish(r);
	else
		mock_split_publish(r);
}

/* Does the device want a kick? */
bool mock_ring_should_kick(struct mock_ring *r)
{
	bool need;

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!r->nadded)
		return false;
	need = r->packed ? mock_packed_should_kick(r) :
			   mock_split_should_kick(r);
	r->nadded = 0;
	r->kicked = r->next_avail;
	return need;
}

/* Kick even if the device does not want it. */
void mock_ring_kick(struct mock_ring *r)
{
	eventfd_write(r->kick_fd, 1);
}

/* Publish, and kick if the device wants it. */
void mock_ring_submit(struct mock_ring *r)
{
	mock_ring_publish(r);
	if (mock_ring_should_kick(r))
		mock_ring_kick(r);
}

/* Is there a used buffer? */
bool mock_ring_has_used(const struct mock_ring *r)
{
	if (r->batch)
		return true;
	return r->packed ? mock_packed_has_used(r) : mock_split_has_used(r);
}

/* Take a buffer back from the device. */
static void mock_ring_retire(struct mock_ring *r, __u16 slot)
{
	struct mock_chain *c = &r->chain[slot];

	c->busy = false;
	mock_ring_give_slot(r, slot, c->ndesc);
	r->nfree += c->ndesc;
	r->ninflight--;
	if (!r->packed) {
		r->next_used++;
		return;
	}
	r->next_used += c->ndesc;
	if (r->next_used >= r->cfg.num) {
		r->next_used -= r->cfg.num;
		r->used_wrap = !r->used_wrap;
	}
}

/* How many buffers, in order, end with @slot; 0 if it is not in flight. */
static unsigned int mock_ring_batch_len(const struct mock_ring *r, __u16 slot)
{
	unsigned int i;

	for (i = r->fifo_head; i != r->fifo_tail; i++)
		if (r->fifo[i % r->cfg.num] == slot)
			return i - r->fifo_head + 1;
	return 0;
}

/* Split: the used index must have moved past the whole batch. */
static bool mock_ring_batch_ok(const struct mock_ring *r, unsigned int n)
{
	return r->packed || (__u16)(r->used->idx - r->next_used) >= n;
}

static void mock_ring_next_of_batch(struct mock_ring *r, struct mock_used *u)
{
	__u16 slot = r->fifo[r->fifo_head++ % r->cfg.num];

	*u = r->batch_last;
	u->cookie = r->chain[slot].cookie;
	if (--r->batch) {
		u->id = slot;
		u->len = r->chain[slot].in_len;
		u->implied = true;
	}
	mock_ring_retire(r, slot);
}

/* Out of order, so the slot may be anywhere: close the gap it leaves. */
static void mock_ring_unqueue(struct mock_ring *r, unsigned int pos)
{
	unsigned int i;

	for (i = r->fifo_head + pos - 1; i != r->fifo_head; i--)
		r->fifo[i % r->cfg.num] = r->fifo[(i - 1) % r->cfg.num];
	r->fifo_head++;
}

/*
 * Take one buffer back.  Returns 1 if there was one, 0 if not, -EPROTO if the
 * device broke a rule.
 */
int mock_ring_get_used(struct mock_ring *r, struct mock_used *u)
{
	unsigned int n;
	__u32 len;
	__u16 slot;
	int ret;

	if (r->batch) {
		mock_ring_next_of_batch(r, u);
		return 1;
	}
	ret = r->packed ? mock_packed_fetch_used(r, &slot, &len) :
			  mock_split_fetch_used(r, &slot, &len);
	if (ret <= 0)
		return ret;
	if (slot >= r->cfg.num || !r->chain[slot].busy ||
	    len > r->chain[slot].in_len)
		return -EPROTO;
	n = mock_ring_batch_len(r, slot);
	if (!n || (r->in_order && !mock_ring_batch_ok(r, n)))
		return -EPROTO;
	*u = (struct mock_used) {
		.cookie = r->chain[slot].cookie, .len = len, .id = slot,
	};
	if (r->in_order) {
		r->batch = n;
		r->batch_last = *u;
		mock_ring_next_of_batch(r, u);
		return 1;
	}
	mock_ring_unqueue(r, n);
	mock_ring_retire(r, slot);
	return 1;
}

/* Ask for a notification of the next used buffer. */
void mock_ring_enable_call(struct mock_ring *r)
{
	if (r->packed)
		mock_packed_set_call(r, true);
	else
		mock_split_set_call(r, true);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* Ask for no notifications. */
void mock_ring_disable_call(struct mock_ring *r)
{
	if (r->packed)
		mock_packed_set_call(r, false);
	else
		mock_split_set_call(r, false);
}

/*
 * Read an eventfd without waiting.  Returns its count, which is 0 afterwards.
 */
__u64 mock_fd_drain(int efd)
{
	eventfd_t v;

	return eventfd_read(efd, &v) ? 0 : v;
}

/* Wait until a descriptor is readable.  Returns 1 if it is, 0 if not. */
int mock_fd_wait(int efd, int msecs)
{
	struct pollfd p = { .fd = efd, .events = POLLIN };

	return poll(&p, 1, msecs) > 0;
}

/* Monotonic time in milliseconds. */
__s64 mock_msecs(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/*
 * Sleep until a buffer is used.
 *
 * Follows the notification protocol to the letter, hence a notification that
 * the device forgets is found.
 *
 * Returns 1 if there is a used buffer, 0 if not, -ENOMSG if there is one but
 * nobody said so.
 */
int mock_ring_wait(struct mock_ring *r, int msecs)
{
	__s64 left, end = mock_msecs() + msecs;

	for (;;) {
		if (mock_ring_has_used(r))
			return 1;
		mock_ring_enable_call(r);
		if (mock_ring_has_used(r))
			return 1;
		left = end - mock_msecs();
		if (left <= 0 || !mock_fd_wait(r->call_fd, left))
			return mock_ring_has_used(r) ? -ENOMSG : 0;
		mock_fd_drain(r->call_fd);
	}
}

/*
 * Sleep until a buffer is used and take it.  Returns 1 if there was one,
 * -ETIMEDOUT, or as mock_ring_wait() and mock_ring_get_used().
 */
int mock_ring_wait_used(struct mock_ring *r, struct mock_used *u, int msecs)
{
	int ret = mock_ring_wait(r, msecs);

	if (ret < 0)
		return ret;
	if (!ret)
		return -ETIMEDOUT;
	return mock_ring_get_used(r, u);
}
