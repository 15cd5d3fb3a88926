/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What pin_user_pages() with FOLL_LONGTERM does by itself on newer kernels.
 */
#ifndef _MVH_COMPAT_PIN_H
#define _MVH_COMPAT_PIN_H

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
#include <linux/backing-dev.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/pagemap.h>

/*
 * 6.5: a shared mapping of a file that is written back cannot be pinned, because
 * the file system would not learn of later writes.
 */
static inline bool mvh_pin_tracked(const struct vm_area_struct *vma)
{
	return vma->vm_flags & VM_SHARED && vma->vm_flags & VM_MAYWRITE &&
	       vma->vm_file && mapping_can_writeback(vma->vm_file->f_mapping);
}

static inline int mvh_pin_check(unsigned long start, unsigned long end)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	int err = 0;

	mmap_read_lock(mm);
	for (vma = find_vma(mm, start); vma && vma->vm_start < end && !err;
	     vma = find_vma(mm, vma->vm_end))
		if (mvh_pin_tracked(vma))
			err = -EFAULT;
	mmap_read_unlock(mm);
	return err;
}

/* 6.3: pinning can wait for a userfault.  Before, memory must be there by then. */
static inline int mvh_pin_prepare(unsigned long start, size_t len)
{
	if (fault_in_safe_writeable((const char __user *)start, len))
		return -EFAULT;
	return mvh_pin_check(start, start + len);
}
#else
static inline int mvh_pin_prepare(unsigned long start, size_t len)
{
	return 0;
}
#endif

#endif /* _MVH_COMPAT_PIN_H */
