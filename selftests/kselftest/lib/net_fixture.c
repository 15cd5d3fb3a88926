// SPDX-License-Identifier: GPL-2.0
/* Mock device, tap and packet socket, see net_fixture.h. */
#include "net_fixture.h"

const struct combo combo_split = {
	.name = "split",
	.f = { F_MODERN | VHU_MRG_RXBUF },
};

const struct combo combo_packed = {
	.name = "packed",
	.f = { F_MODERN | VHU_MRG_RXBUF | VHU_PACKED },
};

const struct combo combo_split_in_order = {
	.name = "split_inorder",
	.f = { F_MODERN | VHU_MRG_RXBUF | VHU_IN_ORDER },
};

const struct combo combo_packed_in_order = {
	.name = "packed_inorder",
	.f = { F_MODERN | VHU_MRG_RXBUF | VHU_IN_ORDER | VHU_PACKED },
};

const struct ktap_variant net_split[] = { { "", &combo_split }, { } };
const struct ktap_variant net_packed[] = { { "", &combo_packed }, { } };

const struct ktap_variant net_layouts[] = {
	{ "split", &combo_split },
	{ "packed", &combo_packed },
	{ }
};

const struct ktap_variant net_in_order[] = {
	{ "split", &combo_split_in_order },
	{ "packed", &combo_packed_in_order },
	{ }
};

const struct ktap_variant net_orders[] = {
	{ "split", &combo_split },
	{ "packed", &combo_packed },
	{ "split_inorder", &combo_split_in_order },
	{ "packed_inorder", &combo_packed_in_order },
	{ }
};

struct combo_hdr {
	const char *name;
	__u64 f0, f1;
};

static const struct combo_hdr combo_hdrs[] = {
	{ "legacy", 0, 0 },
	{ "legacy_mrg", VHU_MRG_RXBUF, 0 },
	{ "v1", VHU_VERSION_1, 0 },
	{ "v1_mrg", VHU_VERSION_1 | VHU_MRG_RXBUF, 0 },
	{ "v1_mrg_hdr0", VHU_VERSION_1 | VHU_MRG_RXBUF | VHU_NET_HDR, 0 },
	{ "v1_mrg_hdr24", VHU_VERSION_1 | VHU_MRG_RXBUF,
	  VHU1_GUEST_TUNNEL | VHU1_HOST_TUNNEL },
};

/* Bits of the variant number. */
enum {
	COMBO_PACKED = 1,
	COMBO_IN_ORDER = 2,
	COMBO_INDIRECT = 4,
	COMBO_EVENT = 8,
	COMBO_VARIANTS = 16,
};

static bool combo_makes_sense(const struct combo_hdr *h, unsigned int v)
{
	/* Bits from 32 on need VERSION_1. */
	if (!(h->f0 & VHU_VERSION_1) && (v & (COMBO_PACKED | COMBO_IN_ORDER)))
		return false;
	/* The rarer headers do not need the whole matrix. */
	if ((h->f0 & VHU_NET_HDR) || h->f1)
		return !(v & COMBO_INDIRECT) == !(v & COMBO_EVENT);
	return true;
}

static void combo_make(struct combo *c, const struct combo_hdr *h,
		       unsigned int v)
{
	c->indirect = v & COMBO_INDIRECT;
	c->f[1] = h->f1;
	c->f[0] = h->f0 | (v & COMBO_PACKED ? VHU_PACKED : 0) |
		  (v & COMBO_IN_ORDER ? VHU_IN_ORDER : 0) |
		  (v & COMBO_INDIRECT ? VHU_INDIRECT : 0) |
		  (v & COMBO_EVENT ? VHU_EVENT_IDX : 0);
	snprintf(c->name, sizeof(c->name), "%s%s%s%s_%s",
		 v & COMBO_PACKED ? "packed" : "split",
		 v & COMBO_IN_ORDER ? "_inorder" : "",
		 v & COMBO_INDIRECT ? "_indirect" : "_direct",
		 v & COMBO_EVENT ? "_event" : "", h->name);
}

