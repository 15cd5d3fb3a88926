// SPDX-License-Identifier: GPL-2.0
/* Descriptors that become disks, see setup.h. */
#include "setup.h"

int setup_open(void)
{
	int r, fd = ktap_ok(vhost_open(ktap_opts.node));

	/* Another device has none of this. */
	r = myvhost_setup(fd, BLK, 99, 0);
	if (r == -ENOTTY)
		ktap_skip("%s has no disks", ktap_opts.node);
	return fd;
}

int setup_disk(__u32 dialect, __u32 queues)
{
	int fd = setup_open();

	ktap_ok(myvhost_setup(fd, BLK, dialect, queues));
	return fd;
}

int setup_file(const char *name, __u64 size)
{
	char path[64];

	snprintf(path, sizeof(path), HOST_DIR "/%s", name);
	return ktap_ok(host_file(path, size));
}

int setup_back(int fd, int file, __u32 flags)
{
	struct myvhost_blk b = { .fd = file, .flags = flags };

	return myvhost_set_backing(fd, &b);
}
