/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A VMM and a guest that do anything: what the parts of fuzz_ioctl share.
 */
#ifndef KSELFTEST_FUZZ_H
#define KSELFTEST_FUZZ_H

#include <pthread.h>

#include "net_fixture.h"
#include "mock_blk.h"
#include "rng.h"

#define FUZZ_MEM	(2UL << 20)
#define FUZZ_FDS	12
#define FUZZ_EXTRA	2
#define FUZZ_RINGS	4
#define FUZZ_NODES	3
#define FUZZ_NODE	"fuzz"	/* names of nodes begin so */

enum fuzz_kind {
	FUZZ_NET,
	FUZZ_BLK,
	FUZZ_BLK_VDPA,
};

/**
 * struct fuzz - a process at work
 * @rng: numbers of the thread that makes system calls
 * @kind: of the device
 * @up: there is a device
 * @net: the device, if it is a network device
 * @blk: the device, if it is a disk
 * @fd: its descriptor
 * @extra: descriptors of the node that nothing is known of
 * @mem: guest memory
 * @ring: the rings
 * @n_rings: how many
 * @pool: descriptors to hand over
 * @pkt: packet socket on the tap, or -1
 * @arg: a page for arguments, with no page behind it
 * @lock: the guest's thread holds it while it uses the device's memory
 * @stop: set to end that thread
 */
struct fuzz {
	struct rng rng;
	enum fuzz_kind kind;
	bool up;
	struct mock_net net;
	struct mock_blk blk;
	int fd;
	int extra[FUZZ_EXTRA];
	struct guest_mem *mem;
	struct mock_ring *ring[FUZZ_RINGS];
	unsigned int n_rings;
	int pool[FUZZ_FDS];
	int pkt;
	__u8 *arg;
	pthread_mutex_t lock;
	bool stop;
};

/* fuzz_world.c */
void fuzz_world_init(struct fuzz *f);
void fuzz_up(struct fuzz *f);
void fuzz_down(struct fuzz *f);
void fuzz_restart(struct fuzz *f);
void fuzz_mem_hurt(struct fuzz *f);
void fuzz_mem_heal(struct fuzz *f);
void fuzz_nodes_remove(void);

/* fuzz_calls.c */
void fuzz_call(struct fuzz *f);

/* fuzz_guest.c */
void *fuzz_guest(void *arg);

#endif /* KSELFTEST_FUZZ_H */
