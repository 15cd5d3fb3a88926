/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The rate limits of a queue, and what wakes it when they allow the next frame.
 */
#ifndef _MVH_NET_PACE_H
#define _MVH_NET_PACE_H

#include <linux/timer.h>
#include "core/backend.h"

/**
 * struct mvh_pace - rate limits of a queue
 *
 * @rates: limits of frames and bytes; stay when the queue is stopped
 * @timer: schedules the queue when they allow
 * @vq: the queue; constant
 */
struct mvh_pace {
	struct mvh_rates rates;
	struct timer_list timer;
	struct mvh_vq *vq;
};

void mvh_pace_init(struct mvh_pace *pace, struct mvh_vq *vq);
void mvh_pace_stop(struct mvh_pace *pace);
u64 mvh_pace_wait(struct mvh_pace *pace);
void mvh_pace_use(struct mvh_pace *pace, u64 len);

#endif /* _MVH_NET_PACE_H */
