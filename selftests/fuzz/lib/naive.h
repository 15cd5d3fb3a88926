/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a map of guest memory must do, in the simplest way there is: a list
 * without order that is looked through from its beginning.
 */
#ifndef _NAIVE_H
#define _NAIVE_H

#include "ring/mem.h"

#define NAIVE_MAX	64

/**
 * struct naive - a map
 * @region: its regions, in any order
 * @n: how many
 * @cached: what is missing may be asked for
 */
struct naive {
	struct mvh_region region[NAIVE_MAX];
	unsigned int n;
	bool cached;
};

const struct mvh_region *naive_find(const struct naive *m, u64 addr);
bool naive_overlaps(const struct naive *m, u64 start, u64 last);
void naive_remove(struct naive *m, u64 start, u64 last);
void naive_add(struct naive *m, const struct mvh_region *r);
int naive_translate(const struct naive *m, u64 addr, u64 len, u8 access,
		    struct iovec *iov, unsigned int max, u64 *miss);
void naive_take(struct naive *m, const struct mvh_map *map);
void naive_insert(struct naive *m, const struct mvh_map *got,
		  const struct mvh_region *add, u32 limit);
void naive_check(const struct naive *m, const struct mvh_map *map);
void naive_check_view(const struct naive *m, struct mvh_view *view, u64 addr,
		      u64 len, u8 access);

#endif /* _NAIVE_H */
