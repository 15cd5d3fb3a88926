// SPDX-License-Identifier: GPL-2.0
/*
 * The event queue: which logical units came and went.  What is to be told is kept by
 * logical unit, and so none of it is lost while the driver has no buffers.
 */
#include <uapi/linux/virtio_scsi.h>
#include "core/backend.h"
#include "scsi.h"

/**
 * mvh_scsi_tell - a logical unit came or went
 * @scsi: the target
 * @number: which
 * @added: it came
 *
 * The other logical units' attention tells drivers without VIRTIO_SCSI_F_HOTPLUG.
 *
 * Context: With the device's mutex.
 */
void mvh_scsi_tell(struct mvh_scsi *scsi, unsigned int number, bool added)
{
	struct mvh_dev *dev = scsi->dev;

	mvh_dev_assert_held(dev);
	if (!mvh_has_feature(dev->features, VIRTIO_SCSI_F_HOTPLUG))
		return;
	spin_lock(&scsi->event_lock);
	if (added)
		__set_bit(number, scsi->added);
	else
		__set_bit(number, scsi->removed);
	spin_unlock(&scsi->event_lock);
	mvh_vq_schedule(&dev->vq[MVH_SCSI_EVENT]);
}

/* A removal first: the number may have been given to another one since. */
static bool mvh_scsi_event_next(struct mvh_scsi *scsi, struct virtio_scsi_event *event,
				bool le)
{
	u32 type = VIRTIO_SCSI_T_NO_EVENT, reason = 0;
	unsigned int number;

	memset(event, 0, sizeof(*event));
	spin_lock(&scsi->event_lock);
	number = find_first_bit(scsi->removed, MVH_SCSI_LUNS_MAX);
	if (number < MVH_SCSI_LUNS_MAX) {
		reason = VIRTIO_SCSI_EVT_RESET_REMOVED;
	} else {
		number = find_first_bit(scsi->added, MVH_SCSI_LUNS_MAX);
		if (number < MVH_SCSI_LUNS_MAX)
			reason = VIRTIO_SCSI_EVT_RESET_RESCAN;
	}
	if (reason) {
		type = VIRTIO_SCSI_T_TRANSPORT_RESET;
		/* Drivers expect the address as REPORT LUNS has it. */
		event->lun[0] = 1;
		event->lun[3] = number;
	}
	if (scsi->missed)
		type |= VIRTIO_SCSI_T_EVENTS_MISSED;
	spin_unlock(&scsi->event_lock);
	event->event = __cpu_to_virtio32(le, type);
	event->reason = __cpu_to_virtio32(le, reason);
	return type != VIRTIO_SCSI_T_NO_EVENT;
}

/* The driver has it. */
static void mvh_scsi_event_told(struct mvh_scsi *scsi, const struct virtio_scsi_event *event,
				bool le)
{
	u32 reason = __virtio32_to_cpu(le, event->reason);

	spin_lock(&scsi->event_lock);
	if (reason == VIRTIO_SCSI_EVT_RESET_REMOVED)
		__clear_bit(event->lun[3], scsi->removed);
	else if (reason == VIRTIO_SCSI_EVT_RESET_RESCAN)
		__clear_bit(event->lun[3], scsi->added);
	scsi->missed = false;
	spin_unlock(&scsi->event_lock);
}

/*
 * mvh_scsi_event_service() - a run of the event queue
 *
 * Buffers stay in the ring until there is something to tell.
 *
 * Context: see mvh_backend_ops.service.
 */
void mvh_scsi_event_service(struct mvh_vq *vq)
{
	struct mvh_scsi *scsi = vq->dev->priv;
	struct virtio_scsi_event event;
	bool le = mvh_vq_le(vq);

	while (mvh_scsi_event_next(scsi, &event, le)) {
		if (mvh_vq_next(vq, 1) <= 0 ||
		    mvh_scsi_control_write(vq, &event, sizeof(event)))
			return;
		mvh_scsi_event_told(scsi, &event, le);
	}
}
