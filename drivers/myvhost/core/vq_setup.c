// SPDX-License-Identifier: GPL-2.0
/*
 * What a front end sets and reads of one queue.  With the device's mutex and the
 * queue's, in the process context of the caller.  Errors are those of vhost.
 */
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/log2.h>
#include <linux/uaccess.h>
#include "compat/compat.h"
#include "backend.h"
#include "dev.h"

static void mvh_vq_assert_locked(const struct mvh_vq *vq)
{
	lockdep_assert_held(&vq->dev->mutex);
	lockdep_assert_held(&vq->mutex);
}

/*
 * mvh_vq_set_num() - set the size of the ring
 * @num: descriptors, a power of two, or 0
 * @max: most that the dialect allows, at most MVH_RING_MAX
 *
 * Return: 0, -EBUSY while the queue is attached, or -EINVAL.
 */
int mvh_vq_set_num(struct mvh_vq *vq, u32 num, u32 max)
{
	mvh_vq_assert_locked(vq);
	if (mvh_vq_attached(vq))
		return -EBUSY;
	if (num > max || !is_power_of_2(num))
		return -EINVAL;
	vq->ring.num = num;
	return 0;
}

/*
 * mvh_vq_set_base() - set the position in the ring
 * @base: as in the argument of VHOST_SET_VRING_BASE
 *
 * Return: 0, -EBUSY while the queue is attached, or -EINVAL.
 */
int mvh_vq_set_base(struct mvh_vq *vq, u32 base)
{
	mvh_vq_assert_locked(vq);
	if (mvh_vq_attached(vq))
		return -EBUSY;
	return mvh_ring_state_unpack(&vq->ring, base);
}

/*
 * mvh_vq_get_base() - read the position in the ring
 * @base: set as in the argument of VHOST_GET_VRING_BASE
 *
 * Waits until nothing is in flight, so that the position counts it.
 *
 * Return: 0, or -EINTR if the caller was killed.
 */
int mvh_vq_get_base(struct mvh_vq *vq, u32 *base)
{
	int err;

	mvh_vq_assert_locked(vq);
	err = mvh_vq_quiesce(vq);
	if (!err)
		*base = mvh_ring_state_pack(&vq->ring);
	return err;
}

static bool mvh_vq_addr_aligned(const struct mvh_vq *vq,
				const struct vhost_vring_addr *a)
{
	u64 avail_mask = vq->ring.packed ? 3 : VRING_AVAIL_ALIGN_SIZE - 1;
	u64 desc_mask = vq->ring.packed ? VRING_DESC_ALIGN_SIZE - 1 : 0;

	return !(a->desc_user_addr & desc_mask) &&
	       !(a->avail_user_addr & avail_mask) &&
	       !(a->used_user_addr & (VRING_USED_ALIGN_SIZE - 1)) &&
	       !(a->log_guest_addr & (VRING_USED_ALIGN_SIZE - 1));
}

/* With an IOMMU neither the ring nor its log address is known before it is mapped. */
static bool mvh_vq_addr_usable(const struct mvh_vq *vq, const u64 *addr,
			       const struct vhost_vring_addr *a)
{
	const struct mvh_dev *dev = vq->dev;

	if (!mvh_vq_in_user_range(vq, addr))
		return false;
	return dev->iotlb || !(a->flags & BIT(VHOST_VRING_F_LOG)) ||
	       mvh_vq_used_loggable(vq, dev->log_base, a->log_guest_addr);
}

/**
 * mvh_vq_set_addr - set where the ring is, and whether writes to it are logged
 * @vq: the queue, attached or not
 * @a: the argument of VHOST_SET_VRING_ADDR
 *
 * Return: 0, -EOPNOTSUPP for an unknown flag, -EINVAL, or -EINTR if the caller was
 * killed.
 */
