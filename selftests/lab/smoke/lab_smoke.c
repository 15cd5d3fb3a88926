// SPDX-License-Identifier: GPL-2.0
/*
 * A module that does nothing: if it does not build or load, the kernel or the
 * lab is at fault, not what is under test.  See kernel.sh.
 */
#include <linux/module.h>

static int __init lab_smoke_init(void)
{
	return 0;
}
module_init(lab_smoke_init);

static void __exit lab_smoke_exit(void)
{
}
module_exit(lab_smoke_exit);

MODULE_DESCRIPTION("Module that does nothing");
MODULE_LICENSE("GPL");
