// SPDX-License-Identifier: GPL-2.0
/* The frames of a case, see frame.h. */
#include <string.h>

#include "frame.h"
#include "net_frame.h"

#define MSS	1448

/* The number is in the source address too, which must not be the destination's. */
#define SEQ_BASE	0x100000

/* Virtio-net header of a frame, without the number of buffers. */
void bench_frame_header(const struct bench_case *c, struct virtio_net_hdr *h)
{
	if (c->gso)
		frame_gso_hdr(h, c->gso, MSS);
	else
		memset(h, 0, sizeof(*h));
}

/* Make a frame. */
void bench_frame_fill(const struct bench_case *c, __u8 *f, unsigned int seq)
{
	if (c->gso)
		frame_fill_gso(f, c->len, SEQ_BASE + seq, c->gso);
	else
		frame_fill(f, c->len, SEQ_BASE + seq);
}

/* Sequence number of a frame, from its Ethernet header. */
unsigned int bench_frame_seq(const __u8 *f)
{
	return ((unsigned int)f[8] << 24 | f[9] << 16 | f[10] << 8 | f[11]) - SEQ_BASE;
}

/* Is every byte of a frame right? */
bool bench_frame_same(const struct bench_case *c, const __u8 *f, unsigned int seq)
{
	static __u8 want[FRAME_MAX];

	bench_frame_fill(c, want, seq);
	return !memcmp(f, want, c->len);
}
