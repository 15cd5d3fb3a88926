// SPDX-License-Identifier: GPL-2.0
/*
 * Request queues: a run fetches commands, answers those that need no disk, has the engine
 * execute the others, and writes their responses.
 */
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "core/backend.h"
#include "blk/disk.h"
#include "call.h"
#include "lun.h"

static struct mvh_vq *mvh_scsi_req_vq(const struct mvh_scsi_req *req)
{
	return req->io.port->vq;
}

/* Guest memory of the response: the beginning of what is writable. */
static int mvh_scsi_set_where(struct mvh_scsi_req *req, const struct mvh_chain *chain)
{
	const struct iovec *from = chain->iov + chain->n_out;
	u64 left = MVH_SCSI_RESP_LEN;
	unsigned int n = 0, i;

	for (i = 0; left; i++) {
		left -= min_t(u64, left, from[i].iov_len);
		n++;
	}
	if (n > MVH_SCSI_RESP_PIECES) {
		req->where = kmalloc_array(n, sizeof(*from), GFP_KERNEL_ACCOUNT);
		if (!req->where)
			return -ENOMEM;
	}
	memcpy(req->where, from, n * sizeof(*from));
	req->n_where = n;
	return 0;
}

/*
 * mvh_scsi_answer_io() - write the response
 *
 * Context: see mvh_io_front.answer.
 * Return: false if the host cannot now.
 */
bool mvh_scsi_answer_io(struct mvh_io *io)
{
	struct mvh_scsi_req *req = mvh_scsi_req(io);
	struct mvh_vq *vq = io->port->vq;
	struct iov_iter iter;
	u64 len = MVH_SCSI_RESP_LEN;

	mvh_vq_assert_mm(vq);
	iov_iter_init(&iter, ITER_DEST, req->where, req->n_where, len);
	if (copy_to_iter(&req->resp, len, &iter) != len)
		return false;
	mvh_vq_dirty(vq, req->where, len);
	io->told = true;
	if (req->to_driver)
		len += req->done;
	mvh_vq_complete_late(vq, req->id, req->ndesc, len);
	return true;
}

/* Answer a request, unless the queue has stopped: what is not moved is the residual (S18). */
static void mvh_scsi_answer_req(struct mvh_scsi_req *req)
{
	struct mvh_vq *vq = mvh_scsi_req_vq(req);

	req->resp.resid = __cpu_to_virtio32(mvh_vq_le(vq),
					    min_t(u64, req->data - req->done, U32_MAX));
	if (vq->state == MVH_VQ_RUNNING) {
		mvh_vq_count(vq, MYVHOST_CNT_PACKETS, 1);
		if (!mvh_scsi_answer_io(&req->io)) {
			mvh_io_answer_later(&req->io);
			return;
		}
	}
	mvh_io_put(&req->io);
}

/* Of the data nothing counts. */
static void mvh_scsi_set_sense(struct mvh_scsi_req *req, const struct mvh_sense *sense)
{
	bool le = mvh_vq_le(mvh_scsi_req_vq(req));

	req->done = 0;
	req->resp.status = MVH_SAM_CHECK_CONDITION;
	req->resp.sense_len = __cpu_to_virtio32(le, MVH_SENSE_LEN);
	mvh_sense_format(sense, req->resp.sense);
}

/*
 * mvh_scsi_answer_sense() - answer with sense data that is no error of the command
 */
void mvh_scsi_answer_sense(struct mvh_scsi_req *req, const struct mvh_sense *sense)
{
	mvh_scsi_set_sense(req, sense);
	mvh_scsi_answer_req(req);
}

/*
 * mvh_scsi_refuse() - the transport refuses, nothing having been executed
 *
 * A driver that looks for targets makes no error.
 */
void mvh_scsi_refuse(struct mvh_scsi_req *req, u8 response)
{
	if (response != VIRTIO_SCSI_S_BAD_TARGET)
		mvh_vq_count(mvh_scsi_req_vq(req), MYVHOST_CNT_INVALID, 1);
	req->resp.response = response;
	mvh_scsi_answer_req(req);
}

/* Drivers find out by trying which logical units and which optional pages there are. */
static void mvh_scsi_count_refused(const struct mvh_scsi_req *req, u32 code)
{
	struct mvh_vq *vq = mvh_scsi_req_vq(req);

	switch (code) {
	case MVH_SENSE_NO_LUN:
		break;
	case MVH_SENSE_INVALID_OPCODE:
	case MVH_SENSE_INVALID_CDB_FIELD:
	case MVH_SENSE_NOT_SAVED:
		mvh_vq_count(vq, MYVHOST_CNT_UNSUPPORTED, 1);
		break;
	default:
		mvh_vq_count(vq, MYVHOST_CNT_INVALID, 1);
	}
}

