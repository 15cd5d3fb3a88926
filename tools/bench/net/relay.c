// SPDX-License-Identifier: GPL-2.0
/*
 * Two TCP stacks that talk through a device, see relay.h.
 *
 * Three threads share a processor: the guest, which sleeps until the device or the far tap
 * has something; the sender; and the receiver, which lives in the far name space.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>

#include "drive.h"
#include "relay.h"
#include "rng.h"
#include "tap.h"

#define RELAY_PORT	5001
#define RELAY_FLOWS	8
#define RELAY_MSS	1448
/* The data repeats itself after so many bytes; it is sent in pieces of this size. */
#define RELAY_BLOCK	65536
/* Frames that are passed on before the other direction has its turn. */
#define RELAY_BATCH	64
#define RELAY_STALL_NS	5000000000ULL

/**
 * struct relay - the guest, and who talks through it
 * @s: device
 * @far: tap of the other name space
 * @listener: socket there
 * @end: eventfd, the receiver is to end
 * @sender: thread
 * @receiver: thread
 * @threads: how many run
 * @ready: the far name space is set up, or @error says why not
 * @go: begin a round
 * @sending: a round goes on
 * @idle: the sender has seen its end
 * @over: the sender is to end
 * @error: negative errno
 * @sent: bytes of all connections
 * @received: bytes that were compared
 * @out: the sender's sockets
 * @block: the data, twice
 */
struct relay {
	struct subject *s;
	int far, listener, end;
	pthread_t sender, receiver;
	unsigned int threads;
	sem_t ready, go;
	atomic_bool sending, idle, over;
	atomic_int error;
	atomic_ullong sent, received;
	int out[RELAY_FLOWS];
	__u8 block[2 * RELAY_BLOCK];
};

static unsigned long long relay_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static void relay_fail(struct relay *relay, int error)
{
	int none = 0;

	atomic_compare_exchange_strong(&relay->error, &none, error);
}

static struct sockaddr_in relay_address(const struct relay *relay, unsigned int host)
{
	return (struct sockaddr_in) {
		.sin_family = AF_INET,
		.sin_port = htons(RELAY_PORT),
		.sin_addr.s_addr = htonl(0x0a090000 | relay->s->number << 8 | host),
	};
}

/* The other name space: a tap with an address, and a socket that listens. */
static int relay_far_open(struct relay *relay)
{
	unsigned int offload = TUN_F_CSUM;
	struct sockaddr_in to = relay_address(relay, 2);
	int r;

	if (unshare(CLONE_NEWNET))
		return -errno;
	if (relay->s->c->gso)
		offload |= TUN_F_TSO4;
	relay->far = tap_open("far", relay->s->pair[0].n.hdr_len, false);
	if (relay->far < 0)
		return relay->far;
	r = tap_set_offload(relay->far, offload);
	if (!r)
		r = link_cmd("addr add 10.9.%u.2/24 dev far", relay->s->number);
	if (r)
		return r;
	relay->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (relay->listener < 0 || bind(relay->listener, (struct sockaddr *)&to, sizeof(to)) ||
	    listen(relay->listener, RELAY_FLOWS))
		return -errno;
	return 0;
}

/* Take what one connection has.  Returns 0 or a negative errno. */
static int relay_take(struct relay *relay, int fd, unsigned int *offset)
{
	static _Thread_local __u8 data[RELAY_BLOCK];
	ssize_t n = recv(fd, data, sizeof(data), MSG_DONTWAIT);

	if (n <= 0)
		return n && errno == EAGAIN ? 0 : -EPIPE;
	if (memcmp(data, relay->block + *offset, n))
		return -EBADMSG;
	*offset = (*offset + n) % RELAY_BLOCK;
	relay->received += n;
	return 0;
}

