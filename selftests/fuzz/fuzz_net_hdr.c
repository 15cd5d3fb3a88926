// SPDX-License-Identifier: GPL-2.0
/*
 * The virtio-net header: its length from the features, and that what is accepted
 * lies in its frame.
 */
#include <linux/virtio_config.h>
#include <linux/virtio_net.h>
#include "case.h"
#include "ring/features.h"
#include "fuzz.h"

static bool has(const u64 *f, unsigned int bit)
{
	return f[bit / 64] >> bit % 64 & 1;
}

static void check_len(const u64 *f)
{
	u32 want = 10;

	if (has(f, VIRTIO_NET_F_MRG_RXBUF) || has(f, VIRTIO_F_VERSION_1))
		want = 12;
	if (has(f, 65) || has(f, 67))
		want = 24;
	check_eq(mvh_net_hdr_len(f), want);
}

void fuzz_one(void)
{
	struct case_net n = {};
	u64 start, end;
	bool good;

	case_net(&fuzz_input, &n);
	check_len(n.features);
	start = __virtio16_to_cpu(n.le, n.hdr.csum_start);
	end = start + __virtio16_to_cpu(n.le, n.hdr.csum_offset) + 2;
	good = !(n.hdr.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) ||
	       (start >= 20 && end <= n.len);
	check_eq(mvh_net_hdr_check(&n.hdr, n.le, n.len), good ? 0 : -EINVAL);
}
