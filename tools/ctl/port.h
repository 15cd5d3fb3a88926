/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A network device that is to be: its options, and its descriptors.
 */
#ifndef CTL_PORT_H
#define CTL_PORT_H

#include <stdbool.h>
#include "number.h"

#define PORT_MAX_QUEUES	256

/**
 * enum port_direction - the queues of a pair, by their index
 * @PORT_RX: to the guest
 * @PORT_TX: from the guest
 * @PORT_DIRECTIONS: how many
 */
enum port_direction {
	PORT_RX,
	PORT_TX,
	PORT_DIRECTIONS,
};

/**
 * struct port_limits - rate limits of a direction
 * @pps: frames per second
 * @bps: bytes per second
 * @flags: which of them were given, MYVHOST_NET_LIMIT_*
 */
struct port_limits {
	struct limit pps;
	struct limit bps;
	unsigned int flags;
};

/**
 * struct port - options of a network device
 * @tap: name of the interface
 * @mac: address that the guest gets, or NULL for QEMU's choice
 * @queues: pairs of queues
 * @packed: packed rings
 * @lossless: senders wait for a guest that is slow
 * @says_lossless: @lossless was given, and is not left to the module's parameter
 * @limits: rate limits of each direction
 */
struct port {
	const char *tap;
	const char *mac;
	unsigned int queues;
	bool packed;
	bool lossless;
	bool says_lossless;
	struct port_limits limits[PORT_DIRECTIONS];
};

const char *port_set(void *port, const char *key, const char *value);
void port_check(const struct port *port);
int port_open_tap(const struct port *port);
int port_open_node(const struct port *port);
int port_set_limits(const struct port *port, int fd);

#endif /* CTL_PORT_H */
