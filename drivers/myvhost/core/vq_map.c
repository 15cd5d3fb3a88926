// SPDX-License-Identifier: GPL-2.0
/*
 * The ring memory of a queue: where it is, and how the queue reaches it.
 */
#include "dev.h"

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
	for (part = 0; part < MVH_PART_MAX; part++) {
		mvh_area_unmap(&vq->area[part]);
		vq->ring.part[part] = NULL;
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

static int mvh_vq_map_part(struct mvh_vq *vq, enum mvh_part part)
{
	u64 size = mvh_vq_part_size(vq, part);
	u8 access = mvh_vq_part_access(vq, part);
	int n = 1, err;

	if (vq->dev->iotlb) {
		n = mvh_view_translate(&vq->view, vq->addr[part], size, access,
				       vq->iov, MVH_IOV_MAX);
		if (n < 0)
			return n;
	} else {
		vq->iov[0].iov_base = (void __user *)(uintptr_t)vq->addr[part];
		vq->iov[0].iov_len = size;
	}
	err = mvh_area_map(&vq->area[part], vq->iov, n,
			   access & MVH_ACCESS_WRITE, vq->dev->pin_limit);
	if (!err)
		vq->ring.part[part] = vq->area[part].addr;
	return err;
}

/**
 * mvh_vq_map - pin and map the ring, if it is not
 * @vq: the queue
 *
 * Context: Process context with the owner's address space, the queue's mutex
 * held.
 * Return: 0; -EAGAIN if a translation is missing; -EPERM, -EFAULT or -ENOMEM.
 */
int mvh_vq_map(struct mvh_vq *vq)
{
	enum mvh_part part;

	lockdep_assert_held(&vq->mutex);
	if (vq->mapped)
		return 0;
	mvh_vq_assert_mm(vq);
	for (part = 0; part < MVH_PART_MAX; part++) {
		int err = mvh_vq_map_part(vq, part);

		if (err) {
			mvh_vq_unmap(vq);
			return err;
		}
	}
	vq->mapped = true;
	if (!vq->started) {
		vq->started = true;
		mvh_ring_start(&vq->ring);
	}
	return 0;
}

/**
 * mvh_vq_remap - map the ring anew, because the memory behind it changed
 * @vq: the queue in any state
 *
 * With an IOMMU the next run does it.  A queue that fails stops, and its owner
 * is told by the error eventfd, as for any error that vhost_net would find later.
 *
 * Context: Process context of the owner, with the queue's mutex.
 */
void mvh_vq_remap(struct mvh_vq *vq)
{
	lockdep_assert_held(&vq->mutex);
	mvh_vq_unmap(vq);
	if (vq->state == MVH_VQ_RUNNING && !vq->dev->iotlb &&
	    mvh_vq_map(vq))
		mvh_vq_break(vq);
}
