// SPDX-License-Identifier: GPL-2.0
/*
 * See env.h.
 */
#include <stdlib.h>
#include "mvh_env.h"
#include "unit.h"

#define ENV_AREAS	16

struct env_range {
	const unsigned char *base;
	size_t len;
};

struct env_area {
	const unsigned char *base;
	size_t len;
	const char *name;
	unsigned char *rights;
};

struct env env;

#ifdef __SANITIZE_THREAD__
_Thread_local struct order_state order_state;
#endif

static struct env_area areas[ENV_AREAS];
static unsigned int n_areas;
static struct env_area *last_area;

/* What was read since env_mark(). */
static struct env_range *reads;
static unsigned int n_reads, max_reads, max_log;

static void *env_grow(void *array, unsigned int n, unsigned int *max,
		      size_t size)
{
	if (n < *max)
		return array;
	*max = *max ? 2 * *max : 1024;
	array = realloc(array, *max * size);
	if (!array)
		abort();
	return array;
}

static void env_note(enum env_op op, const volatile void *p, size_t len)
{
	env.log = env_grow(env.log, env.n_log, &max_log, sizeof(*env.log));
	env.log[env.n_log++] = (struct env_event) {
		.op = op,
		.p = (const unsigned char *)p,
		.len = len,
	};
}

/* The area that holds all of the range, or NULL. */
static struct env_area *env_area_of(const volatile void *p, size_t len)
{
	uintptr_t at = (uintptr_t)p;
	unsigned int i;

	for (i = 0; i <= n_areas; i++) {
		struct env_area *a = i ? &areas[i - 1] : last_area;
		uintptr_t base;

		if (!a)
			continue;
		base = (uintptr_t)a->base;
		if (at >= base && at - base <= a->len &&
		    len <= a->len - (at - base)) {
			last_area = a;
			return a;
		}
	}
	return NULL;
}

/**
 * env_area - make memory known as the guest's
 * @base: its start
 * @len: its length
 * @name: for messages
 * @rights: of each byte
 */
void env_area(void *base, size_t len, const char *name, unsigned char rights)
{
	struct env_area *a = &areas[n_areas];

	if (n_areas++ == ENV_AREAS)
		unit_fail(__FILE__, __LINE__, "too many areas");
	a->base = base;
	a->len = len;
	a->name = name;
	/* Most memory has none at first, and is never touched. */
	a->rights = calloc(1, len + 1);
	if (!a->rights)
		abort();
	if (rights)
		memset(a->rights, rights, len);
}

/**
 * env_areas_drop - the guest's memory is no longer known
 */
void env_areas_drop(void)
{
	while (n_areas)
		free(areas[--n_areas].rights);
	last_area = NULL;
	n_reads = 0;
}

static unsigned char *env_rights_of(const volatile void *p, size_t len)
{
	struct env_area *a = env_area_of(p, len);

	if (!a)
		return NULL;
	return a->rights + ((const unsigned char *)p - a->base);
}

/**
 * env_rights - change the rights of some bytes of an area
 * @p: start
 * @len: length
 * @rights: what they are from now on
 */
void env_rights(const void *p, size_t len, unsigned char rights)
{
	memset(env_rights_of(p, len), rights, len);
}

/**
 * env_renew - the guest wrote: its memory may be read again
 * @p: start
 * @len: length
 */
void env_renew(const void *p, size_t len)
{
	unsigned char *rights;
	size_t i;

	if (env.off)
		return;
	rights = env_rights_of(p, len);
	for (i = 0; rights && i < len; i++)
		rights[i] &= ~ENV_SEEN;
}

/**
 * env_mark - reads from here on can be undone by env_forget()
 */
void env_mark(void)
{
	n_reads = 0;
}

/**
 * env_forget - what was read since env_mark() may be read again
 */
void env_forget(void)
{
	while (n_reads) {
		n_reads--;
		env_renew(reads[n_reads].base, reads[n_reads].len);
	}
}

