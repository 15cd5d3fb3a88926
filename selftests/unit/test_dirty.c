// SPDX-License-Identifier: GPL-2.0
/*
 * The dirty log: which pages are marked, and what happens when it fails.
 */
#include "ring/dirty.h"
#include "unit.h"

#define PAGE	4096ULL
#define LOG	ENV_LOG_BASE

static void check_pages(u64 first, unsigned int n)
{
	unsigned int i;

	check_eq(env.n_page, n);
	for (i = 0; i < n; i++)
		check_eq(env.page[i], first + i);
	env.n_page = 0;
}

UNIT_TEST(test_mark, "1.5 dirty: ranges around page borders mark exactly their pages")
{
	static const u64 base[] = { 0, 5 * PAGE, 1ULL << 40 };
	unsigned int i, off, len;

	for (i = 0; i < ARRAY_SIZE(base); i++)
	for (off = 0; off < 3 * PAGE; off += off % PAGE > 2 &&
	     off % PAGE < PAGE - 3 ? PAGE - 6 : 1)
	for (len = 1; len < 3 * PAGE; len += len % PAGE > 2 &&
	     len % PAGE < PAGE - 3 ? PAGE - 6 : 1) {
		u64 at = base[i] + off;
		u64 last = (at + len - 1) / PAGE;

		check_eq(mvh_dirty_mark(LOG, at, len), 0);
		check_pages(at / PAGE, last - at / PAGE + 1);
	}
}

UNIT_TEST(test_mark_none, "1.5 dirty: nothing written marks nothing")
{
	struct mvh_region r = { 0, 4095, 0x7000000, 3, 0 };
	struct mvh_map *map = mvh_map_create(&r, 1);

	check_eq(mvh_dirty_mark(LOG, 0, 0), 0);
	check_eq(mvh_dirty_mark(LOG, PAGE, 0), 0);
	check_eq(mvh_dirty_mark_user(LOG, map, 5, 0), 0);
	check_eq(env.n_page, 0);
	mvh_map_free(map);
}

UNIT_TEST(test_mark_ends, "1.5 dirty: the ends of the address space")
{
	check_eq(mvh_dirty_mark(LOG, 0, 1), 0);
	check_pages(0, 1);
	check_eq(mvh_dirty_mark(LOG, ~0ULL, 1), 0);
	check_pages(~0ULL / PAGE, 1);
	check_eq(mvh_dirty_mark(LOG, ~0ULL - PAGE, PAGE + 1), 0);
	check_pages(~0ULL / PAGE - 1, 2);
	check_eq(mvh_dirty_mark(LOG, ~0ULL, 2), -EFAULT);
	check_eq(mvh_dirty_mark(LOG, PAGE, ~0ULL), -EFAULT);
	check_eq(env.n_page, 0);
}

UNIT_TEST(test_mark_fault, "1.5 dirty: a log that fails at each page")
{
	unsigned int nth;

	for (nth = 1; nth <= 4; nth++) {
		env_fail_nth(ENV_LOG, nth);
		check_eq(mvh_dirty_mark(LOG, PAGE, 3 * PAGE),
			 nth <= 3 ? -EFAULT : 0);
		check_pages(1, nth - 1 < 3 ? nth - 1 : 3);
	}
}

/* Guest pages 0-3 and 16-19 are the same memory; 8-9 are other memory. */
static struct mvh_map *aliased(u64 uaddr)
{
	struct mvh_region table[] = {
		{ 0, 4 * PAGE - 1, uaddr, 3, 0 },
		{ 8 * PAGE, 10 * PAGE - 1, uaddr + 100 * PAGE, 3, 0 },
		{ 16 * PAGE, 20 * PAGE - 1, uaddr, 3, 0 },
	};

	return mvh_map_create(table, 3);
}

UNIT_TEST(test_mark_user, "1.5 dirty: every guest address of the memory is marked")
{
	u64 u = 0x7f0000000000;
	struct mvh_map *map = aliased(u);

	check_eq(mvh_dirty_mark_user(LOG, map, u, 1), 0);
	check_eq(env.n_page, 2);
	check_eq(env.page[0], 0);
	check_eq(env.page[1], 16);
	env.n_page = 0;
	check_eq(mvh_dirty_mark_user(LOG, map, u + 4 * PAGE - 1, 1), 0);
	check_eq(env.n_page, 2);
	check_eq(env.page[0], 3);
	check_eq(env.page[1], 19);
	env.n_page = 0;
	check_eq(mvh_dirty_mark_user(LOG, map, u + PAGE - 1, 2), 0);
	check_eq(env.n_page, 4);
	env.n_page = 0;
	check_eq(mvh_dirty_mark_user(LOG, map, u + 101 * PAGE, PAGE), 0);
	check_pages(9, 1);
	mvh_map_free(map);
}

UNIT_TEST(test_mark_user_unknown, "1.5 dirty: memory that is not the guest's is an error")
{
	u64 u = 0x7f0000000000;
	struct mvh_map *map = aliased(u);

	check_eq(mvh_dirty_mark_user(LOG, map, u - 1, 1), -EFAULT);
	check_eq(mvh_dirty_mark_user(LOG, map, u + 4 * PAGE, 1), -EFAULT);
	check_eq(mvh_dirty_mark_user(LOG, map, u + 102 * PAGE, 1), -EFAULT);
	check_eq(mvh_dirty_mark_user(LOG, map, 0, 1), -EFAULT);
	check_eq(mvh_dirty_mark_user(LOG, map, ~0ULL, 1), -EFAULT);
	check_eq(env.n_page, 0);
	/* What is known of it is marked all the same. */
	check_eq(mvh_dirty_mark_user(LOG, map, u - 1, 2), -EFAULT);
	check_eq(env.n_page, 2);
	env.n_page = 0;
	check_eq(mvh_dirty_mark_user(LOG, map, u + 4 * PAGE - 1, 2), 0);
	check_eq(env.n_page, 2);
	mvh_map_free(map);
}

