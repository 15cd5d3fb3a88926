/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Back ends: tap, macvtap and packet sockets.
 *
 * Duty: make network interfaces and the descriptors that go with them.  All
 * functions return a negative errno on failure.
 */
#ifndef TOOLS_LIB_TAP_H
#define TOOLS_LIB_TAP_H

#include <stdbool.h>
#include <stddef.h>

int tap_open(const char *name, unsigned int hdr_len, bool multi_queue);
int tap_open_backpressure(const char *name, unsigned int hdr_len);
int tap_set_offload(int fd, unsigned int offload);
int tap_attach_queue(int fd, bool attach);
int macvtap_open(const char *lower, const char *name, unsigned int hdr_len);

int link_cmd(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
int link_up(const char *name);
int link_pair_up(const char *a, const char *b);
int link_index(const char *name);
int link_tx_stats(const char *name, long long *packets, long long *dropped);
long long link_tx_dropped(const char *name);

int packet_open(const char *name, bool vnet_hdr);
int packet_recv(int fd, void *buf, size_t len, int msecs);

#endif /* TOOLS_LIB_TAP_H */
