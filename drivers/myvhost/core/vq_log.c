// SPDX-License-Identifier: GPL-2.0
/*
 * The dirty log of a queue: what it writes into guest memory, buffers and ring.
 */
#include <linux/eventfd.h>
#include <linux/export.h>
#include <linux/uaccess.h>
#include "compat/compat.h"
#include "ring/dirty.h"
#include "backend.h"
#include "dev.h"
#include "frontend.h"

static void mvh_vq_logged(struct mvh_vq *vq, int err)
{
	if (!err) {
		if (vq->dev->log_event)
			mvh_eventfd_signal(vq->dev->log_event);
		return;
	}
	/* The owner took its log away: migration fails, not the guest. */
	mvh_vq_count(vq, MYVHOST_CNT_LOG_ERRORS, 1);
	vq->dev->frontend->error(vq);
}

/**
 * mvh_vq_dirty - log what was written into a chain's writable part
 * @vq: queue whose chain was written to
 * @iov: the pieces
 * @len: bytes written into them from their start
 *
 * Context: Process context of the worker, with the queue's mutex.
 */
void mvh_vq_dirty(struct mvh_vq *vq, const struct iovec *iov, u64 len)
{
	lockdep_assert_held(&vq->mutex);
	if (unlikely(mvh_vq_logging(vq)))
		mvh_vq_logged(vq, mvh_dirty_mark_iov(vq->dev->log_base,
						     vq->dev->table, iov, len));
}
EXPORT_SYMBOL_GPL(mvh_vq_dirty);

/*
 * mvh_vq_wrote() - log a write into ring memory
 * @ring: the ring of a queue
 * @part: where in it
 * @off: offset in that area
 *
 * See struct mvh_ring.
 */
void mvh_vq_wrote(struct mvh_ring *ring, enum mvh_part part, u32 off,
		  u32 len)
{
	struct mvh_vq *vq = container_of(ring, struct mvh_vq, ring);
	struct mvh_dev *dev = vq->dev;
	int err = 0;

	/*
	 * Userspace gives a guest address for the used area only, and none with
	 * an IOMMU.
	 */
	if (part == MVH_PART_USED && !dev->iotlb) {
		err = mvh_dirty_mark(dev->log_base, vq->log_addr + off, len);
		mvh_vq_logged(vq, err);
		return;
	}
	while (len && !err) {
		u64 uaddr = mvh_area_uaddr(&vq->area[part], off);
		u32 n = min_t(u32, len, PAGE_SIZE - offset_in_page(uaddr));

		err = mvh_dirty_mark_user(dev->log_base, dev->table,
					  uaddr, n);
		off += n;
		len -= n;
	}
	mvh_vq_logged(vq, err);
}

/*
 * mvh_range_loggable() - can a range of guest memory be logged?
 * @base: owner's address of the log
 * @gpa: start of the range
 *
 * Return: true if its bits lie in the owner's half of the address space.
 */
bool mvh_range_loggable(u64 base, u64 gpa, u64 len)
{
	u64 byte = gpa / MVH_LOG_PAGE / 8;

	if (byte > U64_MAX - base || len > U64_MAX - MVH_LOG_PAGE * 8)
		return false;
	return access_ok((void __user *)(uintptr_t)(base + byte),
			 DIV_ROUND_UP(len, MVH_LOG_PAGE * 8));
}

/*
 * mvh_vq_used_loggable() - could writes to a queue's used area be logged?
 * @base: owner's address of the log
 * @gpa: guest address of the used area
 *
 * Context: With the device's mutex.
 * Return: true if they could.
 */
bool mvh_vq_used_loggable(const struct mvh_vq *vq, u64 base, u64 gpa)
{
	lockdep_assert_held(&vq->dev->mutex);
	return mvh_range_loggable(base, gpa, mvh_vq_part_size(vq, MVH_PART_USED));
}

/*
 * mvh_vq_loggable() - can writes to a queue's ring be logged?
 * @base: owner's address of the log
 *
 * With an IOMMU the ring's guest address is not known in advance.
 *
 * Context: With the device's mutex.
 * Return: true if they can, or need not.
 */
bool mvh_vq_loggable(const struct mvh_vq *vq, u64 base)
{
	lockdep_assert_held(&vq->dev->mutex);
	return !vq->log_used || vq->dev->iotlb ||
	       mvh_vq_used_loggable(vq, base, vq->log_addr);
}
