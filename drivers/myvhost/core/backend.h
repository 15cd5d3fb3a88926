/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The contract between the core and a back end: what a back end provides, and
 * what it may call.  A back end sees queues and chains; it knows nothing of
 * ring layouts, ioctls or who drives the device.
 *
 * Back ends include this header alone from the core.  Of struct mvh_vq and struct
 * mvh_dev they use what those call public.
 */
#ifndef _MVH_BACKEND_H
#define _MVH_BACKEND_H

#include <uapi/linux/myvhost.h>
#include "ring/chain.h"
#include "ring/features.h"
#include "dev.h"
#include "event.h"
#include "rates.h"

struct file;
struct module;
struct seq_file;

/**
 * struct mvh_backend_ops - a kind of device
 *
 * @owner: the module
 * @name: for fdinfo
 * @device_id: virtio's number for it; the module's alias is "myvhost-backend-" and
 *	this
 * @n_vqs: queues of a device unless its user says otherwise
 * @min_vqs: fewest queues of a device, 0 if that is @n_vqs
 * @max_vqs: most queues of a device
 * @vq_names: their names, for fdinfo
 * @has_files: each queue is attached to a file
 * @features: what may be negotiated; @open can change the device's copy
 * @config_size: bytes of the configuration space, 0 if there is none
 * @vmm_has_config: the VMM emulates the configuration space, so dialects that have
 *	one cannot drive the device
 * @admin_ioctls: those of @ioctl's that an administrator may call on a named node that
 *	somebody else uses, ended by 0; NULL if there is none
 * @open: make @dev->priv, for a new device with @n_vqs queues.  Optional, as are all
 *	that follow up to @config_write.  May sleep.  Returns 0 or an error.
 * @close: the opposite; no queue has a port.  May sleep.
 * @ready: can the device be used?  Returns 0, or the error of all ioctls but those
 *	of @ioctl.  With or without the device's mutex.
 * @busy: does work of an earlier user go on, so that another may not begin?  With or
 *	without the device's mutex, does not sleep.
 * @ioctl: ioctls of this kind of device.  With the device's mutex.  Returns the
 *	result of the ioctl, -ENOIOCTLCMD if it is not one of them.
 * @show: describe the device in fdinfo.  With the device's mutex.
 * @show_unlocked: without it too, if another task has it for long
 * @reset: forget what the driver set.  With the device's mutex, no queue has a
 *	port.
 * @features_set: @dev->features changed.  With the device's mutex.
 * @config_read: read @len bytes from @off on, all of them inside.  With the
 *	device's mutex.
 * @config_write: the driver writes so.  With the device's mutex; does not fail.
 * @set_endpoint: may VHOST_SCSI_SET_ENDPOINT start the queues of the device, by this name?
 *	With the device's mutex.  Returns 0 or an error.  Devices that have it start so,
 *	and have the two that follow, too.
 * @events_missed: what VHOST_SCSI_GET_EVENTS_MISSED returns.  With the device's mutex.
 * @set_events_missed: likewise, set.
 * @attach: make the queue's port, out of a file that stays open until @detach if
 *	the kind of device has a file for each queue, else NULL.  Called with the
 *	device's mutex, may sleep.  Returns the port or an ERR_PTR, which becomes
 *	the ioctl's error.
 * @detach: the opposite, for a port that is not started.  Same context.
 * @start: begin to listen to @vq->port.  Called with the queue's mutex; the
 *	first service follows without a kick.  Returns 0 or an error.
 * @cancel: the port will be stopped and detached: give up what can be given up of what is
 *	in flight, without waiting.  Called with the queue's mutex, by any task.
 *	Optional.
 * @stop: stop listening, return frames taken in advance to the port.  Called with the
 *	queue's mutex, by any task; may touch guest memory only if
 *	mvh_vq_reachable().  Cannot fail.
 * @quiesce: wait until nothing is in flight, so that guest memory can change.
 *	Called with the queue's mutex by the owner.  Returns 0, or -EINTR if the
 *	owner was killed.  Optional.
 * @service: serve the queue until there is nothing to do, the budget is used up
 *	or the queue stops.  Called by the worker with the queue's mutex, the rings
 *	mapped and kicks disabled.  The loop of a device that looks at each chain
 *	once is
 *
 *		while (mvh_vq_next(vq, MVH_BATCH) > 0)
 *			while (mvh_vq_n_chains(vq) && !mvh_vq_over(vq)) {
 *				... mvh_vq_chain(vq, 0) ...
 *				mvh_vq_complete(vq, len);
 *			}
 *
 *	mvh_vq_next() sees to the guest's notifications; a service that waits for
 *	anything else arms that.  One that returns with its budget used up is called
 *	again.
 * @idle: the ring is empty: pass on what was collected for a batch.  Called by
 *	mvh_vq_next() before it pushes what is finished.  Optional.
 * @pending: is there work besides new chains, for which @idle would be called again?
 *	Called with the queue's mutex while the queue is polled.  Optional.
 */
