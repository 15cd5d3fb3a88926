/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Two TCP stacks that talk through a device.
 *
 * Duty: play a guest that passes all frames on to a tap in another network name space,
 * and back; send data from this name space to that one, and compare all of it there.
 */
#ifndef BENCH_RELAY_H
#define BENCH_RELAY_H

struct drive_limit;
struct drive_result;
struct relay;
struct subject;

int relay_open(struct subject *s);
void relay_close(struct subject *s);
int relay_run(struct relay *relay, const struct drive_limit *limit,
	      struct drive_result *result);

#endif /* BENCH_RELAY_H */
