// SPDX-License-Identifier: GPL-2.0
/*
 * myvhost.ko: parameters, init and exit.
 */
#include <linux/miscdevice.h>
#include <linux/module.h>
#include "cdev/cdev.h"
#include "compat/tested.h"
#include "core/dev.h"

module_param_named(worker_per_vq, mvh_worker_per_vq, bool, 0644);
MODULE_PARM_DESC(worker_per_vq,
		 "A worker for each queue instead of one for the device");

module_param_named(pin_rings, mvh_pin_rings, bool, 0644);
MODULE_PARM_DESC(pin_rings,
		 "Pin and map the memory of rings where that is possible");

static int mvh_poll_max_set(const char *val, const struct kernel_param *kp)
{
	return param_set_uint_minmax(val, kp, 0, MYVHOST_POLL_MAX_USECS);
}

static const struct kernel_param_ops mvh_poll_max_ops = {
	.set = mvh_poll_max_set,
	.get = param_get_uint,
};

module_param_cb(poll_max_us, &mvh_poll_max_ops, &mvh_poll_max_us, 0644);
MODULE_PARM_DESC(poll_max_us,
		 "Bound of the adaptive busy poll of new devices in microseconds, 0 for none");

static int __init mvh_init(void)
{
	return mvh_cdev_init();
}

static void __exit mvh_exit(void)
{
	mvh_cdev_exit();
}

module_init(mvh_init);
module_exit(mvh_exit);

MODULE_DESCRIPTION("In-kernel virtio back ends");
MODULE_LICENSE("GPL");
/* the version of the project: the program and the packages take it from here */
MODULE_VERSION("0.1");
MODULE_ALIAS_MISCDEV(MVH_MINOR);
MODULE_ALIAS("devname:myvhost");
