// SPDX-License-Identifier: GPL-2.0
/*
 * The IOTLB of a device: translations come and go, queues wait for them.
 */
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include "backend.h"
#include "dev.h"

/* Room that the address space of the vdpa dialect grows by at least. */
#define MVH_SPACE_MIN	16

/**
 * mvh_vq_report_miss - report that a queue waits for a translation
 * @vq: the queue; vq->view says which
 *
 * A queue waits for one translation at a time, so nothing is allocated and a guest
 * cannot pile up misses.  A kick reports the miss again even if it was read:
 * userspace may resolve it now.
 *
 * Context: With the queue's mutex; does not sleep.
 */
void mvh_vq_report_miss(struct mvh_vq *vq)
{
	struct mvh_dev *dev = vq->dev;

	lockdep_assert_held(&vq->mutex);
	spin_lock(&dev->miss_lock);
	vq->miss.state = MVH_MISS_PENDING;
	vq->miss.iova = vq->view.miss;
	vq->miss.access = vq->view.miss_access;
	spin_unlock(&dev->miss_lock);
	wake_up_interruptible_poll(&dev->miss_wait, EPOLLIN | EPOLLRDNORM);
}

static struct mvh_miss *mvh_dev_pending_miss(struct mvh_dev *dev)
{
	struct mvh_vq *vq;

	lockdep_assert_held(&dev->miss_lock);
	mvh_dev_for_each_vq(dev, vq)
		if (vq->miss.state == MVH_MISS_PENDING)
			return &vq->miss;
	return NULL;
}

/**
 * mvh_dev_has_miss - is there a miss that was not read yet?
 * @dev: the device, not locked
 *
 * Return: true if so.
 */
bool mvh_dev_has_miss(struct mvh_dev *dev)
{
	bool found;

	spin_lock(&dev->miss_lock);
	found = mvh_dev_pending_miss(dev);
	spin_unlock(&dev->miss_lock);
	return found;
}

static bool mvh_dev_read_miss(struct mvh_dev *dev, struct mvh_miss *miss)
{
	struct mvh_miss *found;

	spin_lock(&dev->miss_lock);
	found = mvh_dev_pending_miss(dev);
	if (found) {
		found->state = MVH_MISS_READ;
		*miss = *found;
	}
	spin_unlock(&dev->miss_lock);
	return found;
}

/**
 * mvh_dev_wait_miss - read a miss, and wait for one if there is none
 * @dev: the device, not locked
 * @miss: set to the miss
 * @nonblock: do not wait
 *
 * Return: 0; -EAGAIN if there is none and @nonblock; -EBADFD if there is no IOMMU and
 * so will be none; -ERESTARTSYS.
 */
int mvh_dev_wait_miss(struct mvh_dev *dev, struct mvh_miss *miss, bool nonblock)
{
	bool found = mvh_dev_read_miss(dev, miss);
	int err;

	if (found)
		return 0;
	if (nonblock)
		return -EAGAIN;
	err = wait_event_interruptible(dev->miss_wait,
				       (found = mvh_dev_read_miss(dev, miss)) ||
				       !READ_ONCE(dev->iotlb));
	if (err)
		return err;
	return found ? 0 : -EBADFD;
}

/**
 * mvh_dev_unread_miss - undo mvh_dev_wait_miss()
 * @dev: the device, not locked
 * @iova: address of the miss
 */
void mvh_dev_unread_miss(struct mvh_dev *dev, u64 iova)
{
	struct mvh_vq *vq;

	spin_lock(&dev->miss_lock);
	mvh_dev_for_each_vq(dev, vq)
		if (vq->miss.state == MVH_MISS_READ && vq->miss.iova == iova)
			vq->miss.state = MVH_MISS_PENDING;
	spin_unlock(&dev->miss_lock);
}

/*
 * mvh_dev_forget_miss() - forget a missing translation
 * @vq: the queue that may wait for it
 *
 * Return: true if it did.
 */
bool mvh_dev_forget_miss(struct mvh_dev *dev, struct mvh_vq *vq)
{
	bool waited;

	spin_lock(&dev->miss_lock);
	waited = vq->miss.state != MVH_MISS_NONE;
	vq->miss.state = MVH_MISS_NONE;
	spin_unlock(&dev->miss_lock);
	return waited;
}

/**
 * mvh_dev_renew_misses - rerun queues that wait for a translation after the IOTLB was
 *	emptied
 * @dev: the device, locked
 */
