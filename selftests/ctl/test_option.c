// SPDX-License-Identifier: GPL-2.0
/*
 * Options of disks and network devices, names, and the command line of QEMU.
 */
#include <stdlib.h>
#include <string.h>
#include "disk.h"
#include "node.h"
#include "option.h"
#include <linux/myvhost.h>
#include "port.h"
#include "qemu.h"
#include "unit.h"

/* What options_parse() leaves points into these. */
static char text[256];

static const char *parse_disk(struct disk *disk, const char *s)
{
	unit_context("\"%s\"", s);
	memset(disk, 0, sizeof(*disk));
	strcpy(text, s);
	return options_parse(text, &disk->file, disk_set, disk);
}

static const char *parse_port(struct port *port, const char *s)
{
	unit_context("\"%s\"", s);
	*port = (struct port) { .queues = 1 };
	strcpy(text, s);
	return options_parse(text, &port->tap, port_set, port);
}

UNIT_TEST(option_commas, "option: commas split, doubled ones do not")
{
	static const char *const want[] = { "a", "b,c", "", ",,d", "e=f,g" };
	char *rest = text, *part;
	size_t n = 0;

	strcpy(text, "a,b,,c,,,,d");
	check(!strcmp(option_next(&rest), "a"));
	check(!strcmp(option_next(&rest), "b,c,,d"));
	check(!option_next(&rest));

	strcpy(text, "a,b,,c,");
	rest = text;
	check(!strcmp(option_next(&rest), "a"));
	check(!strcmp(option_next(&rest), "b,c"));
	check(!strcmp(option_next(&rest), ""));
	check(!option_next(&rest));

	strcpy(text, "a,b,,c");
	for (rest = text; (part = option_next(&rest)); n++)
		check(!strcmp(part, want[n]));
	check_eq(n, 2);
}

UNIT_TEST(disk_plain, "disk: a file alone")
{
	struct disk disk;

	check(!parse_disk(&disk, "/a b"));
	check(!strcmp(disk.file, "/a b"));
	check(!disk.readonly && !disk.buffered && !disk.writethrough);
	check(!disk.queues && !disk.serial && !disk.iops.rate && !disk.bps.rate);
}

UNIT_TEST(disk_all, "disk: all options")
{
	struct disk disk;

	check(!parse_disk(&disk, "/a,,b,readonly,queues=16,serial=S 1,cache=writethrough,iops=10,,2,bps=4K"));
	check(!strcmp(disk.file, "/a,b"));
	check(!strcmp(disk.serial, "S 1"));
	check(disk.readonly && disk.buffered && disk.writethrough);
	check_eq(disk.queues, 16);
	check_eq(disk.iops.rate, 10);
	check_eq(disk.iops.burst, 2);
	check_eq(disk.bps.rate, 4096);
	check(!parse_disk(&disk, "f,readonly=on,readonly=off,cache=writeback"));
	check(!disk.readonly && disk.buffered && !disk.writethrough);
	check(!parse_disk(&disk, "f,serial=12345678901234567890,cache=none"));
	check(!disk.buffered && !disk.raw && !disk.no_lock);
	check(!parse_disk(&disk, "f,format=raw,no-lock"));
	check(disk.raw && disk.no_lock);
	check(!parse_disk(&disk, "f,no-lock=on,no-lock=off"));
	check(!disk.no_lock);
}

UNIT_TEST(disk_bad, "disk: wrong options are rejected")
{
	static const char *const wrong[] = {
		"", ",readonly", "f,", "f,,,", "f,read-only", "f,readonly=1",
		"f,queues", "f,queues=", "f,queues=0", "f,queues=17",
		"f,queues=2x", "f,queues=4294967297", "f,serial=", "f,serial",
		"f,serial=123456789012345678901", "f,serial=a\tb",
		"f,serial=\xc3\xa4", "f,cache", "f,cache=writeback ",
		"f,cache=Writeback", "f,iops=1K", "f,iops=", "f,iops=-1",
		"f,iops=18446744073709551616", "f,bps=1KB", "f,bps=16E",
		"f,iops=1,2", "f,=1", "f,file=g", "f,format", "f,format=",
		"f,format=qcow2", "f,format=raw ", "f,no-lock=1", "f,lock",
	};
	struct disk disk;
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		check(parse_disk(&disk, wrong[i]));
}

UNIT_TEST(port_good, "port: options")
{
	struct port port;

	check(!parse_port(&port, "tap0"));
	check(!strcmp(port.tap, "tap0"));
	check_eq(port.queues, 1);
	check(!port.packed && !port.mac);
	check(!parse_port(&port, "t,queues=256,mac=52:54:00:aB:Cd:eF,packed=on"));
	check_eq(port.queues, 256);
	check(port.packed);
	check(!strcmp(port.mac, "52:54:00:aB:Cd:eF"));
}

