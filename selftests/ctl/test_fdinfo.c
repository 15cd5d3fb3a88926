// SPDX-License-Identifier: GPL-2.0
/*
 * Parsing of fdinfo, and the rates computed from it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "alloc.h"
#include "fdinfo.h"
#include "json.h"
#include "rates.h"
#include "table.h"
#include "unit.h"

static int parse(struct fdinfo *info, const char *text)
{
	FILE *f = fmemopen((void *)text, strlen(text), "r");
	int r;

	check(f);
	r = fdinfo_parse(info, f);
	fclose(f);
	return r;
}

static void check_value(const struct fdinfo *info, int queue, const char *key,
			const char *want)
{
	const char *got = fdinfo_get(info, queue, key);

	unit_context("%s is \"%s\", not \"%s\"", key, got ? got : "(none)", want);
	check(got && !strcmp(got, want));
}

UNIT_TEST(fdinfo_blk, "fdinfo: a disk")
{
	struct fdinfo info;
	uint64_t n;

	check_eq(fdinfo_read(&info, "samples/blk"), 0);
	check_value(&info, -1, "backend", "blk");
	check_value(&info, -1, "node", "disk0");
	check_value(&info, -1, "file", "/srv/a: b\\012c.img");
	check_value(&info, -1, "serial", "007");
	check_value(&info, -1, "io", "buffered, no direct I/O here");
	check(!fdinfo_get(&info, -1, "pos"));
	check(fdinfo_number(&info, -1, "size", &n));
	check_eq(n, 1073741824);
	check_eq(info.n_queues, 2);
	check_eq(fdinfo_queue(&info, "q1"), 1);
	check_eq(fdinfo_queue(&info, "q2"), -1);
	check_value(&info, 0, "worker", "mvh-4242 4250");
	check(!fdinfo_number(&info, 0, "worker", &n));
	check(fdinfo_number(&info, 1, "read_ns", &n));
	check_eq(n, 18446744073709551615ULL);
	fdinfo_free(&info);
}

UNIT_TEST(fdinfo_net, "fdinfo: a network device")
{
	struct fdinfo info;

	check_eq(fdinfo_read(&info, "samples/net"), 0);
	check_value(&info, -1, "backend", "net");
	check(!fdinfo_get(&info, -1, "file"));
	check_eq(info.n_queues, 2);
	check_value(&info, fdinfo_queue(&info, "tx"), "drop_backend", "3");
	fdinfo_add_number(&info, fdinfo_queue(&info, "rx"), "more", ~0ULL);
	check_value(&info, 0, "more", "18446744073709551615");
	check_eq(info.n_queues, 2);
	fdinfo_free(&info);
}

UNIT_TEST(fdinfo_other, "fdinfo: another kind of file")
{
	struct fdinfo info;

	check_eq(parse(&info, "pos:\t0\nflags:\t02\ntun-flags:\t1\n"), -ENODATA);
	check_eq(info.n_lines, 0);
	fdinfo_free(&info);
	check_eq(fdinfo_read(&info, "samples/none"), -ENOENT);
	fdinfo_free(&info);
}

UNIT_TEST(fdinfo_odd, "fdinfo: lines that nobody knows yet")
{
	struct fdinfo info;

	check_eq(parse(&info, "pos:\t0\nbackend:\tnew\nno colon\n:\n\nempty:\n"
		       "key: with blank\nserial:\t\nq0.a.b:\t1\nlast:\tx"), 0);
	check_eq(info.n_lines, 6);
	check_value(&info, -1, "serial", "");
	check_value(&info, -1, "empty", "");
	check_value(&info, -1, "key", " with blank");
	check_value(&info, 0, "a.b", "1");
	check_value(&info, -1, "last", "x");
	fdinfo_free(&info);
}

UNIT_TEST(fdinfo_random, "fdinfo: any bytes")
{
	static const char alphabet[] = "backend:\t.\nq0\\1 \xff";
	char text[512] = "backend:\t";
	struct fdinfo info;
	unsigned int round, i;

	for (round = 0; round < 2000; round++) {
		unit_rand_seed(unit_seed(round));
		for (i = 9; i < sizeof(text) - 1; i++)
			text[i] = alphabet[unit_rand_below(sizeof(alphabet) - 1)];
		check_eq(parse(&info, text), 0);
		for (i = 0; i < info.n_lines; i++)
			free(fdinfo_path(info.line[i].value));
		fdinfo_free(&info);
	}
}

static void check_path(const char *value, const char *want)
{
	char *path = fdinfo_path(value);

	unit_context("\"%s\" is \"%s\"", value, path);
	check(!strcmp(path, want));
	free(path);
}

UNIT_TEST(fdinfo_paths, "fdinfo: escapes of the kernel in paths")
{
	check_path("/a b", "/a b");
	check_path("/a\\012b\\134c", "/a\nb\\c");
	check_path("/a\\", "/a\\");
	check_path("/a\\01", "/a\\01");
	check_path("/a\\089", "/a\\089");
	check_path("\\303\\244", "\xc3\xa4");
	check_path("\\400", "\\400");
}

static void check_json(const char *bytes, const char *want)
{
	struct json_object *obj = json_text(bytes);

	check(!strcmp(json_object_get_string(obj), want));
	json_object_put(obj);
}

UNIT_TEST(json_utf8, "json: bytes that are no UTF-8 are replaced")
{
	check_json("plain \xc3\xa4 \xf0\x9f\x98\x80", "plain \xc3\xa4 \xf0\x9f\x98\x80");
	check_json("\xff", "\xef\xbf\xbd");
	check_json("\xc3", "\xef\xbf\xbd");
	check_json("a\xc0\x80z", "a\xef\xbf\xbd\xef\xbf\xbdz");
	check_json("\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	check_json("\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd");
}

static void check_serialized(struct json_object *obj, const char *want)
{
	const char *got = json_object_to_json_string_ext(obj, 0);

	unit_context("got %s, want %s", got, want);
	check(!strcmp(got, want));
	json_object_put(obj);
}

UNIT_TEST(json_numbers, "json: numbers stay exact")
{
	check_serialized(json_value("18446744073709551615"), "18446744073709551615");
	check_serialized(json_value("18446744073709551616"), "\"18446744073709551616\"");
	check_serialized(json_value("-1"), "\"-1\"");
	check_serialized(json_float(0), "0.000");
	check_serialized(json_float(1.0 / 3), "0.333");
}

/* One device with one queue that counts packets and reads. */
static void sample_make(struct sample *sample, unsigned int secs, int owner,
			unsigned int reads)
{
	char text[256];

	sample->nsecs = secs * 1000000000ULL;
	sample->devices = (struct devices) { .n = 1 };
	sample->devices.dev = alloc_array(NULL, 1, sizeof(struct device));
	sample->devices.dev->label = alloc_text("d");
	snprintf(text, sizeof(text),
		 "backend:\tblk\nowner:\t%d\nq0.reads:\t%u\nq0.read_ns:\t%u\n",
		 owner, reads, reads * 5000);
	parse(&sample->devices.dev->info, text);
}

