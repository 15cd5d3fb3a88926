// SPDX-License-Identifier: GPL-2.0
/*
 * Commands: each is answered here, or the engine executes it.
 */
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uio.h>
#include "core/backend.h"
#include "blk/disk.h"
#include "call.h"
#include "lun.h"

/* Most blocks that a block other than zeroes is written to by one command. */
#define MVH_SCSI_SAME_MAX	65535

/* Copy an answer to the driver, as much of it as the command wants. */
static void mvh_scsi_give(struct mvh_scsi_call *call, const u8 *data, u32 len)
{
	const struct mvh_chain *chain = call->chain;
	const struct iovec *in = chain->iov + chain->n_out;
	struct mvh_scsi_req *req = call->req;
	struct iov_iter iter;
	size_t n = min_t(u64, len, call->cmd.in);

	mvh_vq_assert_mm(req->io.port->vq);
	iov_iter_init(&iter, ITER_DEST, in, chain->n_in, MVH_SCSI_RESP_LEN + n);
	iov_iter_advance(&iter, MVH_SCSI_RESP_LEN);
	if (copy_to_iter(data, n, &iter) != n) {
		req->io.result = -EFAULT;
		mvh_scsi_fail(req);
		return;
	}
	mvh_vq_dirty(req->io.port->vq, in, MVH_SCSI_RESP_LEN + n);
	req->to_driver = true;
	mvh_scsi_good(req, n);
}

/* Read a parameter list, or a block, into the queue's buffer. */
static bool mvh_scsi_take(struct mvh_scsi_call *call)
{
	struct mvh_scsi_queue *queue = mvh_scsi_queue(call->req->io.port);
	const struct mvh_chain *chain = call->chain;
	u32 len = call->cmd.out;
	struct iov_iter iter;

	iov_iter_init(&iter, ITER_SOURCE, chain->iov, chain->n_out, chain->out_len);
	iov_iter_advance(&iter, MVH_SCSI_REQ_LEN);
	if (copy_from_iter(queue->buf, len, &iter) == len)
		return true;
	call->req->io.result = -EFAULT;
	mvh_scsi_fail(call->req);
	return false;
}

/* Have the engine execute what is in the slot. */
static void mvh_scsi_submit(struct mvh_scsi_call *call, enum mvh_blk_op op)
{
	struct mvh_scsi_req *req = call->req;
	struct mvh_io *io = &req->io;

	io->disk = req->lun->disk;
	io->cmd.op = op;
	io->dsync = call->cmd.fua || !call->lu.wce;
	call->submitted = true;
	mvh_io_submit(io);
}

static void mvh_scsi_fail_memory(struct mvh_scsi_req *req)
{
	req->io.result = -ENOMEM;
	mvh_scsi_fail(req);
}

static void mvh_scsi_rw(struct mvh_scsi_call *call, bool read)
{
	const struct mvh_chain *chain = call->chain;
	struct mvh_scsi_req *req = call->req;
	int err;

	req->io.cmd.pos = call->cmd.pos;
	req->io.cmd.len = call->cmd.len;
	req->done = call->cmd.len;
	err = read ? mvh_io_set_iov(&req->io, chain->iov + chain->n_out, chain->n_in,
				    MVH_SCSI_RESP_LEN) :
		     mvh_io_set_iov(&req->io, chain->iov, chain->n_out,
				    MVH_SCSI_REQ_LEN);
	if (err) {
		req->done = 0;
		mvh_scsi_fail_memory(req);
		return;
	}
	req->to_driver = read;
	mvh_scsi_submit(call, read ? MVH_BLK_READ : MVH_BLK_WRITE);
}

/* The engine frees the ranges. */
static bool mvh_scsi_set_ranges(struct mvh_scsi_req *req,
				const struct mvh_blk_range *ranges, unsigned int n)
{
	req->io.ranges = kmemdup(ranges, n * sizeof(*ranges), GFP_KERNEL_ACCOUNT);
	req->io.n_ranges = n;
	return req->io.ranges;
}

static void mvh_scsi_unmap(struct mvh_scsi_call *call)
{
	struct mvh_blk_range ranges[MVH_BLK_RANGES_MAX];
	struct mvh_scsi_req *req = call->req;
	u8 status;

	if (!mvh_scsi_take(call))
		return;
	status = mvh_scsi_parse_unmap(&call->lu, mvh_scsi_queue(req->io.port)->buf,
				      call->cmd.out, ranges, &call->cmd);
	if (status != MVH_SAM_GOOD) {
		mvh_scsi_refuse_status(call, status);
		return;
	}
	req->done = call->cmd.out;
	if (!call->cmd.len) {
		mvh_scsi_good(req, req->done);
		return;
	}
	if (!mvh_scsi_set_ranges(req, ranges, call->cmd.len)) {
		mvh_scsi_fail_memory(req);
		return;
	}
	mvh_scsi_submit(call, MVH_BLK_DISCARD);
}