struct mvh_backend_ops {
	struct module *owner;
	const char *name;
	u32 device_id;
	unsigned int n_vqs;
	unsigned int min_vqs;
	unsigned int max_vqs;
	const char *const *vq_names;
	bool has_files;
	u64 features[MVH_FEATURE_WORDS];
	u32 config_size;
	bool vmm_has_config;
	const unsigned int *admin_ioctls;
	int (*open)(struct mvh_dev *dev, unsigned int n_vqs);
	void (*close)(struct mvh_dev *dev);
	int (*ready)(struct mvh_dev *dev);
	bool (*busy)(const struct mvh_dev *dev);
	long (*ioctl)(struct mvh_dev *dev, unsigned int cmd,
		      void __user *arg);
	void (*show)(struct seq_file *seq, struct mvh_dev *dev);
	bool show_unlocked;
	void (*reset)(struct mvh_dev *dev);
	void (*features_set)(struct mvh_dev *dev);
	void (*config_read)(struct mvh_dev *dev, u32 off, void *buf,
			    u32 len);
	void (*config_write)(struct mvh_dev *dev, u32 off,
			     const void *buf, u32 len);
	int (*set_endpoint)(struct mvh_dev *dev, const char *wwpn);
	bool (*events_missed)(struct mvh_dev *dev);
	void (*set_events_missed)(struct mvh_dev *dev, bool missed);
	void *(*attach)(struct mvh_vq *vq, struct file *file);
	void (*detach)(struct mvh_vq *vq, void *port);
	int (*start)(struct mvh_vq *vq);
	void (*cancel)(struct mvh_vq *vq);
	void (*stop)(struct mvh_vq *vq);
	int (*quiesce)(struct mvh_vq *vq);
	void (*service)(struct mvh_vq *vq);
	void (*idle)(struct mvh_vq *vq);
	bool (*pending)(struct mvh_vq *vq);
};

int mvh_backend_register(const struct mvh_backend_ops *ops);
void mvh_backend_unregister(const struct mvh_backend_ops *ops);
const struct mvh_backend_ops *mvh_backend_get(u32 device_id);
void mvh_backend_put(const struct mvh_backend_ops *ops);

/* For service() and idle(), with the queue's mutex held; see vq_serve.c. */
int mvh_vq_next(struct mvh_vq *vq, unsigned int max);
void mvh_vq_complete_late(struct mvh_vq *vq, u16 id, u16 ndesc, u32 len);
void mvh_vq_flush(struct mvh_vq *vq);
bool mvh_vq_poll(struct mvh_vq *vq, bool (*ready)(struct mvh_vq *vq));
void mvh_vq_drop(struct mvh_vq *vq, enum myvhost_counter why);
int mvh_vq_bad(struct mvh_vq *vq, enum mvh_bad why);
void mvh_vq_map_failed(struct mvh_vq *vq);
void mvh_vq_dirty(struct mvh_vq *vq, const struct iovec *iov, u64 len);

/* From any context. */
void mvh_vq_schedule(struct mvh_vq *vq);
void mvh_config_changed(struct mvh_dev *dev);

#endif /* _MVH_BACKEND_H */