int mvh_vq_set_addr(struct mvh_vq *vq, const struct vhost_vring_addr *a)
{
	const u64 addr[MVH_PART_MAX] = {
		[MVH_PART_DESC] = a->desc_user_addr,
		[MVH_PART_AVAIL] = a->avail_user_addr,
		[MVH_PART_USED] = a->used_user_addr,
	};
	bool moved;
	int err;

	mvh_vq_assert_locked(vq);
	if (a->flags & ~BIT(VHOST_VRING_F_LOG))
		return -EOPNOTSUPP;
	if (!mvh_vq_addr_aligned(vq, a))
		return -EINVAL;
	/* Until it is attached the size may change; attaching checks. */
	if (mvh_vq_attached(vq) && !mvh_vq_addr_usable(vq, addr, a))
		return -EINVAL;
	moved = !vq->placed || memcmp(vq->addr, addr, sizeof(addr));
	err = moved ? mvh_vq_quiesce(vq) : 0;
	if (err)
		return err;
	memcpy(vq->addr, addr, sizeof(addr));
	vq->log_addr = a->log_guest_addr;
	vq->log_used = a->flags & BIT(VHOST_VRING_F_LOG);
	vq->placed = true;
	mvh_vq_refresh(vq);
	if (moved)
		mvh_vq_remap(vq);
	mvh_vq_schedule(vq);
	return 0;
}

/*
 * mvh_vq_set_kick() - set the eventfd that the guest kicks
 * @file: the eventfd's file, whose reference passes to the queue, or NULL
 *
 * Return: 0, or -EINVAL if the file reports an error.
 */
int mvh_vq_set_kick(struct mvh_vq *vq, struct file *file)
{
	int err = 0;

	mvh_vq_assert_locked(vq);
	mvh_event_stop(&vq->kick_event);
	swap(file, vq->kick);
	if (file)
		fput(file);
	if (vq->kick)
		err = mvh_event_start(&vq->kick_event, vq->kick);
	/* The guest may have kicked it already. */
	mvh_vq_schedule(vq);
	return err;
}

/*
 * mvh_vq_set_call() - set the eventfd that interrupts the guest
 * @call: the eventfd, whose reference passes to the queue, or NULL
 *
 * QEMU may replace the eventfd of a running queue.  A call sent to the old one
 * would be lost, so the new one is signalled; a spurious call is harmless.
 */
void mvh_vq_set_call(struct mvh_vq *vq, struct eventfd_ctx *call)
{
	mvh_vq_assert_locked(vq);
	if (call && call != vq->call && vq->state == MVH_VQ_RUNNING)
		mvh_eventfd_signal(call);
	swap(call, vq->call);
	if (call)
		eventfd_ctx_put(call);
}

/*
 * mvh_vq_set_err() - set the eventfd for errors of the queue
 * @err: the eventfd, whose reference passes to the queue, or NULL
 */
void mvh_vq_set_err(struct mvh_vq *vq, struct eventfd_ctx *err)
{
	mvh_vq_assert_locked(vq);
	swap(err, vq->err);
	if (err)
		eventfd_ctx_put(err);
}

/*
 * mvh_vq_set_poll() - let a queue poll for a while before it sleeps
 * @max_us: upper bound of an adaptive window, 0 for the fixed one
 */
void mvh_vq_set_poll(struct mvh_vq *vq, u32 max_us)
{
	mvh_vq_assert_locked(vq);
	vq->window.max_us = max_us;
	vq->window.now_ns = 0;
	vq->window.slept_at = 0;
}

/*
 * mvh_vq_set_busyloop() - set the fixed window of busy polling
 * @us: the argument of VHOST_SET_VRING_BUSYLOOP_TIMEOUT; a queue polls at most
 *	MYVHOST_POLL_MAX_USECS, but any value can be read back
 */
void mvh_vq_set_busyloop(struct mvh_vq *vq, u32 us)
{
	mvh_vq_assert_locked(vq);
	vq->window.fixed_us = us;
}

/*
 * mvh_vq_get_busyloop() - read what mvh_vq_set_busyloop() set
 *
 * Return: microseconds.
 */
u32 mvh_vq_get_busyloop(const struct mvh_vq *vq)
{
	mvh_vq_assert_locked(vq);
	return vq->window.fixed_us;
}
