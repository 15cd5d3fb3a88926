/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel side of the seam: every name that the pure files (ring, chain,
 * mem, dirty, net/hdr, blk/req, core/limit, scsi/cdb) take from their surroundings.  The
 * unit tests compile the same files against a header of the same name that checks
 * each access.
 * A ring word is mapped memory of the kernel, where an access cannot fail, or
 * memory of the owner's address space (mvh_user_*()), where each one may.  All
 * else in guest memory is of the second kind.
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

/*
 * The same in the owner's address space.  What cannot be reached is read as 0 and
 * written nowhere, and *(fault) becomes true.
 */
#define mvh_user_load(p, fault)						\
({									\
	__unqual_scalar_typeof(*(p)) _val;				\
									\
	if (unlikely(get_user(_val, (typeof(_val) __user *)(p)))) {	\
		_val = 0;						\
		*(fault) = true;					\
	}								\
	_val;								\
})

#define mvh_user_store(p, v, fault)					\
do {									\
	__unqual_scalar_typeof(*(p)) _val = (v);			\
									\
	if (unlikely(put_user(_val, (typeof(_val) __user *)(p))))	\
		*(fault) = true;					\
} while (0)

/* Stores stay behind by the branch on what was loaded. */
#define mvh_user_load_acquire(p, fault)					\
({									\
	__auto_type _got = mvh_user_load(p, fault);			\
									\
	smp_rmb();	/* pairs with the driver's release */		\
	_got;								\
})

#define mvh_user_store_release(p, v, fault)				\
do {									\
	smp_mb();	/* pairs with the driver's acquire */		\
	mvh_user_store(p, v, fault);					\
} while (0)

/* Between accesses to a ring; the partner is in the guest's driver. */
#define mvh_rmb()		smp_rmb()	/* pairs with its write barrier */
#define mvh_wmb()		smp_wmb()	/* pairs with its read barrier */
#define mvh_mb()		smp_mb()	/* pairs with its full barrier */

/*
 * mvh_copy_from_guest() - read guest memory outside the rings
 * @dst: kernel buffer
 * @src: owner's address
 *
 * For a few hundred bytes, mostly aligned: copied by words, which costs less than a call
 * that looks at what it is to copy.
 *
 * Context: Process context with the owner's address space, may sleep.
 * Return: 0, or -EFAULT.
 */
static inline int mvh_copy_from_guest(void *dst, const void __user *src,
				      size_t len)
{
	size_t i;

	if (unlikely(!IS_ALIGNED((uintptr_t)dst | (uintptr_t)src | len, sizeof(u64))))
		return copy_from_user(dst, src, len) ? -EFAULT : 0;
	if (!user_read_access_begin(src, len))
		return -EFAULT;
	for (i = 0; i < len; i += sizeof(u64))
		unsafe_get_user(*(u64 *)(dst + i), (const u64 __user *)(src + i), fault);
	user_read_access_end();
	return 0;

fault:
	user_read_access_end();
	return -EFAULT;
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
