// SPDX-License-Identifier: GPL-2.0
/*
 * IOTLB messages: misses to the owner by read and poll, translations from the
 * owner by write.
 */
#include <linux/uio.h>
#include "core/dev.h"
#include "cdev.h"
#include "vhost_uapi.h"

/* Both versions of a message have this size and the body at this offset. */
#define MVH_MSG_SIZE	sizeof(struct vhost_msg_v2)
#define MVH_MSG_BODY	offsetof(struct vhost_msg_v2, iotlb)

static_assert(sizeof(struct vhost_msg) == MVH_MSG_SIZE);
static_assert(offsetof(struct vhost_msg, iotlb) == MVH_MSG_BODY);
static_assert(sizeof(int) + sizeof(u32) == MVH_MSG_BODY);

/**
 * mvh_msg_read - report a missing translation to the owner
 * @dev: the device, not locked
 * @to: where to put one message
 * @nonblock: do not wait for one
 *
 * Return: bytes of the message; 0 if there is no room for one; -EAGAIN if there
 * is none and @nonblock; -EBADFD if there is no IOMMU and so will be none;
 * -ERESTARTSYS; -EFAULT.
 */
ssize_t mvh_msg_read(struct mvh_dev *dev, struct iov_iter *to, bool nonblock)
{
	u64 v2 = BIT_ULL(VHOST_BACKEND_F_IOTLB_MSG_V2);
	struct vhost_msg_v2 msg;
	struct mvh_miss miss;
	int err;

	if (iov_iter_count(to) < MVH_MSG_SIZE)
		return 0;
	err = mvh_dev_wait_miss(dev, &miss, nonblock);
	if (err)
		return err;
	memset(&msg, 0, sizeof(msg));
	msg.type = READ_ONCE(dev->backend_features) & v2 ? VHOST_IOTLB_MSG_V2 :
							   VHOST_IOTLB_MSG;
	msg.iotlb.type = VHOST_IOTLB_MISS;
	msg.iotlb.iova = miss.iova;
	msg.iotlb.perm = miss.access;
	if (copy_to_iter(&msg, sizeof(msg), to) == sizeof(msg))
		return sizeof(msg);
	mvh_dev_unread_miss(dev, miss.iova);
	return -EFAULT;
}

static int mvh_msg_update(struct mvh_dev *dev, const struct vhost_iotlb_msg *msg)
{
	struct mvh_region region = {
		.start = msg->iova,
		.last = msg->iova + msg->size - 1,
		.uaddr = msg->uaddr,
		.access = msg->perm,
	};

	if (region.last < region.start || !msg->perm ||
	    msg->perm & ~VHOST_ACCESS_RW)
		return -EFAULT;
	if (!access_ok((void __user *)(uintptr_t)msg->uaddr, msg->size))
		return -EFAULT;
	return mvh_dev_iotlb_update(dev, &region);
}

static int mvh_msg_invalidate(struct mvh_dev *dev,
			      const struct vhost_iotlb_msg *msg)
{
	u64 last = msg->iova + msg->size - 1;

	/* The end may be the end of the address space, but no further. */
	if (last < msg->iova)
		return -EFAULT;
	return mvh_dev_iotlb_invalidate(dev, msg->iova, last);
}

static int mvh_msg_process(struct mvh_dev *dev,
			   const struct vhost_iotlb_msg *msg)
{
	bool all_memory = mvh_dialect(dev)->all_memory;

	switch (msg->type) {
	case VHOST_IOTLB_UPDATE:
		return mvh_msg_update(dev, msg);
	case VHOST_IOTLB_INVALIDATE:
		return mvh_msg_invalidate(dev, msg);
	case VHOST_IOTLB_BATCH_BEGIN:
		return all_memory ? mvh_dev_iotlb_begin(dev) : -EINVAL;
	case VHOST_IOTLB_BATCH_END:
		return all_memory ? mvh_dev_iotlb_end(dev) : -EINVAL;
	default:
		return -EINVAL;
	}
}

static bool mvh_msg_has_asid(const struct mvh_dev *dev)
{
	return READ_ONCE(dev->backend_features) &
	       BIT_ULL(VHOST_BACKEND_F_IOTLB_ASID);
}

/**
 * mvh_msg_write - add or remove a translation
 * @dev: the device, not locked
 * @from: one message
 *
 * Return: bytes of the message; -EINVAL if it is too short, of an unknown
 * version, for an address space that does not exist, or of size zero; -EFAULT if it
 * fails; -EINTR if the caller was killed while it waited.
 */
ssize_t mvh_msg_write(struct mvh_dev *dev, struct iov_iter *from)
{
	struct vhost_iotlb_msg body;
	int version;
	u32 asid;
	int err;

	if (copy_from_iter(&version, sizeof(version), from) != sizeof(version))
		return -EINVAL;
	if (version != VHOST_IOTLB_MSG && version != VHOST_IOTLB_MSG_V2)
		return -EINVAL;
	if (copy_from_iter(&asid, sizeof(asid), from) != sizeof(asid))
		return -EINVAL;
	/* There is one address space; without the feature, this is padding. */
	if (asid && version == VHOST_IOTLB_MSG_V2 && mvh_msg_has_asid(dev))
		return -EINVAL;
	if (copy_from_iter(&body, sizeof(body), from) != sizeof(body))
		return -EINVAL;
	if (!body.size && (body.type == VHOST_IOTLB_UPDATE ||
			   body.type == VHOST_IOTLB_INVALIDATE))
		return -EINVAL;
	if (mutex_lock_killable(&dev->mutex))
		return -EINTR;
	err = mvh_msg_process(dev, &body);
	mutex_unlock(&dev->mutex);
	return err ? -EFAULT : MVH_MSG_SIZE;
}

/*
 * mvh_msg_poll() - poll for a miss to read
 * @dev: the device, not locked
 * @table: the caller's poll table
 *
 * Return: EPOLLIN | EPOLLRDNORM, or 0.
 */
__poll_t mvh_msg_poll(struct mvh_dev *dev, struct file *file,
		      poll_table *table)
{
	poll_wait(file, &dev->miss_wait, table);
	return mvh_dev_has_miss(dev) ? EPOLLIN | EPOLLRDNORM : 0;
}
