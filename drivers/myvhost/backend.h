/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The contract between the core and a back end: what a back end provides, and
 * what it may call.  A back end sees queues and chains; it knows nothing of
 * ring layouts, ioctls or who drives the device.
 */
#ifndef _MVH_BACKEND_H
#define _MVH_BACKEND_H

#include <uapi/linux/myvhost.h>
#include "chain.h"
#include "features.h"

struct file;
struct module;
struct mvh_vq;

/**
 * struct mvh_backend_ops - a kind of device
 *
 * @owner: the module
 * @name: what it is called; the module's alias is "myvhost-backend-" and this
 * @n_vqs: queues of a device
 * @vq_names: their names, for people
 * @features: what may be negotiated
 * @attach: make the queue's port out of a file, which stays open until @detach.
 *	Called with the device's mutex, may sleep.  Returns the port or an
 *	ERR_PTR, which becomes the ioctl's error.
 * @detach: the opposite, for a port that is not started.  Same context.
 * @start: begin to listen to @vq->port.  Called with the queue's mutex; the
 *	first service follows without a kick.  Returns 0 or an error.
 * @stop: stop listening, give back what was taken in advance, touch no guest
 *	memory.  Called with the queue's mutex; cannot fail.
 * @service: serve the queue until there is nothing to do, the budget is spent
 *	or the queue stops.  Called by the worker with the queue's mutex, the
 *	rings mapped and kicks disabled.  Must end with the guest's kick or the
 *	port's event armed, or with the queue requeued, which mvh_vq_fetch() and
 *	mvh_vq_rearm() see to.
 */
struct mvh_backend_ops {
	struct module *owner;
	const char *name;
	unsigned int n_vqs;
	const char *const *vq_names;
	u64 features[MVH_FEATURE_WORDS];
	void *(*attach)(struct mvh_vq *vq, struct file *file);
	void (*detach)(struct mvh_vq *vq, void *port);
	int (*start)(struct mvh_vq *vq);
	void (*stop)(struct mvh_vq *vq);
	void (*service)(struct mvh_vq *vq);
};

int mvh_backend_register(const struct mvh_backend_ops *ops);
void mvh_backend_unregister(const struct mvh_backend_ops *ops);
const struct mvh_backend_ops *mvh_backend_get(const char *name);
void mvh_backend_put(const struct mvh_backend_ops *ops);

/* For service(), with the queue's mutex held; see vq.c. */
int mvh_vq_fetch(struct mvh_vq *vq, struct mvh_chain *chain);
void mvh_vq_stage(struct mvh_vq *vq, const struct mvh_chain *chain, u32 len);
void mvh_vq_commit(struct mvh_vq *vq, bool full, u32 last_len);
void mvh_vq_flush(struct mvh_vq *vq);
bool mvh_vq_rearm(struct mvh_vq *vq);
bool mvh_vq_poll(struct mvh_vq *vq, bool (*ready)(struct mvh_vq *vq));
void mvh_vq_charge(struct mvh_vq *vq, u64 bytes);
bool mvh_vq_spent(struct mvh_vq *vq);
void mvh_vq_drop(struct mvh_vq *vq, enum myvhost_counter why);
int mvh_vq_bad(struct mvh_vq *vq, enum mvh_bad why);
void mvh_vq_dirty(struct mvh_vq *vq, const struct iovec *iov, u64 len);

/* From any context. */
void mvh_vq_queue(struct mvh_vq *vq);

#endif /* _MVH_BACKEND_H */
