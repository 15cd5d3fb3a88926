/* SPDX-License-Identifier: GPL-2.0 */
/* An XDP program that treats all frames alike. */
#ifndef BENCH_XDP_H
#define BENCH_XDP_H

#include <linux/bpf.h>

int xdp_attach(const char *link, enum xdp_action action);

#endif /* BENCH_XDP_H */