KTAP_VARIANTS(net_matrix, NET_MATRIX_MAX)
{
	unsigned int i, v;

	for (i = 0; i < sizeof(combo_hdrs) / sizeof(*combo_hdrs); i++) {
		for (v = 0; v < COMBO_VARIANTS; v++) {
			struct combo c = { };

			if (!combo_makes_sense(&combo_hdrs[i], v))
				continue;
			combo_make(&c, &combo_hdrs[i], v);
			ktap_variant(net_matrix, c, "%s", c.name);
		}
	}
}

/* Skip the case if the device lacks one of these features. */
void combo_require(const __u64 f[2])
{
	int r = mock_net_offered(ktap_opts.node, f);

	ktap_check(r >= 0, "%s: %s", ktap_opts.node, strerror(-r));
	if (!r)
		ktap_skip("not offered by %s", ktap_opts.node);
}

/* Configuration of a mock device with these features. */
void fixture_cfg(struct mock_net_cfg *cfg, const struct combo *c)
{
	memset(cfg, 0, sizeof(*cfg));
	cfg->node = ktap_opts.node;
	cfg->features[0] = c->f[0];
	cfg->features[1] = c->f[1];
	if (c->f[0] & VHU_PACKED)
		cfg->start[VHU_RX] = cfg->start[VHU_TX] = MOCK_START_WRAP;
	combo_require(c->f);
}

/* Make device, tap and packet socket, start nothing. */
void fixture_open(struct fixture *x, const struct mock_net_cfg *cfg)
{
	memset(x, 0, sizeof(*x));
	ktap_ok(mock_net_open(&x->n, cfg));
	x->tap = ktap_ok(tap_open(FIXTURE_TAP, x->n.tap_hdr_len, false));
	x->pkt = ktap_ok(packet_open(FIXTURE_TAP, false));
}

/* Make everything with plain buffers, and start. */
void fixture_start(struct fixture *x, const struct combo *c)
{
	struct mock_net_cfg cfg;

	fixture_cfg(&cfg, c);
	fixture_open(x, &cfg);
	ktap_ok(mock_io_init(&x->tx, &x->n, VHU_TX, 2048, x->n.cfg.num));
	ktap_ok(mock_io_init(&x->rx, &x->n, VHU_RX, 2048, x->n.cfg.num));
	x->tx.indirect = c->indirect;
	x->rx.indirect = c->indirect;
	ktap_ok(mock_net_start(&x->n, x->tap));
}

/* The host must see this frame next. */
void fixture_expect_frame(struct fixture *x, unsigned int seed,
			  unsigned int len)
{
	static __u8 buf[FRAME_MAX + 64];
	int r = packet_recv(x->pkt, buf, sizeof(buf), FIXTURE_WAIT);
	long bad;

	ktap_check(r >= 0, "frame %u (%u bytes) did not arrive: %s", seed, len,
		   strerror(-r));
	ktap_check((unsigned int)r == len, "frame %u has %d bytes, sent %u",
		   seed, r, len);
	bad = frame_check(buf, len, seed);
	ktap_check(bad < 0, "frame %u of %u bytes differs at byte %ld", seed,
		   len, bad);
}

/* Wait until the device has sent all buffers. */
void fixture_tx_reap(struct fixture *x)
{
	while (x->tx.ring->ninflight) {
		int r = mock_ring_wait(x->tx.ring, FIXTURE_WAIT);

		ktap_check(r != -ENOMSG, "used buffer without notification");
		ktap_check(r == 1, "%u tx buffers never came back",
			   x->tx.ring->ninflight);
		r = mock_tx_reap(&x->tx);
		ktap_check(r > 0, "used ring breaks a rule: %d", r);
	}
}

/*
 * Throw away what the host has received.
 * @msecs: at most so long, and until nothing more comes
 */
void fixture_drain(struct fixture *x, int msecs)
{
	__s64 end = mock_msecs() + msecs;
	static __u8 buf[FRAME_MAX + 64];

	while (mock_msecs() < end &&
	       packet_recv(x->pkt, buf, sizeof(buf), FIXTURE_QUIET) > 0)
		;
}

