// SPDX-License-Identifier: GPL-2.0
/*
 * See port.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/myvhost.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "alloc.h"
#include "error.h"
#include "node.h"
#include "number.h"
#include "option.h"
#include "port.h"

#define TUN_PATH	"/dev/net/tun"
#define MAC_LEN		6

static int port_hex(char c)
{
	const char *digits = "0123456789abcdef", *p;

	if (c >= 'A' && c <= 'F')
		c += 'a' - 'A';
	p = c ? strchr(digits, c) : NULL;
	return p ? (int)(p - digits) : -1;
}

/* Six pairs of hexadecimal digits; no group address, not all zero. */
static bool port_mac_valid(const char *s)
{
	int i, any = 0;

	if (strlen(s) != 3 * MAC_LEN - 1)
		return false;
	for (i = 0; i < MAC_LEN; i++, s += 3) {
		int high = port_hex(s[0]), low = port_hex(s[1]);

		if (high < 0 || low < 0 || (s[2] && s[2] != ':'))
			return false;
		if (!i && low & 1)
			return false;
		any |= high | low;
	}
	return any;
}

/* pps or bps of both directions, or of one behind rx- or tx- */
static const char *port_set_limit(struct port *port, const char *key,
				  const char *value)
{
	bool rx = !strncmp(key, "rx-", 3), tx = !strncmp(key, "tx-", 3);
	const char *what = rx || tx ? key + 3 : key;
	bool pps = !strcmp(what, "pps");
	struct limit limit;
	int i;

	if (!pps && strcmp(what, "bps"))
		return "unknown option; the options are queues, mac, packed, lossless, pps, bps, rx-pps, rx-bps, tx-pps and tx-bps";
	if (limit_parse(value, pps ? number_parse : size_parse, &limit))
		return pps ? "pps is N or N,BURST frames per second" :
			     "bps is N or N,BURST bytes per second, with K, M or G";
	for (i = 0; i < PORT_DIRECTIONS; i++) {
		struct port_limits *limits = &port->limits[i];

		if (i == PORT_RX ? tx : rx)
			continue;
		*(pps ? &limits->pps : &limits->bps) = limit;
		limits->flags |= pps ? MYVHOST_NET_LIMIT_PPS :
				       MYVHOST_NET_LIMIT_BPS;
	}
	return NULL;
}

/**
 * port_set() - set an option
 * @arg: the port
 * @key: name of the option
 * @value: its value, NULL if it has none
 *
 * Return: NULL, or what is wrong with it.
 */
const char *port_set(void *arg, const char *key, const char *value)
{
	struct port *port = arg;
	uint64_t n;

	if (!strcmp(key, "packed"))
		return option_bool(value, &port->packed) ? NULL :
			"packed is on or off";
	if (!strcmp(key, "lossless")) {
		port->says_lossless = true;
		return option_bool(value, &port->lossless) ? NULL :
			"lossless is on or off";
	}
	if (!value)
		value = "";
	if (!strcmp(key, "queues")) {
		if (!range_parse(value, 1, PORT_MAX_QUEUES, &n))
			return "queues must be a number from 1 to 256";
		port->queues = n;
		return NULL;
	}
	if (!strcmp(key, "mac")) {
		if (!port_mac_valid(value))
			return "mac must be an address like 52:54:00:12:34:56";
		port->mac = value;
		return NULL;
	}
	return port_set_limit(port, key, value);
}

/*
 * IFF_* flags of a tap, 0 of another interface.  -1 if sysfs does not know the
 * interface, being that of another network name space.
 */
static long port_tap_flags(const char *tap)
{
	char *path = alloc_format("/sys/class/net/%s/tun_flags", tap);
	FILE *f = fopen(path, "re");
	long flags = 0;

	if (f) {
		if (fscanf(f, "%li", &flags) != 1)
			flags = 0;
		fclose(f);
	} else {
		*strrchr(path, '/') = 0;
		if (access(path, F_OK))
			flags = -1;
	}
	free(path);
	return flags;
}

/**
 * port_check() - end the program if the interface cannot be opened like this
 * @port: options
 *
 * Without it the kernel would make an interface of a name that is mistyped.
 */
void port_check(const struct port *port)
{
	const char *tap = port->tap;
	long flags;

	if (!if_nametoindex(tap))
		fail("%s: no such interface; try: ip tuntap add dev %s mode tap%s",
		     tap, tap, port->queues > 1 ? " multi_queue" : "");
	flags = port_tap_flags(tap);
	if (flags < 0)
		return;
	if ((flags & TUN_TYPE_MASK) != IFF_TAP)
		fail("%s: this interface is not a tap", tap);
	if (port->queues > 1 && !(flags & IFF_MULTI_QUEUE))
		fail("%s: this tap has one queue; create it with: ip tuntap add dev %s mode tap multi_queue",
		     tap, tap);
}

/**
 * port_open_tap() - open a queue of the tap
 * @port: options
 *
 * Return: the descriptor, which is closed by exec.
 */
int port_open_tap(const struct port *port)
{
	struct ifreq ifr = {
		.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR,
	};
	int fd = open(TUN_PATH, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	long flags = port_tap_flags(port->tap);

	if (fd < 0)
		fail("%s: %s; try: modprobe tun", TUN_PATH, strerror(errno));
	if (port->queues > 1 || (flags > 0 && flags & IFF_MULTI_QUEUE))
		ifr.ifr_flags |= IFF_MULTI_QUEUE;
	memcpy(ifr.ifr_name, port->tap, strlen(port->tap));
	if (!ioctl(fd, TUNSETIFF, &ifr))
		return fd;
	switch (errno) {
	case EBUSY:
	case E2BIG:
		fail("%s: the tap is in use", port->tap);
	case EPERM:
		fail("%s: the tap belongs to another user; create it with: ip tuntap add dev %s mode tap user USER",
		     port->tap, port->tap);
	case EINVAL:
		fail("%s: not a tap, or created with another multi_queue setting",
		     port->tap);
	default:
		fail("%s: TUNSETIFF: %s", port->tap, strerror(errno));
	}
}

/**
 * port_set_limits() - set the rate limits that were given
 * @port: options
 * @fd: the device
 *
 * Return: 0 or an errno.
 */
int port_set_limits(const struct port *port, int fd)
{
	int i;

	for (i = 0; i < PORT_DIRECTIONS; i++) {
		const struct port_limits *from = &port->limits[i];
		struct myvhost_net_limits limits = {
			.index = i,
			.flags = from->flags,
			.pps = from->pps.rate,
			.pps_burst = from->pps.burst,
			.bps = from->bps.rate,
			.bps_burst = from->bps.burst,
		};

		if (from->flags && ioctl(fd, MYVHOST_NET_SET_LIMITS, &limits))
			return errno;
	}
	return 0;
}

/* What the kernel says of an option. */
static void port_fail_option(const struct port *port, const char *option,
			     int err)
{
	fail("%s: %s: %s%s", port->tap, option, strerror(err),
	     err == ENOTTY ? ": the module that is loaded is older than this program" : "");
}

/**
 * port_open_node() - make a device for a queue of the tap
 * @port: options
 *
 * Return: the descriptor, which is closed by exec.
 */
int port_open_node(const struct port *port)
{
	uint32_t flags = port->lossless ? MYVHOST_NET_LOSSLESS : 0;
	int fd = node_open(), err;

	if (port->says_lossless && ioctl(fd, MYVHOST_NET_SET_FLAGS, &flags))
		port_fail_option(port, "lossless", errno);
	err = port_set_limits(port, fd);
	if (err)
		port_fail_option(port, "rate limits", err);
	return fd;
}
