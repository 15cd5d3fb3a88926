// SPDX-License-Identifier: GPL-2.0
/*
 * Driver and device as two threads on shared memory.  Each sleeps until the
 * other notifies it, so a lost notification is a hang, which the time limit of
 * the test ends.  Buffers are plain memory: a missing barrier is a data race for
 * ThreadSanitizer, or wrong contents.
 */
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include "rig.h"

#define SLOTS	32
#define SIZE	64
#define BUF(i)	(GUEST_A + 0x1000 + (i) * 2 * SIZE)
#define TABLE(i) (GUEST_B + (i) * SIZE)

#ifdef __SANITIZE_THREAD__
#define PACKETS	20000
#else
#define PACKETS	150000
#endif

/**
 * struct duet - the two threads
 * @rig: ring and memory
 * @kick: wakes the device
 * @call: wakes the driver
 * @seg: buffers of each slot: the first is read, the second written
 */
struct duet {
	struct rig *rig;
	sem_t kick;
	sem_t call;
	struct seg seg[SLOTS][2];
};

/**
 * struct progress - how far the driver is
 * @added: requests made so far
 * @busy: slots that the device has
 * @seq: number of the request in each slot
 */
struct progress {
	unsigned int added;
	bool busy[SLOTS];
	u32 seq[SLOTS];
};

static void doze(sem_t *sem)
{
	while (sem_wait(sem))
		;
	while (!sem_trywait(sem))
		;
}

static u64 *words(const struct iovec *iov)
{
	return iov->iov_base;
}

/* Answer: each word's complement. */
static struct mvh_done device_answers(const struct mvh_chain *c)
{
	unsigned int i;

	check_eq(c->n_out, 1);
	check_eq(c->n_in, 1);
	for (i = 0; i < SIZE / sizeof(u64); i++)
		words(&c->iov[1])[i] = ~words(&c->iov[0])[i];
	return rig_done(c, SIZE);
}

static void device_gives(struct duet *d, struct mvh_done *done, unsigned int *n)
{
	if (!*n)
		return;
	check_eq(mvh_ring_push(&d->rig->ring, done, *n), 0);
	*n = 0;
	if (mvh_ring_should_call(&d->rig->ring))
		sem_post(&d->call);
}

static void *device(void *arg)
{
	struct duet *d = arg;
	struct mvh_ring *ring = &d->rig->ring;
	unsigned int served = 0, n = 0;
	struct mvh_chain c;
	struct mvh_done done[16];

	while (served < PACKETS) {
		struct mvh_fetch fetch = rig_limits(d->rig, 1);
		int ret = mvh_chain_fetch(ring, &d->rig->guest.view, &c, &fetch);

		check(ret >= 0);
		if (ret) {
			done[n++] = device_answers(&c);
			served++;
			if (n == ARRAY_SIZE(done) || served == PACKETS)
				device_gives(d, done, &n);
			continue;
		}
		device_gives(d, done, &n);
		if (!mvh_ring_enable_kick(ring))
			doze(&d->kick);
		mvh_ring_disable_kick(ring);
	}
	return NULL;
}

static void driver_fills(struct duet *d, unsigned int slot, u32 seq)
{
	struct req req = { .seg = d->seg[slot], .n = 2 };
	u64 *to = guest_host(&d->rig->guest, BUF(slot));
	unsigned int i;

	for (i = 0; i < SIZE / sizeof(u64); i++)
		to[i] = (u64)seq << 32 | i;
	if (seq % 3 == 0)
		req.table = TABLE(slot);
	check_eq(driver_add(&d->rig->driver, &req, slot), 0);
}

static void driver_verifies(struct duet *d, unsigned int slot, u32 seq)
{
	u64 *got = guest_host(&d->rig->guest, BUF(slot) + SIZE);
	unsigned int i;

	for (i = 0; i < SIZE / sizeof(u64); i++)
		check_eq(got[i], ~((u64)seq << 32 | i));
}

/* Fill all free slots; every now and then what is there is shown. */
static void driver_adds(struct duet *d, struct progress *p)
{
	struct driver *drv = &d->rig->driver;
	unsigned int slot;

	for (slot = 0; slot < SLOTS && p->added < PACKETS; slot++) {
		if (p->busy[slot])
			continue;
		p->busy[slot] = true;
		p->seq[slot] = p->added++;
		driver_fills(d, slot, p->seq[slot]);
		if (p->added % 5 == 0)
			driver_publish(drv);
	}
	driver_publish(drv);
	if (driver_needs_kick(drv))
		sem_post(&d->kick);
}

/* Returns how many came back. */
static unsigned int driver_takes(struct duet *d, struct progress *p)
{
	struct driver_done done;
	unsigned int n = 0;

	for (; driver_get(&d->rig->driver, &done); n++) {
		check(p->busy[done.cookie]);
		check_eq(done.len, SIZE);
		driver_verifies(d, done.cookie, p->seq[done.cookie]);
		p->busy[done.cookie] = false;
	}
	return n;
}

static void driver(struct duet *d)
{
	struct driver *drv = &d->rig->driver;
	struct progress p = {};
	unsigned int got = 0, n;

	while (got < PACKETS) {
		driver_disable_calls(drv);
		driver_adds(d, &p);
		n = driver_takes(d, &p);
		got += n;
		if (!n && !driver_enable_calls(drv))
			doze(&d->call);
	}
}

static void duet(const struct rig_config *config)
{
	struct duet d = {};
	pthread_t thread;
	unsigned int i;

	d.rig = rig_create(config);
	for (i = 0; i < SLOTS; i++) {
		d.seg[i][0] = (struct seg) { BUF(i), SIZE, false };
		d.seg[i][1] = (struct seg) { BUF(i) + SIZE, SIZE, true };
	}
	d.rig->ring.wrote = NULL;
	env.off = true;
	sem_init(&d.kick, 0, 0);
	sem_init(&d.call, 0, 0);
	check_eq(pthread_create(&thread, NULL, device, &d), 0);
	driver(&d);
	pthread_join(thread, NULL);
	env.off = false;
	rig_destroy(d.rig);
}

UNIT_TEST_BOTH(test_threads, "SP2 SP3 SP20", "PK3 PK7 PK12", "two threads, flags")
{
	struct rig_config config = { .num = 64, .packed = packed, .start = 33 };

	duet(&config);
}

UNIT_TEST_BOTH(test_threads_event, "SP2 SP3 SP17", "PK3 PK7 PK11", "two threads, event index")
{
	struct rig_config config = { .num = packed ? 67 : 64, .packed = packed,
				     .event_idx = true,
				     .start = packed ? 60 : 65000 };

	duet(&config);
}

UNIT_TEST_BOTH(test_threads_in_order, "SP22", "PK10", "two threads, event index, in order")
{
	struct rig_config config = { .num = 64, .packed = packed,
				     .event_idx = true, .in_order = true };

	duet(&config);
}
