// SPDX-License-Identifier: GPL-2.0
/*
 * Lists of processors.
 */
#include <string.h>
#include "cpus.h"
#include "unit.h"

static void check_list(const char *text, const char *want)
{
	struct cpus cpus;
	char got[128];
	int r = cpus_parse(&cpus, text);

	unit_context("\"%s\"", text);
	check_eq(r, want ? 0 : -22);
	if (!want)
		return;
	cpus_print(&cpus, got, sizeof(got));
	unit_context("\"%s\" is \"%s\"", text, got);
	check(!strcmp(got, want));
}

UNIT_TEST(cpus_lists, "cpus: lists as people and the kernel write them")
{
	check_list("0", "0");
	check_list("0-3,8", "0-3,8");
	check_list("8,1,0,2", "0-2,8");
	check_list("63-64,8191", "63-64,8191");
	check_list("", NULL);
	check_list("1,", NULL);
	check_list("3-1", NULL);
	check_list("8192", NULL);
	check_list("a", NULL);
	check_list("-1", NULL);
	check_list("1-", NULL);
	check_list("0x1", NULL);
}

UNIT_TEST(cpus_sets, "cpus: sets")
{
	struct cpus a, b;
	char text[8];

	check_eq(cpus_parse(&a, "0-7"), 0);
	check_eq(cpus_parse(&b, "2,70"), 0);
	cpus_remove(&a, &b);
	check(cpus_has(&a, 1) && !cpus_has(&a, 2) && !cpus_has(&a, 70));
	cpus_union(&a, &b);
	check(cpus_has(&a, 2) && cpus_has(&a, 70));
	cpus_remove(&a, &a);
	check(cpus_empty(&a) && !cpus_empty(&b));
	/* what does not fit is left out */
	check_eq(cpus_parse(&a, "1000,2000,3000"), 0);
	cpus_print(&a, text, sizeof(text));
	check_eq(strlen(text), 7);
}
