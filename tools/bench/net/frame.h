/* SPDX-License-Identifier: GPL-2.0 */
/* The frames of a case; their content follows from a sequence number. */
#ifndef BENCH_FRAME_H
#define BENCH_FRAME_H

#include "case.h"

/* Byte of a frame that differs from that of the next frame. */
#define FRAME_SEQ_BYTE	11

void bench_frame_header(const struct bench_case *c, struct virtio_net_hdr *h);
void bench_frame_fill(const struct bench_case *c, __u8 *f, unsigned int seq);
unsigned int bench_frame_seq(const __u8 *f);
bool bench_frame_same(const struct bench_case *c, const __u8 *f, unsigned int seq);

#endif /* BENCH_FRAME_H */
