// SPDX-License-Identifier: GPL-2.0
/*
 * The status byte of a device (virtio 1.3, 2.1 and 3.1), for dialects that have
 * one: it starts, stops and resets the queues.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/printk.h>
#include <uapi/linux/virtio_config.h>
#include "backend.h"
#include "dev.h"

/*
 * mvh_dev_status() - read the status byte
 *
 * Return: VIRTIO_CONFIG_S_*.
 */
u8 mvh_dev_status(const struct mvh_dev *dev)
{
	return atomic_read(&dev->status);
}

/*
 * mvh_dev_need_reset() - report an error that only a reset ends (virtio 1.3, 2.1.1)
 *
 * Context: Any; the queue's mutex is enough.
 */
void mvh_dev_need_reset(struct mvh_dev *dev)
{
	atomic_or(VIRTIO_CONFIG_S_NEEDS_RESET, &dev->status);
}

/**
 * mvh_dev_rings_fixed - may the driver use its rings, so that they cannot move?
 * @dev: the device, locked
 *
 * Return: true if it may.
 */
bool mvh_dev_rings_fixed(const struct mvh_dev *dev)
{
	lockdep_assert_held(&dev->mutex);
	return mvh_dev_status(dev) & VIRTIO_CONFIG_S_DRIVER_OK &&
	       !dev->suspended;
}

/**
 * mvh_dev_set_driver_features - the driver accepts features
 * @dev: the device, locked
 * @features: a subset of the first word of what the back end offers
 *
 * Return: 0, or -EBUSY after FEATURES_OK.
 */
int mvh_dev_set_driver_features(struct mvh_dev *dev, u64 features)
{
	lockdep_assert_held(&dev->mutex);
	if (mvh_dev_status(dev) & VIRTIO_CONFIG_S_FEATURES_OK)
		return -EBUSY;
	mvh_dev_lock_vqs(dev);
	dev->features[0] = features;
	mvh_dev_refresh_vqs(dev);
	mvh_dev_unlock_vqs(dev);
	if (dev->backend->features_set)
		dev->backend->features_set(dev);
	return 0;
}

/* A device that needs a reset waits for it. */
static bool mvh_dev_live(const struct mvh_dev *dev)
{
	u8 status = mvh_dev_status(dev);

	return status & VIRTIO_CONFIG_S_DRIVER_OK && !dev->suspended &&
	       !(status & VIRTIO_CONFIG_S_NEEDS_RESET);
}

/*
 * mvh_dev_failure() - why a device could not start
 * @dev: the device, locked
 *
 * Return: the reason, empty if it could.
 */
const char *mvh_dev_failure(const struct mvh_dev *dev)
{
	lockdep_assert_held(&dev->mutex);
	return dev->failure;
}

/**
 * mvh_dev_failed - log why a device cannot start, and keep it for fdinfo
 * @dev: the device, locked
 * @fmt: the reason
 *
 * The VMM has an error number at most, and the guest waits.
 */
void mvh_dev_failed(struct mvh_dev *dev, const char *fmt, ...)
{
	char reason[MVH_FAILURE_LEN];
	va_list args;

	lockdep_assert_held(&dev->mutex);
	va_start(args, fmt);
	vscnprintf(reason, sizeof(reason), fmt, args);
	va_end(args);
	if (!strcmp(reason, dev->failure))
		return;
	strscpy(dev->failure, reason, sizeof(dev->failure));
	pr_notice_ratelimited("process %d: %s device cannot start: %s\n",
			      dev->owner, dev->backend->name, reason);
}

static void mvh_dev_vq_failed(struct mvh_dev *dev, const struct mvh_vq *vq,
			      int err)
{
	const char *name = dev->backend->vq_names[vq->index];

	switch (err) {
	case -EFAULT:
		mvh_dev_failed(dev, "the ring of %s is not in the memory of the VMM",
			       name);
		break;
	case -EBUSY:
		mvh_dev_failed(dev, "requests of the last user are still in flight");
		break;
	case -ENODEV:
		mvh_dev_failed(dev, "the backing is gone");
		break;
	default:
		mvh_dev_failed(dev, "%s: error %pe", name, ERR_PTR(err));
		break;
	}
}

/* VMMs also enable queues that the driver does not use. */
static int mvh_dev_start_vq(struct mvh_dev *dev, struct mvh_vq *vq)
{
	int err;

	if (!vq->enabled || !vq->placed || !vq->ring.num)
		return 0;
	err = mvh_dev_attach_vq(dev, vq);
	if (err)
		mvh_dev_vq_failed(dev, vq, err);
	return err;
}

