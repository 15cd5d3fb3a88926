// SPDX-License-Identifier: GPL-2.0
/*
 * myvhost-trace: how long things take in myvhost, what is slow, what is dropped.  "myvhost
 * trace" starts it with the names of the devices.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/myvhost.h>
#include <linux/types.h>
#include "trace.h"
#include "trace.skel.h"

static const char usage[] =
"usage: myvhost-trace [--owner PID] [--dev ID] [--queue INDEX] [--slow NANOSECONDS]\n"
"                     [--drops] [--seconds N] [--name ID:QUEUE:HEADER:TEXT]...\n"
"Use it as: myvhost trace\n";

static const struct option options[] = {
	{ "owner", required_argument, NULL, 'o' },
	{ "dev", required_argument, NULL, 'd' },
	{ "queue", required_argument, NULL, 'q' },
	{ "slow", required_argument, NULL, 's' },
	{ "drops", no_argument, NULL, 'D' },
	{ "seconds", required_argument, NULL, 't' },
	{ "name", required_argument, NULL, 'n' },
	{ }
};

/**
 * struct name - what a queue is called
 * @dev: number of its device
 * @queue: index
 * @header: bytes of its virtio header
 * @text: the name
 */
struct name {
	unsigned int dev;
	unsigned int queue;
	unsigned int header;
	char *text;
};

/**
 * struct trace - what is wanted
 * @owner: process id, 0 for any
 * @dev: number of a device, 0 for any
 * @queue: index, -1 for any
 * @slow: nanoseconds from which on an item is shown, 0 for none
 * @drops: drops are shown, and nothing else unless @slow
 * @seconds: after which it ends, 0 for a signal
 * @name: names of queues
 * @n_names: how many
 */
struct trace {
	unsigned int owner;
	unsigned int dev;
	int queue;
	unsigned long long slow;
	bool drops;
	double seconds;
	struct name *name;
	unsigned int n_names;
};

static const char *const span_names[SPANS] = {
	[SPAN_KICK] = "kick -> service",
	[SPAN_RUN] = "service -> done",
	[SPAN_ITEM] = "submit -> complete",
	[SPAN_CALL] = "call -> next kick",
};

static const char *const drop_names[] = {
	[MYVHOST_CNT_DROP_SHORT] = "drop_short",
	[MYVHOST_CNT_DROP_LONG] = "drop_long",
	[MYVHOST_CNT_DROP_HEADER] = "drop_header",
	[MYVHOST_CNT_DROP_BUFFER] = "drop_buffer",
	[MYVHOST_CNT_DROP_FAULT] = "drop_fault",
	[MYVHOST_CNT_DROP_MEMORY] = "drop_memory",
	[MYVHOST_CNT_DROP_BACKEND] = "drop_backend",
};

static volatile sig_atomic_t ended;

static void on_signal(int sig)
{
	(void)sig;
	ended = 1;
}

static void fail(const char *what, const char *remedy)
{
	fprintf(stderr, "myvhost: trace: %s%s%s\n", what, remedy ? "; try: " : "",
		remedy ? remedy : "");
	exit(1);
}

static const struct name *find_name(const struct trace *t, unsigned int dev,
				    unsigned int queue)
{
	unsigned int i;

	for (i = 0; i < t->n_names; i++)
		if (t->name[i].dev == dev && t->name[i].queue == queue)
			return &t->name[i];
	return NULL;
}

static void print_name(const struct trace *t, unsigned int owner, unsigned int dev,
		       unsigned int queue)
{
	const struct name *name = find_name(t, dev, queue);
	char text[64];

	snprintf(text, sizeof(text), "process %u device %u queue %u", owner, dev, queue);
	printf("%-24s", name ? name->text : text);
}

static const char *time_text(char *text, size_t size, double ns)
{
	if (ns < 1e3)
		snprintf(text, size, "%.0fns", ns);
	else if (ns < 1e6)
		snprintf(text, size, "%.1fus", ns / 1e3);
	else if (ns < 1e9)
		snprintf(text, size, "%.1fms", ns / 1e6);
	else
		snprintf(text, size, "%.2fs", ns / 1e9);
	return text;
}

static void print_time(const char *title, unsigned long long ns)
{
	char text[32];

	if (ns)
		printf(" %s %s", title, time_text(text, sizeof(text), ns));
}

