/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Disks in the vdpa dialect.
 *
 * Duty: what the tests of this dialect have in common beyond blk_fixture.h.
 */
#ifndef KSELFTEST_BLK_VDPA_FIXTURE_H
#define KSELFTEST_BLK_VDPA_FIXTURE_H

#include "blk_fixture.h"

#define BLK_VDPA_OK	(VDPA_FEATURES_OK | VDPA_DRIVER_OK)

void blk_vdpa_open(struct blk_fix *x, const struct blk_mode *mode,
		   unsigned int queues);
__u8 blk_vdpa_status(struct blk_fix *x);
int blk_vdpa_other(int (*fn)(struct blk_fix *x), struct blk_fix *x);
void blk_vdpa_restart(struct blk_fix *x);

#endif /* KSELFTEST_BLK_VDPA_FIXTURE_H */
