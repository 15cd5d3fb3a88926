// SPDX-License-Identifier: GPL-2.0
/*
 * The virtio-net header: its length and what it claims of its frame.
 */
#include <linux/virtio_config.h>
#include <linux/virtio_net.h>
#include "case.h"
#include "ring/features.h"
#include "seed.h"
#include "unit.h"

static void save(struct case_net n)
{
	static struct seeds seeds = { .target = "net_hdr" };
	struct code *c = seed_new(&seeds);

	if (c)
		case_net(c, &n);
}

static u32 hdr_len(const u64 *f)
{
	save((struct case_net) { .features = { f[0], f[1] } });
	return mvh_net_hdr_len(f);
}

static int hdr_check(const struct mvh_net_hdr *h, bool le, u32 len)
{
	save((struct case_net) { .hdr = *h, .le = le, .len = len });
	return mvh_net_hdr_check(h, le, len);
}

UNIT_TEST(test_feature_words, "features: all bits of both words, one by one")
{
	unsigned int set, ask;

	for (set = 0; set < 128; set++) {
		u64 f[MVH_FEATURE_WORDS] = {};

		f[set / 64] = 1ULL << set % 64;
		for (ask = 0; ask < 128; ask++)
			check_eq(mvh_has_feature(f, ask), set == ask);
	}
}

UNIT_TEST(test_hdr_len, "N header: length for all combinations of features")
{
	unsigned int i;

	for (i = 0; i < 16; i++) {
		u64 f[2] = {};
		u32 want = 10;

		if (i & 1)
			f[0] |= 1ULL << VIRTIO_NET_F_MRG_RXBUF;
		if (i & 2)
			f[0] |= 1ULL << VIRTIO_F_VERSION_1;
		if (i & 4)
			f[1] |= 1ULL << (65 - 64);
		if (i & 8)
			f[1] |= 1ULL << (67 - 64);
		if (i & 3)
			want = 12;
		if (i & 12)
			want = 24;
		check_eq(hdr_len(f), want);
	}
	check_eq(sizeof(struct mvh_net_hdr), sizeof(struct virtio_net_hdr));
	check_eq(MVH_NET_NUM_BUFFERS,
		 offsetof(struct virtio_net_hdr_mrg_rxbuf, num_buffers));
}

static struct mvh_net_hdr hdr(bool le, u8 flags, u16 start, u16 offset)
{
	return (struct mvh_net_hdr) {
		.flags = flags,
		.hdr_len = __cpu_to_virtio16(le, 0xffff),
		.csum_start = __cpu_to_virtio16(le, start),
		.csum_offset = __cpu_to_virtio16(le, offset),
	};
}

UNIT_TEST(test_hdr_flags, "N1 N2 N3 header: without NEEDS_CSUM all else is ignored")
{
	u32 flags, len;

	for (flags = 0; flags < 256; flags++)
	for (len = 14; len < 20; len++) {
		struct mvh_net_hdr h = hdr(true, flags, 0xffff, 0xffff);

		check_eq(hdr_check(&h, true, len),
			 flags & 1 ? -EINVAL : 0);
	}
}

/* Where the checksum field ends, in both byte orders. */
UNIT_TEST(test_hdr_csum, "N4 header: checksum fields inside and outside of the frame")
{
	u32 start, offset, len, le;

	for (le = 0; le < 2; le++)
	for (start = 0; start < 64; start++)
	for (offset = 0; offset < 64; offset += 3)
	for (len = 14; len < 140; len += 7) {
		struct mvh_net_hdr h = hdr(le, 1, start, offset);
		bool bad = start < 20 || start + offset + 2 > len;

		check_eq(hdr_check(&h, le, len), bad ? -EINVAL : 0);
	}
}

UNIT_TEST(test_hdr_wrap, "N4 header: start and offset whose sum passes 16 bits")
{
	static const u16 big[] = { 20, 0x7fff, 0x8000, 0xfffe, 0xffff };
	unsigned int i, k;

	for (i = 0; i < ARRAY_SIZE(big); i++)
	for (k = 0; k < ARRAY_SIZE(big); k++) {
		struct mvh_net_hdr h = hdr(true, 1, big[i], big[k]);
		u32 end = (u32)big[i] + big[k] + 2;

		check_eq(hdr_check(&h, true, end), 0);
		check_eq(hdr_check(&h, true, end - 1), -EINVAL);
		check_eq(hdr_check(&h, true, 65535 + 18),
			 end > 65535 + 18 ? -EINVAL : 0);
	}
}