UNIT_TEST(rates_grow, "rates: growth per second, and the average time")
{
	struct sample old, new;
	struct rates rates;
	double usecs;

	sample_make(&old, 10, 7, 100);
	sample_make(&new, 14, 7, 300);
	rates_init(&rates, &old, &new, new.devices.dev, 0);
	check_eq(rates_delta(&rates, "reads"), 200);
	check(rates_second(&rates, "reads") == 50);
	check(rates_latency(&rates, "read_ns", "reads", &usecs));
	check(usecs == 5);
	check(!rates_latency(&rates, "write_ns", "writes", &usecs));
	check_eq(rates_delta(&rates, "unknown"), 0);
	devices_free(&old.devices);
	devices_free(&new.devices);
}

UNIT_TEST(rates_restart, "rates: a new owner and counters that went backwards restart at zero")
{
	struct sample old, new;
	struct rates rates;

	sample_make(&old, 10, 7, 100);
	sample_make(&new, 11, 8, 110);
	rates_init(&rates, &old, &new, new.devices.dev, 0);
	check_eq(rates_delta(&rates, "reads"), 110);
	devices_free(&new.devices);
	sample_make(&new, 11, 7, 30);
	rates_init(&rates, &old, &new, new.devices.dev, 0);
	check_eq(rates_delta(&rates, "reads"), 30);
	devices_free(&old.devices);
	old.devices = (struct devices) { .n = 0 };
	rates_init(&rates, &old, &new, new.devices.dev, 0);
	check_eq(rates_delta(&rates, "reads"), 30);
	devices_free(&new.devices);
}

UNIT_TEST(table_troubles, "table: what counts as trouble")
{
	check(table_is_trouble("drop_backend"));
	check(table_is_trouble("bad_index"));
	check(table_is_trouble("io_errors"));
	check(table_is_trouble("throttled"));
	check(!table_is_trouble("packets"));
	check(!table_is_trouble("reads"));
}
