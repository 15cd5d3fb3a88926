// SPDX-License-Identifier: GPL-2.0
/*
 * See guest.h.  Translates one byte after the other, so as to share no thought
 * with the code under test.
 */
#include <stdlib.h>
#include "guest.h"
#include "unit.h"

/* Add a region; the map must be rebuilt. */
void guest_add(struct guest *g, u64 gpa, u64 len, u8 access)
{
	void *host = calloc(1, len);

	if (!host || g->n == GUEST_REGIONS)
		abort();
	env_area(host, len, "guest memory", 0);
	g->region[g->n++] = (struct mvh_region) {
		.start = gpa,
		.last = gpa + len - 1,
		.uaddr = (uintptr_t)host,
		.access = access,
	};
}

/* Make the map and look into it. */
void guest_map(struct guest *g)
{
	mvh_map_free(g->map);
	g->map = mvh_map_create(g->region, g->n);
	check(!IS_ERR(g->map));
	mvh_view_set(&g->view, g->map);
}

/* The usual memory. */
void guest_init(struct guest *g)
{
	memset(g, 0, sizeof(*g));
	guest_add(g, GUEST_B, GUEST_B_END - GUEST_B,
		  MVH_ACCESS_READ | MVH_ACCESS_WRITE);
	guest_add(g, GUEST_A, GUEST_B - GUEST_A,
		  MVH_ACCESS_READ | MVH_ACCESS_WRITE);
	guest_add(g, GUEST_D, -GUEST_D, MVH_ACCESS_READ | MVH_ACCESS_WRITE);
	guest_add(g, GUEST_RO, GUEST_RO_END - GUEST_RO, MVH_ACCESS_READ);
	guest_add(g, GUEST_WO, GUEST_WO_END - GUEST_WO, MVH_ACCESS_WRITE);
	guest_map(g);
}

/* All areas go, the ring's among them. */
void guest_fini(struct guest *g)
{
	unsigned int i;

	mvh_map_free(g->map);
	env_areas_drop();
	for (i = 0; i < g->n; i++)
		free((void *)(uintptr_t)g->region[i].uaddr);
}

/* Where a guest address is, or NULL. */
void *guest_host(const struct guest *g, u64 gpa)
{
	unsigned int i;

	for (i = 0; i < g->n; i++) {
		const struct mvh_region *r = &g->region[i];

		if (gpa >= r->start && gpa <= r->last)
			return (void *)(uintptr_t)(r->uaddr + gpa - r->start);
	}
	return NULL;
}

/* The guest writes; what is in no region is lost. */
void guest_write(const struct guest *g, u64 gpa, const void *src, size_t len)
{
	const u8 *from = src;
	size_t i;

	for (i = 0; i < len; i++) {
		u8 *to = guest_host(g, gpa + i);

		if (!to)
			continue;
		*to = from[i];
		env_renew(to, 1);
	}
}

/* What the code under test may do with a range; what is in no region is left. */
void guest_rights(const struct guest *g, u64 gpa, size_t len,
		  unsigned char rights)
{
	unsigned int i;

	for (i = 0; !env.off && len && i < g->n; i++) {
		const struct mvh_region *r = &g->region[i];
		u64 from = max(gpa, r->start);
		u64 to = min(gpa + len - 1, r->last);

		if (from <= to)
			env_rights(guest_host(g, from), to - from + 1, rights);
	}
}

/* Is a piece inside one region that may be accessed so? */
bool guest_owns(const struct guest *g, const struct iovec *iov, u8 access)
{
	u64 at = (uintptr_t)iov->iov_base;
	unsigned int i;

	for (i = 0; i < g->n; i++) {
		const struct mvh_region *r = &g->region[i];
		u64 size = r->last - r->start + 1;

		if (at >= r->uaddr && at - r->uaddr < size &&
		    iov->iov_len <= size - (at - r->uaddr))
			return r->access & access;
	}
	return false;
}

/* The pieces that one direction of a request must have. */
unsigned int guest_pieces(const struct guest *g, const struct seg *seg,
			  unsigned int n, bool write, struct iovec *iov)
{
	unsigned int i, k = 0;

	for (i = 0; i < n; i++) {
		u64 at = seg[i].gpa, left = seg[i].len;

		while (seg[i].write == write && left) {
			u8 *host = guest_host(g, at);
			u64 len = 1;

			while (len < left && guest_host(g, at + len) ==
					     host + len)
				len++;
			iov[k].iov_base = host;
			iov[k++].iov_len = len;
			at += len;
			left -= len;
		}
	}
	return k;
}
