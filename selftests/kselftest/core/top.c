// SPDX-License-Identifier: GPL-2.0
/*
 * What "myvhost top" says of a device that waits for its guest, its rate limit or its
 * backing.  The program is that of selftests/ctl.
 */
#include <libgen.h>
#include <limits.h>
#include <poll.h>

#include "blk_fixture.h"
#include "myvhost_dev.h"
#include "net_fixture.h"

#define TOP_PROGRAM	"/../../ctl/obj/ctl/myvhost"

/**
 * struct top_run - a "myvhost top -j" that runs
 * @f: its output
 * @text: a line of that
 */
struct top_run {
	FILE *f;
	char text[8192];
};

static void top_begin(struct top_run *t, int fd)
{
	char self[PATH_MAX] = "", program[PATH_MAX + 64], command[2 * PATH_MAX];

	ktap_check(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0, "no /proc");
	snprintf(program, sizeof(program), "%s" TOP_PROGRAM, dirname(self));
	if (access(program, X_OK))
		ktap_skip("not built: make -C selftests/ctl");
	snprintf(command, sizeof(command), "exec %s top -j -i 0.6 -c 1 %d:%d", program,
		 getpid(), fd);
	t->f = popen(command, "r");
	ktap_check(t->f, "popen");
}

/* A number of a queue, by a key that is behind the queue's name. */
static double top_number(const struct top_run *t, const char *queue, const char *key)
{
	char want[64];
	const char *at;
	double n;

	snprintf(want, sizeof(want), "\"queue\":\"%s\"", queue);
	at = strstr(t->text, want);
	snprintf(want, sizeof(want), "\"%s\":", key);
	at = at ? strstr(at, want) : NULL;
	ktap_check(at && sscanf(at + strlen(want), "%lf", &n) == 1, "no %s of %s in %s",
		   key, queue, t->text);
	return n;
}

/* It ends.  All time has somebody to blame, most of it @culprit. */
static void top_end(struct top_run *t, const char *queue, const char *culprit,
		    const char *advice)
{
	static const char *const all[] = {
		"idle", "serving", "poll", "guest", "worker", "backing", "limit",
		"pressure",
	};
	double sum = 0, most;
	unsigned int i;

	ktap_check(fgets(t->text, sizeof(t->text), t->f), "no output");
	ktap_eq(pclose(t->f), 0);
	for (i = 0; i < sizeof(all) / sizeof(*all); i++)
		sum += top_number(t, queue, all[i]);
	most = top_number(t, queue, culprit);
	ktap_check(sum > 99.999 && sum < 100.001, "%f %%", sum);
	ktap_check(most >= 70, "%s is blamed for %f %%: %s", culprit, most, t->text);
	ktap_check(strstr(t->text, advice), "no advice on %s: %s", advice, t->text);
}

static bool top_runs(const struct top_run *t)
{
	struct pollfd p = { .fd = fileno(t->f), .events = POLLIN };

	return !poll(&p, 1, 0);
}

static void top_flood(struct fixture *x, const struct top_run *t)
{
	__u8 frame[200];

	frame_fill(frame, sizeof(frame), 1);
	while (top_runs(t)) {
		if (write(x->pkt, frame, sizeof(frame)) < 0)
			usleep(1000);
	}
}

/* A guest without buffers, and a sender that does not care. */
KTAP_TEST(top_overload, KTAP_SHORT, net_layouts, "top_overload")
{
	struct top_run t;
	struct fixture x;

	fixture_start(&x, arg);
	if (!fixture_is_myvhost(&x))
		ktap_skip("only myvhost has it");
	top_begin(&t, x.n.fd);
	top_flood(&x, &t);
	top_end(&t, "rx", "guest", "the guest returns too few buffers and the tap drops");
	ktap_check(top_number(&t, "rx", "drops") > 100, "no drops: %s", t.text);
	ktap_check(top_number(&t, "rx", "unexplained") == 0, "unexplained: %s", t.text);
}

/* Far more frames than the limit of 50 in a second. */
KTAP_TEST(top_limit, KTAP_SHORT, net_layouts, "top_limit")
{
	struct myvhost_net_limits limits = {
		.index = VHU_TX,
		.flags = MYVHOST_NET_LIMIT_PPS,
		.pps = 50,
		.pps_burst = 1,
	};
	struct top_run t;
	struct fixture x;
	unsigned int i;

	fixture_start(&x, arg);
	if (!fixture_is_myvhost(&x))
		ktap_skip("only myvhost has it");
	ktap_ok(myvhost_net_set_limits(x.n.fd, &limits));
	for (i = 0; i < x.tx.count; i++)
		ktap_ok(mock_tx_post(&x.tx, i, 60, NULL));
	mock_ring_submit(x.tx.ring);
	top_begin(&t, x.n.fd);
	top_end(&t, "tx", "limit", "myvhost limit");
	ktap_check(top_number(&t, "tx", "items") < 150, "%s", t.text);
}

/* A disk that takes 20 ms for each request. */
KTAP_TEST(top_slow_disk, KTAP_SHORT, blk_vdpa_layouts, "top_slow_disk")
{
	struct top_run t;
	struct blk_fix x;

	blk_start(&x, BLK_NULL_SLOW, arg, 0);
	top_begin(&t, x.b.fd);
	while (top_runs(&t))
		ktap_eq(blk_do(&x, VIRTIO_BLK_T_IN, 0, 4096), 0);
	top_end(&t, "q0", "backing", "myvhost trace --slow");
	ktap_check(top_number(&t, "q0", "latency_us") >= 20000, "%s", t.text);
	blk_close(&x);
}
