// SPDX-License-Identifier: GPL-2.0
/*
 * See qemu.h.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "alloc.h"
#include "error.h"
#include "number.h"
#include "option.h"
#include "qemu.h"

/* @arg becomes the command line's. */
static void qemu_add(struct qemu *qemu, char *arg)
{
	qemu->argv = alloc_array(qemu->argv, qemu->argc + 2,
				 sizeof(*qemu->argv));
	qemu->argv[qemu->argc++] = arg;
	qemu->argv[qemu->argc] = NULL;
}

static void qemu_add_pair(struct qemu *qemu, const char *option, char *value)
{
	qemu_add(qemu, alloc_text(option));
	qemu_add(qemu, value);
}

/* The value of -add-fd, like fd=3,set=1: stay behind its set. */
static void qemu_skip_set(struct qemu *qemu, const char *value)
{
	char *copy = alloc_text(value), *rest = copy, *part;
	uint64_t set;

	while ((part = option_next(&rest)))
		if (!strncmp(part, "set=", 4) &&
		    range_parse(part + 4, 0, INT_MAX - 1, &set) &&
		    set >= qemu->next_set)
			qemu->next_set = set + 1;
	free(copy);
}

/**
 * qemu_init() - begin with the user's arguments
 * @qemu: result
 * @argv: the arguments, ended by NULL
 */
void qemu_init(struct qemu *qemu, char **argv)
{
	unsigned int i;

	memset(qemu, 0, sizeof(*qemu));
	qemu->next_set = 1;
	for (i = 0; argv[i]; i++) {
		qemu_add(qemu, alloc_text(argv[i]));
		if (argv[i + 1] && (!strcmp(argv[i], "-add-fd") ||
				    !strcmp(argv[i], "--add-fd")))
			qemu_skip_set(qemu, argv[i + 1]);
	}
}

/**
 * qemu_add_disk() - a disk
 * @qemu: the command line
 * @fd: descriptor of the device
 *
 * The device opens a path; that of a set of descriptors means one of them.
 */
void qemu_add_disk(struct qemu *qemu, int fd)
{
	unsigned int set = qemu->next_set++;

	qemu_add_pair(qemu, "-add-fd", alloc_format("fd=%d,set=%u", fd, set));
	qemu_add_pair(qemu, "-device",
		      alloc_format("vhost-vdpa-device-pci,vhostdev=/dev/fdset/%u",
				   set));
}

/* "3:5:7", for free() */
static char *qemu_list(const int *fd, unsigned int n)
{
	char *list = alloc_format("%d", fd[0]), *longer;
	unsigned int i;

	for (i = 1; i < n; i++) {
		longer = alloc_format("%s:%d", list, fd[i]);
		free(list);
		list = longer;
	}
	return list;
}

/**
 * qemu_add_port() - a network device
 * @qemu: the command line
 * @port: its options
 * @tap: descriptors of the tap, one for each pair of queues
 * @node: as many descriptors of devices
 */
void qemu_add_port(struct qemu *qemu, const struct port *port, const int *tap,
		   const int *node)
{
	unsigned int id = qemu->next_net++;
	char *taps = qemu_list(tap, port->queues);
	char *nodes = qemu_list(node, port->queues);
	char queues[64] = "";

	/* an interrupt for each queue, one for the configuration, one to control */
	if (port->queues > 1)
		snprintf(queues, sizeof(queues), ",mq=on,vectors=%u",
			 2 * port->queues + 2);
	qemu_add_pair(qemu, "-netdev",
		      alloc_format("tap,id=myvhost%u,fds=%s,vhost=on,vhostfds=%s",
				   id, taps, nodes));
	qemu_add_pair(qemu, "-device",
		      alloc_format("virtio-net-pci,netdev=myvhost%u%s%s%s%s",
				   id, queues, port->mac ? ",mac=" : "",
				   port->mac ? port->mac : "",
				   port->packed ? ",packed=on" : ""));
	free(taps);
	free(nodes);
}

/**
 * qemu_slots() - how many memory slots are asked for
 * @qemu: the command line
 *
 * Return: N of -m ...,slots=N, 0 if there is none.
 */
unsigned int qemu_slots(const struct qemu *qemu)
{
	uint64_t slots = 0;
	unsigned int i;

	for (i = 0; i + 1 < qemu->argc; i++) {
		char *copy, *rest, *part;

		if (strcmp(qemu->argv[i], "-m") && strcmp(qemu->argv[i], "--m"))
			continue;
		copy = alloc_text(qemu->argv[i + 1]);
		rest = copy;
		while ((part = option_next(&rest)))
			if (!strncmp(part, "slots=", 6) &&
			    !range_parse(part + 6, 0, INT_MAX, &slots))
				slots = 0;
		free(copy);
	}
	return slots;
}

/**
 * qemu_has_device() - is a device asked for?
 * @qemu: the command line
 * @prefix: what the name of its model begins with
 *
 * Return: true if there is a -device PREFIX...; the JSON form is not understood.
 */
bool qemu_has_device(const struct qemu *qemu, const char *prefix)
{
	unsigned int i;

	for (i = 0; i + 1 < qemu->argc; i++)
		if ((!strcmp(qemu->argv[i], "-device") ||
		     !strcmp(qemu->argv[i], "--device")) &&
		    !strncmp(qemu->argv[i + 1], prefix, strlen(prefix)))
			return true;
	return false;
}

/* So that a shell reads one word. */
static void qemu_print_word(const char *s)
{
	const char *plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "0123456789_-./,:=+@%";

	if (*s && strspn(s, plain) == strlen(s)) {
		fputs(s, stdout);
		return;
	}
	putchar('\'');
	for (; *s; s++) {
		if (*s == '\'')
			fputs("'\\''", stdout);
		else
			putchar(*s);
	}
	putchar('\'');
}

/**
 * qemu_print() - show the command line
 * @qemu: the command line
 */
void qemu_print(const struct qemu *qemu)
{
	unsigned int i;

	for (i = 0; i < qemu->argc; i++) {
		if (i)
			putchar(' ');
		qemu_print_word(qemu->argv[i]);
	}
	putchar('\n');
}

/**
 * qemu_exec() - become QEMU
 * @qemu: the command line
 */
void qemu_exec(const struct qemu *qemu)
{
	execvp(qemu->argv[0], qemu->argv);
	if (errno == ENOENT)
		fail("%s: not found; try: apt-get install qemu-system-x86",
		     qemu->argv[0]);
	fail("%s: %s", qemu->argv[0], strerror(errno));
}
