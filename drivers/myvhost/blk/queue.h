/* SPDX-License-Identifier: GPL-2.0 */
/*
 * virtio-blk's queues and requests, around those of the engine.
 */
#ifndef _MVH_BLK_QUEUE_H
#define _MVH_BLK_QUEUE_H

#include <linux/container_of.h>
#include "io.h"
#include "req.h"

/**
 * struct mvh_blk_req - a request
 *
 * @io: the engine's part
 * @id: the chain's id
 * @ndesc: its ring descriptors
 * @status: owner's address of the status byte
 * @answer: what goes there, once the request is complete
 */
struct mvh_blk_req {
	struct mvh_io io;
	u16 id;
	u16 ndesc;
	u8 __user *status;
	u8 answer;
};

/**
 * struct mvh_blk_queue - the port of a disk's queue
 *
 * Guarded by the queue's mutex.
 *
 * @port: the engine's part
 * @disk: what it is a queue of; holds a reference
 * @limits: what the disk can do for this guest
 * @can_flush: the driver knows of the write cache; otherwise there must be none
 */
struct mvh_blk_queue {
	struct mvh_io_port port;
	struct mvh_disk *disk;
	struct mvh_blk_limits limits;
	bool can_flush;
};

static inline struct mvh_blk_req *mvh_blk_req(struct mvh_io *io)
{
	return container_of(io, struct mvh_blk_req, io);
}

static inline struct mvh_blk_queue *mvh_blk_queue(struct mvh_io_port *port)
{
	return container_of(port, struct mvh_blk_queue, port);
}

/* queue.c */
void *mvh_blk_queue_create(struct mvh_vq *vq, struct mvh_disk *disk);
void mvh_blk_queue_destroy(struct mvh_vq *vq, void *port);
int mvh_blk_queue_start(struct mvh_vq *vq);
void mvh_blk_queue_cancel(struct mvh_vq *vq);
void mvh_blk_queue_stop(struct mvh_vq *vq);
int mvh_blk_queue_quiesce(struct mvh_vq *vq);
void mvh_blk_queue_exit(void);

/* serve.c */
void mvh_blk_service(struct mvh_vq *vq);
void mvh_blk_idle(struct mvh_vq *vq);
bool mvh_blk_pending(struct mvh_vq *vq);
void mvh_blk_complete(struct mvh_io *io);
bool mvh_blk_answer(struct mvh_io *io);

#endif /* _MVH_BLK_QUEUE_H */
