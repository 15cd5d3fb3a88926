/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Descriptors that become disks.  A failure ends the case.
 */
#ifndef KSELFTEST_BLK_SETUP_H
#define KSELFTEST_BLK_SETUP_H

#include "blk_fixture.h"

#define VHOST	MYVHOST_DIALECT_VHOST
#define VDPA	MYVHOST_DIALECT_VDPA
#define NET	MYVHOST_DEVICE_NET
#define BLK	MYVHOST_DEVICE_BLK

int setup_open(void);
int setup_disk(__u32 dialect, __u32 queues);
int setup_file(const char *name, __u64 size);
int setup_back(int fd, int file, __u32 flags);

#endif /* KSELFTEST_BLK_SETUP_H */
