/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel names its user-visible headers so; here they are installed. */
#include <linux/virtio_blk.h>
