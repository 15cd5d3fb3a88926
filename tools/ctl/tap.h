/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The counters of a network device's tap, beside those of its receive queue.
 */
#ifndef CTL_TAP_H
#define CTL_TAP_H

#include "fdinfo.h"

void tap_join(struct fdinfo *info);

#endif /* CTL_TAP_H */