/*
 * mvh_scsi_refuse_sense() - likewise, with sense data
 */
void mvh_scsi_refuse_sense(struct mvh_scsi_req *req, const struct mvh_sense *sense)
{
	mvh_scsi_count_refused(req, sense->code);
	mvh_scsi_set_sense(req, sense);
	mvh_scsi_answer_req(req);
}

/*
 * mvh_scsi_refuse_code() - answer with sense data, nothing having been executed
 */
void mvh_scsi_refuse_code(struct mvh_scsi_req *req, u32 code)
{
	const struct mvh_sense sense = { .code = code };

	mvh_scsi_refuse_sense(req, &sense);
}

/**
 * mvh_scsi_refuse_status - answer with a status other than good
 * @call: the command, with sense data if that is CHECK CONDITION
 * @status: the status
 */
void mvh_scsi_refuse_status(struct mvh_scsi_call *call, u8 status)
{
	if (status == MVH_SAM_CHECK_CONDITION) {
		mvh_scsi_refuse_sense(call->req, &call->cmd.sense);
		return;
	}
	call->req->resp.status = status;
	mvh_scsi_answer_req(call->req);
}

/**
 * mvh_scsi_good - answer with good status
 * @req: the request
 * @done: bytes of its data that were moved
 */
void mvh_scsi_good(struct mvh_scsi_req *req, u64 done)
{
	req->done = done;
	mvh_scsi_answer_req(req);
}

/* How a failure of the host is told (S19). */
static u32 mvh_scsi_error_code(const struct mvh_scsi_req *req)
{
	bool read = req->io.cmd.op == MVH_BLK_READ;

	switch (req->io.result) {
	case -ENOSPC:
	case -EDQUOT:
		return MVH_SENSE_SPACE;
	case -EROFS:
	case -EPERM:
		return MVH_SENSE_WRITE_PROTECTED;
	case -EOPNOTSUPP:
		return MVH_SENSE_INVALID_OPCODE;
	case -EFAULT:
	case -ENOMEM:
		return MVH_SENSE_TARGET_FAILURE;
	default:
		return read ? MVH_SENSE_READ_ERROR : MVH_SENSE_WRITE_ERROR;
	}
}

/*
 * mvh_scsi_fail() - answer a request that the host failed, with @io.result
 */
void mvh_scsi_fail(struct mvh_scsi_req *req)
{
	const struct mvh_sense sense = { .code = mvh_scsi_error_code(req) };

	mvh_vq_count(mvh_scsi_req_vq(req), req->io.result == -EOPNOTSUPP ?
		     MYVHOST_CNT_UNSUPPORTED : MYVHOST_CNT_IO_ERRORS, 1);
	mvh_scsi_set_sense(req, &sense);
	mvh_scsi_answer_req(req);
}

static void mvh_scsi_miscompare(struct mvh_scsi_req *req)
{
	const struct mvh_sense sense = {
		.code = MVH_SENSE_MISCOMPARE, .has_info = true, .info = req->same,
	};

	mvh_scsi_answer_sense(req, &sense);
}

/*
 * mvh_scsi_complete() - answer a request that was executed, with @io->result
 *
 * A cancelled one vanishes.  Of a read that failed some data may be in guest memory, which
 * is logged too.
 *
 * Context: see mvh_io_front.complete.
 */
void mvh_scsi_complete(struct mvh_io *io)
{
	struct mvh_scsi_req *req = mvh_scsi_req(io);
	struct mvh_vq *vq = io->port->vq;

	if (io->result == -ECANCELED && mvh_io_port_cancelled(io->port)) {
		mvh_io_put(io);
		return;
	}
	if (req->to_driver)
		mvh_vq_dirty(vq, io->iov, io->cmd.len);
	if (io->result) {
		mvh_scsi_fail(req);
		return;
	}
	if (req->differs) {
		mvh_scsi_miscompare(req);
		return;
	}
	mvh_scsi_good(req, req->done);
}

static struct mvh_scsi_req *mvh_scsi_get_slot(struct mvh_scsi_queue *queue,
					      const struct mvh_chain *chain)
{
	struct mvh_scsi_req *req = mvh_scsi_req(mvh_io_get(&queue->port));

	memset(&req->resp, 0, sizeof(req->resp));
	req->id = chain->id;
	req->ndesc = chain->ndesc;
	req->done = 0;
	req->to_driver = false;
	req->differs = false;
	req->where = req->inline_where;
	return req;
}

