/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A driver that does anything the specification allows, and a device that
 * serves it: requests, batches, pauses, notifications and restarts, all drawn
 * from unit_rand().  Each request comes back once, with what was written.
 */
#ifndef _PLAY_H
#define _PLAY_H

#include "code.h"
#include "rig.h"

/* Of what a fuzzer plays. */
#define PLAY_STEPS_MAX	63

void play_head(struct code *c, struct rig_config *config, unsigned int *steps);
void play_run(const struct rig_config *config, unsigned int steps);

#endif /* _PLAY_H */
