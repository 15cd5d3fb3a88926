// SPDX-License-Identifier: GPL-2.0
/*
 * The virtio-net header: its length from the features, and that what is accepted
 * lies in its frame.
 */
#include <linux/virtio_config.h>
#include <linux/virtio_net.h>
#include "features.h"
#include "fuzz.h"
#include "net/hdr.h"

static bool has(const u64 *f, unsigned int bit)
{
	return f[bit / 64] >> bit % 64 & 1;
}

static void check_len(void)
{
	u64 f[MVH_FEATURE_WORDS] = { fuzz_u64(), fuzz_u64() };
	u32 want = 10;

	if (has(f, VIRTIO_NET_F_MRG_RXBUF) || has(f, VIRTIO_F_VERSION_1))
		want = 12;
	if (has(f, 65) || has(f, 67))
		want = 24;
	check_eq(mvh_net_hdr_len(f), want);
}

void fuzz_one(void)
{
	struct mvh_net_hdr hdr = {};
	u64 start, end;
	bool le, good;
	u32 len;

	check_len();
	le = fuzz_u8() & 1;
	len = fuzz_u8() & 1 ? fuzz_u8() : fuzz_u32();
	fuzz_bytes(&hdr, sizeof(hdr));
	start = __virtio16_to_cpu(le, hdr.csum_start);
	end = start + __virtio16_to_cpu(le, hdr.csum_offset) + 2;
	good = !(hdr.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) ||
	       (start >= 20 && end <= len);
	check_eq(mvh_net_hdr_check(&hdr, le, len), good ? 0 : -EINVAL);
}
