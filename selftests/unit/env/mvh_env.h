/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The userspace side of the seam: the names of drivers/myvhost/env/mvh_env.h,
 * each access checked.  See env.h for what is checked.
 *
 * It plays a machine whose byte order is not that of the rings: every word
 * marked as little endian is swapped, so a forgotten conversion shows on any
 * machine.  Legacy rings have the machine's order and are not swapped.
 */
#ifndef _MVH_ENV_H
#define _MVH_ENV_H

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/uio.h>
#include <linux/types.h>
#include <linux/virtio_types.h>
#include <uapi/linux/virtio_ring.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s64 s64;

#include "env.h"
#include "order.h"

#define __user
#ifndef __force
#define __force
#endif

#define U16_MAX		((u16)~0U)
#define U32_MAX		((u32)~0U)
#define U64_MAX		((u64)~0ULL)

#define PAGE_SIZE	4096UL
#define BITS_PER_LONG	((int)(8 * sizeof(long)))

#define BIT(n)		(1UL << (n))
#define BIT_ULL(n)	(1ULL << (n))

#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)
#define noinline	__attribute__((__noinline__))

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define struct_size(p, member, n)					\
	(sizeof(*(p)) + sizeof(*(p)->member) * (size_t)(n))

#define min(a, b)							\
({									\
	__typeof__(a) _a = (a);						\
	__typeof__(b) _b = (b);						\
	_a < _b ? _a : _b;						\
})

#define max(a, b)							\
({									\
	__typeof__(a) _a = (a);						\
	__typeof__(b) _b = (b);						\
	_a > _b ? _a : _b;						\
})

#define min_t(type, a, b)	min((type)(a), (type)(b))
#define max_t(type, a, b)	max((type)(a), (type)(b))

/* The kernel's traps if the result has more than 64 bits. */
static inline u64 mul_u64_u64_div_u64(u64 a, u64 mul, u64 div)
{
	unsigned __int128 q = (unsigned __int128)a * mul / div;

	if (q > U64_MAX)
		__builtin_trap();
	return q;
}

#define MAX_ERRNO	4095

static inline void *ERR_PTR(long error)
{
	return (void *)error;
}

static inline long PTR_ERR(const void *ptr)
{
	return (long)ptr;
}

static inline bool IS_ERR(const void *ptr)
{
	return (unsigned long)ptr >= (unsigned long)-MAX_ERRNO;
}

/* An index that is out of bounds here was used without a check. */
#define array_index_nospec(i, n)	env_index((i), (n))

static inline u16 le16_to_cpu(__le16 v)
{
	return __builtin_bswap16(v);
}

static inline u32 le32_to_cpu(__le32 v)
{
	return __builtin_bswap32(v);
}

static inline u64 le64_to_cpu(__le64 v)
{
	return __builtin_bswap64(v);
}

static inline __le16 cpu_to_le16(u16 v)
{
	return __builtin_bswap16(v);
}

static inline __le32 cpu_to_le32(u32 v)
{
	return __builtin_bswap32(v);
}

static inline __le64 cpu_to_le64(u64 v)
{
	return __builtin_bswap64(v);
}

static inline bool virtio_legacy_is_little_endian(void)
{
	return false;
}

static inline u16 __virtio16_to_cpu(bool le, __virtio16 v)
{
	return le ? le16_to_cpu(v) : v;
}

static inline u32 __virtio32_to_cpu(bool le, __virtio32 v)
{
	return le ? le32_to_cpu(v) : v;
}

static inline u64 __virtio64_to_cpu(bool le, __virtio64 v)
{
	return le ? le64_to_cpu(v) : v;
}

static inline __virtio16 __cpu_to_virtio16(bool le, u16 v)
{
	return le ? cpu_to_le16(v) : v;
}

static inline __virtio32 __cpu_to_virtio32(bool le, u32 v)
{
	return le ? cpu_to_le32(v) : v;
}

static inline __virtio64 __cpu_to_virtio64(bool le, u64 v)
{
	return le ? cpu_to_le64(v) : v;
}

/* Only a word in user mode may fail: it has somewhere to say so. */
#define mvh_env_read(op, p, load, fault)				\
({									\
	__auto_type _ptr = (p);						\
	__typeof__(order_load(_ptr)) _val = 0;				\
	bool *_fault = (fault);						\
									\
	if (env_read_begin(op, _ptr, sizeof(*_ptr)) && _fault)		\
		*_fault = true;						\
	else								\
		_val = load(_ptr);					\
	env_read_end(op, _ptr, sizeof(*_ptr));				\
	_val;								\
})

#define mvh_env_write(op, p, v, store, fault)				\
do {									\
	__auto_type _ptr = (p);						\
	bool *_fault = (fault);						\
									\
	if (env_write(op, _ptr, sizeof(*_ptr)) && _fault)		\
		*_fault = true;						\
	else								\
		store(_ptr, v);						\
} while (0)

#define mvh_load(p)		mvh_env_read(ENV_LOAD, p, order_load, NULL)
#define mvh_store(p, v)		mvh_env_write(ENV_STORE, p, v, order_store, NULL)
#define mvh_load_acquire(p)						\
	mvh_env_read(ENV_LOAD_ACQUIRE, p, order_load_acquire, NULL)
#define mvh_store_release(p, v)						\
	mvh_env_write(ENV_STORE_RELEASE, p, v, order_store_release, NULL)

#define mvh_user_load(p, fault)						\
	mvh_env_read(ENV_LOAD, p, order_load, fault)
#define mvh_user_store(p, v, fault)					\
	mvh_env_write(ENV_STORE, p, v, order_store, fault)
#define mvh_user_load_acquire(p, fault)					\
	mvh_env_read(ENV_LOAD_ACQUIRE, p, order_load_acquire, fault)
#define mvh_user_store_release(p, v, fault)				\
	mvh_env_write(ENV_STORE_RELEASE, p, v, order_store_release, fault)

static inline void mvh_rmb(void)
{
	env_event(ENV_RMB, NULL, 0);
	order_rmb();
}

static inline void mvh_wmb(void)
{
	env_event(ENV_WMB, NULL, 0);
	order_wmb();
}

static inline void mvh_mb(void)
{
	env_event(ENV_MB, NULL, 0);
	order_mb();
}

int mvh_copy_from_guest(void *dst, const void *src, size_t len);
void *mvh_alloc_array(size_t n, size_t size);
void mvh_free(void *p);
int mvh_log_set_bit(u64 log, u64 page);

#endif /* _MVH_ENV_H */
