// SPDX-License-Identifier: GPL-2.0
/* A device under measurement, see subject.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>

#include "bpf.h"
#include "frame.h"
#include "relay.h"
#include "subject.h"
#include "tap.h"

#define MEM_SIZE	(96UL << 20)
#define NO_IPV6		"/proc/sys/net/ipv6/conf/default/disable_ipv6"
#define PIN_RINGS	"/sys/module/myvhost/parameters/pin_rings"
#define LOSSLESS	",lossless"

/* What a current guest negotiates. */
#define FEATURES	(VHU_VERSION_1 | VHU_MRG_RXBUF | VHU_EVENT_IDX | VHU_INDIRECT)

/* A large frame occupies many of these; 64 of them are enough in flight. */
#define GSO_BUFFERS	64
#ifndef TUN_F_USO4
#define TUN_F_USO4	0x20
#define TUN_F_USO6	0x40
#endif

#define PAGE		4096
#define MTU_BUFFER	2048

/*
 * A network name space without the rest of the host's traffic, and without neighbour
 * discovery.  Returns 0 or a negative errno.
 */
int subject_room(void)
{
	int fd;

	if (unshare(CLONE_NEWNET))
		return -errno;
	fd = open(NO_IPV6, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (write(fd, "1", 1) != 1) {
		close(fd);
		return -EIO;
	}
	close(fd);
	return 0;
}

/* Header and Ethernet, IP and TCP headers, then pages, as a guest's stack has them. */
static const unsigned int *subject_pieces(const struct bench_case *c)
{
	static const unsigned int small[] = { 12, 0 };
	static unsigned int large[2 + FRAME_MAX / PAGE];
	struct virtio_net_hdr h;
	unsigned int i;

	if (!c->gso || c->work == BENCH_TCP)
		return c->indirect ? small : NULL;
	bench_frame_header(c, &h);
	large[0] = 12 + h.hdr_len;
	for (i = 1; i < sizeof(large) / sizeof(*large) - 1; i++)
		large[i] = PAGE;
	return large;
}

static int subject_free_list(struct subject_pair *p, unsigned int vq,
			     unsigned int count)
{
	unsigned int i;

	p->free[vq] = calloc(count, sizeof(*p->free[vq]));
	if (!p->free[vq])
		return -ENOMEM;
	/* A stack, from which the first buffer comes first. */
	for (i = 0; i < count; i++)
		p->free[vq][i] = count - 1 - i;
	p->nfree[vq] = count;
	return 0;
}

static int subject_buffers(struct subject *s, struct subject_pair *p)
{
	unsigned int i, count = s->c->gso ? GSO_BUFFERS : SUBJECT_RING;
	unsigned int stride = (12 + s->c->len + 63) & ~63;
	int r;

	r = mock_io_init(&p->tx, &p->n, VHU_TX, stride, count);
	if (!r)
		r = mock_io_init(&p->rx, &p->n, VHU_RX,
				 s->c->gso ? PAGE : MTU_BUFFER, SUBJECT_RING);
	if (!r)
		r = subject_free_list(p, VHU_TX, count);
	if (!r)
		r = subject_free_list(p, VHU_RX, SUBJECT_RING);
	if (r)
		return r;
	p->tx.indirect = s->c->indirect;
	p->tx.pieces = subject_pieces(s->c);
	for (i = 0; i < count; i++) {
		__u8 *buf = mock_io_ptr(&p->tx, i);

		memset(buf, 0, p->n.hdr_len);
		bench_frame_header(s->c, (struct virtio_net_hdr *)buf);
		bench_frame_fill(s->c, buf + p->n.hdr_len, i);
	}
	return 0;
}

static int subject_log(struct subject_pair *p)
{
	unsigned int i;
	int r = dirty_log_init(&p->log, &p->n.mem);

	if (!r)
		r = vhost_set_log_base(p->n.fd, p->log.map);
	for (i = 0; i < VHU_NVQS && !r; i++)
		r = mock_net_set_addr(&p->n, i, true);
	return r;
}

static int subject_pair_open(struct subject *s, struct subject_pair *p)
{
	struct mock_net_cfg cfg = {
		.node = s->path,
		.features = { s->features },
		.num = SUBJECT_RING,
		.mem_size = MEM_SIZE,
	};
	unsigned int i, offload = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6;
	__u32 flags = MYVHOST_NET_LOSSLESS;
	int r;

	/* since Linux 6.2 */
	if (s->c->gso == VIRTIO_NET_HDR_GSO_UDP_L4)
		offload |= TUN_F_USO4 | TUN_F_USO6;
	if (s->c->work == BENCH_TCP && !s->c->gso)
		offload = TUN_F_CSUM;
	p->tap = tap_open(s->link, 12, s->c->pairs > 1);
	if (p->tap < 0)
		return p->tap;
	r = tap_set_offload(p->tap, offload);
	if (!r)
		r = mock_net_open(&p->n, &cfg);
	if (!r && s->lossless)
		r = vhost_ioctl(p->n.fd, MYVHOST_NET_SET_FLAGS, &flags);
	if (!r)
		r = subject_buffers(s, p);
	if (!r)
		r = mock_net_setup(&p->n);
	if (!r && s->c->log)
		r = subject_log(p);
	for (i = 0; i < VHU_NVQS && !r; i++) {
		if (!s->c->gap_us)
			mock_ring_disable_call(&p->n.ring[i]);
		r = vhost_set_backend(p->n.fd, i, p->tap);
	}
	return r;
}

static int subject_negotiate(struct subject *s)
{
	__u64 want = FEATURES | s->c->features, have[2];
	int r, fd = vhost_open(s->path);

	if (fd < 0)
		return fd;
	r = vhost_get_features(fd, have);
	close(fd);
	s->features = want & have[0];
	if (s->c->log)
		s->features |= have[0] & VHU_LOG_ALL;
	return r;
}

/*
 * Frames for the guest go to the queue pairs in turn.  Without this, all of them would go
 * to one, since they have no flows.
 */
static int subject_steer(struct subject *s)
{
	if (s->c->pairs == 1 || (s->c->work == BENCH_TX && !s->c->steer))
		return 0;
	s->steering = bpf_frame_byte(FRAME_SEQ_BYTE);
	if (s->steering < 0)
		return s->steering;
	return ioctl(s->pair[0].tap, TUNSETSTEERINGEBPF, &s->steering) ? -errno : 0;
}

static int subject_sink(struct subject *s)
{
	int r;

	if (s->c->sink == BENCH_XDP) {
		s->xdp = bpf_xdp_attach(s->link, XDP_DROP);
		return s->xdp < 0 ? s->xdp : 0;
	}
	if (s->c->sink != BENCH_BRIDGE)
		return 0;
	r = link_cmd("link add %s-br type bridge", s->link);
	if (!r)
		r = link_cmd("link add %s type dummy", s->beyond);
	if (!r)
		r = link_cmd("link set %s master %s-br", s->link, s->link);
	if (!r)
		r = link_cmd("link set %s master %s-br", s->beyond, s->link);
	if (!r)
		r = link_cmd("link set %s up", s->beyond);
	return r ? r : link_cmd("link set %s-br up", s->link);
}

/*
 * A socket that sends into the tap as a neighbour on the wire would. One that also
 * received would have a part in every frame that the guest transmits.
 */
static int subject_socket(struct subject *s)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET };
	int one = 1, fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	to.sll_ifindex = link_index(s->link);
	if (setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &one, sizeof(one)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one)) ||
	    bind(fd, (struct sockaddr *)&to, sizeof(to))) {
		close(fd);
		return -errno;
	}
	return fd;
}

