/* SPDX-License-Identifier: GPL-2.0 */
/* Small BPF programs. */
#ifndef BENCH_BPF_H
#define BENCH_BPF_H

#include <linux/bpf.h>

int bpf_frame_byte(unsigned int offset);
int bpf_xdp_attach(const char *link, enum xdp_action action);

#endif /* BENCH_BPF_H */
