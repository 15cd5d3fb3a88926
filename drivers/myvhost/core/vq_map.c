// SPDX-License-Identifier: GPL-2.0
/*
 * The ring memory of a queue: where it is, and how the queue reaches it.
 *
 * It is pinned and mapped where that is possible, else reached through the owner's
 * address space (user mode), word by word.  Both are the same verbs; the ring
 * knows which one it is.  What the host cannot do at the moment is neither the
 * guest's fault nor the end of a queue: it is counted, told once, and tried again
 * by the next run.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/export.h>
#include <linux/printk.h>
#include <linux/sched/signal.h>
#include "compat/compat.h"
#include "backend.h"
#include "dev.h"

bool mvh_pin_rings = true;

/**
 * mvh_vq_unmap - let go of the ring memory
 * @vq: the queue, mapped or not
 *
 * The next run maps it again, from wherever it is by then.
 *
 * Context: Process context, with the queue's mutex.
 */
void mvh_vq_unmap(struct mvh_vq *vq)
{
	enum mvh_part part;

	lockdep_assert_held(&vq->mutex);
	vq->mapped = false;
	vq->ring.user = true;
	for (part = 0; part < MVH_PART_MAX; part++) {
		mvh_area_remove(&vq->area[part]);
		vq->ring.part[part] = NULL;
		vq->ring.page[part] = NULL;
	}
}

/* What a device does with each part. */
static u8 mvh_vq_part_access(const struct mvh_vq *vq, enum mvh_part part)
{
	if (part == MVH_PART_USED)
		return MVH_ACCESS_WRITE;
	if (part == MVH_PART_DESC && vq->ring.packed)
		return MVH_ACCESS_READ | MVH_ACCESS_WRITE;
	return MVH_ACCESS_READ;
}

/* Where is a part for the owner?  Returns the pieces in @vq->iov, or an error. */
static int mvh_vq_find_part(struct mvh_vq *vq, enum mvh_part part)
{
	u64 size = mvh_vq_part_size(vq, part);
	int n;

	if (!vq->dev->iotlb) {
		vq->iov[0].iov_base = (void __user *)(uintptr_t)vq->addr[part];
		vq->iov[0].iov_len = size;
		return 1;
	}
	n = mvh_view_translate(&vq->view, vq->addr[part], size,
			       mvh_vq_part_access(vq, part), vq->iov,
			       MVH_IOV_MAX);
	/* Where there was memory when the queue started, the owner put it away. */
	if (n == -EAGAIN || (n == -EFAULT && vq->started))
		return n;
	if (n == -EPERM)
		return mvh_ring_bad(&vq->ring, MVH_BAD_ACCESS);
	/* A word of a scattered part must not lie in two places. */
	if (n < 0 || (n > 1 && vq->addr[part] % sizeof(u64)))
		return mvh_ring_bad(&vq->ring, MVH_BAD_ADDRESS);
	return n;
}

static int mvh_vq_place_part(struct mvh_vq *vq, enum mvh_part part)
{
	struct mvh_area *area = &vq->area[part];
	int n = mvh_vq_find_part(vq, part), err;

	if (n < 0)
		return n;
	err = mvh_area_place(area, vq->iov, n);
	if (err == -EINVAL)
		return mvh_ring_bad(&vq->ring, MVH_BAD_ADDRESS);
	if (err)
		return err;
	vq->ring.page[part] = area->uaddr;
	vq->ring.part[part] = mvh_ring_user_part(part, area->off);
	return 0;
}

static int mvh_vq_place(struct mvh_vq *vq)
{
	enum mvh_part part;
	int err = 0;

	for (part = 0; part < MVH_PART_MAX && !err; part++)
		err = mvh_vq_place_part(vq, part);
	if (err) {
		mvh_vq_unmap(vq);
		return err;
	}
	vq->mapped = true;
	vq->try_pin = true;
	return 0;
}

/* Pages that the owner may have pinned, by the limit of now. */
static u64 mvh_dev_pin_limit(const struct mvh_dev *dev)
{
	return dev->pin_freely ? U64_MAX :
	       task_rlimit(dev->task, RLIMIT_MEMLOCK) >> PAGE_SHIFT;
}

static int mvh_vq_pin_parts(struct mvh_vq *vq)
{
	u64 limit = mvh_dev_pin_limit(vq->dev);
	enum mvh_part part;
	int err = 0;

	for (part = 0; part < MVH_PART_MAX && !err; part++)
		err = mvh_area_pin(&vq->area[part],
				   mvh_vq_part_access(vq, part) & MVH_ACCESS_WRITE,
				   limit);
	if (err)
		for (part = 0; part < MVH_PART_MAX; part++)
			mvh_area_unpin(&vq->area[part]);
	return err;
}