/* A second region begins in the middle of what was written. */
UNIT_TEST(test_mark_user_part, "1.5 dirty: an alias of only a part of the range")
{
	struct mvh_region table[] = {
		{ 0, 4 * PAGE - 1, 0x70000000, 3, 0 },
		{ 8 * PAGE, 9 * PAGE - 1, 0x70001000, 3, 0 },
	};
	struct mvh_map *map = mvh_map_create(table, 2);

	check_eq(mvh_dirty_mark_user(LOG, map, 0x70000000, 2 * PAGE), 0);
	check_eq(env.n_page, 3);
	check_eq(env.page[2], 8);
	mvh_map_free(map);
}

UNIT_TEST(test_mark_user_fault, "1.5 dirty: a log that fails at each alias")
{
	u64 u = 0x7f0000000000;
	struct mvh_map *map = aliased(u);
	unsigned int nth;

	for (nth = 1; nth <= 3; nth++) {
		env_fail_nth(ENV_LOG, nth);
		check_eq(mvh_dirty_mark_user(LOG, map, u, 1),
			 nth <= 2 ? -EFAULT : 0);
		env.n_page = 0;
	}
	mvh_map_free(map);
}

/* A region at offset 1 of a page: guest pages count, not the owner's. */
UNIT_TEST(test_mark_user_offset, "1.5 dirty: guest and owner addresses differ within the page")
{
	struct mvh_region r = { PAGE, 2 * PAGE - 1, 0x70000801, 3, 0 };
	struct mvh_map *map = mvh_map_create(&r, 1);

	check_eq(mvh_dirty_mark_user(LOG, map, 0x70000801, PAGE), 0);
	check_pages(1, 1);
	mvh_map_free(map);
}

/* Which guest pages a range is known by, in a table of @n regions. */
static bool is_marked(const struct mvh_region *table, unsigned int n, u64 page,
		      u64 uaddr, u64 len)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		const struct mvh_region *r = &table[i];
		u64 u = r->uaddr + (page * PAGE - r->start);

		if (page * PAGE >= r->start && page * PAGE <= r->last &&
		    u <= uaddr + len - 1 && u + PAGE - 1 >= uaddr)
			return true;
	}
	return false;
}

UNIT_TEST(test_mark_user_random, "1.5 dirty: tables in which memory is mapped over and over")
{
	struct mvh_region table[12];
	u64 u = 0x7f0000000000, page;
	unsigned int lap, i, n;
	struct mvh_map *map;

	for (lap = 0; lap < 3000; lap++) {
		u64 start = 0, at = u + unit_rand_below(40) * PAGE, len, n_pages = 0;

		n = 1 + unit_rand_below(12);
		for (i = 0; i < n; i++) {
			u64 size = (1 + unit_rand_below(lap % 2 ? 4 : 30)) * PAGE;

			table[i] = (struct mvh_region) {
				.start = start, .last = start + size - 1,
				.uaddr = u + unit_rand_below(40) * PAGE, .access = 3,
			};
			start += size + unit_rand_below(2) * PAGE;
		}
		len = 1 + unit_rand_below(6 * PAGE);
		map = mvh_map_create(table, n);
		check_eq(IS_ERR(map), false);
		mvh_dirty_mark_user(LOG, map, at, len);
		for (page = 0; page < start / PAGE; page++)
			n_pages += is_marked(table, n, page, at, len);
		check_eq(env.n_page, n_pages);
		for (i = 0; i < env.n_page; i++)
			check_eq(is_marked(table, n, env.page[i], at, len), true);
		env.n_page = 0;
		mvh_map_free(map);
	}
}

UNIT_TEST(test_mark_iov, "1.5 dirty: pieces that follow each other are marked as one")
{
	u64 u = 0x7f0000000000;
	struct mvh_region table[] = { { 0, 64 * PAGE - 1, u, 3, 0 } };
	struct mvh_map *map = mvh_map_create(table, 1);
	const struct iovec iov[] = {
		{ (void *)(u + 100), 200 },		/* page 0 */
		{ (void *)(u + 300), PAGE },		/* to page 1 */
		{ (void *)(u + 300 + PAGE), 10 },	/* page 1 */
		{ (void *)(u + 9 * PAGE), PAGE },	/* page 9 */
		{ (void *)(u + 8 * PAGE), PAGE },	/* before it */
		{ (void *)(u + 99 * PAGE), 8 },		/* nowhere */
		{ (void *)(u + 20 * PAGE), 8 },
	};

	check_eq(mvh_dirty_mark_iov(LOG, map, iov, 0), 0);
	check_eq(env.n_page, 0);
	check_eq(mvh_dirty_mark_iov(LOG, map, iov, 200), 0);
	check_pages(0, 1);
	check_eq(mvh_dirty_mark_iov(LOG, map, iov, 210 + PAGE), 0);
	check_pages(0, 2);
	check_eq(mvh_dirty_mark_iov(LOG, map, iov, 210 + 3 * PAGE), 0);
	check_eq(env.n_page, 4);
	check_eq(env.page[2], 9);
	check_eq(env.page[3], 8);
	env.n_page = 0;
	check_eq(mvh_dirty_mark_iov(LOG, map, iov, 226 + 3 * PAGE), -EFAULT);
	check_eq(env.n_page, 5);
	check_eq(env.page[4], 20);
	env.n_page = 0;
	mvh_map_free(map);
}
