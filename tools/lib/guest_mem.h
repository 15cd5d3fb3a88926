/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Guest memory of the mock driver.
 *
 * Three kinds of address meet here.  A bus address is what the driver writes
 * into descriptors: guest-physical without an IOMMU, I/O virtual with one.  A
 * host virtual address (hva) is what the memory table and IOTLB updates tell the
 * device.  A pointer is how the mock itself reaches the byte.  Pointer and hva
 * differ on purpose where pages are shuffled.
 */
#ifndef TOOLS_LIB_GUEST_MEM_H
#define TOOLS_LIB_GUEST_MEM_H

#include <stdbool.h>
#include <stddef.h>

#include "vhost_uapi.h"

#define GUEST_BASE	0x100000000ULL	/* first guest-physical address */
#define GUEST_IOVA	0x7f0000000ULL	/* first I/O virtual address */
#define GUEST_REGIONS	2

/**
 * struct guest_mem - memory that a guest is made of
 * @fd: memfd behind all mappings
 * @size: bytes, a multiple of two pages
 * @base: bus address of the first byte
 * @view: the mock's own mapping, contiguous in bus addresses
 * @half: device-visible mappings of the two halves, apart from each other
 * @perm: page number by page of bus address, or NULL for the identity
 * @next: next free bus address of guest_alloc()
 */
struct guest_mem {
	int fd;
	size_t size;
	__u64 base;
	__u8 *view;
	__u8 *half[GUEST_REGIONS];
	unsigned int *perm;
	__u64 next;
};

int guest_mem_init(struct guest_mem *m, size_t size, bool iommu);
int guest_mem_move(struct guest_mem *m, int fd);
void guest_mem_fini(struct guest_mem *m);
void guest_mem_regions(const struct guest_mem *m,
		       struct vhost_memory_region r[GUEST_REGIONS]);
__u64 guest_alloc(struct guest_mem *m, size_t size, size_t align);
void *guest_ptr(const struct guest_mem *m, __u64 bus);
__u64 guest_hva(const struct guest_mem *m, __u64 bus);
__u64 guest_gpa(const struct guest_mem *m, __u64 bus);

#endif /* TOOLS_LIB_GUEST_MEM_H */