static int mvh_dev_start_vqs(struct mvh_dev *dev)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < dev->n_vqs && !err; i++)
		err = mvh_dev_start_vq(dev, &dev->vq[i]);
	if (err)
		while (i--)
			mvh_dev_detach_vq(dev, &dev->vq[i]);
	else
		dev->failure[0] = 0;
	return err;
}

static void mvh_dev_virtio_reset(struct mvh_dev *dev)
{
	struct mvh_vq *vq;

	mvh_dev_cancel_vqs(dev);
	mvh_dev_for_each_vq(dev, vq)
		mvh_dev_detach_vq(dev, vq);
	mvh_dev_lock_vqs(dev);
	memset(dev->features, 0, sizeof(dev->features));
	mvh_dev_for_each_vq(dev, vq) {
		vq->enabled = false;
		vq->placed = false;
		mvh_ring_reset(&vq->ring);
	}
	mvh_dev_refresh_vqs(dev);
	mvh_dev_unlock_vqs(dev);
	dev->suspended = false;
	atomic_set(&dev->status, 0);
	if (dev->backend->reset)
		dev->backend->reset(dev);
}

/* FEATURES_OK is not set if the device does not support the features. */
static u8 mvh_dev_check_features(struct mvh_dev *dev, u8 status)
{
	if (mvh_has_feature(dev->features, VIRTIO_F_VERSION_1))
		return status;
	mvh_dev_failed(dev, "the guest's driver is a legacy one (no VIRTIO_F_VERSION_1)");
	return status & ~VIRTIO_CONFIG_S_FEATURES_OK;
}

/**
 * mvh_dev_set_status - the driver sets the status byte
 * @dev: the device, locked
 * @status: the byte; 0 resets the device, which keeps its owner and memory
 *
 * Return: 0; -EINVAL if bits are taken back, or DRIVER_OK comes without
 * FEATURES_OK; -EPERM without owner; or what mvh_dev_attach_vq() says.
 */
int mvh_dev_set_status(struct mvh_dev *dev, u8 status)
{
	u8 old = mvh_dev_status(dev) & ~VIRTIO_CONFIG_S_NEEDS_RESET;
	u8 new;
	int err;

	lockdep_assert_held(&dev->mutex);
	if (!status) {
		mvh_dev_virtio_reset(dev);
		return 0;
	}
	/* The device alone says that it needs one. */
	status &= ~VIRTIO_CONFIG_S_NEEDS_RESET;
	new = status & ~old;
	if (old & ~status)
		return -EINVAL;
	if (new & VIRTIO_CONFIG_S_FEATURES_OK)
		status = mvh_dev_check_features(dev, status);
	if (new & VIRTIO_CONFIG_S_DRIVER_OK) {
		if (!(status & VIRTIO_CONFIG_S_FEATURES_OK))
			return -EINVAL;
		if (!dev->mm)
			return -EPERM;
		err = mvh_dev_start_vqs(dev);
		if (err)
			return err;
	}
	atomic_or(status, &dev->status);
	return 0;
}

/*
 * mvh_dev_enable_vq() - serve a queue once the device runs, or stop serving it
 * @dev: the device, locked
 *
 * Return: 0; or, with nothing changed, what mvh_dev_attach_vq() says.
 */
int mvh_dev_enable_vq(struct mvh_dev *dev, struct mvh_vq *vq, bool enabled)
{
	bool was = vq->enabled;
	int err = 0;

	lockdep_assert_held(&dev->mutex);
	vq->enabled = enabled;
	if (!enabled)
		mvh_dev_detach_vq(dev, vq);
	else if (mvh_dev_live(dev))
		err = mvh_dev_start_vq(dev, vq);
	if (err)
		vq->enabled = was;
	return err;
}

/**
 * mvh_dev_suspend - stop all queues where they are
 * @dev: the device, locked
 *
 * When it returns, nothing is in flight, and every chain of the driver is either
 * completed or still available.
 *
 * Return: 0.
 */
int mvh_dev_suspend(struct mvh_dev *dev)
{
	struct mvh_vq *vq;

	lockdep_assert_held(&dev->mutex);
	if (!(mvh_dev_status(dev) & VIRTIO_CONFIG_S_DRIVER_OK))
		return 0;
	mvh_dev_for_each_vq(dev, vq)
		mvh_dev_detach_vq(dev, vq);
	dev->suspended = true;
	return 0;
}

/**
 * mvh_dev_resume - start the queues again after mvh_dev_suspend()
 * @dev: the device, locked
 *
 * Return: 0, or what mvh_dev_attach_vq() says.
 */
int mvh_dev_resume(struct mvh_dev *dev)
{
	int err;

	lockdep_assert_held(&dev->mutex);
	if (!dev->suspended)
		return 0;
	dev->suspended = false;
	if (!mvh_dev_live(dev))
		return 0;
	err = mvh_dev_start_vqs(dev);
	dev->suspended = err;
	return err;
}
