/* SPDX-License-Identifier: GPL-2.0 */
/*
 * On which processors workers run.
 */
#ifndef CTL_PIN_H
#define CTL_PIN_H

struct cpus;

int pin_queue(int fd, unsigned int index, const struct cpus *cpus);

#endif /* CTL_PIN_H */