/* Guest memory of as many blocks, which is that of one again and again. */
static int mvh_scsi_repeat(struct mvh_scsi_call *call)
{
	const struct mvh_chain *chain = call->chain;
	struct mvh_io *io = &call->req->io;
	u32 n = call->cmd.len >> call->lu.shift, i;
	struct iovec *one, *all;
	unsigned int n_one;
	int err;

	io->cmd.len = call->cmd.out;
	err = mvh_io_set_iov(io, chain->iov, chain->n_out, MVH_SCSI_REQ_LEN);
	if (err)
		return err;
	n_one = io->n_iov;
	one = io->iov;
	if ((u64)n * n_one > MVH_SCSI_SAME_MAX + 1)
		return -ENOMEM;
	all = kvmalloc_array(n, n_one * sizeof(*all), GFP_KERNEL_ACCOUNT);
	if (!all)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		memcpy(all + i * n_one, one, n_one * sizeof(*one));
	if (one != io->inline_iov)
		kvfree(one);
	io->iov = all;
	io->max_iov = n * n_one;
	io->n_iov = n * n_one;
	return 0;
}

static void mvh_scsi_write_same(struct mvh_scsi_call *call)
{
	struct mvh_scsi_req *req = call->req;
	const u8 *block = mvh_scsi_queue(req->io.port)->buf;
	const struct mvh_blk_range range = {
		.pos = call->cmd.pos, .len = call->cmd.len,
		.unmap = call->cmd.unmap,
	};
	int err;

	if (call->cmd.out && !mvh_scsi_take(call))
		return;
	if (!call->cmd.out || !memchr_inv(block, 0, call->cmd.out)) {
		req->done = call->cmd.out;
		if (mvh_scsi_set_ranges(req, &range, 1))
			mvh_scsi_submit(call, MVH_BLK_WRITE_ZEROES);
		else
			mvh_scsi_fail_memory(req);
		return;
	}
	if (call->cmd.len >> call->lu.shift > MVH_SCSI_SAME_MAX) {
		call->cmd.sense = (struct mvh_sense) {
			.code = MVH_SENSE_INVALID_CDB_FIELD,
			.where = MVH_SENSE_IN_CDB, .byte = 10, .bit = 7,
		};
		mvh_scsi_refuse_sense(req, &call->cmd.sense);
		return;
	}
	err = mvh_scsi_repeat(call);
	if (err) {
		mvh_scsi_fail_memory(req);
		return;
	}
	req->io.cmd.pos = call->cmd.pos;
	req->io.cmd.len = call->cmd.len;
	req->done = call->cmd.out;
	mvh_scsi_submit(call, MVH_BLK_WRITE);
}

static void mvh_scsi_mode_select(struct mvh_scsi_call *call)
{
	struct mvh_scsi_req *req = call->req;
	bool wce;
	u8 status;

	if (!mvh_scsi_take(call))
		return;
	status = mvh_scsi_mode_select_list(&call->lu, call->hdr.cdb,
					   mvh_scsi_queue(req->io.port)->buf,
					   call->cmd.out, &wce, &call->cmd);
	if (status != MVH_SAM_GOOD) {
		mvh_scsi_refuse_status(call, status);
		return;
	}
	if (wce != call->lu.wce) {
		mvh_lun_set_wce(req->lun, wce);
		mvh_share_mode_changed(req->lun);
	}
	req->done = call->cmd.out;
	/* What was written with the cache must not be lost once it is off. */
	if (wce || !call->lu.wce)
		mvh_scsi_good(req, req->done);
	else
		mvh_scsi_submit(call, MVH_BLK_FLUSH);
}

/* In a thread of the pool. */
static long mvh_scsi_call_compare(struct mvh_io *io)
{
	struct mvh_scsi_req *req = mvh_scsi_req(io);
	int err = mvh_disk_compare(io->disk, io->cmd.pos, req->buf, io->cmd.len,
				   &req->same);

	req->differs = !err && req->same < io->cmd.len;
	return err;
}

/* One at a time on a backing, whoever's it is (S11). */
static long mvh_scsi_call_compare_write(struct mvh_io *io)
{
	struct mvh_scsi_req *req = mvh_scsi_req(io);
	struct mvh_share *share = req->lun->share;
	long err;

	mutex_lock(&share->atomic);
	err = mvh_scsi_call_compare(io);
	if (!err && !req->differs)
		err = mvh_disk_write(io->disk, io->cmd.pos, req->buf + io->cmd.len,
				     io->cmd.len, io->dsync);
	mutex_unlock(&share->atomic);
	return err;
}

