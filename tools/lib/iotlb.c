// SPDX-License-Identifier: GPL-2.0
/* IOTLB messages, and a thread that answers misses, see iotlb.h. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "iotlb.h"

/*
 * Write one message.  Returns 0 or a negative errno; -EBADMSG if not all of it
 * was taken.
 */
int iotlb_send(int fd, bool v2, const struct vhost_iotlb_msg *m)
{
	struct vhost_msg_v2 b;
	struct vhost_msg a;
	ssize_t r;

	if (v2) {
		memset(&b, 0, sizeof(b));
		b.type = VHOST_IOTLB_MSG_V2;
		b.iotlb = *m;
		r = write(fd, &b, sizeof(b));
	} else {
		memset(&a, 0, sizeof(a));
		a.type = VHOST_IOTLB_MSG;
		a.iotlb = *m;
		r = write(fd, &a, sizeof(a));
	}
	if (r < 0)
		return -errno;
	return r == sizeof(a) ? 0 : -EBADMSG;
}

/*
 * Give the device a translation.
 * @perm: VHOST_ACCESS_*
 *
 * Returns 0 or a negative errno.
 */
int iotlb_update(int fd, bool v2, __u64 iova, __u64 size, __u64 uaddr,
		 __u8 perm)
{
	struct vhost_iotlb_msg m = {
		.iova = iova, .size = size, .uaddr = uaddr, .perm = perm,
		.type = VHOST_IOTLB_UPDATE,
	};

	return iotlb_send(fd, v2, &m);
}

/* Invalidate translations.  Returns 0 or a negative errno. */
int iotlb_invalidate(int fd, bool v2, __u64 iova, __u64 size)
{
	struct vhost_iotlb_msg m = {
		.iova = iova, .size = size, .type = VHOST_IOTLB_INVALIDATE,
	};

	return iotlb_send(fd, v2, &m);
}

/*
 * Read one message.
 * @version: result, VHOST_IOTLB_MSG or VHOST_IOTLB_MSG_V2
 *
 * Returns 1, 0 if there is none, -EBADMSG if a byte outside the body is not 0,
 * or another negative errno.
 */
int iotlb_read(int fd, struct vhost_iotlb_msg *m, int *version)
{
	static const __u8 zero[64];
	__u8 buf[sizeof(struct vhost_msg_v2)];
	ssize_t r;

	memset(buf, 0xa5, sizeof(buf));
	r = read(fd, buf, sizeof(buf));
	if (r < 0)
		return errno == EAGAIN ? 0 : -errno;
	if (r != sizeof(buf))
		return -EBADMSG;
	memcpy(version, buf, sizeof(*version));
	memcpy(m, buf + 8, sizeof(*m));
	if (memcmp(buf + 4, zero, 4) ||
	    memcmp(buf + 8 + sizeof(*m), zero, sizeof(buf) - 8 - sizeof(*m)))
		return -EBADMSG;
	return 1;
}

/*
 * Give a device translations for a range, page by page.
 * @perm: VHOST_ACCESS_*
 *
 * Returns 0 or a negative errno.
 */
int iotlb_map_mem(int fd, bool v2, const struct guest_mem *mem, __u64 bus,
		  __u64 len, __u8 perm)
{
	__u64 end = bus + len;
	int r = 0;

	for (bus &= ~(VHU_PAGE_SIZE - 1); bus < end && !r; bus += VHU_PAGE_SIZE)
		r = iotlb_update(fd, v2, bus, VHU_PAGE_SIZE,
				 guest_hva(mem, bus), perm);
	return r;
}

static bool iotlb_v2(const struct mock_net *n)
{
	return n->cfg.backend_features & VHU_BF_MSG_V2;
}

/* The same for a network device. */
int iotlb_map(const struct mock_net *n, __u64 bus, __u64 len, __u8 perm)
{
	return iotlb_map_mem(n->fd, iotlb_v2(n), &n->mem, bus, len, perm);
}

/*
 * Translations of the used rings, as QEMU gives at the start.  Returns 0 or a
 * negative errno.
 */
int iotlb_map_used(const struct mock_net *n)
{
	unsigned int i;
	int r = 0;

	for (i = 0; i < VHU_NVQS && !r; i++)
		r = iotlb_map(n, n->ring[i].device_addr, 6 + 8 * n->cfg.num,
			      VHOST_ACCESS_RW);
	return r;
}

static void iotlb_answer(struct iotlb_server *s)
{
	const struct guest_mem *mem = s->mem;
	struct vhost_iotlb_msg m;
	int r, version;

	r = iotlb_read(s->fd, &m, &version);
	if (!r)
		return;
	if (r < 0 || m.type != VHOST_IOTLB_MISS || m.iova < mem->base ||
	    m.iova >= mem->base + mem->size) {
		s->bad = r < 0 ? r : -EBADMSG;
		return;
	}
	r = iotlb_map_mem(s->fd, s->v2, mem, m.iova, 1, VHOST_ACCESS_RW);
	if (r)
		s->bad = r;
	s->answered++;
}

static void *iotlb_serve(void *arg)
{
	struct iotlb_server *s = arg;
	struct pollfd p = { .fd = s->fd, .events = POLLIN };

	while (!__atomic_load_n(&s->stop, __ATOMIC_ACQUIRE))
		if (poll(&p, 1, 20) > 0)
			iotlb_answer(s);
	return NULL;
}

/*
 * Answer the misses of a device with pages of its guest's memory.  Returns 0 or a
 * negative errno.
 */
int iotlb_server_start_on(struct iotlb_server *s, int fd, bool v2,
			  const struct guest_mem *mem)
{
	memset(s, 0, sizeof(*s));
	s->fd = fd;
	s->v2 = v2;
	s->mem = mem;
	return -pthread_create(&s->thread, NULL, iotlb_serve, s);
}

/* The same for a network device. */
int iotlb_server_start(struct iotlb_server *s, const struct mock_net *n)
{
	return iotlb_server_start_on(s, n->fd, iotlb_v2(n), &n->mem);
}

/* End the thread. */
void iotlb_server_stop(struct iotlb_server *s)
{
	__atomic_store_n(&s->stop, true, __ATOMIC_RELEASE);
	pthread_join(s->thread, NULL);
}
