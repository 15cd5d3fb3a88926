/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A device under measurement: the node's queue pairs with their rings, a tap of its
 * own, and the threads that serve it.
 */
#ifndef BENCH_SUBJECT_H
#define BENCH_SUBJECT_H

#include "case.h"
#include "dirty_log.h"
#include "meter.h"
#include "mock_io.h"

#define SUBJECT_PAIRS	4
#define SUBJECT_RING	256

/**
 * struct subject_pair - a vhost descriptor, which serves two queues
 * @n: device and rings
 * @tx: buffers, a frame in each
 * @rx: buffers
 * @log: dirty log
 * @tap: queue of the tap
 * @free: numbers of buffers that the driver has, of tx and rx
 * @nfree: how many
 * @received: frames that this pair has got in a round
 */
struct subject_pair {
	struct mock_net n;
	struct mock_io tx, rx;
	struct dirty_log log;
	int tap;
	unsigned int *free[VHU_NVQS];
	unsigned int nfree[VHU_NVQS];
	unsigned long long received;
};

/**
 * struct subject_tap - what the tap has counted
 * @received: frames from the guest to the stack
 * @sent: frames from the stack into the tap's queue
 * @dropped: frames that the guest sent and the tap dropped, as XDP does
 * @lost: frames for the guest that found the queue full
 */
struct subject_tap {
	unsigned long long received, sent, dropped, lost;
};

/**
 * struct subject - the device
 * @node: as named, a path, and ",lossless" behind it for that mode
 * @path: without it
 * @lossless: the mode
 * @number: tells devices of a comparison apart
 * @pin_rings: what the module's parameter was before it was cleared for this device, or 0
 * @c: case it is set up for
 * @features: as negotiated
 * @link: name of the tap
 * @beyond: name of the interface behind the bridge
 * @pair: queue pairs
 * @socket: packet socket that sends into the tap
 * @xdp: program at the tap, or -1
 * @steering: program that chooses the queue pair of a frame, or -1
 * @relay: what talks through it, or NULL
 * @meter: its workers
 * @kicks: eventfds that the driver has signalled
 * @calls: signals that a driver which waits for them has seen
 */
struct subject {
	const char *node;
	char path[64];
	bool lossless;
	unsigned int number;
	char pin_rings;
	const struct bench_case *c;
	__u64 features;
	char link[16];
	char beyond[16];
	struct subject_pair pair[SUBJECT_PAIRS];
	int socket;
	int xdp;
	int steering;
	struct relay *relay;
	struct meter meter;
	unsigned long long kicks;
	unsigned long long calls;
};

int subject_room(void);
int subject_open(struct subject *s, const char *node, const struct bench_case *c,
		 unsigned int number);
void subject_close(struct subject *s);
int subject_tap_stats(const char *link, struct subject_tap *t);
void subject_submit(struct subject *s, struct mock_ring *r);
unsigned long long subject_calls(struct subject *s);

#endif /* BENCH_SUBJECT_H */