static void mvh_scsi_compare(struct mvh_scsi_call *call, long (*fn)(struct mvh_io *io))
{
	const struct mvh_chain *chain = call->chain;
	struct mvh_scsi_req *req = call->req;
	u32 len = call->cmd.out;
	struct iov_iter iter;

	req->buf = kvmalloc(len, GFP_KERNEL_ACCOUNT);
	if (!req->buf) {
		mvh_scsi_fail_memory(req);
		return;
	}
	iov_iter_init(&iter, ITER_SOURCE, chain->iov, chain->n_out, chain->out_len);
	iov_iter_advance(&iter, MVH_SCSI_REQ_LEN);
	if (copy_from_iter(req->buf, len, &iter) != len) {
		req->io.result = -EFAULT;
		mvh_scsi_fail(req);
		return;
	}
	req->io.cmd.pos = call->cmd.pos;
	req->io.cmd.len = call->cmd.len;
	req->io.call = fn;
	req->done = len;
	mvh_scsi_submit(call, MVH_BLK_CALL);
}

/*
 * In a thread of the pool: until the commands of those who were preempted have ended.  Who
 * preempts its preemptor meanwhile must not wait for this one.
 */
static long mvh_scsi_call_wait(struct mvh_io *io)
{
	struct mvh_scsi_req *req = mvh_scsi_req(io);
	long err = 0;

	atomic_inc(&req->lun->n_waiting);
	while (!err && !mvh_share_idle(req->lun, req->aborted)) {
		usleep_range(1000, 2000);
		if (mvh_io_port_cancelled(io->port))
			err = -ECANCELED;
	}
	atomic_dec(&req->lun->n_waiting);
	return err;
}

static void mvh_scsi_pr_out(struct mvh_scsi_call *call)
{
	struct mvh_scsi_req *req = call->req;
	u8 status;

	if (!mvh_scsi_take(call))
		return;
	status = mvh_share_pr_out(req->lun, call->hdr.cdb,
				  mvh_scsi_queue(req->io.port)->buf, call->cmd.out,
				  &req->aborted, &call->cmd);
	if (status != MVH_SAM_GOOD) {
		mvh_scsi_refuse_status(call, status);
		return;
	}
	if (!req->aborted) {
		mvh_scsi_good(req, call->cmd.out);
		return;
	}
	req->io.call = mvh_scsi_call_wait;
	req->done = call->cmd.out;
	mvh_scsi_submit(call, MVH_BLK_CALL);
}

/* What there is to tell, which is told by that. */
static bool mvh_scsi_take_attention(struct mvh_lun *lun, struct mvh_sense *sense)
{
	u32 pending = atomic_read(&lun->attention), bit;

	while (pending) {
		bit = BIT(mvh_attention_first(pending));
		pending = atomic_fetch_andnot(bit, &lun->attention);
		if (pending & bit) {
			sense->code = mvh_attention_code(mvh_attention_first(bit));
			return true;
		}
	}
	return false;
}

static void mvh_scsi_request_sense(struct mvh_scsi_call *call)
{
	struct mvh_sense sense = { .code = MVH_SENSE_NONE };
	u8 data[MVH_SENSE_LEN];

	if (call->req->lun)
		mvh_scsi_take_attention(call->req->lun, &sense);
	else
		sense.code = MVH_SENSE_NO_LUN;
	mvh_sense_format(&sense, data);
	mvh_scsi_give(call, data, sizeof(data));
}

static void mvh_scsi_report(struct mvh_scsi_call *call)
{
	struct mvh_scsi_queue *queue = mvh_scsi_queue(call->req->io.port);
	u64 luns[MVH_SCSI_LUNS_MAX / 64] = {};
	unsigned int i;

	for (i = 0; i < MVH_SCSI_LUNS_MAX; i++)
		if (rcu_access_pointer(queue->scsi->lun[i]))
			luns[i / 64] |= BIT_ULL(i % 64);
	mvh_scsi_give(call, queue->buf,
		      mvh_scsi_report_luns(call->hdr.cdb, luns, queue->buf));
}

