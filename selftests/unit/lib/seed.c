// SPDX-License-Identifier: GPL-2.0
/*
 * See seed.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include "seed.h"
#include "unit.h"

static struct seeds *seeds_met;

/* Equal inputs get the same name. */
static void seed_write(const char *dir, const struct seed *seed)
{
	u64 hash = 0xcbf29ce484222325ULL;
	size_t len = seed->code.at - seed->bytes, i;
	char name[256];
	FILE *f;

	for (i = 0; i < len; i++)
		hash = (hash ^ seed->bytes[i]) * 0x100000001b3ULL;
	snprintf(name, sizeof(name), "%s/%016llx", dir, (unsigned long long)hash);
	f = fopen(name, "w");
	check(f);
	check_eq(fwrite(seed->bytes, 1, len, f), len);
	check_eq(fclose(f), 0);
}

static void seeds_write(void)
{
	const struct seeds *s;
	char dir[128];
	u64 i;

	for (s = seeds_met; s; s = s->next) {
		snprintf(dir, sizeof(dir), "%s/%s", getenv("UNIT_SEEDS"),
			 s->target);
		mkdir(dir, 0777);
		for (i = 0; i < min(s->seen, (u64)SEEDS_MAX); i++)
			seed_write(dir, &s->kept[i]);
	}
}

static void seeds_init(struct seeds *s)
{
	s->kept = calloc(SEEDS_MAX, sizeof(*s->kept));
	check(s->kept);
	if (!seeds_met)
		atexit(seeds_write);
	s->next = seeds_met;
	seeds_met = s;
}

/**
 * seed_new - a test meets what a fuzzer might begin with
 * @seeds: of the fuzzer
 *
 * Each has the same chance to be kept, but does not depend on unit_rand().
 *
 * Return: where to write it, good until the next call; NULL if it is not wanted.
 */
struct code *seed_new(struct seeds *seeds)
{
	u64 slot = seeds->seen;
	struct seed *seed;

	if (!getenv("UNIT_SEEDS"))
		return NULL;
	if (!seeds->kept)
		seeds_init(seeds);
	if (slot >= SEEDS_MAX)
		slot = (slot * 0x9e3779b97f4a7c15ULL >> 32) % (slot + 1);
	seeds->seen++;
	if (slot >= SEEDS_MAX)
		return NULL;
	seed = &seeds->kept[slot];
	seed->code = code_writer(seed->bytes, sizeof(seed->bytes));
	return &seed->code;
}