static void print_slow(const struct event *e)
{
	char text[32];

	printf("slow %s: item %llu, %llu bytes:", time_text(text, sizeof(text),
	       e->worker + e->backing + e->again + e->serving), e->value, e->bytes);
	print_time("worker", e->worker);
	print_time("backing", e->backing);
	print_time("worker again", e->again);
	print_time("serving", e->serving);
	putchar('\n');
}

static void print_mac(const unsigned char *mac)
{
	printf("%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
	       mac[5]);
}

static void print_frame(const unsigned char *frame, unsigned int len)
{
	char from[INET_ADDRSTRLEN], to[INET_ADDRSTRLEN];

	if (len < 14) {
		printf(" no header of a frame");
		return;
	}
	putchar(' ');
	print_mac(frame + 6);
	printf(" > ");
	print_mac(frame);
	printf(" type 0x%02x%02x", frame[12], frame[13]);
	if (frame[12] == 8 && !frame[13] && len >= 34)
		printf(" %s > %s protocol %u",
		       inet_ntop(AF_INET, frame + 26, from, sizeof(from)),
		       inet_ntop(AF_INET, frame + 30, to, sizeof(to)), frame[23]);
}

static void print_drop(const struct trace *t, const struct event *e)
{
	const struct name *name = find_name(t, e->dev, e->queue);
	unsigned int header = name ? name->header : 12;
	const char *why = NULL;

	if (e->value < sizeof(drop_names) / sizeof(drop_names[0]))
		why = drop_names[e->value];
	printf("%s", why ? why : "drop");
	if (e->n_data < header)
		printf(": headers not at hand");
	else
		print_frame(e->data + header, e->n_data - header);
	putchar('\n');
}

static int on_event(void *arg, void *data, size_t size)
{
	const struct trace *t = arg;
	const struct event *e = data;

	(void)size;
	printf("%12.6f ", e->at / 1e9);
	print_name(t, e->owner, e->dev, e->queue);
	putchar(' ');
	if (e->kind == EVENT_SLOW)
		print_slow(e);
	else
		print_drop(t, e);
	return 0;
}

/* The upper end of a bucket. */
static double bucket_end(unsigned int bucket)
{
	unsigned int log = bucket >> HIST_BITS, part = bucket & ((1 << HIST_BITS) - 1);

	if (!log)
		return bucket + 1;
	return (double)((1 << HIST_BITS) + part + 1) * (1ULL << (log - 1));
}

static double percentile(const struct hist *hist, unsigned long long n, double share)
{
	unsigned long long seen = 0;
	unsigned int i;

	for (i = 0; i < HIST_BUCKETS; i++) {
		seen += hist->n[i];
		if (seen >= share * n)
			break;
	}
	if (i == HIST_BUCKETS || bucket_end(i) > hist->max)
		return hist->max;
	return bucket_end(i);
}

static void print_hist(const struct trace *t, const struct hist_key *key,
		       const struct hist *hist)
{
	static const double shares[] = { 0.5, 0.99, 0.999 };
	unsigned long long n = 0;
	char text[32];
	unsigned int i;

	for (i = 0; i < HIST_BUCKETS; i++)
		n += hist->n[i];
	print_name(t, key->owner, key->dev, key->queue);
	printf(" %-18s %10llu", span_names[key->span], n);
	for (i = 0; i < sizeof(shares) / sizeof(shares[0]); i++)
		printf(" %9s", time_text(text, sizeof(text),
					 percentile(hist, n, shares[i])));
	printf(" %9s\n", time_text(text, sizeof(text), hist->max));
}

static int key_compare(const void *one, const void *two)
{
	const struct hist_key *a = one, *b = two;

	if (a->dev != b->dev)
		return a->dev < b->dev ? -1 : 1;
	if (a->queue != b->queue)
		return a->queue < b->queue ? -1 : 1;
	return (int)a->span - (int)b->span;
}

static void print_hists(const struct trace *t, int map)
{
	struct hist_key *key = NULL, at, next;
	unsigned int n = 0, i;
	void *from = NULL;
	struct hist hist;

	while (!bpf_map_get_next_key(map, from, &next)) {
		key = realloc(key, (n + 1) * sizeof(*key));
		if (!key)
			fail("no memory", NULL);
		key[n++] = at = next;
		from = &at;
	}
	if (!n) {
		puts("nothing happened");
		return;
	}
	qsort(key, n, sizeof(*key), key_compare);
	printf("%-24s %-18s %10s %9s %9s %9s %9s\n", "queue", "time", "count", "p50",
	       "p99", "p99.9", "max");
	for (i = 0; i < n; i++)
		if (!bpf_map_lookup_elem(map, &key[i], &hist))
			print_hist(t, &key[i], &hist);
	free(key);
}

