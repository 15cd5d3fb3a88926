/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The command line of QEMU.  Knows no descriptor but its number.
 */
#ifndef CTL_QEMU_H
#define CTL_QEMU_H

#include <stdbool.h>
#include "port.h"

/**
 * struct qemu - a command line
 * @argv: the user's arguments and ours behind them, ended by NULL
 * @argc: how many
 * @next_set: the next set of descriptors that is free
 * @next_net: the next number of a network device
 */
struct qemu {
	char **argv;
	unsigned int argc;
	unsigned int next_set;
	unsigned int next_net;
};

void qemu_init(struct qemu *qemu, char **argv);
void qemu_add_disk(struct qemu *qemu, int fd);
void qemu_add_port(struct qemu *qemu, const struct port *port, const int *tap,
		   const int *node);
unsigned int qemu_slots(const struct qemu *qemu);
bool qemu_has_device(const struct qemu *qemu, const char *prefix);
void qemu_print(const struct qemu *qemu);
void qemu_exec(const struct qemu *qemu) __attribute__((noreturn));

#endif /* CTL_QEMU_H */
