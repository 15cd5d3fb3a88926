// SPDX-License-Identifier: GPL-2.0
/*
 * The control queue: task management.  A command is not torn from a backing: a function
 * that is to abort commands waits until they have ended.
 */
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/uio.h>
#include <uapi/linux/virtio_scsi.h>
#include "core/backend.h"
#include "lun.h"
#include "queue.h"
#include "scsi.h"

/**
 * struct mvh_scsi_control - the port of the control queue
 *
 * Guarded by the queue's mutex.
 *
 * @scsi: the target
 * @waits: a function has begun, and waits for commands of @first to @last
 * @first: first logical unit
 * @last: last one
 * @reset: they are reset then
 */
struct mvh_scsi_control {
	struct mvh_scsi *scsi;
	bool waits;
	unsigned int first;
	unsigned int last;
	bool reset;
};

/*
 * mvh_scsi_control_create() - make the port of the control queue
 *
 * Context: Process context, may sleep.
 * Return: the port, for kfree(), or ERR_PTR(-ENOMEM).
 */
void *mvh_scsi_control_create(struct mvh_vq *vq)
{
	struct mvh_scsi_control *control;

	control = kzalloc(sizeof(*control), GFP_KERNEL_ACCOUNT);
	if (!control)
		return ERR_PTR(-ENOMEM);
	control->scsi = vq->dev->priv;
	return control;
}

/*
 * mvh_scsi_control_stop() - a function that waits is met again by the next user
 *
 * Context: see mvh_backend_ops.stop.
 */
void mvh_scsi_control_stop(struct mvh_vq *vq)
{
	struct mvh_scsi_control *control = vq->port;

	mvh_vq_assert_held(vq);
	control->waits = false;
}

/* Commands that are fetched from now on are not waited for. */
static void mvh_scsi_control_flip(struct mvh_scsi_control *control)
{
	unsigned int i;

	for (i = control->first; i <= control->last; i++) {
		struct mvh_lun *lun = mvh_lun_get(control->scsi, i);

		if (!lun)
			continue;
		/* Pairs with the release of a request, which looks at both. */
		smp_store_mb(lun->epoch, !lun->epoch);
		mvh_lun_put(lun);
	}
}

static bool mvh_scsi_control_idle(struct mvh_scsi_control *control)
{
	bool idle = true;
	unsigned int i;

	for (i = control->first; i <= control->last && idle; i++) {
		struct mvh_lun *lun = mvh_lun_get(control->scsi, i);

		if (!lun)
			continue;
		idle = !atomic_read(&lun->n_inflight[!lun->epoch]);
		mvh_lun_put(lun);
	}
	return idle;
}

static void mvh_scsi_control_reset(struct mvh_scsi_control *control)
{
	unsigned int i;

	for (i = control->first; i <= control->last; i++) {
		struct mvh_lun *lun = mvh_lun_get(control->scsi, i);

		if (!lun)
			continue;
		mvh_lun_reset(lun);
		mvh_lun_put(lun);
	}
}

/*
 * Wait for commands, of which the function of the driver is one that is left in the ring
 * meanwhile.  Returns true if they have ended.
 */
static bool mvh_scsi_control_wait(struct mvh_scsi_control *control, unsigned int first,
				  unsigned int last, bool reset)
{
	if (!control->waits) {
		control->waits = true;
		control->first = first;
		control->last = last;
		control->reset = reset;
		mvh_scsi_control_flip(control);
	}
	if (!mvh_scsi_control_idle(control))
		return false;
	control->waits = false;
	if (control->reset)
		mvh_scsi_control_reset(control);
	return true;
}

static bool mvh_scsi_control_has(struct mvh_vq *control, unsigned int lun, u64 tag)
{
	struct mvh_vq *vq;

	/* Request queues have their ports from before the control queue's until after. */
	mvh_dev_for_each_vq(control->dev, vq) {
		const struct mvh_scsi_queue *queue = READ_ONCE(vq->port);

		if (vq->index >= MVH_SCSI_REQUEST && queue &&
		    mvh_scsi_queue_has(queue, lun, tag))
			return true;
	}
	return false;
}