void mvh_dev_renew_misses(struct mvh_dev *dev)
{
	struct mvh_vq *vq;

	lockdep_assert_held(&dev->mutex);
	mvh_dev_for_each_vq(dev, vq)
		if (mvh_dev_forget_miss(dev, vq))
			mvh_vq_schedule(vq);
	/* Without IOMMU there will be none to read. */
	wake_up_interruptible_all(&dev->miss_wait);
}

/* Does a range touch the ring of a queue? */
static bool mvh_vq_ring_hit(const struct mvh_vq *vq, u64 start, u64 last)
{
	enum mvh_part part;

	for (part = 0; part < MVH_PART_MAX; part++) {
		u64 size = mvh_vq_part_size(vq, part);

		if (vq->addr[part] <= last &&
		    vq->addr[part] + size - 1 >= start)
			return true;
	}
	return false;
}

/* The IOTLB changed; rings in the range follow.  All queues locked. */
static void mvh_dev_refresh_iotlb(struct mvh_dev *dev, u64 start, u64 last)
{
	struct mvh_vq *vq;

	mvh_dev_for_each_vq(dev, vq) {
		if (vq->mapped && mvh_vq_ring_hit(vq, start, last))
			mvh_vq_unmap(vq);
		if (vq->map_failed)
			mvh_vq_schedule(vq);
		mvh_view_set(&vq->view, dev->iotlb);
	}
}

/* Run the queues that wait for an address in a range. */
static void mvh_dev_answer_misses(struct mvh_dev *dev, u64 start, u64 last)
{
	struct mvh_vq *vq;

	mvh_dev_for_each_vq(dev, vq) {
		struct mvh_miss *miss = &vq->miss;
		bool hit;

		spin_lock(&dev->miss_lock);
		hit = miss->state != MVH_MISS_NONE && miss->iova >= start &&
		      miss->iova <= last;
		if (hit)
			miss->state = MVH_MISS_NONE;
		spin_unlock(&dev->miss_lock);
		if (hit)
			mvh_vq_schedule(vq);
	}
}

/*
 * Replace the IOTLB by a map that differs in a range.  Requests in flight complete
 * first, and the next run of a queue maps a ring in the range again.
 */
static int mvh_dev_iotlb_publish(struct mvh_dev *dev, struct mvh_map *map,
				 u64 start, u64 last)
{
	int err;

	mvh_dev_lock_vqs(dev);
	err = mvh_dev_quiesce_vqs(dev);
	if (!err) {
		swap(map, dev->iotlb);
		mvh_dev_refresh_iotlb(dev, start, last);
	}
	mvh_dev_unlock_vqs(dev);
	mvh_map_free(map);
	return err;
}

/**
 * mvh_dev_set_space - let all memory be I/O virtual
 * @dev: the device, locked, with a new owner
 * @space: the IOTLB, which belongs to the device from now on
 */
void mvh_dev_set_space(struct mvh_dev *dev, struct mvh_map *space)
{
	lockdep_assert_held(&dev->mutex);
	mvh_dev_lock_vqs(dev);
	dev->iotlb = space;
	mvh_dev_refresh_vqs(dev);
	mvh_dev_unlock_vqs(dev);
}

/**
 * mvh_dev_iotlb_begin - collect what follows until mvh_dev_iotlb_end()
 * @dev: the device, locked, of the vdpa dialect
 *
 * Return: 0, -EPERM if somebody else owns the device, -EFAULT without owner, -EINVAL
 * within a batch, or -ENOMEM.
 */
int mvh_dev_iotlb_begin(struct mvh_dev *dev)
{
	lockdep_assert_held(&dev->mutex);
	if (mvh_dev_check_foreign(dev))
		return -EPERM;
	if (!dev->iotlb)
		return -EFAULT;
	if (dev->batch)
		return -EINVAL;
	dev->batch = mvh_map_copy(dev->iotlb, dev->iotlb->max);
	return dev->batch ? 0 : -ENOMEM;
}

/**
 * mvh_dev_iotlb_end - use what was collected since mvh_dev_iotlb_begin()
 * @dev: the device, locked, of the vdpa dialect
 *
 * Return: 0, -EPERM if somebody else owns the device, -EINVAL outside a batch, or
 * -EINTR if the caller was killed.
 */
int mvh_dev_iotlb_end(struct mvh_dev *dev)
{
	struct mvh_map *map = dev->batch;

	lockdep_assert_held(&dev->mutex);
	if (mvh_dev_check_foreign(dev))
		return -EPERM;
	if (!map)
		return -EINVAL;
	dev->batch = NULL;
	return mvh_dev_iotlb_publish(dev, map, 0, U64_MAX);
}

