/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernels that the modules are tested on, for main.c.  Older ones are refused; newer
 * ones get a note of the compiler, since most of them work.
 */
#ifndef _MVH_COMPAT_TESTED_H
#define _MVH_COMPAT_TESTED_H

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#error "myvhost needs Linux 6.1 or later"
#endif

/* the series behind the newest that "make check" runs on */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 3, 0)
#pragma message("myvhost is tested up to Linux 7.2: on this kernel, test before you rely on it")
#endif

#endif /* _MVH_COMPAT_TESTED_H */
