/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The contract between the core and a front end, that is a dialect of ioctls:
 * what the core reports upwards.  Calls to the guest and missing translations need no
 * upcall, since all dialects have the same eventfd and the same messages for them.
 */
#ifndef _MVH_FRONTEND_H
#define _MVH_FRONTEND_H

struct mvh_dev;
struct mvh_vq;

/**
 * struct mvh_frontend_ops - a dialect
 *
 * @error: @vq has stopped, or its writes cannot be logged: report it to the owner.
 *	With the queue's mutex, by the worker or an ioctl of the owner; must not
 *	sleep.
 * @config: the configuration space has changed.  With the device's mutex.
 */
struct mvh_frontend_ops {
	void (*error)(struct mvh_vq *vq);
	void (*config)(struct mvh_dev *dev);
};

#endif /* _MVH_FRONTEND_H */
