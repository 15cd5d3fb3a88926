// SPDX-License-Identifier: GPL-2.0
/* Threads that disturb a device, see crowd.h. */
#include <string.h>

#include "crowd.h"
#include "ktap.h"

static void *crowd_run(void *arg)
{
	struct crowd_thread *t = arg;
	struct crowd *c = t->crowd;

	while (!__atomic_load_n(&c->stop, __ATOMIC_ACQUIRE)) {
		c->call(t, c->arg);
		__atomic_fetch_add(&c->calls, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

/*
 * Start the threads.
 * @call: what each does again and again
 */
void crowd_start(struct crowd *c,
		 void (*call)(struct crowd_thread *t, void *arg), void *arg)
{
	unsigned int i;

	memset(c, 0, sizeof(*c));
	c->call = call;
	c->arg = arg;
	for (i = 0; i < CROWD_THREADS; i++) {
		struct crowd_thread *t = &c->thread[i];

		t->crowd = c;
		rng_seed(&t->rng, i);
		ktap_check(!pthread_create(&t->thread, NULL, crowd_run, t),
			   "thread");
	}
}

/* End the threads, which must have done something. */
void crowd_end(struct crowd *c)
{
	unsigned int i;

	__atomic_store_n(&c->stop, true, __ATOMIC_RELEASE);
	for (i = 0; i < CROWD_THREADS; i++)
		pthread_join(c->thread[i].thread, NULL);
	ktap_info("%u calls", c->calls);
	ktap_check(c->calls > 50, "only %u calls", c->calls);
}
