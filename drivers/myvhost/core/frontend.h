/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The contract between the core and a front end, that is a dialect of ioctls:
 * what the core reports upwards.  Calls to the guest need no upcall, since all
 * dialects pass an eventfd for them.
 */
#ifndef _MVH_FRONTEND_H
#define _MVH_FRONTEND_H

struct mvh_dev;
struct mvh_vq;

/**
 * struct mvh_frontend_ops - a dialect
 *
 * @error and @miss are called with the queue's mutex, by the worker or an ioctl of
 * the owner, and must not sleep.
 *
 * @error: something is wrong with @vq that its owner must know: it has stopped,
 *	or what it writes cannot be logged
 * @miss: @vq waits for the translation described in @vq->miss
 * @config: the configuration space has changed.  With the device's mutex.
 */
struct mvh_frontend_ops {
	void (*error)(struct mvh_vq *vq);
	void (*miss)(struct mvh_vq *vq);
	void (*config)(struct mvh_dev *dev);
};

#endif /* _MVH_FRONTEND_H */
