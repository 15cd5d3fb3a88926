// SPDX-License-Identifier: GPL-2.0
/*
 * qemu-fds TAP VHOST N COMMAND...: open N queues of a multi-queue tap and N
 * instances of a vhost node, then run COMMAND, which finds the queues at
 * descriptors 100.. and the vhost instances at 200.. This is what libvirt does
 * for QEMU (fds=, vhostfds=).
 */
#include <err.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define FIRST_TAP	100
#define FIRST_VHOST	200
#define MAX_QUEUES	64

static void place(int fd, int where)
{
	if (dup2(fd, where) < 0)
		err(1, "dup2");
	close(fd);
}

static int open_tap(const char *name)
{
	struct ifreq ifr = {
		.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE,
	};
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK);

	if (fd < 0)
		err(1, "/dev/net/tun");
	strncpy(ifr.ifr_name, name, IFNAMSIZ - 1);
	if (ioctl(fd, TUNSETIFF, &ifr))
		err(1, "TUNSETIFF %s", name);
	return fd;
}

static int open_vhost(const char *path)
{
	int fd = open(path, O_RDWR);

	if (fd < 0)
		err(1, "%s", path);
	return fd;
}

int main(int argc, char **argv)
{
	int i, n;

	if (argc < 5)
		errx(2, "usage: qemu-fds TAP VHOST N COMMAND...");
	n = atoi(argv[3]);
	if (n < 1 || n > MAX_QUEUES)
		errx(2, "N must be 1 to %d", MAX_QUEUES);
	for (i = 0; i < n; i++) {
		place(open_tap(argv[1]), FIRST_TAP + i);
		place(open_vhost(argv[2]), FIRST_VHOST + i);
	}
	execvp(argv[4], argv + 4);
	err(1, "%s", argv[4]);
}