static void mvh_scsi_use_lun(struct mvh_scsi_req *req, struct mvh_lun *lun)
{
	req->epoch = READ_ONCE(lun->epoch);
	atomic_inc(&lun->n_inflight[req->epoch]);
	WRITE_ONCE(req->lun, lun);
}

/* Is the rate limit of the disk reached?  Then a timer schedules the queue. */
static bool mvh_scsi_throttled(struct mvh_scsi_queue *queue, struct mvh_disk *disk)
{
	u64 wait;

	if (likely(!mvh_rates_limited(&disk->rates)))
		return false;
	queue->port.now = ktime_get_ns();
	wait = mvh_rates_wait(&disk->rates, queue->port.now);
	if (!wait)
		return false;
	mvh_vq_count(queue->port.vq, MYVHOST_CNT_THROTTLED, 1);
	mod_timer(&queue->port.timer, jiffies + nsecs_to_jiffies(wait) + 1);
	return true;
}

/*
 * Execute the oldest chain.  Returns 0, -EAGAIN if it is left to another run, or -EBADMSG
 * if the queue has stopped.
 */
static int mvh_scsi_execute(struct mvh_scsi_queue *queue, const struct mvh_chain *chain)
{
	struct mvh_vq *vq = queue->port.vq;
	struct mvh_scsi_call call = { .chain = chain };
	struct mvh_lun *lun = NULL;
	struct iov_iter iter;
	u64 out, in;
	int number;

	if (chain->out_len < MVH_SCSI_REQ_LEN || chain->in_len < MVH_SCSI_RESP_LEN)
		return mvh_vq_bad(vq, MVH_BAD_LENGTH);
	iov_iter_init(&iter, ITER_SOURCE, chain->iov, chain->n_out, chain->out_len);
	if (copy_from_iter(&call.hdr, sizeof(call.hdr), &iter) != sizeof(call.hdr)) {
		mvh_vq_map_failed(vq);
		return -EAGAIN;
	}
	number = mvh_scsi_parse_lun(call.hdr.lun);
	if (number >= 0)
		lun = mvh_lun_get(queue->scsi, number);
	if (lun && mvh_scsi_throttled(queue, lun->disk)) {
		mvh_lun_put(lun);
		return -EAGAIN;
	}
	call.req = mvh_scsi_get_slot(queue, chain);
	if (lun)
		mvh_scsi_use_lun(call.req, lun);
	if (mvh_scsi_set_where(call.req, chain)) {
		mvh_io_put(&call.req->io);
		mvh_vq_map_failed(vq);
		return -EAGAIN;
	}
	mvh_vq_take(vq);
	out = chain->out_len - MVH_SCSI_REQ_LEN;
	in = chain->in_len - MVH_SCSI_RESP_LEN;
	call.req->data = out ?: in;
	WRITE_ONCE(call.req->tag, (__force u64)call.hdr.tag);
	if (number < 0)
		mvh_scsi_refuse(call.req, VIRTIO_SCSI_S_BAD_TARGET);
	else if (out && in)
		mvh_scsi_refuse(call.req, VIRTIO_SCSI_S_FAILURE);
	else if (!lun)
		mvh_scsi_absent(&call);
	else
		mvh_scsi_present(&call);
	if (!call.submitted)
		mvh_vq_charge(vq, 0);
	return vq->state == MVH_VQ_RUNNING ? 0 : -EBADMSG;
}

static void mvh_scsi_fetch_all(struct mvh_scsi_queue *queue)
{
	struct mvh_vq *vq = queue->port.vq;
	unsigned int room;

	while ((room = mvh_io_port_room(&queue->port)) &&
	       mvh_vq_next(vq, min_t(u32, room, MVH_BATCH)) > 0)
		while (mvh_vq_n_chains(vq) && !mvh_vq_over(vq))
			if (mvh_scsi_execute(queue, mvh_vq_chain(vq, 0)))
				return;
}

/*
 * mvh_scsi_service() - a run of a request queue
 *
 * Context: see mvh_backend_ops.service.
 */
void mvh_scsi_service(struct mvh_scsi_queue *queue)
{
	struct mvh_vq *vq = queue->port.vq;

	mvh_io_port_begin(&queue->port);
	if (vq->state == MVH_VQ_RUNNING)
		mvh_scsi_fetch_all(queue);
	mvh_io_port_end(&queue->port);
}
