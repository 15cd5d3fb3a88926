// SPDX-License-Identifier: GPL-2.0
/* Back ends: tap, macvtap and packet sockets, see tap.h. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>

#include "tap.h"

#ifndef IFF_BACKPRESSURE	/* Linux 7.3 */
#define IFF_BACKPRESSURE	0x0080
#endif

/* Room for a burst that no one reads for a while. */
#define PACKET_RCVBUF	(64 << 20)

static int tap_set_hdr(int fd, unsigned int hdr_len)
{
	int len = hdr_len, one = 1;

	if (!hdr_len)
		return 0;
	if (ioctl(fd, TUNSETVNETHDRSZ, &len) || ioctl(fd, TUNSETVNETLE, &one))
		return -errno;
	return 0;
}

static int tap_set_iff(int fd, const char *name, short flags)
{
	struct ifreq ifr = { .ifr_flags = flags };
	unsigned int known;

	if (ioctl(fd, TUNGETFEATURES, &known))
		return -errno;
	if (flags & ~known)
		return -EOPNOTSUPP;
	strncpy(ifr.ifr_name, name, IFNAMSIZ - 1);
	return ioctl(fd, TUNSETIFF, &ifr) ? -errno : 0;
}

static int tap_open_flags(const char *name, unsigned int hdr_len, short flags)
{
	int r, fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return -errno;
	flags |= IFF_TAP | IFF_NO_PI;
	if (hdr_len)
		flags |= IFF_VNET_HDR;
	r = tap_set_iff(fd, name, flags);
	if (!r)
		r = tap_set_hdr(fd, hdr_len);
	if (!r)
		r = link_up(name);
	if (r) {
		close(fd);
		return r;
	}
	return fd;
}

/*
 * Make a tap interface, or a further queue of it.
 * @name: of the interface, which is brought up
 * @hdr_len: size of the virtio-net header, 0 for none
 * @multi_queue: IFF_MULTI_QUEUE
 *
 * Returns the descriptor or a negative errno.
 */
int tap_open(const char *name, unsigned int hdr_len, bool multi_queue)
{
	return tap_open_flags(name, hdr_len, multi_queue ? IFF_MULTI_QUEUE : 0);
}

/*
 * Make a tap interface that stops when its ring is full.
 * @name: of the interface, which is brought up
 * @hdr_len: size of the virtio-net header, 0 for none
 *
 * Returns the descriptor, -EOPNOTSUPP before Linux 7.3, or a negative errno.
 */
int tap_open_backpressure(const char *name, unsigned int hdr_len)
{
	return tap_open_flags(name, hdr_len, IFF_BACKPRESSURE);
}

/*
 * TUNSETOFFLOAD.
 * @offload: TUN_F_*
 */
int tap_set_offload(int fd, unsigned int offload)
{
	return ioctl(fd, TUNSETOFFLOAD, offload) ? -errno : 0;
}

/*
 * TUNSETQUEUE.
 * @fd: queue of a multi-queue tap
 */
int tap_attach_queue(int fd, bool attach)
{
	struct ifreq ifr = {
		.ifr_flags = attach ? IFF_ATTACH_QUEUE : IFF_DETACH_QUEUE,
	};

	return ioctl(fd, TUNSETQUEUE, &ifr) ? -errno : 0;
}

/* sysfs shows the interfaces of the name space in which it was mounted. */
static int link_sysfs(void)
{
	if (unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("sysfs", "/sys", "sysfs", 0, NULL))
		return -errno;
	return 0;
}

static int macvtap_node(const char *name)
{
	unsigned int maj, min;
	char path[128], node[64];
	int fd, idx = link_index(name);
	FILE *f;

	snprintf(path, sizeof(path), "/sys/class/net/%s/macvtap/tap%d/dev",
		 name, idx);
	f = fopen(path, "r");
	if (!f)
		return -errno;
	if (fscanf(f, "%u:%u", &maj, &min) != 2)
		maj = 0;
	fclose(f);
	if (!maj)
		return -EINVAL;
	snprintf(node, sizeof(node), "/tmp/tap-%d-%d", getpid(), idx);
	if (mknod(node, S_IFCHR | 0600, makedev(maj, min)))
		return -errno;
	fd = open(node, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		fd = -errno;
	unlink(node);
	return fd;
}

/*
 * Make a macvtap interface.
 * @name: of the new interface, which is brought up
 * @hdr_len: size of the virtio-net header
 *
 * Returns the descriptor or a negative errno.
 */
int macvtap_open(const char *lower, const char *name, unsigned int hdr_len)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	int fd, r;

	r = link_cmd("link add link %s name %s type macvtap mode bridge",
		     lower, name);
	if (r)
		return r;
	r = link_sysfs();
	if (!r)
		r = link_up(name);
	if (r)
		return r;
	fd = macvtap_node(name);
	if (fd < 0)
		return fd;
	if (hdr_len)
		ifr.ifr_flags |= IFF_VNET_HDR;
	r = ioctl(fd, TUNSETIFF, &ifr) ? -errno : tap_set_hdr(fd, hdr_len);
	if (r) {
		close(fd);
		return r;
	}
	return fd;
}

