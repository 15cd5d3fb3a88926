// SPDX-License-Identifier: GPL-2.0
/* Guest memory of the mock driver, see guest_mem.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest_mem.h"

#define GUEST_PROT	(PROT_READ | PROT_WRITE)

/* Shuffle pages inside each half, so that neighbours are never neighbours. */
static int guest_mem_shuffle(struct guest_mem *m)
{
	unsigned int i, n = m->size / VHU_PAGE_SIZE, half = n / 2;

	m->perm = calloc(n, sizeof(*m->perm));
	if (!m->perm)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		m->perm[i] = i < half ? half - 1 - i : n - 1 - (i - half);
	for (i = 0; i < n; i++) {
		void *at = m->view + i * VHU_PAGE_SIZE;

		if (mmap(at, VHU_PAGE_SIZE, GUEST_PROT, MAP_SHARED | MAP_FIXED,
			 m->fd, m->perm[i] * VHU_PAGE_SIZE) == MAP_FAILED)
			return -errno;
	}
	return 0;
}

static void *guest_mem_map(int fd, size_t size, size_t offset)
{
	void *p = mmap(NULL, size, GUEST_PROT, MAP_SHARED, fd, offset);

	return p == MAP_FAILED ? NULL : p;
}

/*
 * Make guest memory.
 * @size: bytes, a multiple of two pages
 * @iommu: bus addresses are I/O virtual and pages are shuffled
 *
 * Returns 0 or a negative errno.
 */
int guest_mem_init(struct guest_mem *m, size_t size, bool iommu)
{
	size_t half = size / 2;

	memset(m, 0, sizeof(*m));
	m->size = size;
	m->base = iommu ? GUEST_IOVA : GUEST_BASE;
	m->next = m->base;
	m->fd = memfd_create("guest", MFD_CLOEXEC);
	if (m->fd < 0 || ftruncate(m->fd, size))
		return -errno;
	m->view = guest_mem_map(m->fd, size, 0);
	/* Mapped high half first: host addresses run against guest addresses. */
	m->half[1] = guest_mem_map(m->fd, half, half);
	m->half[0] = guest_mem_map(m->fd, half, 0);
	if (!m->view || !m->half[0] || !m->half[1])
		return -ENOMEM;
	return iommu ? guest_mem_shuffle(m) : 0;
}

/*
 * Copy guest memory to another file and map that in its place.
 * @m: memory whose pages are not shuffled
 *
 * Returns 0 or a negative errno.
 */
int guest_mem_move(struct guest_mem *m, int fd)
{
	size_t half = m->size / 2;
	int i;

	if (m->perm)
		return -EINVAL;
	if (pwrite(fd, m->view, m->size, 0) != (ssize_t)m->size)
		return -EIO;
	if (mmap(m->view, m->size, GUEST_PROT, MAP_SHARED | MAP_FIXED, fd, 0) ==
	    MAP_FAILED)
		return -errno;
	for (i = 0; i < GUEST_REGIONS; i++)
		if (mmap(m->half[i], half, GUEST_PROT, MAP_SHARED | MAP_FIXED,
			 fd, i * half) == MAP_FAILED)
			return -errno;
	return 0;
}

/* Unmap and free guest memory. */
void guest_mem_fini(struct guest_mem *m)
{
	munmap(m->view, m->size);
	munmap(m->half[0], m->size / 2);
	munmap(m->half[1], m->size / 2);
	close(m->fd);
	free(m->perm);
}

/*
 * Memory table for the device.
 * @r: result, guest-physical addresses whatever the bus addresses are
 */
void guest_mem_regions(const struct guest_mem *m,
		       struct vhost_memory_region r[GUEST_REGIONS])
{
	unsigned int i;

	memset(r, 0, GUEST_REGIONS * sizeof(*r));
	for (i = 0; i < GUEST_REGIONS; i++) {
		r[i].guest_phys_addr = GUEST_BASE + i * (m->size / 2);
		r[i].memory_size = m->size / 2;
		r[i].userspace_addr = (uintptr_t)m->half[i];
	}
}

/*
 * Take a piece of guest memory.
 * @align: alignment, a power of two
 *
 * The piece is contiguous for the device as well: without an IOMMU it does not
 * cross the two halves.  Running out is an error of the test program.
 *
 * Returns bus address.
 */
__u64 guest_alloc(struct guest_mem *m, size_t size, size_t align)
{
	__u64 at = (m->next + align - 1) & ~((__u64)align - 1);
	__u64 mid = m->base + m->size / 2;

	if (at < mid && at + size > mid)
		at = mid;
	if (at + size > m->base + m->size) {
		fprintf(stderr, "guest memory is used up\n");
		abort();
	}
	m->next = at + size;
	return at;
}

/* The mock's pointer to a byte. */
void *guest_ptr(const struct guest_mem *m, __u64 bus)
{
	return m->view + (bus - m->base);
}

static size_t guest_offset(const struct guest_mem *m, __u64 bus)
{
	size_t off = bus - m->base;

	if (!m->perm)
		return off;
	return m->perm[off / VHU_PAGE_SIZE] * VHU_PAGE_SIZE +
	       off % VHU_PAGE_SIZE;
}

/* Host virtual address of a byte, as given to the device. */
__u64 guest_hva(const struct guest_mem *m, __u64 bus)
{
	size_t off = guest_offset(m, bus), half = m->size / 2;

	return (uintptr_t)m->half[off / half] + off % half;
}

/* Guest-physical address of a byte. */
__u64 guest_gpa(const struct guest_mem *m, __u64 bus)
{
	return GUEST_BASE + guest_offset(m, bus);
}