/* Put a translation into the IOTLB, which has room, while no queue looks. */
static int mvh_dev_iotlb_put(struct mvh_dev *dev,
			     const struct mvh_region *region)
{
	int err;

	mvh_dev_lock_vqs(dev);
	err = mvh_dev_quiesce_vqs(dev);
	if (!err) {
		mvh_map_put(dev->iotlb, region);
		mvh_dev_refresh_iotlb(dev, region->start, region->last);
	}
	mvh_dev_unlock_vqs(dev);
	return err;
}

/*
 * The IOTLB with more room, if it is full and a queue has missed as many translations
 * for one chain: then some were evicted that it needs, and would be again.  Else, or if
 * there is no memory now, NULL.
 */
static struct mvh_map *mvh_dev_larger_cache(struct mvh_dev *dev)
{
	const struct mvh_map *map = dev->iotlb;
	struct mvh_vq *vq;

	if (map->n < map->max || map->max >= MVH_IOTLB_LIMIT)
		return NULL;
	mvh_dev_for_each_vq(dev, vq)
		if (READ_ONCE(vq->n_missed) >= map->max)
			return mvh_map_copy(map, 2 * map->max);
	return NULL;
}

/* Cache: replace overlapping entries, evict one if full, wake waiting queues. */
static int mvh_dev_cache_update(struct mvh_dev *dev,
				const struct mvh_region *region)
{
	struct mvh_map *map = mvh_dev_larger_cache(dev);
	int err;

	if (map) {
		mvh_map_put(map, region);
		err = mvh_dev_iotlb_publish(dev, map, region->start,
					    region->last);
	} else {
		err = mvh_dev_iotlb_put(dev, region);
	}
	if (!err)
		mvh_dev_answer_misses(dev, region->start, region->last);
	return err;
}

/* The map is complete, so an insert must never evict: it grows instead. */
static int mvh_dev_space_update(struct mvh_dev *dev,
				const struct mvh_region *region)
{
	struct mvh_map *map = dev->batch ?: dev->iotlb;
	bool full = map->n == map->max;

	if (mvh_map_overlaps(map, region->start, region->last))
		return -EEXIST;
	if (map->n >= MVH_SPACE_MAX)
		return -ENOSPC;
	if (full) {
		map = mvh_map_copy(map, 2 * map->n + MVH_SPACE_MIN);
		if (!map)
			return -ENOMEM;
	}
	if (!dev->batch && !full)
		return mvh_dev_iotlb_put(dev, region);
	mvh_map_put(map, region);
	if (!dev->batch)
		return mvh_dev_iotlb_publish(dev, map, region->start,
					     region->last);
	if (full) {
		mvh_map_free(dev->batch);
		dev->batch = map;
	}
	return 0;
}

/**
 * mvh_dev_iotlb_update - add a translation
 * @dev: the device, locked
 * @region: the translation
 *
 * Return: 0; -EPERM if somebody else owns the device; -EFAULT if there is no IOMMU;
 * -ENOMEM; -EINTR if the caller was killed; in the vdpa dialect also -EEXIST if there
 * is one already, or -ENOSPC if there are too many.
 */
int mvh_dev_iotlb_update(struct mvh_dev *dev, const struct mvh_region *region)
{
	lockdep_assert_held(&dev->mutex);
	if (mvh_dev_check_foreign(dev))
		return -EPERM;
	if (!dev->iotlb)
		return -EFAULT;
	if (dev->iotlb->cached)
		return mvh_dev_cache_update(dev, region);
	return mvh_dev_space_update(dev, region);
}

/**
 * mvh_dev_iotlb_invalidate - remove translations
 * @dev: the device, locked
 * @start: first address
 * @last: last address, included
 *
 * When it returns, nothing uses them any more, except that within a batch they are
 * used until mvh_dev_iotlb_end().
 *
 * Return: 0, -EPERM if somebody else owns the device, -EFAULT if there is no IOMMU, or
 * -EINTR if the caller was killed.
 */
int mvh_dev_iotlb_invalidate(struct mvh_dev *dev, u64 start, u64 last)
{
	int err;

	lockdep_assert_held(&dev->mutex);
	if (mvh_dev_check_foreign(dev))
		return -EPERM;
	if (!dev->iotlb)
		return -EFAULT;
	if (dev->batch) {
		mvh_map_remove(dev->batch, start, last);
		return 0;
	}
	mvh_dev_lock_vqs(dev);
	err = mvh_dev_quiesce_vqs(dev);
	if (!err) {
		mvh_map_remove(dev->iotlb, start, last);
		mvh_dev_refresh_iotlb(dev, start, last);
	}
	mvh_dev_unlock_vqs(dev);
	return err;
}
