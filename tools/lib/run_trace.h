/* SPDX-License-Identifier: GPL-2.0 */
/*
 * In which order workers serve queues, by the tracepoints of this process's
 * devices.
 *
 * Duty: record runs of queues, and marks of the test among them, in an instance of
 * tracefs of its own.
 */
#ifndef TOOLS_LIB_RUN_TRACE_H
#define TOOLS_LIB_RUN_TRACE_H

#include <linux/types.h>

enum run_trace_kind {
	RUN_TRACE_MARK,
	RUN_TRACE_BEGIN,
	RUN_TRACE_END,
};

/**
 * struct run_trace_event - something that happened
 * @kind: what
 * @queue: index of the queue, of a run
 * @value: available index at its begin, packets at its end
 */
struct run_trace_event {
	enum run_trace_kind kind;
	unsigned int queue;
	__u64 value;
};

int run_trace_open(void);
int run_trace_start(void);
int run_trace_mark(void);
int run_trace_stop(struct run_trace_event *e, unsigned int max);
void run_trace_clean(void);

#endif /* TOOLS_LIB_RUN_TRACE_H */
