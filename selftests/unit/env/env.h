/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the pure code does to its surroundings, watched.
 *
 * Guest memory consists of areas whose bytes carry rights.  The code under test
 * fails its test when it touches memory outside of an area, reads or writes
 * without the right, reads a byte a second time that the guest has not written
 * anew, or accesses a word at an odd address.  Each access is counted, can be
 * made to fail, and is recorded in a log from which tests tell the order of
 * accesses and barriers.
 *
 * One thread may use it; tests with two switch it off (env.off).
 */
#ifndef _ENV_H
#define _ENV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum env_op {
	ENV_LOAD,
	ENV_LOAD_ACQUIRE,
	ENV_STORE,
	ENV_STORE_RELEASE,
	ENV_RMB,
	ENV_WMB,
	ENV_MB,
	ENV_COPY,
	ENV_ALLOC,
	ENV_LOG,
	ENV_WROTE,
	ENV_OP_MAX
};

/* Rights of a byte. */
#define ENV_R		1
#define ENV_W		2
#define ENV_POLL	4	/* may be read again and again */
#define ENV_SEEN	8	/* was read; set by env.c alone */

/* Pages that mvh_log_set_bit() remembers, and the log they must belong to. */
#define ENV_PAGES	64
#define ENV_LOG_BASE	0x10c0000

/**
 * struct env_event - one access or barrier
 * @op: what
 * @p: where, NULL for barriers
 * @len: how many bytes
 */
struct env_event {
	enum env_op op;
	const unsigned char *p;
	size_t len;
};

/**
 * struct env - the surroundings
 * @n: how often each operation was done
 * @fail_at: make the operation fail when its count reaches this; 0 for never
 * @hook: called after each read of guest memory; may change it
 * @off: check nothing
 * @refetch: reading twice is no failure
 * @live: allocations not freed
 * @page: pages marked in the dirty log
 * @n_page: how many
 * @log: accesses and barriers since env_log_reset()
 * @n_log: how many
 */
struct env {
	unsigned long n[ENV_OP_MAX];
	unsigned long fail_at[ENV_OP_MAX];
	void (*hook)(void);
	bool off;
	bool refetch;
	long live;
	uint64_t page[ENV_PAGES];
	unsigned int n_page;
	struct env_event *log;
	unsigned int n_log;
};

extern struct env env;

/* For tests. */
void env_area(void *base, size_t len, const char *name, unsigned char rights);
void env_areas_drop(void);
void env_rights(const void *p, size_t len, unsigned char rights);
void env_renew(const void *p, size_t len);
void env_mark(void);
void env_forget(void);
void env_log_reset(void);
int env_find(unsigned int ops, const void *p, size_t len, unsigned int from);
bool env_fenced(unsigned int ops, unsigned int from, unsigned int to);
void env_fail_nth(enum env_op op, unsigned long nth);
unsigned long env_words(void);
void env_reset(void);
void env_check_end(void);

/* A set of operations for env_find() and env_fenced(). */
#define ENV_SET(op)	(1U << (op))
#define ENV_READS	(ENV_SET(ENV_LOAD) | ENV_SET(ENV_LOAD_ACQUIRE))
#define ENV_WRITES	(ENV_SET(ENV_STORE) | ENV_SET(ENV_STORE_RELEASE))

/* For mvh_env.h. */
bool env_read_begin(enum env_op op, const volatile void *p, size_t len);
void env_read_end(enum env_op op, const volatile void *p, size_t len);
bool env_write(enum env_op op, const volatile void *p, size_t len);
void env_event(enum env_op op, const void *p, size_t len);
size_t env_index(size_t i, size_t n);

#endif /* _ENV_H */
