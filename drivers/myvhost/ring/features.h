/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Feature bits as two words, and the bits that older headers do not name.  Pure:
 * see ring.h.
 */
#ifndef _MVH_FEATURES_H
#define _MVH_FEATURES_H

#include "mvh_env.h"

/* Words of features that VHOST_*_FEATURES_ARRAY carry. */
#define MVH_FEATURE_WORDS		2

/* virtio 1.4, 5.1.3: not in the headers before Linux 6.17. */
#define MVH_F_GUEST_UDP_TUNNEL_GSO	65
#define MVH_F_HOST_UDP_TUNNEL_GSO	67

/* The bit of feature number @bit in its word. */
#define MVH_F_BIT(bit)			BIT_ULL((bit) % 64)

/**
 * mvh_has_feature - is a feature set?
 * @features: MVH_FEATURE_WORDS words
 * @bit: feature number
 *
 * Return: true if it is.
 */
static inline bool mvh_has_feature(const u64 *features, unsigned int bit)
{
	return features[bit / 64] & MVH_F_BIT(bit);
}

#endif /* _MVH_FEATURES_H */