/**
 * env_log_reset - forget the recorded accesses
 */
void env_log_reset(void)
{
	env.n_log = 0;
}

/**
 * env_find - find a recorded access
 * @ops: set of operations
 * @p: start of the range it must touch; NULL for any
 * @len: length of the range
 * @from: where in the log to begin
 *
 * Return: its index, or -1.
 */
int env_find(unsigned int ops, const void *p, size_t len, unsigned int from)
{
	const unsigned char *want = p;
	unsigned int i;

	for (i = from; i < env.n_log; i++) {
		const struct env_event *e = &env.log[i];

		if (!(ops & ENV_SET(e->op)))
			continue;
		if (!want || (e->p < want + len && want < e->p + e->len))
			return i;
	}
	return -1;
}

/**
 * env_fenced - does a barrier stand between two recorded accesses?
 * @ops: barriers of which one must be there; a full one always does
 * @from: index of the earlier access
 * @to: index of the later access
 *
 * Return: true if there is.
 */
bool env_fenced(unsigned int ops, unsigned int from, unsigned int to)
{
	unsigned int i;

	ops |= ENV_SET(ENV_MB);
	for (i = from + 1; i < to; i++)
		if (ops & ENV_SET(env.log[i].op))
			return true;
	return false;
}

/**
 * env_fail_nth - have an operation fail
 * @op: which
 * @nth: the how many-th from now, 0 for none
 */
void env_fail_nth(enum env_op op, unsigned long nth)
{
	env.fail_at[op] = nth ? env.n[op] + nth : 0;
}

/**
 * env_words - how many words of guest memory were read or written
 *
 * Return: the number.
 */
unsigned long env_words(void)
{
	return env.n[ENV_LOAD] + env.n[ENV_LOAD_ACQUIRE] + env.n[ENV_STORE] +
	       env.n[ENV_STORE_RELEASE];
}

/**
 * env_reset - as at the beginning, for a program that does many tests
 */
void env_reset(void)
{
	struct env_event *log = env.log;

	env_areas_drop();
	memset(&env, 0, sizeof(env));
	env.log = log;
}

/**
 * env_check_end - what must hold when a test ends
 */
void env_check_end(void)
{
	if (env.live)
		unit_fail(__FILE__, __LINE__, "%ld allocations not freed",
			  env.live);
}

/* Count; true if this one is to fail. */
static bool env_count(enum env_op op)
{
	return ++env.n[op] == env.fail_at[op];
}

static void env_check_read(const struct env_area *a, const unsigned char *p,
			   size_t len)
{
	size_t off = p - a->base, i;
	unsigned char *rights = a->rights + off;

	for (i = 0; i < len; i++) {
		if (!(rights[i] & ENV_R))
			unit_fail(__FILE__, __LINE__, "read of %s+%zu",
				  a->name, off + i);
		if (rights[i] & ENV_POLL)
			continue;
		if ((rights[i] & ENV_SEEN) && !env.refetch)
			unit_fail(__FILE__, __LINE__,
				  "second read of %s+%zu", a->name, off + i);
		rights[i] |= ENV_SEEN;
	}
	reads = env_grow(reads, n_reads, &max_reads, sizeof(*reads));
	reads[n_reads++] = (struct env_range) { .base = p, .len = len };
}

static void env_check_aligned(const volatile void *p, size_t len)
{
	if ((uintptr_t)p % len)
		unit_fail(__FILE__, __LINE__, "odd address %p", p);
}

/**
 * env_read_begin - a word is about to be read
 * @op: how
 * @p: where
 * @len: its size
 *
 * Return: true if it was told to fail, as only a word in user mode can.
 */