static void *relay_receiver(void *arg)
{
	struct pollfd p[RELAY_FLOWS + 2];
	unsigned int offset[RELAY_FLOWS] = { 0 }, n = 2, i;
	struct relay *relay = arg;
	int r = relay_far_open(relay);

	if (r)
		relay_fail(relay, r);
	sem_post(&relay->ready);
	p[0] = (struct pollfd) { .fd = relay->end, .events = POLLIN };
	p[1] = (struct pollfd) { .fd = relay->listener, .events = POLLIN };
	while (poll(p, n, -1) > 0 && !p[0].revents) {
		for (i = 2; i < n; i++)
			if (p[i].revents && !r)
				r = relay_take(relay, p[i].fd, &offset[i - 2]);
		if (p[1].revents && n < RELAY_FLOWS + 2)
			p[n++] = (struct pollfd) {
				.fd = accept(relay->listener, NULL, NULL), .events = POLLIN,
			};
		if (r) {
			relay_fail(relay, r);
			break;
		}
	}
	for (i = 2; i < n; i++)
		close(p[i].fd);
	return NULL;
}

static int relay_connect(struct relay *relay)
{
	struct sockaddr_in to = relay_address(relay, 2);
	unsigned int i;

	for (i = 0; i < relay->s->c->flows; i++) {
		relay->out[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (relay->out[i] < 0 ||
		    connect(relay->out[i], (struct sockaddr *)&to, sizeof(to)))
			return -errno;
	}
	return 0;
}

/* Send while the round goes on; each connection begins where it has ended. */
static int relay_send(struct relay *relay, unsigned int offset[RELAY_FLOWS])
{
	struct pollfd p[RELAY_FLOWS];
	unsigned int i, n = relay->s->c->flows;
	ssize_t r;

	for (i = 0; i < n; i++)
		p[i] = (struct pollfd) { .fd = relay->out[i], .events = POLLOUT };
	while (relay->sending && poll(p, n, 100) >= 0)
		for (i = 0; i < n; i++) {
			if (!p[i].revents)
				continue;
			r = send(p[i].fd, relay->block + offset[i], RELAY_BLOCK,
				 MSG_DONTWAIT | MSG_NOSIGNAL);
			if (r < 0 && errno != EAGAIN)
				return -errno;
			if (r < 0)
				continue;
			offset[i] = (offset[i] + r) % RELAY_BLOCK;
			relay->sent += r;
		}
	return 0;
}

static void *relay_sender(void *arg)
{
	unsigned int offset[RELAY_FLOWS] = { 0 };
	struct relay *relay = arg;
	int r = 0;

	for (sem_wait(&relay->go); !relay->over; sem_wait(&relay->go)) {
		if (relay->out[0] < 0)
			r = relay_connect(relay);
		if (!r)
			r = relay_send(relay, offset);
		if (r)
			relay_fail(relay, r);
		relay->idle = true;
	}
	return NULL;
}

/* Pass a frame of one or several buffers on, and post these again. */
static int relay_pass(struct relay *relay, struct mock_used *u)
{
	struct subject_pair *p = &relay->s->pair[0];
	const __u8 *header = mock_io_ptr(&p->rx, u->cookie);
	unsigned int n = header[10] | header[11] << 8, i;
	struct iovec iov[SUBJECT_RING];
	__u64 cookie[SUBJECT_RING];
	int r = 0;

	if (!n || n > SUBJECT_RING)
		return -EBADMSG;
	for (i = 0; i < n; i++) {
		/* a frame's buffers are used at once */
		if (i && mock_ring_get_used(p->rx.ring, u) <= 0)
			return -EPROTO;
		cookie[i] = u->cookie;
		iov[i].iov_base = mock_io_ptr(&p->rx, u->cookie);
		iov[i].iov_len = u->len;
	}
	if (writev(relay->far, iov, n) < 0)
		return -errno;
	for (i = 0; i < n && !r; i++) {
		const struct mock_seg seg = {
			mock_io_addr(&p->rx, cookie[i]), p->rx.stride, true,
		};

		r = mock_ring_add(p->rx.ring, &seg, 1, false, cookie[i]);
	}
	return r;
}

/* Returns how many frames were passed on to the far side. */
static int relay_out(struct relay *relay)
{
	struct subject_pair *p = &relay->s->pair[0];
	struct mock_used u;
	int r = 0, n = 0;

	while (n < RELAY_BATCH && (r = mock_ring_get_used(p->rx.ring, &u)) > 0) {
		r = relay_pass(relay, &u);
		if (r)
			return r;
		n++;
	}
	if (n)
		subject_submit(relay->s, p->rx.ring);
	return r < 0 ? r : n;
}

/* Returns how many frames came from the far side. */
static int relay_back(struct relay *relay)
{
	struct subject_pair *p = &relay->s->pair[0];
	struct mock_used u;
	ssize_t len;
	int r, n = 0;

	while ((r = mock_ring_get_used(p->tx.ring, &u)) > 0)
		p->free[VHU_TX][p->nfree[VHU_TX]++] = u.cookie;
	while (!r && n < RELAY_BATCH && p->nfree[VHU_TX]) {
		unsigned int i = p->free[VHU_TX][p->nfree[VHU_TX] - 1];
		struct mock_seg seg = { mock_io_addr(&p->tx, i), 0, false };

		len = read(relay->far, mock_io_ptr(&p->tx, i), p->tx.stride);
		if (len < 0 && errno == EAGAIN)
			break;
		if (len < 0)
			return -errno;
		seg.len = len;
		r = mock_ring_add(p->tx.ring, &seg, 1, false, i);
		p->nfree[VHU_TX]--;
		n++;
	}
	if (n)
		subject_submit(relay->s, p->tx.ring);
	return r < 0 ? r : n;
}

/* Sleep until a direction has something to do, for a while. */
static void relay_sleep(struct relay *relay)
{
	struct subject_pair *p = &relay->s->pair[0];
	struct pollfd fd[] = {
		{ .fd = p->rx.ring->call_fd, .events = POLLIN },
		{ .fd = p->tx.ring->call_fd, .events = POLLIN },
		{ .fd = relay->far, .events = POLLIN },
	};

	mock_ring_enable_call(p->rx.ring);
	mock_ring_enable_call(p->tx.ring);
	if (!mock_ring_has_used(p->rx.ring) &&
	    !mock_ring_has_used(p->tx.ring))
		poll(fd, p->nfree[VHU_TX] ? 3 : 2, 10);
	relay->s->calls += mock_fd_drain(p->rx.ring->call_fd);
	relay->s->calls += mock_fd_drain(p->tx.ring->call_fd);
	mock_ring_disable_call(p->rx.ring);
	mock_ring_disable_call(p->tx.ring);
}

static int relay_turn(struct relay *relay)
{
	int out = relay_out(relay), back = out < 0 ? 0 : relay_back(relay);

	if (out < 0 || back < 0)
		return out < 0 ? out : back;
	if (!out && !back)
		relay_sleep(relay);
	return relay->error;
}

static bool relay_over(const struct drive_limit *limit, unsigned long long bytes,
		       unsigned long long start)
{
	return bytes / RELAY_MSS >= limit->packets &&
	       (!limit->ns || relay_now() - start >= limit->ns);
}

/*
 * Is a round under way, or something not acknowledged?  An acknowledgement that waited for
 * the next round would be taken for a round trip of that time.
 */
static bool relay_busy(struct relay *relay)
{
	unsigned int i;
	int left;

	if (!relay->idle || relay->received < relay->sent)
		return true;
	for (i = 0; i < relay->s->c->flows; i++)
		if (!ioctl(relay->out[i], SIOCOUTQ, &left) && left)
			return true;
	return false;
}

/*
 * One round: send until the limit is reached, then wait until all has arrived.
 * @result: packets, the rate of the data until the limit
 *
 * Returns 0, -ETIMEDOUT if nothing arrives, -EBADMSG for wrong data, or another negative
 * errno.
 */
int relay_run(struct relay *relay, const struct drive_limit *limit,
	      struct drive_result *result)
{
	unsigned long long start = relay_now(), before = relay->received, last = before;
	unsigned long long moved = start;
	int r = 0;

	relay->idle = false;
	relay->sending = true;
	sem_post(&relay->go);
	while (!r && relay_busy(relay)) {
		if (relay->sending && relay_over(limit, relay->received - before, start)) {
			result->bits_per_second = (relay->received - before) * 8e9 /
						  (relay_now() - start);
			relay->sending = false;
		}
		r = relay_turn(relay);
		if (relay->received != last)
			moved = relay_now();
		last = relay->received;
		if (!r && relay_now() - moved > RELAY_STALL_NS)
			r = -ETIMEDOUT;
	}
	relay->sending = false;
	result->packets = (relay->received - before) / RELAY_MSS;
	return r;
}

static int relay_post_all(struct subject_pair *p)
{
	unsigned int i;
	int r = 0;

	for (i = 0; i < SUBJECT_RING && !r; i++) {
		const struct mock_seg seg = { mock_io_addr(&p->rx, i), p->rx.stride, true };

		r = mock_ring_add(p->rx.ring, &seg, 1, false, i);
	}
	mock_ring_submit(p->rx.ring);
	return r;
}

static int relay_start(struct relay *relay)
{
	if (pthread_create(&relay->receiver, NULL, relay_receiver, relay))
		return -EAGAIN;
	relay->threads++;
	sem_wait(&relay->ready);
	if (relay->error)
		return relay->error;
	if (pthread_create(&relay->sender, NULL, relay_sender, relay))
		return -EAGAIN;
	relay->threads++;
	return 0;
}

/*
 * Set up what talks through a device that is set up.
 *
 * Returns 0 or a negative errno; then too, relay_close() is due.
 */
int relay_open(struct subject *s)
{
	struct relay *relay = calloc(1, sizeof(*relay));
	struct rng rng;
	unsigned int i;
	int r;

	if (!relay)
		return -ENOMEM;
	s->relay = relay;
	relay->s = s;
	relay->far = relay->listener = -1;
	for (i = 0; i < RELAY_FLOWS; i++)
		relay->out[i] = -1;
	rng_seed(&rng, RELAY_PORT);
	for (i = 0; i < RELAY_BLOCK; i++)
		relay->block[i] = relay->block[RELAY_BLOCK + i] = rng_below(&rng, 256);
	sem_init(&relay->ready, 0, 0);
	sem_init(&relay->go, 0, 0);
	relay->end = eventfd(0, EFD_CLOEXEC);
	if (relay->end < 0)
		return -errno;
	r = link_cmd("addr add 10.9.%u.1/24 dev %s", s->number, s->link);
	if (!r)
		r = relay_post_all(&s->pair[0]);
	return r ? r : relay_start(relay);
}

/* End the threads, and with them the other name space. */
void relay_close(struct subject *s)
{
	struct relay *relay = s->relay;
	__u64 one = 1;
	unsigned int i;

	if (!relay)
		return;
	relay->over = true;
	for (i = 0; i < RELAY_FLOWS; i++)
		if (relay->out[i] >= 0)
			shutdown(relay->out[i], SHUT_RDWR);
	sem_post(&relay->go);
	if (relay->threads > 1)
		pthread_join(relay->sender, NULL);
	if (relay->threads && write(relay->end, &one, sizeof(one)) == sizeof(one))
		pthread_join(relay->receiver, NULL);
	for (i = 0; i < RELAY_FLOWS; i++)
		if (relay->out[i] >= 0)
			close(relay->out[i]);
	if (relay->listener >= 0)
		close(relay->listener);
	if (relay->far >= 0)
		close(relay->far);
	if (relay->end >= 0)
		close(relay->end);
	free(relay);
	s->relay = NULL;
}
