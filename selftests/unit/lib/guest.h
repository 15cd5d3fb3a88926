/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Guest memory: regions of guest addresses, each with memory of its own, and
 * the map that the code under test looks into.  All of it is an env area that
 * nobody may touch until rights are given, because the pure code has no
 * business with what is in buffers.
 */
#ifndef _GUEST_H
#define _GUEST_H

#include "ring/mem.h"

#define GUEST_REGIONS	8

/* What guest_init() makes: B follows A without a gap; D ends the addresses. */
#define GUEST_A		0x10000ULL
#define GUEST_B		0x50000ULL
#define GUEST_B_END	0x90000ULL
#define GUEST_RO	0x100000ULL
#define GUEST_RO_END	0x110000ULL
#define GUEST_WO	0x200000ULL
#define GUEST_WO_END	0x210000ULL
#define GUEST_D		0xffffffffffff0000ULL

/**
 * struct guest - a guest's memory
 * @region: the regions
 * @n: how many
 * @map: map of them all, from guest_map()
 * @view: a view of @map
 */
struct guest {
	struct mvh_region region[GUEST_REGIONS];
	unsigned int n;
	struct mvh_map *map;
	struct mvh_view view;
};

/* One buffer of a request, in guest addresses. */
struct seg {
	u64 gpa;
	u32 len;
	bool write;
};

void guest_init(struct guest *g);
void guest_fini(struct guest *g);
void guest_add(struct guest *g, u64 gpa, u64 len, u8 access);
void guest_map(struct guest *g);
void *guest_host(const struct guest *g, u64 gpa);
void guest_write(const struct guest *g, u64 gpa, const void *src, size_t len);
void guest_rights(const struct guest *g, u64 gpa, size_t len,
		  unsigned char rights);
bool guest_owns(const struct guest *g, const struct iovec *iov, u8 access);
unsigned int guest_pieces(const struct guest *g, const struct seg *seg,
			  unsigned int n, bool write, struct iovec *iov);

#endif /* _GUEST_H */
