/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Maps under test.  The maps_*() verbs call the mvh_map_*() verbs, check that a
 * map is sorted and without overlap after any of them, and make seeds for the
 * fuzzers of maps: each life of a map is one, and continues with its successors.
 */
#ifndef _MAPS_H
#define _MAPS_H

#include "ring/mem.h"

struct mvh_map *maps_create(const struct mvh_region *region, u32 n);
struct mvh_map *maps_create_cache(u32 max);
struct mvh_map *maps_copy(const struct mvh_map *map, u32 max);
void maps_put(struct mvh_map *map, const struct mvh_region *add);
void maps_remove(struct mvh_map *map, u64 start, u64 last);
void maps_free(struct mvh_map *map);
int maps_look(struct mvh_view *view, u64 addr, u64 len, u8 access,
	      struct iovec *iov, unsigned int max);

#endif /* _MAPS_H */