/* The answer to a function, or -EAGAIN if it waits. */
static int mvh_scsi_control_call(struct mvh_vq *vq, u32 function, const u8 *address,
				 u64 tag)
{
	struct mvh_scsi_control *control = vq->port;
	int number = mvh_scsi_parse_lun(address);
	struct mvh_lun *lun;
	bool busy;

	if (number < 0)
		return VIRTIO_SCSI_S_BAD_TARGET;
	if (function == VIRTIO_SCSI_T_TMF_I_T_NEXUS_RESET)
		return mvh_scsi_control_wait(control, 0, MVH_SCSI_LUNS_MAX - 1, true) ?
		       VIRTIO_SCSI_S_FUNCTION_SUCCEEDED : -EAGAIN;
	lun = mvh_lun_get(control->scsi, number);
	if (!lun)
		return VIRTIO_SCSI_S_INCORRECT_LUN;
	busy = atomic_read(&lun->n_inflight[0]) || atomic_read(&lun->n_inflight[1]);
	mvh_lun_put(lun);
	switch (function) {
	case VIRTIO_SCSI_T_TMF_QUERY_TASK:
		busy = mvh_scsi_control_has(vq, number, tag);
		fallthrough;
	case VIRTIO_SCSI_T_TMF_QUERY_TASK_SET:
		return busy ? VIRTIO_SCSI_S_FUNCTION_SUCCEEDED :
			      VIRTIO_SCSI_S_OK;
	case VIRTIO_SCSI_T_TMF_ABORT_TASK:
		if (!control->waits && !mvh_scsi_control_has(vq, number, tag))
			return VIRTIO_SCSI_S_OK;
		fallthrough;
	case VIRTIO_SCSI_T_TMF_ABORT_TASK_SET:
	case VIRTIO_SCSI_T_TMF_CLEAR_TASK_SET:
	case VIRTIO_SCSI_T_TMF_LOGICAL_UNIT_RESET:
		return mvh_scsi_control_wait(control, number, number, function ==
				VIRTIO_SCSI_T_TMF_LOGICAL_UNIT_RESET) ?
		       VIRTIO_SCSI_S_OK : -EAGAIN;
	default:
		return VIRTIO_SCSI_S_FUNCTION_REJECTED;
	}
}

/*
 * mvh_scsi_control_write() - fill the oldest chain of the control or event queue
 *
 * Return: 0, or an error if the run ends: -EAGAIN if the host cannot write now.
 */
int mvh_scsi_control_write(struct mvh_vq *vq, const void *answer, u32 len)
{
	const struct mvh_chain *chain = mvh_vq_chain(vq, 0);
	const struct iovec *in = chain->iov + chain->n_out;
	struct iov_iter iter;

	if (chain->in_len < len)
		return mvh_vq_bad(vq, MVH_BAD_LENGTH);
	iov_iter_init(&iter, ITER_DEST, in, chain->n_in, len);
	if (copy_to_iter(answer, len, &iter) != len) {
		mvh_vq_map_failed(vq);
		return -EAGAIN;
	}
	mvh_vq_dirty(vq, in, len);
	mvh_vq_count(vq, MYVHOST_CNT_PACKETS, 1);
	mvh_vq_charge(vq, len);
	mvh_vq_complete(vq, len);
	return 0;
}

static int mvh_scsi_control_tmf(struct mvh_vq *vq,
				const struct virtio_scsi_ctrl_tmf_req *tmf)
{
	struct virtio_scsi_ctrl_tmf_resp answer;
	int ret;

	ret = mvh_scsi_control_call(vq, __virtio32_to_cpu(mvh_vq_le(vq), tmf->subtype),
				    tmf->lun, (__force u64)tmf->tag);
	if (ret < 0)
		return ret;
	answer.response = ret;
	return mvh_scsi_control_write(vq, &answer, sizeof(answer));
}

/* Asynchronous notifications: there are none to subscribe to. */
static int mvh_scsi_control_an(struct mvh_vq *vq)
{
	struct virtio_scsi_ctrl_an_resp answer = { .response = VIRTIO_SCSI_S_OK };

	return mvh_scsi_control_write(vq, &answer, sizeof(answer));
}

static int mvh_scsi_control_execute(struct mvh_vq *vq, const struct mvh_chain *chain)
{
	struct virtio_scsi_ctrl_tmf_req req = {};
	size_t len = min_t(u64, chain->out_len, sizeof(req));
	struct iov_iter iter;

	if (len < sizeof(struct virtio_scsi_ctrl_an_req) || !chain->in_len)
		return mvh_vq_bad(vq, MVH_BAD_LENGTH);
	iov_iter_init(&iter, ITER_SOURCE, chain->iov, chain->n_out, len);
	if (copy_from_iter(&req, len, &iter) != len) {
		mvh_vq_map_failed(vq);
		return -EAGAIN;
	}
	switch (__virtio32_to_cpu(mvh_vq_le(vq), req.type)) {
	case VIRTIO_SCSI_T_TMF:
		if (len < sizeof(req))
			return mvh_vq_bad(vq, MVH_BAD_LENGTH);
		return mvh_scsi_control_tmf(vq, &req);
	case VIRTIO_SCSI_T_AN_QUERY:
	case VIRTIO_SCSI_T_AN_SUBSCRIBE:
		return mvh_scsi_control_an(vq);
	default:
		/* Nobody knows what its answer looks like. */
		mvh_vq_count(vq, MYVHOST_CNT_UNSUPPORTED, 1);
		mvh_vq_charge(vq, 0);
		mvh_vq_complete(vq, 0);
		return 0;
	}
}

/*
 * mvh_scsi_control_service() - a run of the control queue
 *
 * Context: see mvh_backend_ops.service.
 */
void mvh_scsi_control_service(struct mvh_vq *vq)
{
	while (mvh_vq_next(vq, 1) > 0)
		while (mvh_vq_n_chains(vq) && !mvh_vq_over(vq))
			if (mvh_scsi_control_execute(vq, mvh_vq_chain(vq, 0)))
				return;
}