/*
 * Run the ip command.  Returns 0, -ENOSYS if there is no such command, -EIO if
 * it failed.
 */
int link_cmd(const char *fmt, ...)
{
	char cmd[256] = "ip ";
	va_list ap;
	int r;

	va_start(ap, fmt);
	vsnprintf(cmd + 3, sizeof(cmd) - 3, fmt, ap);
	va_end(ap);
	r = system(cmd);
	if (r == 127 << 8)
		return -ENOSYS;
	return r ? -EIO : 0;
}

static int link_ioctl(unsigned long cmd, struct ifreq *ifr)
{
	int r, fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	r = ioctl(fd, cmd, ifr) ? -errno : 0;
	close(fd);
	return r;
}

/* Bring an interface up. */
int link_up(const char *name)
{
	struct ifreq ifr = { .ifr_flags = 0 };
	int r;

	strncpy(ifr.ifr_name, name, IFNAMSIZ - 1);
	r = link_ioctl(SIOCGIFFLAGS, &ifr);
	if (r)
		return r;
	ifr.ifr_flags |= IFF_UP;
	return link_ioctl(SIOCSIFFLAGS, &ifr);
}

static int link_wait_running(const char *name)
{
	struct ifreq ifr = { .ifr_flags = 0 };
	int i, r;

	strncpy(ifr.ifr_name, name, IFNAMSIZ - 1);
	for (i = 0; i < 500; i++) {
		r = link_ioctl(SIOCGIFFLAGS, &ifr);
		if (r || ifr.ifr_flags & IFF_RUNNING)
			return r;
		usleep(10000);
	}
	return -ETIMEDOUT;
}

/*
 * Bring both ends of a veth pair up, ready to send.  The kernel activates the
 * queue of an interface some time after it has a carrier, and drops what is
 * sent before.
 */
int link_pair_up(const char *a, const char *b)
{
	int r = link_up(a);

	if (!r)
		r = link_up(b);
	if (!r)
		r = link_wait_running(a);
	if (!r)
		r = link_wait_running(b);
	/* Takes the lock under which the queue is activated. */
	return r ? r : link_up(a);
}

/* Number of an interface. */
int link_index(const char *name)
{
	unsigned int idx = if_nametoindex(name);

	return idx ? (int)idx : -errno;
}

/*
 * What an interface did with the frames that it was to send: how many it sent, and how
 * many it dropped.  Returns 0 or a negative errno.
 */
int link_tx_stats(const char *name, long long *packets, long long *dropped)
{
	FILE *f = fopen("/proc/self/net/dev", "r");
	char line[512], *p;
	int r = -ENODEV;

	if (!f)
		return -errno;
	while (r && fgets(line, sizeof(line), f)) {
		p = strchr(line, ':');
		if (!p)
			continue;
		*p = 0;
		/* Eight of received frames, then bytes, packets, errors, dropped. */
		if (!strcmp(line + strspn(line, " "), name) &&
		    sscanf(p + 1, "%*d %*d %*d %*d %*d %*d %*d %*d %*d %lld %*d %lld",
			   packets, dropped) == 2)
			r = 0;
	}
	fclose(f);
	return r;
}

/* Frames to an interface that it dropped, or a negative errno. */
long long link_tx_dropped(const char *name)
{
	long long packets, dropped;
	int r = link_tx_stats(name, &packets, &dropped);

	return r ? r : dropped;
}

static int packet_bind(int fd, const char *name)
{
	struct sockaddr_ll sll = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
	};

	sll.sll_ifindex = link_index(name);
	if (sll.sll_ifindex < 0)
		return sll.sll_ifindex;
	return bind(fd, (struct sockaddr *)&sll, sizeof(sll)) ? -errno : 0;
}

/*
 * Look at an interface from the host's side.
 * @vnet_hdr: a virtio-net header of 10 bytes comes before each frame
 *
 * Returns the socket, which sees what comes in and can send, or a negative
 * errno.
 */
int packet_open(const char *name, bool vnet_hdr)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int one = 1, buf = PACKET_RCVBUF, r;

	if (fd < 0)
		return -errno;
	r = setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buf, sizeof(buf));
	if (!r && vnet_hdr)
		r = setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &one,
			       sizeof(one));
	if (!r)
		r = setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one,
			       sizeof(one));
	r = r ? -errno : packet_bind(fd, name);
	if (r) {
		close(fd);
		return r;
	}
	return fd;
}

/*
 * Receive one frame.  Returns length of the frame, -ETIMEDOUT or another
 * negative errno.
 */
int packet_recv(int fd, void *buf, size_t len, int msecs)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t r = read(fd, buf, len);

	if (r >= 0 || errno != EAGAIN)
		return r < 0 ? -errno : r;
	if (poll(&p, 1, msecs) <= 0)
		return -ETIMEDOUT;
	r = read(fd, buf, len);
	return r < 0 ? -errno : r;
}