static int quiet(enum libbpf_print_level level, const char *fmt, va_list args)
{
	if (level == LIBBPF_WARN && getenv("MYVHOST_TRACE_DEBUG"))
		return vfprintf(stderr, fmt, args);
	return 0;
}

static void choose(struct trace_bpf *bpf, const struct trace *t)
{
	bool spans = t->slow || !t->drops;

	bpf->rodata->only_owner = t->owner;
	bpf->rodata->only_dev = t->dev;
	bpf->rodata->only_queue = t->queue;
	bpf->rodata->has_queue = t->queue >= 0;
	bpf->rodata->slow_ns = t->slow;
	bpf_program__set_autoload(bpf->progs.on_drop, t->drops);
	bpf_program__set_autoload(bpf->progs.on_kick, spans);
	bpf_program__set_autoload(bpf->progs.on_wake, spans);
	bpf_program__set_autoload(bpf->progs.on_run_begin, spans);
	bpf_program__set_autoload(bpf->progs.on_run_end, spans);
	bpf_program__set_autoload(bpf->progs.on_begin, spans);
	bpf_program__set_autoload(bpf->progs.on_end, spans);
	bpf_program__set_autoload(bpf->progs.on_call, spans);
}

static struct trace_bpf *begin(const struct trace *t)
{
	struct trace_bpf *bpf;
	int r;

	libbpf_set_print(quiet);
	bpf = trace_bpf__open();
	if (!bpf)
		fail(strerror(errno), NULL);
	choose(bpf, t);
	r = trace_bpf__load(bpf);
	if (r == -EPERM || r == -EACCES)
		fail("not permitted to load a BPF program", "as root");
	if (r)
		fail(strerror(-r), "MYVHOST_TRACE_DEBUG=1 myvhost trace, to see why");
	r = trace_bpf__attach(bpf);
	if (r == -ENOENT)
		fail("the tracepoints of myvhost are not there, or older than this program",
		     "modprobe myvhost");
	if (r)
		fail(strerror(-r), "MYVHOST_TRACE_DEBUG=1 myvhost trace, to see why");
	return bpf;
}

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

static void trace(struct trace *t)
{
	struct trace_bpf *bpf = begin(t);
	double end = seconds_now() + t->seconds;
	struct ring_buffer *ring;

	ring = ring_buffer__new(bpf_map__fd(bpf->maps.events), on_event, t, NULL);
	if (!ring)
		fail(strerror(errno), NULL);
	fprintf(stderr, "myvhost: trace: begins\n");
	while (!ended && (!t->seconds || seconds_now() < end)) {
		ring_buffer__poll(ring, 100);
		fflush(stdout);
	}
	ring_buffer__consume(ring);
	if (t->slow || !t->drops)
		print_hists(t, bpf_map__fd(bpf->maps.hists));
	if (bpf->bss->lost)
		fprintf(stderr, "myvhost: trace: no room for %llu slow items or drops\n",
			(unsigned long long)bpf->bss->lost);
	ring_buffer__free(ring);
	trace_bpf__destroy(bpf);
}

static void add_name(struct trace *t, const char *arg)
{
	struct name name = { .dev = 0 };
	int at = 0;

	if (sscanf(arg, "%u:%u:%u:%n", &name.dev, &name.queue, &name.header, &at) != 3 ||
	    !at)
		fail(arg, "--name ID:QUEUE:HEADER:TEXT");
	name.text = strdup(arg + at);
	t->name = realloc(t->name, (t->n_names + 1) * sizeof(*t->name));
	if (!t->name || !name.text)
		fail("no memory", NULL);
	t->name[t->n_names++] = name;
}

int main(int argc, char **argv)
{
	struct trace t = { .queue = -1 };
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'o':
			t.owner = strtoul(optarg, NULL, 10);
			break;
		case 'd':
			t.dev = strtoul(optarg, NULL, 10);
			break;
		case 'q':
			t.queue = strtoul(optarg, NULL, 10);
			break;
		case 's':
			t.slow = strtoull(optarg, NULL, 10);
			break;
		case 'D':
			t.drops = true;
			break;
		case 't':
			t.seconds = strtod(optarg, NULL);
			break;
		case 'n':
			add_name(&t, optarg);
			break;
		default:
			fputs(usage, stderr);
			return 2;
		}
	}
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	trace(&t);
	return 0;
}