bool env_read_begin(enum env_op op, const volatile void *p, size_t len)
{
	const struct env_area *a;

	if (env.off)
		return false;
	a = env_area_of(p, len);
	if (!a)
		unit_fail(__FILE__, __LINE__, "read of %zu bytes at %p", len, p);
	env_check_aligned(p, len);
	env_note(op, p, len);
	env_check_read(a, (const unsigned char *)p, len);
	return env_count(op);
}

/**
 * env_read_end - a word was read: the guest's turn to change it
 * @op: how
 * @p: where
 * @len: its size
 */
void env_read_end(enum env_op op, const volatile void *p, size_t len)
{
	(void)op;
	if (!env.off && env.hook && env_area_of(p, len))
		env.hook();
}

/**
 * env_write - a word is about to be written
 * @op: how
 * @p: where
 * @len: its size
 *
 * Return: true if it was told to fail, as only a word in user mode can.
 */
bool env_write(enum env_op op, const volatile void *p, size_t len)
{
	const struct env_area *a;
	size_t off, i;

	if (env.off)
		return false;
	a = env_area_of(p, len);
	if (!a)
		unit_fail(__FILE__, __LINE__, "write of %zu bytes at %p", len,
			  p);
	env_check_aligned(p, len);
	env_note(op, p, len);
	off = (const unsigned char *)p - a->base;
	for (i = 0; i < len; i++)
		if (!(a->rights[off + i] & ENV_W))
			unit_fail(__FILE__, __LINE__, "write to %s+%zu",
				  a->name, off + i);
	return env_count(op);
}

/**
 * env_event - record a barrier, or the report of a write
 * @op: which
 * @p: the reported memory, or NULL
 * @len: its length
 */
void env_event(enum env_op op, const void *p, size_t len)
{
	if (env.off)
		return;
	env_count(op);
	env_note(op, p, len);
}

/**
 * env_index - an index that the code claims to have checked
 * @i: the index
 * @n: the bound
 *
 * Return: the index.
 */
size_t env_index(size_t i, size_t n)
{
	if (i >= n)
		unit_fail(__FILE__, __LINE__, "index %zu of %zu", i, n);
	return i;
}

/**
 * mvh_copy_from_guest - read guest memory outside the rings
 * @dst: where to
 * @src: where from
 * @len: bytes
 *
 * Return: 0, or -EFAULT if a failure was requested.
 */
int mvh_copy_from_guest(void *dst, const void *src, size_t len)
{
	const struct env_area *a;

	if (env.off) {
		memcpy(dst, src, len);
		return 0;
	}
	if (env_count(ENV_COPY))
		return -EFAULT;
	a = env_area_of(src, len);
	if (!a)
		unit_fail(__FILE__, __LINE__, "copy of %zu bytes at %p", len,
			  src);
	env_note(ENV_COPY, src, len);
	env_check_read(a, src, len);
	memcpy(dst, src, len);
	if (env.hook)
		env.hook();
	return 0;
}

/**
 * mvh_alloc_array - zeroed memory
 * @n: number of elements
 * @size: bytes of one
 *
 * Return: the memory, or NULL if a failure was requested.
 */
void *mvh_alloc_array(size_t n, size_t size)
{
	if (env_count(ENV_ALLOC))
		return NULL;
	env.live++;
	return calloc(n, size);
}

/**
 * mvh_free - give memory back
 * @p: the memory or NULL
 */
void mvh_free(void *p)
{
	if (p)
		env.live--;
	free(p);
}

/**
 * mvh_log_set_bit - remember a page as dirty
 * @log: must be ENV_LOG_BASE
 * @page: number of the page
 *
 * Return: 0, or -EFAULT if a failure was requested.
 */
int mvh_log_set_bit(u64 log, u64 page)
{
	if (env_count(ENV_LOG))
		return -EFAULT;
	if (log != ENV_LOG_BASE || env.n_page == ENV_PAGES)
		unit_fail(__FILE__, __LINE__, "log %llx, page %llx", log, page);
	env.page[env.n_page++] = page;
	return 0;
}
