/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Faults put into the life of a device, one at a time: the n-th point of a step
 * where the kernel can inject one (allocation of an object or a page, copy from or
 * to user memory, submission of a bio) fails.
 *
 * A life is a list of steps.  For each step and each n a life is lived: the step with
 * the fault, and if it fails the same step again without; everything else must
 * succeed, and at the end nothing may be left.
 */
#ifndef KSELFTEST_FAULT_H
#define KSELFTEST_FAULT_H

#include <stdbool.h>

#define FAULT_DEBUG	"/sys/kernel/debug/"

/**
 * enum fault_at - which thread the fault is injected into
 * @FAULT_NONE: none, the step is not swept
 * @FAULT_CALLER: the test, in its system calls
 * @FAULT_WORKER: the worker of a queue
 * @FAULT_POOL: threads of the kernel's pools
 * @FAULT_KTHREADD: kthreadd, which makes kernel threads
 */
enum fault_at {
	FAULT_NONE,
	FAULT_CALLER,
	FAULT_WORKER,
	FAULT_POOL,
	FAULT_KTHREADD,
};

/**
 * struct fault_step - a step of a life
 * @name: for diagnostics
 * @run: make it; 0 or a negative errno, after which it can be repeated
 * @at: which thread the fault is injected into
 * @queue: its name in fdinfo, for FAULT_WORKER
 * @aside: if not 0, only lived when a step with the same number has the fault
 * @also: an errno that makes sense besides those of every step
 * @sure: it cannot fail
 */
struct fault_step {
	const char *name;
	int (*run)(void *world);
	enum fault_at at;
	const char *queue;
	int aside;
	int also;
	bool sure;
};

/**
 * struct fault_life - the steps that are run for each fault
 * @step: steps
 * @n: how many
 * @world: passed to them
 * @fd: descriptor of the device, as the steps leave it
 * @begin: before the first step
 * @end: after the last one
 */
struct fault_life {
	const struct fault_step *step;
	unsigned int n;
	void *world;
	const int *fd;
	void (*begin)(void *world);
	void (*end)(void *world);
};

void fault_write(const char *path, const char *value);
void fault_require(void);
void fault_pin_rings(bool pin);
void fault_count(unsigned int n);
bool fault_armed(void);
bool fault_met(void);
bool fault_once(unsigned int nth, int (*run)(void *world), void *world,
		int *ret);
void fault_sweep(const struct fault_life *life);

#endif /* KSELFTEST_FAULT_H */
