/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel side of the seam: every name that the pure files (ring, chain,
 * mem, dirty, net/hdr, blk/req, blk/limit) take from their surroundings.  The
 * unit tests compile the same files against a header of the same name that checks
 * each access.
 * Ring memory is pinned and mapped (see area.c), so ring words are ordinary
 * loads and stores that cannot fail.  Everything else in guest memory is
 * reached through the owner's address space and may fail at any time.
 */
#ifndef _MVH_ENV_H
#define _MVH_ENV_H

#include <linux/err.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/uaccess.h>
#include <linux/uio.h>
#include <linux/virtio_byteorder.h>
#include <uapi/linux/virtio_ring.h>
#include <asm/barrier.h>

/* One ring word, read or written exactly once. */
#define mvh_load(p)		READ_ONCE(*(p))
#define mvh_store(p, v)		WRITE_ONCE(*(p), v)

/* A packed descriptor's flags: read before, written after all the rest. */
#define mvh_load_acquire(p)	smp_load_acquire(p)	/* pairs with the driver's release */
#define mvh_store_release(p, v)	smp_store_release(p, v)	/* pairs with its acquire */

/* Between accesses to a ring; the partner is in the guest's driver. */
#define mvh_rmb()		smp_rmb()	/* pairs with its write barrier */
#define mvh_wmb()		smp_wmb()	/* pairs with its read barrier */
#define mvh_mb()		smp_mb()	/* pairs with its full barrier */

/**
 * mvh_copy_from_guest - read guest memory outside the rings
 * @dst: kernel buffer
 * @src: owner's address
 * @len: bytes
 *
 * Context: Process context with the owner's address space, may sleep.
 * Return: 0, or -EFAULT.
 */
static inline int mvh_copy_from_guest(void *dst, const void __user *src,
				      size_t len)
{
	return copy_from_user(dst, src, len) ? -EFAULT : 0;
}

/**
 * mvh_alloc_array - zeroed memory for @n elements of @size bytes
 * @n: number of elements
 * @size: bytes of one
 *
 * Charged to the caller's memory cgroup, since a caller decides on @n.
 *
 * Context: Process context, may sleep.
 * Return: the memory, or NULL.
 */
static inline void *mvh_alloc_array(size_t n, size_t size)
{
	return kvcalloc(n, size, GFP_KERNEL_ACCOUNT);
}

/**
 * mvh_free - give back what mvh_alloc_array() returned
 * @p: the memory or NULL
 */
static inline void mvh_free(void *p)
{
	kvfree(p);
}

/* Implemented by log.c. */
int mvh_log_set_bit(u64 log, u64 page);

#endif /* _MVH_ENV_H */
