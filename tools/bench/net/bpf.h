/* SPDX-License-Identifier: GPL-2.0 */
/* An XDP program that treats all frames alike. */
#ifndef BENCH_BPF_H
#define BENCH_BPF_H

#include <linux/bpf.h>

int bpf_xdp_attach(const char *link, enum xdp_action action);

#endif /* BENCH_BPF_H */