static void mvh_scsi_execute_cmd(struct mvh_scsi_call *call)
{
	struct mvh_scsi_req *req = call->req;
	u8 *buf = mvh_scsi_queue(req->io.port)->buf, status;

	switch (call->cmd.op) {
	case MVH_SCSI_NOTHING:
		mvh_scsi_good(req, 0);
		break;
	case MVH_SCSI_ANSWER:
		mvh_scsi_give(call, buf, mvh_scsi_answer(&call->lu, call->hdr.cdb, buf));
		break;
	case MVH_SCSI_LUNS:
		mvh_scsi_report(call);
		break;
	case MVH_SCSI_REQUEST_SENSE:
		mvh_scsi_request_sense(call);
		break;
	case MVH_SCSI_READ:
		mvh_scsi_rw(call, true);
		break;
	case MVH_SCSI_WRITE:
		mvh_scsi_rw(call, false);
		break;
	case MVH_SCSI_FLUSH:
		mvh_scsi_submit(call, MVH_BLK_FLUSH);
		break;
	case MVH_SCSI_COMPARE:
		mvh_scsi_compare(call, mvh_scsi_call_compare);
		break;
	case MVH_SCSI_COMPARE_WRITE:
		mvh_scsi_compare(call, mvh_scsi_call_compare_write);
		break;
	case MVH_SCSI_UNMAP:
		mvh_scsi_unmap(call);
		break;
	case MVH_SCSI_WRITE_SAME:
		mvh_scsi_write_same(call);
		break;
	case MVH_SCSI_MODE_SELECT:
		mvh_scsi_mode_select(call);
		break;
	case MVH_SCSI_PR_IN:
		mvh_scsi_give(call, buf, mvh_share_pr_in(req->lun, call->hdr.cdb, buf));
		break;
	case MVH_SCSI_PR_OUT:
		mvh_scsi_pr_out(call);
		break;
	default:
		status = mvh_share_reserve(req->lun, call->cmd.op == MVH_SCSI_RESERVE);
		if (status == MVH_SAM_GOOD)
			mvh_scsi_good(req, 0);
		else
			mvh_scsi_refuse_status(call, status);
	}
}

/* Has the driver the data, or room for it, that the command names? (S18) */
static bool mvh_scsi_has_data(const struct mvh_scsi_call *call)
{
	const struct mvh_chain *chain = call->chain;

	return call->cmd.out <= chain->out_len - MVH_SCSI_REQ_LEN &&
	       call->cmd.in <= chain->in_len - MVH_SCSI_RESP_LEN;
}

/* Zeroing is limited as the writing of so much data. */
static void mvh_scsi_use_limits(const struct mvh_scsi_call *call)
{
	struct mvh_rates *rates = &call->req->lun->disk->rates;

	if (unlikely(mvh_rates_limited(rates)))
		mvh_rates_use(rates, call->req->io.port->now, 1, call->cmd.len);
}

/*
 * mvh_scsi_absent() - a command to a logical unit that does not exist (S1)
 */
void mvh_scsi_absent(struct mvh_scsi_call *call)
{
	static const struct mvh_scsi_lu none = { .blocks = 1, .shift = 9 };
	u8 *buf = mvh_scsi_queue(call->req->io.port)->buf;
	const u8 *cdb = call->hdr.cdb;
	u8 status;

	if (mvh_scsi_tells(cdb)) {
		mvh_scsi_refuse_code(call->req, MVH_SENSE_NO_LUN);
		return;
	}
	status = mvh_scsi_parse(&none, cdb, &call->cmd);
	if (status != MVH_SAM_GOOD)
		mvh_scsi_refuse_status(call, status);
	else if (!mvh_scsi_has_data(call))
		mvh_scsi_refuse(call->req, VIRTIO_SCSI_S_OVERRUN);
	else if (call->cmd.op == MVH_SCSI_LUNS)
		mvh_scsi_report(call);
	else if (call->cmd.op == MVH_SCSI_REQUEST_SENSE)
		mvh_scsi_request_sense(call);
	else if (cdb[1] & 1)
		mvh_scsi_refuse_code(call->req, MVH_SENSE_NO_LUN);
	else
		mvh_scsi_give(call, buf, mvh_scsi_inquiry_absent(buf));
}

/*
 * mvh_scsi_present() - a command to a logical unit
 */
void mvh_scsi_present(struct mvh_scsi_call *call)
{
	struct mvh_lun *lun = call->req->lun;
	const u8 *cdb = call->hdr.cdb;
	struct mvh_sense sense = {};
	u8 status;

	/* A copy, so that each thing is looked at once. */
	call->lu = lun->lu;
	call->lu.blocks = READ_ONCE(lun->lu.blocks);
	call->lu.wce = READ_ONCE(lun->lu.wce);
	if (mvh_scsi_tells(cdb) && unlikely(atomic_read(&lun->attention)) &&
	    mvh_scsi_take_attention(lun, &sense)) {
		mvh_scsi_answer_sense(call->req, &sense);
		return;
	}
	if (mvh_share_conflicts(lun, cdb)) {
		mvh_scsi_refuse_status(call, MVH_SAM_RESERVATION_CONFLICT);
		return;
	}
	status = mvh_scsi_parse(&call->lu, cdb, &call->cmd);
	mvh_scsi_use_limits(call);
	if (status != MVH_SAM_GOOD)
		mvh_scsi_refuse_status(call, status);
	else if (!mvh_scsi_has_data(call))
		mvh_scsi_refuse(call->req, VIRTIO_SCSI_S_OVERRUN);
	else
		mvh_scsi_execute_cmd(call);
}
