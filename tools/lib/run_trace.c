// SPDX-License-Identifier: GPL-2.0
/* In which order workers serve queues, see run_trace.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run_trace.h"

#define RUN_TRACE_DIR	"/sys/kernel/tracing/instances/mvht"

static int run_trace_marker;

static int run_trace_write(const char *file, const char *val)
{
	char path[128];
	int fd, r = 0;

	snprintf(path, sizeof(path), RUN_TRACE_DIR "/%s", file);
	fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, val, strlen(val)) != (ssize_t)strlen(val))
		r = -errno;
	close(fd);
	return r;
}

static int run_trace_enable(const char *event)
{
	char file[64], val[64];
	int r;

	snprintf(file, sizeof(file), "events/myvhost/%s/filter", event);
	snprintf(val, sizeof(val), "owner == %d", getpid());
	r = run_trace_write(file, val);
	snprintf(file, sizeof(file), "events/myvhost/%s/enable", event);
	return r ? r : run_trace_write(file, "1");
}

/*
 * Prepare to record runs of devices that this process owns.  Returns 0 or a
 * negative errno, as all functions here; -ENOENT if there is no tracefs.
 */
int run_trace_open(void)
{
	int r;

	run_trace_clean();
	if (mkdir(RUN_TRACE_DIR, 0755))
		return -errno;
	/* Exact order on all processors. */
	r = run_trace_write("trace_clock", "counter");
	if (!r)
		r = run_trace_enable("mvh_run_begin");
	if (!r)
		r = run_trace_enable("mvh_run_end");
	run_trace_marker = open(RUN_TRACE_DIR "/trace_marker",
				O_WRONLY | O_CLOEXEC);
	return r || run_trace_marker >= 0 ? r : -errno;
}

/* Forget what was recorded, and record. */
int run_trace_start(void)
{
	int r = run_trace_write("trace", "\n");

	return r ? r : run_trace_write("tracing_on", "1");
}

/* Note that this is now. */
int run_trace_mark(void)
{
	return write(run_trace_marker, "mvht", 4) == 4 ? 0 : -errno;
}

static int run_trace_parse(const char *line, struct run_trace_event *e)
{
	const char *at = strstr(line, "queue=");

	if (strstr(line, ": mvht")) {
		e->kind = RUN_TRACE_MARK;
		return 1;
	}
	if (!at || sscanf(at, "queue=%u value=%llu", &e->queue, &e->value) != 2)
		return 0;
	e->kind = strstr(line, "mvh_run_begin:") ? RUN_TRACE_BEGIN :
						   RUN_TRACE_END;
	return 1;
}

/*
 * End recording.
 * @e: what happened, in order
 * @max: room there; what does not fit is left out
 *
 * Returns number of events or a negative errno.
 */
int run_trace_stop(struct run_trace_event *e, unsigned int max)
{
	int r = run_trace_write("tracing_on", "0");
	unsigned int n = 0;
	char line[256];
	FILE *f;

	if (r)
		return r;
	f = fopen(RUN_TRACE_DIR "/trace", "r");
	if (!f)
		return -errno;
	while (n < max && fgets(line, sizeof(line), f))
		if (*line != '#')
			n += run_trace_parse(line, &e[n]);
	fclose(f);
	return n;
}

/* Remove what run_trace_open() made. */
void run_trace_clean(void)
{
	rmdir(RUN_TRACE_DIR);
}
