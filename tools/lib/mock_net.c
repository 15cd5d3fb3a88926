// SPDX-License-Identifier: GPL-2.0
/*
 * Mock network device, see mock_net.h.
 *
 * This is a mock, it only plays the guest and its VMM.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "mock_net.h"

#define MOCK_NET_NUM	64
#define MOCK_NET_MEM	(8UL << 20)

/* Does a node offer all these features?  Returns 1, 0 or a negative errno. */
int mock_net_offered(const char *node, const __u64 f[2])
{
	__u64 have[2];
	int r, fd = vhost_open(node);

	if (fd < 0)
		return fd;
	r = vhost_get_features(fd, have);
	close(fd);
	if (r < 0)
		return r;
	return !(f[0] & ~have[0]) && !(f[1] & ~have[1]);
}

static int mock_net_init_rings(struct mock_net *n)
{
	unsigned int i;
	int r = 0;

	for (i = 0; i < VHU_NVQS && !r; i++) {
		struct mock_ring_cfg c = {
			.num = n->cfg.num,
			.features = n->cfg.features[0],
			.start = n->cfg.start[i],
			.head = n->cfg.head[i],
			.table_max = n->cfg.table_max,
		};

		r = mock_ring_init(&n->ring[i], &n->mem, &c);
	}
	return r;
}

/*
 * Open the node, become owner, make memory and rings.
 *
 * Returns 0 or a negative errno.
 */
int mock_net_open(struct mock_net *n, const struct mock_net_cfg *cfg)
{
	int r;

	memset(n, 0, sizeof(*n));
	n->cfg = *cfg;
	if (!n->cfg.num)
		n->cfg.num = MOCK_NET_NUM;
	if (!n->cfg.mem_size)
		n->cfg.mem_size = MOCK_NET_MEM;
	n->hdr_len = net_hdr_len(cfg->features);
	n->tap_hdr_len = cfg->features[0] & VHU_NET_HDR ? 0 : n->hdr_len;
	n->iommu = cfg->features[0] & VHU_ACCESS_PLATFORM;
	n->fd = vhost_open(cfg->node);
	if (n->fd < 0)
		return n->fd;
	r = vhost_set_owner(n->fd);
	if (!r)
		r = guest_mem_init(&n->mem, n->cfg.mem_size, n->iommu);
	return r ? r : mock_net_init_rings(n);
}

/*
 * VHOST_SET_MEM_TABLE with the whole guest memory.  Returns 0 or a negative
 * errno, as all functions below.
 */
int mock_net_set_mem(struct mock_net *n)
{
	struct vhost_memory_region r[GUEST_REGIONS];

	guest_mem_regions(&n->mem, r);
	return vhost_set_mem_table(n->fd, r, GUEST_REGIONS);
}

static __u64 mock_net_ring_addr(const struct mock_net *n, __u64 bus)
{
	return n->iommu ? bus : guest_hva(&n->mem, bus);
}

/*
 * VHOST_SET_VRING_ADDR.
 * @log: log writes to the used ring
 */
int mock_net_set_addr(struct mock_net *n, unsigned int vq, bool log)
{
	const struct mock_ring *r = &n->ring[vq];
	struct vhost_vring_addr a = {
		.index = vq,
		.flags = log ? 1 << VHOST_VRING_F_LOG : 0,
		.desc_user_addr = mock_net_ring_addr(n, r->desc_addr),
		.avail_user_addr = mock_net_ring_addr(n, r->driver_addr),
		.used_user_addr = mock_net_ring_addr(n, r->device_addr),
		.log_guest_addr = r->device_addr,
	};

	return vhost_set_addr(n->fd, &a);
}

/*
 * Everything that QEMU sets for one queue.
 * @log: log writes to the used ring
 */
int mock_net_setup_vq(struct mock_net *n, unsigned int vq, bool log)
{
	struct mock_ring *ring = &n->ring[vq];
	int r;

	r = vhost_set_num(n->fd, vq, n->cfg.num);
	if (!r)
		r = vhost_set_base(n->fd, vq, mock_ring_idle_base(ring));
	if (!r)
		r = mock_net_set_addr(n, vq, log);
	if (!r)
		r = vhost_set_kick(n->fd, vq, ring->kick_fd);
	if (!r)
		r = vhost_set_call(n->fd, vq, ring->call_fd);
	if (!r)
		r = vhost_set_err(n->fd, vq, ring->err_fd);
	return r;
}

/* Everything but the back end. */
int mock_net_setup(struct mock_net *n)
{
	unsigned int i;
	int r;

	r = vhost_set_features(n->fd, n->cfg.features);
	if (!r)
		r = vhost_set_backend_features(n->fd, n->cfg.backend_features);
	if (!r)
		r = mock_net_set_mem(n);
	for (i = 0; i < VHU_NVQS && !r; i++)
		r = mock_net_setup_vq(n, i, false);
	return r;
}

/* Set everything up and attach a back end to both queues. */
int mock_net_start(struct mock_net *n, int backend)
{
	int r = mock_net_setup(n);

	if (!r)
		r = vhost_set_backend(n->fd, VHU_RX, backend);
	if (!r)
		r = vhost_set_backend(n->fd, VHU_TX, backend);
	return r;
}

/* Detach the back end from both queues. */
int mock_net_stop(struct mock_net *n)
{
	int r = vhost_set_backend(n->fd, VHU_RX, -1);

	return r ? r : vhost_set_backend(n->fd, VHU_TX, -1);
}

/* Close the node and free memory and rings. */
void mock_net_close(struct mock_net *n)
{
	unsigned int i;

	close(n->fd);
	for (i = 0; i < VHU_NVQS; i++)
		mock_ring_fini(&n->ring[i]);
	guest_mem_fini(&n->mem);
}