/* Set the module's parameter, and keep what it was.  Rings are pinned by their first run. */
static int subject_pin_rings(char pin, char *before)
{
	int r, fd = open(PIN_RINGS, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	r = pread(fd, before, 1, 0) == 1 && pwrite(fd, &pin, 1, 0) == 1 ? 0 : -errno;
	close(fd);
	return r;
}

/*
 * Set a device up for a case.
 * @number: tells devices of a comparison apart
 *
 * Returns 0 or a negative errno; then too, subject_close() is due.
 */
int subject_open(struct subject *s, const char *node, const struct bench_case *c,
		 unsigned int number)
{
	static struct meter_threads before;
	unsigned int i;
	int r;

	memset(s, 0, sizeof(*s));
	s->node = node;
	s->c = c;
	s->socket = -1;
	s->xdp = -1;
	for (i = 0; i < SUBJECT_PAIRS; i++)
		s->pair[i].tap = s->pair[i].n.fd = -1;
	s->steering = -1;
	s->number = number;
	snprintf(s->path, sizeof(s->path), "%s", node);
	s->lossless = strstr(s->path, LOSSLESS);
	if (s->lossless)
		*strstr(s->path, LOSSLESS) = 0;
	snprintf(s->link, sizeof(s->link), "bench%u", number);
	snprintf(s->beyond, sizeof(s->beyond), "beyond%u", number);
	meter_threads(&before);
	r = subject_negotiate(s);
	if (!r && c->user_rings && !number)
		r = subject_pin_rings('N', &s->pin_rings);
	for (i = 0; i < c->pairs && !r; i++)
		r = subject_pair_open(s, &s->pair[i]);
	if (!r)
		r = subject_steer(s);
	if (!r)
		r = subject_sink(s);
	if (!r)
		r = meter_open(&s->meter, &before);
	if (!r && c->work == BENCH_TCP)
		r = relay_open(s);
	if (r)
		return r;
	s->socket = subject_socket(s);
	return s->socket < 0 ? s->socket : 0;
}

/* Close a device, and with its tap what was attached to it. */
void subject_close(struct subject *s)
{
	unsigned int i;
	char before;

	meter_close(&s->meter);
	relay_close(s);
	if (s->socket >= 0)
		close(s->socket);
	if (s->xdp >= 0)
		close(s->xdp);
	if (s->steering >= 0)
		close(s->steering);
	for (i = 0; i < SUBJECT_PAIRS; i++) {
		struct subject_pair *p = &s->pair[i];

		if (p->n.fd >= 0)
			mock_net_close(&p->n);
		if (p->tap >= 0)
			close(p->tap);
		free(p->tx.held);
		free(p->rx.held);
		free(p->free[VHU_RX]);
		free(p->free[VHU_TX]);
	}
	if (s->pin_rings)
		subject_pin_rings(s->pin_rings, &before);
}

/* Read the counters of an interface.  Returns 0 or a negative errno. */
int subject_tap_stats(const char *link, struct subject_tap *t)
{
	FILE *f = fopen("/proc/net/dev", "r");
	char line[512], name[32];
	int r = -ENODEV;

	while (f && r && fgets(line, sizeof(line), f))
		if (sscanf(line, " %31[^:]: %*u %llu %*u %llu %*u %*u %*u %*u %*u %llu %*u %llu",
			   name, &t->received, &t->dropped, &t->sent, &t->lost) == 5 &&
		    !strcmp(name, link))
			r = 0;
	if (f)
		fclose(f);
	return r;
}

/* Give the device what was added to a ring. */
void subject_submit(struct subject *s, struct mock_ring *r)
{
	mock_ring_publish(r);
	if (mock_ring_should_kick(r)) {
		mock_ring_kick(r);
		s->kicks++;
	}
}

/* Signals of the device since the last call of this function. */
unsigned long long subject_calls(struct subject *s)
{
	unsigned long long n = 0;
	unsigned int i;

	for (i = 0; i < s->c->pairs * VHU_NVQS; i++)
		n += mock_fd_drain(s->pair[i / VHU_NVQS].n.ring[i % VHU_NVQS].call_fd);
	return n;
}
