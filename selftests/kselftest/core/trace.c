// SPDX-License-Identifier: GPL-2.0
/*
 * What "myvhost trace" says of kicks, of slow requests and of dropped frames.  The program is
 * that of selftests/ctl.
 */
#include <libgen.h>
#include <limits.h>
#include <signal.h>

#include "blk_fixture.h"
#include "net_fixture.h"

#define TRACE_PROGRAM	"/../../ctl/obj/ctl/myvhost"

/**
 * struct trace_run - a "myvhost trace" that runs
 * @f: its output, both of them
 * @text: all of that, once it has ended
 */
struct trace_run {
	FILE *f;
	char text[1 << 16];
};

/* Returns when it records. */
static void trace_begin(struct trace_run *t, int fd, const char *options)
{
	char self[PATH_MAX] = "", command[2 * PATH_MAX], program[PATH_MAX + 64];

	ktap_check(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0, "no /proc");
	snprintf(program, sizeof(program), "%s" TRACE_PROGRAM, dirname(self));
	snprintf(command, sizeof(command), "%s-trace", program);
	if (access(command, X_OK))
		ktap_skip("not built: make -C selftests/ctl, with clang and bpftool");
	snprintf(command, sizeof(command), "exec %s trace --seconds 1.5 %s %d:%d 2>&1",
		 program, options, getpid(), fd);
	t->f = popen(command, "r");
	ktap_check(t->f && fgets(t->text, sizeof(t->text), t->f), "no output");
	ktap_check(strstr(t->text, "trace: begins"), "%s", t->text);
}

static void trace_end(struct trace_run *t)
{
	size_t n = fread(t->text, 1, sizeof(t->text) - 1, t->f);

	t->text[n] = 0;
	ktap_eq(pclose(t->f), 0);
}

/* How often something was measured. */
static unsigned long trace_count(const struct trace_run *t, const char *queue,
				 const char *span)
{
	char want[128];
	const char *at = t->text;
	unsigned long n;

	snprintf(want, sizeof(want), "%s %s", queue, span);
	for (; at; at = strchr(at + 1, '\n')) {
		const char *line = strstr(at, span), *name = strstr(at, queue);

		if (line && name && name < line && !memchr(name, '\n', line - name) &&
		    sscanf(line + strlen(span), " %lu", &n) == 1)
			return n;
	}
	ktap_check(false, "no \"%s\" in %s", want, t->text);
	return 0;
}

KTAP_TEST(trace_spans, KTAP_SHORT, net_layouts, "trace_spans")
{
	struct trace_run t;
	struct fixture x;
	unsigned int i;

	fixture_start(&x, arg);
	if (!fixture_is_myvhost(&x))
		ktap_skip("only myvhost has it");
	trace_begin(&t, x.n.fd, "");
	for (i = 0; i < 20; i++) {
		mock_ring_enable_call(x.tx.ring);
		fixture_tx(&x, 1 + i, 1);
		usleep(1000);
	}
	trace_end(&t);
	ktap_eq(trace_count(&t, " tx ", "submit -> complete"), 20);
	ktap_check(trace_count(&t, " tx ", "kick -> service") >= 10, "%s", t.text);
	ktap_check(trace_count(&t, " tx ", "service -> done") >= 10, "%s", t.text);
	ktap_check(trace_count(&t, " tx ", "call -> next kick") >= 5, "%s", t.text);
	ktap_check(!strstr(t.text, " rx "), "nothing was received: %s", t.text);
}

/* A frame of 5 bytes; another device and another queue are not looked at. */
KTAP_TEST(trace_drops, KTAP_SHORT, net_layouts, "trace_drops")
{
	struct trace_run t;
	struct fixture x;

	fixture_start(&x, arg);
	if (!fixture_is_myvhost(&x))
		ktap_skip("only myvhost has it");
	trace_begin(&t, x.n.fd, "--drops --queue tx");
	ktap_ok(mock_tx_post(&x.tx, 0, 5, NULL));
	mock_ring_submit(x.tx.ring);
	fixture_tx_reap(&x);
	trace_end(&t);
	ktap_check(strstr(t.text, "drop_short: "), "%s", t.text);
	trace_begin(&t, x.n.fd, "--drops --queue rx");
	ktap_ok(mock_tx_post(&x.tx, 0, 5, NULL));
	mock_ring_submit(x.tx.ring);
	fixture_tx_reap(&x);
	trace_end(&t);
	ktap_check(!t.text[0], "%s", t.text);
}

/* A disk that takes 20 ms for each request. */
KTAP_TEST(trace_slow, KTAP_SHORT, blk_vdpa_layouts, "trace_slow")
{
	struct trace_run t;
	struct blk_fix x;
	const char *at;
	double total, backing;
	unsigned int i;

	blk_start(&x, BLK_NULL_SLOW, arg, 0);
	trace_begin(&t, x.b.fd, "--slow 10ms");
	for (i = 0; i < 10; i++)
		ktap_eq(blk_do(&x, VIRTIO_BLK_T_IN, 0, 4096), 0);
	trace_end(&t);
	at = strstr(t.text, "slow ");
	ktap_check(at && sscanf(at, "slow %lfms: item", &total) == 1, "%s", t.text);
	at = strstr(at, "backing ");
	ktap_check(at && sscanf(at, "backing %lfms", &backing) == 1, "%s", t.text);
	ktap_check(backing >= 10 && total >= backing, "%s", t.text);
	ktap_eq(trace_count(&t, " q0 ", "submit -> complete"), 10);
	trace_begin(&t, x.b.fd, "--slow 10s");
	ktap_eq(blk_do(&x, VIRTIO_BLK_T_IN, 0, 4096), 0);
	trace_end(&t);
	ktap_check(!strstr(t.text, "slow "), "%s", t.text);
	blk_close(&x);
}
