/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A network device that is to be: its options, and its descriptors.
 */
#ifndef CTL_PORT_H
#define CTL_PORT_H

#include <stdbool.h>

#define PORT_MAX_QUEUES	256

/**
 * struct port - options of a network device
 * @tap: name of the interface
 * @mac: address that the guest gets, or NULL for QEMU's choice
 * @queues: pairs of queues
 * @packed: packed rings
 * @lossless: senders wait for a guest that is slow
 * @says_lossless: @lossless was given, and is not left to the module's parameter
 */
struct port {
	const char *tap;
	const char *mac;
	unsigned int queues;
	bool packed;
	bool lossless;
	bool says_lossless;
};

const char *port_set(void *port, const char *key, const char *value);
void port_check(const struct port *port);
int port_open_tap(const struct port *port);
int port_open_node(const struct port *port);

#endif /* CTL_PORT_H */
