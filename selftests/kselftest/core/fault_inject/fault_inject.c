// SPDX-License-Identifier: GPL-2.0
/*
 * Faults of the kernel in every step of a device's life: each is an error that
 * makes sense, leaves nothing behind, and the device goes on.
 */
#include "fault.h"
#include "ktap.h"

int main(int argc, char **argv)
{
	int r;

	fault_setup();
	fault_add_net();
	fault_add_blk();
	fault_add_disk();
	fault_add_leaks();
	r = ktap_main(argc, argv);
	fault_finish();
	return r;
}
