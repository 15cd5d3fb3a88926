/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the engine have of each other; see io.h for what fronts have.
 */
#ifndef _MVH_BLK_ENGINE_H
#define _MVH_BLK_ENGINE_H

#include "io.h"

/* Most bytes of one piece of I/O; others on the worker wait for its submission. */
#define MVH_IO_PIECE_MAX	(4 * 1024 * 1024)

static inline bool mvh_io_writes(const struct mvh_io *io)
{
	return io->cmd.op == MVH_BLK_WRITE;
}

/* port.c */
void mvh_io_port_inc_inflight(struct mvh_io_port *port);
void mvh_io_port_dec_inflight(struct mvh_io_port *port);
void mvh_io_piece_completed(struct mvh_io *io);
int mvh_io_engine_init(void);
void mvh_io_engine_exit(void);

/* reap.c */
void mvh_io_port_reap(struct mvh_io_port *port);
void mvh_io_port_fail_kept(struct mvh_io_port *port);
void mvh_io_port_drop_kept(struct mvh_io_port *port);
void mvh_io_port_answer(struct mvh_io_port *port);
void mvh_io_port_drop_unanswered(struct mvh_io_port *port);

/* io.c */
bool mvh_io_piece_submit(struct mvh_io *io);
bool mvh_io_piece_complete(struct mvh_io *io);
bool mvh_io_piece_cancel(struct mvh_io *io);
void mvh_io_release(struct mvh_io *io);
void mvh_io_init(struct mvh_io *io);

/* bio.c */
bool mvh_bio_possible(struct mvh_io *io);
int mvh_bio_submit(struct mvh_io *io);
void mvh_bio_release(struct mvh_io *io);

/* range.c */
long mvh_io_range_run(struct mvh_io *io);

#endif /* _MVH_BLK_ENGINE_H */
