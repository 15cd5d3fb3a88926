/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counters in the text format that Prometheus reads.
 */
#ifndef CTL_PROMETHEUS_H
#define CTL_PROMETHEUS_H

#include "device.h"

void prometheus_print(const struct devices *devices);

#endif /* CTL_PROMETHEUS_H */
