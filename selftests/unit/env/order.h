/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Shared words and barriers between two threads, as the kernel means them.
 *
 * ThreadSanitizer knows ordered accesses but no fences.  Under it a fence is
 * played by telling it what a fence means: loads before a read barrier acquire,
 * the store after a write barrier releases.
 */
#ifndef _ORDER_H
#define _ORDER_H

#include <stdbool.h>

#ifdef __SANITIZE_THREAD__

#define ORDER_LOADS	8

struct order_state {
	void *loaded[ORDER_LOADS];
	unsigned int n;
	bool release;
};

extern _Thread_local struct order_state order_state;

void __tsan_acquire(void *p);
void __tsan_release(void *p);

static inline void order_loaded(const volatile void *p)
{
	order_state.loaded[order_state.n++ % ORDER_LOADS] = (void *)p;
}

static inline void order_storing(const volatile void *p)
{
	if (order_state.release)
		__tsan_release((void *)p);
	order_state.release = false;
}

static inline void order_rmb(void)
{
	unsigned int i;

	for (i = 0; i < ORDER_LOADS && i < order_state.n; i++)
		__tsan_acquire(order_state.loaded[i]);
	order_state.n = 0;
}

static inline void order_wmb(void)
{
	order_state.release = true;
}

static inline void order_mb(void)
{
	order_rmb();
	order_wmb();
	__sync_synchronize();
}

#else

static inline void order_loaded(const volatile void *p)
{
	(void)p;
}

static inline void order_storing(const volatile void *p)
{
	(void)p;
}

static inline void order_rmb(void)
{
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
}

static inline void order_wmb(void)
{
	__atomic_thread_fence(__ATOMIC_RELEASE);
}

static inline void order_mb(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

#endif

#define order_load(p)							\
({									\
	__auto_type _word = __atomic_load_n(p, __ATOMIC_RELAXED);	\
									\
	order_loaded(p);						\
	_word;								\
})

#define order_store(p, v)						\
do {									\
	order_storing(p);						\
	__atomic_store_n(p, v, __ATOMIC_RELAXED);			\
} while (0)

#define order_load_acquire(p)		__atomic_load_n(p, __ATOMIC_ACQUIRE)
#define order_store_release(p, v)	__atomic_store_n(p, v, __ATOMIC_RELEASE)

#endif /* _ORDER_H */
