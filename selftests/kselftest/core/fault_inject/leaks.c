// SPDX-License-Identifier: GPL-2.0
/*
 * What the faults made the modules lose. Files are in the order of their names: this
 * one must be the last.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fault.h"
#include "ktap.h"

#define FAULT_KMEMLEAK	FAULT_DEBUG "kmemleak"
/* An object must have this age before kmemleak reports it, in seconds. */
#define FAULT_LEAK_AGE	6

/* No memory of ours is lost, as far as kmemleak can see. */
KTAP_TEST(fault_leaks, KTAP_LONG, NULL, "fault_no_leak")
{
	char line[256];
	int n = 0;
	FILE *f;

	fault_require();
	if (access(FAULT_KMEMLEAK, W_OK))
		ktap_skip("no kmemleak in this kernel");
	sleep(FAULT_LEAK_AGE);
	fault_write(FAULT_KMEMLEAK, "scan");
	sleep(FAULT_LEAK_AGE);
	fault_write(FAULT_KMEMLEAK, "scan");
	f = fopen(FAULT_KMEMLEAK, "r");
	ktap_check(f, FAULT_KMEMLEAK ": %s", strerror(errno));
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = 0;
		if (!strstr(line, "[myvhost"))
			continue;
		ktap_diag("%s", line);
		n++;
	}
	fclose(f);
	ktap_check(!n, "memory of the modules is lost");
}
