/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Locks of open files (F_OFD_SETLK) from within the kernel.
 */
#ifndef _MVH_COMPAT_LOCK_H
#define _MVH_COMPAT_LOCK_H

#include <linux/fs.h>
#include <linux/version.h>

/* 6.3: a header of their own. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
#include <linux/filelock.h>
#endif

/* 6.9: what all kinds of locks have is in a structure within. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 9, 0)
#define mvh_fl(fl, field)	((fl)->c.flc_##field)
#else
#define mvh_fl(fl, field)	((fl)->fl_##field)
#endif

/* Prepare a lock of one byte.  No process owns it, but the open file. */
static inline void mvh_ofd_lock_init(struct file_lock *fl, struct file *file,
				     unsigned char type, loff_t byte)
{
	locks_init_lock(fl);
	mvh_fl(fl, flags) = FL_POSIX | FL_OFDLCK;
	mvh_fl(fl, type) = type;
	mvh_fl(fl, owner) = file;
	mvh_fl(fl, file) = file;
	fl->fl_start = byte;
	fl->fl_end = byte;
}

/* Is there a lock in the way, according to vfs_test_lock()? */
static inline bool mvh_ofd_lock_conflicts(const struct file_lock *fl)
{
	return mvh_fl(fl, type) != F_UNLCK;
}

/* The process that took it, 0 if that is not known. */
static inline pid_t mvh_ofd_lock_pid(const struct file_lock *fl)
{
	return mvh_fl(fl, pid);
}

#endif /* _MVH_COMPAT_LOCK_H */
