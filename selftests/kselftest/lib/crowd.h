/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Threads that disturb a device while a test runs.
 *
 * Duty: start and end them, and give each random numbers of its own; what they do
 * is the test's.
 */
#ifndef KSELFTEST_CROWD_H
#define KSELFTEST_CROWD_H

#include <pthread.h>
#include <stdbool.h>

#include "rng.h"

#define CROWD_THREADS	3

struct crowd;

/**
 * struct crowd_thread - one of them
 * @crowd: all of them
 * @thread: the thread
 * @rng: its random numbers
 */
struct crowd_thread {
	struct crowd *crowd;
	pthread_t thread;
	struct rng rng;
};

/**
 * struct crowd - all of them
 * @call: what each does again and again
 * @arg: for @call
 * @stop: set to end them
 * @calls: how many calls were made
 * @thread: they
 */
struct crowd {
	void (*call)(struct crowd_thread *t, void *arg);
	void *arg;
	bool stop;
	unsigned int calls;
	struct crowd_thread thread[CROWD_THREADS];
};

void crowd_start(struct crowd *c,
		 void (*call)(struct crowd_thread *t, void *arg), void *arg);
void crowd_end(struct crowd *c);

#endif /* KSELFTEST_CROWD_H */