UNIT_TEST(port_limits, "port: rate limits of one direction and of both")
{
	const struct port_limits *rx, *tx;
	struct port port;

	check(!parse_port(&port, "t,pps=1000,,50,rx-bps=2M,tx-pps=7"));
	rx = &port.limits[PORT_RX];
	tx = &port.limits[PORT_TX];
	check_eq(rx->pps.rate, 1000);
	check_eq(rx->pps.burst, 50);
	check_eq(rx->bps.rate, 2 << 20);
	check_eq(rx->flags, MYVHOST_NET_LIMIT_PPS | MYVHOST_NET_LIMIT_BPS);
	check_eq(tx->pps.rate, 7);
	check_eq(tx->pps.burst, 0);
	check_eq(tx->flags, MYVHOST_NET_LIMIT_PPS);
	check(!parse_port(&port, "t,bps=0"));
	check_eq(port.limits[PORT_RX].flags, MYVHOST_NET_LIMIT_BPS);
	check_eq(port.limits[PORT_TX].flags, MYVHOST_NET_LIMIT_BPS);
	check_eq(port.limits[PORT_TX].bps.rate, 0);
}

UNIT_TEST(port_bad, "port: wrong options are rejected")
{
	static const char *const wrong[] = {
		"", "t,", "t,queues=0", "t,queues=257", "t,queues",
		"t,packed=yes", "t,mac", "t,mac=52:54:00:12:34",
		"t,mac=52:54:00:12:34:5", "t,mac=52:54:00:12:34:567",
		"t,mac=52-54-00-12-34-56", "t,mac=52:54:00:12:34:5g",
		"t,mac=53:54:00:12:34:56", "t,mac=00:00:00:00:00:00",
		"t,mac=ff:ff:ff:ff:ff:ff", "t,vhost=off", "t,pps=1K",
		"t,pps", "t,bps=1,,", "t,bps=0,,5", "t,rx-iops=1", "t,xx-pps=1",
		"t,rx-", "t,tx-bps=-1",
	};
	struct port port;
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		check(parse_port(&port, wrong[i]));
}

UNIT_TEST(node_names, "node: which names there may be")
{
	static const char *const good[] = {
		"a", "0", "_", "disk0", "a.b-c_d", "4242",
		"1234567890123456789012345678901",
	};
	static const char *const bad[] = {
		"", ".", "..", "-a", ".a", "a/b", "a b", "a:1", "\xc3\xa4", "a\n",
		"12345678901234567890123456789012",
	};
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		unit_context("\"%s\"", good[i]);
		check(node_name_valid(good[i]));
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		unit_context("\"%s\"", bad[i]);
		check(!node_name_valid(bad[i]));
	}
}

UNIT_TEST(node_paths, "node: which paths are ours")
{
	check(node_is_ours("/dev/myvhost"));
	check(node_is_ours("/dev/myvhost-a"));
	check(!node_is_ours("/dev/myvhostile"));
	check(!node_is_ours("/dev/vhost-net"));
	check(!node_is_ours("/tmp/dev/myvhost"));
}

static void check_arg(const struct qemu *qemu, unsigned int i, const char *want)
{
	check(i < qemu->argc);
	unit_context("got \"%s\", want \"%s\"", qemu->argv[i], want);
	check(!strcmp(qemu->argv[i], want));
}

UNIT_TEST(qemu_sets, "qemu: sets of descriptors begin behind the user's")
{
	char *user[] = { "q", "-add-fd", "fd=3,set=2", "--add-fd",
			 "set=9,fd=4,opaque=set=,,set=70", "-add-fd", NULL };
	struct qemu qemu;

	qemu_init(&qemu, user);
	check_eq(qemu.argc, 6);
	qemu_add_disk(&qemu, 5);
	qemu_add_disk(&qemu, 6);
	check_eq(qemu.argc, 14);
	check_arg(&qemu, 6, "-add-fd");
	check_arg(&qemu, 7, "fd=5,set=10");
	check_arg(&qemu, 9, "vhost-vdpa-device-pci,vhostdev=/dev/fdset/10");
	check_arg(&qemu, 11, "fd=6,set=11");
	check(!qemu.argv[qemu.argc]);
}

UNIT_TEST(qemu_ports, "qemu: network devices with one pair of queues and with more")
{
	struct port one = { .tap = "a", .queues = 1 };
	struct port more = { .tap = "b", .queues = 3, .packed = true,
			     .mac = "52:54:00:12:34:56" };
	int tap[] = { 10, 12, 14 }, node[] = { 11, 13, 15 };
	char *user[] = { "q", NULL };
	struct qemu qemu;

	qemu_init(&qemu, user);
	qemu_add_port(&qemu, &one, tap, node);
	qemu_add_port(&qemu, &more, tap, node);
	check_arg(&qemu, 2, "tap,id=myvhost0,fds=10,vhost=on,vhostfds=11");
	check_arg(&qemu, 4, "virtio-net-pci,netdev=myvhost0");
	check_arg(&qemu, 6, "tap,id=myvhost1,fds=10:12:14,vhost=on,vhostfds=11:13:15");
	check_arg(&qemu, 8, "virtio-net-pci,netdev=myvhost1,mq=on,vectors=8,mac=52:54:00:12:34:56,packed=on");
}
