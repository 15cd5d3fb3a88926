/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Request queues and requests, around those of the engine.
 */
#ifndef _MVH_SCSI_QUEUE_H
#define _MVH_SCSI_QUEUE_H

#include <linux/container_of.h>
#include <uapi/linux/virtio_scsi.h>
#include "blk/io.h"
#include "scsi.h"

struct mvh_lun;

/* Pieces of guest memory that a response may be in without an allocation. */
#define MVH_SCSI_RESP_PIECES	2

/**
 * struct mvh_scsi_req - a request
 *
 * @io: the engine's part
 * @lun: its logical unit, or NULL; holds a reference
 * @epoch: which of the logical unit's counters counts it
 * @tag: the driver's name for it
 * @id: the chain's id
 * @ndesc: its ring descriptors
 * @data: bytes of the data that the driver has room for, or sends
 * @done: bytes of the data that were moved
 * @to_driver: they were written to guest memory
 * @buf: data that is compared or written by MVH_BLK_CALL, or NULL
 * @differs: it differs from the disk
 * @same: after so many bytes
 * @aborted: initiators whose commands are waited for
 * @resp: the response, once the request is complete
 * @n_where: pieces of @where
 * @where: guest memory of the response
 * @inline_where: @where unless there are many pieces
 */
struct mvh_scsi_req {
	struct mvh_io io;
	struct mvh_lun *lun;
	unsigned int epoch;
	u64 tag;
	u16 id;
	u16 ndesc;
	u64 data;
	u64 done;
	bool to_driver;
	u8 *buf;
	bool differs;
	size_t same;
	u64 aborted;
	struct virtio_scsi_cmd_resp resp;
	unsigned int n_where;
	struct iovec *where;
	struct iovec inline_where[MVH_SCSI_RESP_PIECES];
};

/**
 * struct mvh_scsi_queue - the port of a request queue
 *
 * Guarded by the queue's mutex.
 *
 * @port: the engine's part
 * @scsi: the target; holds a reference
 * @buf: for answers and parameter lists
 */
struct mvh_scsi_queue {
	struct mvh_io_port port;
	struct mvh_scsi *scsi;
	u8 buf[MVH_SCSI_ANSWER_MAX];
};

static inline struct mvh_scsi_req *mvh_scsi_req(struct mvh_io *io)
{
	return container_of(io, struct mvh_scsi_req, io);
}

static inline struct mvh_scsi_queue *mvh_scsi_queue(struct mvh_io_port *port)
{
	return container_of(port, struct mvh_scsi_queue, port);
}

/* queue.c */
void *mvh_scsi_queue_create(struct mvh_vq *vq, struct mvh_scsi *scsi);
bool mvh_scsi_queue_has(const struct mvh_scsi_queue *queue, unsigned int lun, u64 tag);
void mvh_scsi_queue_exit(void);

/* serve.c */
void mvh_scsi_service(struct mvh_scsi_queue *queue);
void mvh_scsi_complete(struct mvh_io *io);
bool mvh_scsi_answer_io(struct mvh_io *io);

#endif /* _MVH_SCSI_QUEUE_H */