/* Go over from user mode to mapped memory, if possible. */
static void mvh_vq_pin(struct mvh_vq *vq)
{
	enum mvh_part part;
	int err;

	mvh_vq_assert_mm(vq);
	vq->try_pin = false;
	if (!READ_ONCE(mvh_pin_rings))
		return;
	err = mvh_vq_pin_parts(vq);
	if (!err) {
		vq->ring.user = false;
		WRITE_ONCE(vq->nid, page_to_nid(vq->area[MVH_PART_DESC].pages[0]));
		for (part = 0; part < MVH_PART_MAX; part++)
			vq->ring.part[part] = vq->area[part].addr;
	} else if (!xchg(&vq->dev->told_user, true)) {
		pr_info("process %d: memory of rings cannot be pinned (error %d), so they are slower\n",
			vq->dev->owner, err);
	}
}

static int mvh_vq_take_over(struct mvh_vq *vq)
{
	int err;

	if (vq->started)
		return 0;
	mvh_vq_assert_mm(vq);
	err = mvh_ring_start(&vq->ring);
	vq->started = !err;
	return err;
}

/*
 * mvh_vq_map_user() - get at the ring in user mode, if it is not mapped
 *
 * Touches what vhost_net touches when a queue starts, and no more; the next run
 * tries to pin.
 *
 * Context: Process context with the owner's address space, the queue's mutex
 * held.
 * Return: 0; -EAGAIN if a translation is missing; -EBADMSG with @vq->ring.bad set;
 * or -EFAULT or -ENOMEM if the host cannot do it now.
 */
int mvh_vq_map_user(struct mvh_vq *vq)
{
	int err;

	lockdep_assert_held(&vq->mutex);
	err = vq->mapped ? 0 : mvh_vq_place(vq);
	return err ?: mvh_vq_take_over(vq);
}

/*
 * mvh_vq_map() - get at the ring in the best way there is
 *
 * Context: Process context of the worker, the queue's mutex held.
 * Return: as mvh_vq_map_user().
 */
int mvh_vq_map(struct mvh_vq *vq)
{
	int err;

	lockdep_assert_held(&vq->mutex);
	err = vq->mapped ? 0 : mvh_vq_place(vq);
	if (err)
		return err;
	if (unlikely(vq->try_pin))
		mvh_vq_pin(vq);
	return mvh_vq_take_over(vq);
}

static bool mvh_vq_map_current(const struct mvh_vq *vq)
{
	enum mvh_part part;

	if (vq->ring.user)
		return false;
	for (part = 0; part < MVH_PART_MAX; part++)
		if (mvh_area_uaddr(&vq->area[part], 0) != vq->addr[part] ||
		    !mvh_area_current(&vq->area[part]))
			return false;
	return true;
}

/**
 * mvh_vq_remap - the memory behind the ring may have changed
 * @vq: the queue in any state
 *
 * Lets go of it if it has: the next run maps what is there now.  If the pages are
 * those that are pinned, nothing happens.
 *
 * Context: Process context of the owner, with the queue's mutex.
 */
void mvh_vq_remap(struct mvh_vq *vq)
{
	lockdep_assert_held(&vq->mutex);
	if (!vq->mapped || vq->dev->iotlb || !mvh_vq_map_current(vq))
		mvh_vq_unmap(vq);
	mvh_vq_schedule(vq);
}

/**
 * mvh_vq_map_failed - the host cannot reach guest memory now
 * @vq: queue that met the failure
 *
 * Not the guest's doing: the queue goes on with the next kick, memory table or
 * translation.  What is finished and could not be given back waits until then.
 *
 * Context: Process context of the worker, with the queue's mutex.
 */
void mvh_vq_map_failed(struct mvh_vq *vq)
{
	lockdep_assert_held(&vq->mutex);
	vq->ring.fault = false;
	vq->try_pin = vq->ring.user;
	mvh_vq_flush(vq);
	if (vq->mapped && !vq->ring.fault)
		mvh_ring_request_kick(&vq->ring);
	vq->ring.fault = false;
	mvh_vq_count(vq, MYVHOST_CNT_MAP_ERRORS, 1);
	if (vq->map_failed)
		return;
	vq->map_failed = true;
	pr_notice("process %d: queue %u waits, because guest memory cannot be reached\n",
		  vq->dev->owner, vq->index);
	if (vq->err)
		mvh_eventfd_signal(vq->err);
}
EXPORT_SYMBOL_GPL(mvh_vq_map_failed);

/**
 * mvh_vq_map_mode - how a queue reaches its ring
 * @vq: the queue, locked or not
 *
 * Return: a word for people, or NULL before the first access.
 */
const char *mvh_vq_map_mode(const struct mvh_vq *vq)
{
	if (!READ_ONCE(vq->mapped))
		return NULL;
	return READ_ONCE(vq->ring.user) ? "user" : "pinned";
}
