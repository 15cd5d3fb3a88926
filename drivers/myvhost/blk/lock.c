// SPDX-License-Identifier: GPL-2.0
/*
 * The lock of a backing: who else may use it meanwhile.  The protocol is QEMU's, so that
 * QEMU, qemu-img and whoever relies on them respect a disk, and are respected by it.
 *
 * For each permission there are two bytes of the file.  A shared lock on the first says
 * "I use it", on the second "I do not share it".  Nobody ever holds an exclusive lock: to
 * ask for one tells whether anybody has the byte.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bits.h>
#include <linux/fs.h>
#include "compat/lock.h"
#include "disk.h"

#define MVH_LOCK_USED		100
#define MVH_LOCK_UNSHARED	200

/* The permissions, numbered as by QEMU. */
#define MVH_LOCK_READ		BIT(0)
#define MVH_LOCK_WRITE		BIT(1)
#define MVH_LOCK_RESIZE		BIT(3)
#define MVH_LOCK_BITS		4

static int mvh_lock_take(struct file *file, unsigned long bits, loff_t base)
{
	struct file_lock fl;
	unsigned int bit;
	int err;

	for_each_set_bit(bit, &bits, MVH_LOCK_BITS) {
		mvh_ofd_lock_init(&fl, file, F_RDLCK, base + bit);
		err = vfs_lock_file(file, F_SETLK, &fl, NULL);
		if (err)
			return err == -EAGAIN ? -EBUSY : err;
	}
	return 0;
}

static void mvh_lock_say(struct file *file, const struct file_lock *fl)
{
	if (mvh_ofd_lock_pid(fl) > 0)
		pr_info_ratelimited("%pD4: in use by process %d, by its lock of byte %lld\n",
				    file, mvh_ofd_lock_pid(fl), fl->fl_start);
	else
		pr_info_ratelimited("%pD4: in use by another disk or another host, by a lock of byte %lld\n",
				    file, fl->fl_start);
}

static int mvh_lock_test(struct file *file, unsigned long bits, loff_t base)
{
	struct file_lock fl;
	unsigned int bit;
	int err;

	for_each_set_bit(bit, &bits, MVH_LOCK_BITS) {
		mvh_ofd_lock_init(&fl, file, F_WRLCK, base + bit);
		err = vfs_test_lock(file, &fl);
		if (err)
			return err;
		if (mvh_ofd_lock_conflicts(&fl)) {
			mvh_lock_say(file, &fl);
			return -EBUSY;
		}
	}
	return 0;
}

/**
 * mvh_file_lock - keep a backing to ourselves
 * @file: the backing, opened for one disk alone
 * @readonly: the disk is not written; others may read then, but not write
 *
 * The lock ends with the file.
 *
 * Context: Process context, may sleep.
 * Return: 0; -EBUSY if somebody uses the backing otherwise than we share it, and the
 * kernel log has who; or what the file system says.
 */
int mvh_file_lock(struct file *file, bool readonly)
{
	unsigned long used = MVH_LOCK_READ | (readonly ? 0 : MVH_LOCK_WRITE);
	unsigned long unshared = MVH_LOCK_WRITE | MVH_LOCK_RESIZE;
	int err;

	/* Whoever comes second sees the first one's locks, whatever the order. */
	err = mvh_lock_take(file, used, MVH_LOCK_USED);
	if (!err)
		err = mvh_lock_take(file, unshared, MVH_LOCK_UNSHARED);
	if (!err)
		err = mvh_lock_test(file, used, MVH_LOCK_UNSHARED);
	if (!err)
		err = mvh_lock_test(file, unshared, MVH_LOCK_USED);
	return err;
}