static unsigned int fixture_tx_batch(struct fixture *x, unsigned int seed,
				     unsigned int max)
{
	__u8 frame[FRAME_MTU];
	unsigned int i;

	for (i = 0; i < max; i++) {
		unsigned int len = frame_len(seed + i);

		frame_fill(frame, len, seed + i);
		if (mock_tx_send(&x->tx, i, frame, len, NULL))
			break;
	}
	mock_ring_submit(x->tx.ring);
	return i;
}

/*
 * Send frames and verify every byte on the other side.
 * @first: seed of the first frame
 */
void fixture_tx(struct fixture *x, unsigned int first, unsigned int count)
{
	unsigned int done = 0, n, i;

	while (done < count) {
		/* Batches of 1, 2, 3 ... up to what the ring takes. */
		unsigned int max = 1 + (done * 7) % x->tx.count;

		if (max > count - done)
			max = count - done;
		n = fixture_tx_batch(x, first + done, max);
		ktap_check(n, "the ring takes no buffer");
		for (i = 0; i < n; i++)
			fixture_expect_frame(x, first + done + i,
					     frame_len(first + done + i));
		fixture_tx_reap(x);
		done += n;
	}
}

/* Send a frame to the tap.  Returns 0 or a negative errno. */
int fixture_try_send(struct fixture *x, unsigned int seed)
{
	unsigned int len = frame_len(seed);
	__u8 frame[FRAME_MTU];
	ssize_t r;

	frame_fill(frame, len, seed);
	r = write(x->pkt, frame, len);
	if (r < 0)
		return -errno;
	ktap_eq(r, len);
	return 0;
}

static void fixture_send(struct fixture *x, unsigned int seed)
{
	int r = fixture_try_send(x, seed);

	ktap_check(!r, "sending %u bytes to the tap: %s", frame_len(seed),
		   strerror(-r));
}

static void fixture_check_rx(struct fixture *x, unsigned int seed)
{
	static struct mock_rx_frame f;
	unsigned int len = frame_len(seed);
	int r = mock_rx_recv(&x->rx, &f, FIXTURE_WAIT);
	long bad;

	ktap_check(!r, "frame %u: %s", seed, strerror(-r));
	ktap_eq(f.len, len);
	ktap_eq(f.hdr.flags, 0);
	ktap_eq(f.hdr.gso_type, VIRTIO_NET_HDR_GSO_NONE);
	if (x->n.cfg.features[0] & (VHU_MRG_RXBUF | VHU_VERSION_1))
		ktap_eq(f.num_buffers, f.nbufs);
	bad = frame_check(f.data, len, seed);
	ktap_check(bad < 0, "frame %u of %u bytes differs at byte %ld", seed,
		   len, bad);
}

/*
 * Let the host send frames and verify them in guest memory.
 * @x: fixture, rx buffers posted
 * @first: seed of the first frame
 */
void fixture_rx(struct fixture *x, unsigned int first, unsigned int count)
{
	unsigned int done = 0, n, i;

	while (done < count) {
		n = 1 + (done * 5) % 40;
		if (n > count - done)
			n = count - done;
		for (i = 0; i < n; i++)
			fixture_send(x, first + done + i);
		for (i = 0; i < n; i++)
			fixture_check_rx(x, first + done + i);
		done += n;
	}
}

/* The guest resets one queue: stop, empty ring, start. */
void fixture_restart_vq(struct fixture *x, unsigned int vq)
{
	struct mock_ring *r = &x->n.ring[vq];

	ktap_ok(vhost_set_backend(x->n.fd, vq, -1));
	mock_ring_restart(r, r->packed ? MOCK_START_WRAP : 0, 0);
	ktap_ok(mock_net_setup_vq(&x->n, vq, false));
	ktap_ok(vhost_set_backend(x->n.fd, vq, x->tap));
}

/* Does the device have the MYVHOST ioctls? */
bool fixture_is_myvhost(const struct fixture *x)
{
	__u64 c[MYVHOST_CNT_MAX];

	return !vhost_get_stats(x->n.fd, 0, c);
}

/* Read one counter.  Returns its value, 0 where the device has no counters. */
__u64 fixture_counter(struct fixture *x, unsigned int vq,
		      enum myvhost_counter c)
{
	__u64 v[MYVHOST_CNT_MAX];

	return vhost_get_stats(x->n.fd, vq, v) ? 0 : v[c];
}
