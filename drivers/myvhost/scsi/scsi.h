/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A SCSI host: a target with its logical units.
 */
#ifndef _MVH_SCSI_H
#define _MVH_SCSI_H

#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <uapi/linux/myvhost.h>
#include "cdb.h"

struct mvh_dev;
struct mvh_lun;
struct mvh_vq;

/* Queues: control, events, and those of requests. */
#define MVH_SCSI_CONTROL	0
#define MVH_SCSI_EVENT		1
#define MVH_SCSI_REQUEST	2
#define MVH_SCSI_QUEUES_MAX	18

/**
 * struct mvh_scsi - the target of a device
 *
 * Guarded by the device's mutex unless it says otherwise.
 *
 * @refs: held by the device and by each request queue's port
 * @dev: the device; not to be used by an orphan, which may outlive it
 * @wwpn: name of the target, empty before it has one; set once
 * @name: the same as a number
 * @lun: logical units by number; RCU
 * @hangs: a stop timed out on a backing; see struct mvh_io_port
 * @n_orphans: ports of earlier users with requests in flight; nobody else may use the
 *	target meanwhile
 * @event_lock: guards the events; innermost
 * @added: logical units that the driver is to be told of
 * @removed: likewise, that are gone
 * @missed: VHOST_SCSI_SET_EVENTS_MISSED said so
 */
struct mvh_scsi {
	refcount_t refs;
	struct mvh_dev *dev;
	char wwpn[MYVHOST_SCSI_WWPN_LEN];
	u64 name;
	struct mvh_lun __rcu *lun[MVH_SCSI_LUNS_MAX];
	bool hangs;
	atomic_t n_orphans;
	spinlock_t event_lock;
	DECLARE_BITMAP(added, MVH_SCSI_LUNS_MAX);
	DECLARE_BITMAP(removed, MVH_SCSI_LUNS_MAX);
	bool missed;
};

void mvh_scsi_put(struct mvh_scsi *scsi);

/* event.c */
void mvh_scsi_tell(struct mvh_scsi *scsi, unsigned int number, bool added);
void mvh_scsi_event_service(struct mvh_vq *vq);

/* control.c */
void *mvh_scsi_control_create(struct mvh_vq *vq);
void mvh_scsi_control_stop(struct mvh_vq *vq);
int mvh_scsi_control_write(struct mvh_vq *vq, const void *answer, u32 len);
void mvh_scsi_control_service(struct mvh_vq *vq);

#endif /* _MVH_SCSI_H */
