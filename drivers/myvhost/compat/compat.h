/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel API of Linux 7.2 on Debian's 6.1 and 6.12, as far as the modules
 * use it.  The only place besides mvh_compat_tun.h that asks for a version.
 */
#ifndef _MVH_COMPAT_H
#define _MVH_COMPAT_H

#include <linux/eventfd.h>
#include <linux/kcov.h>
#include <linux/sched.h>
#include <linux/version.h>

/* A number, or in newer kernels a structure. */
typedef typeof(kcov_common_handle()) mvh_kcov_handle;

/* 6.4: threads that belong to the owner's process. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
#include <linux/sched/vhost_task.h>
#define MVH_HAVE_VHOST_TASK	true
#else
#include <linux/err.h>

struct vhost_task;
#define MVH_HAVE_VHOST_TASK	false

static inline struct vhost_task *
vhost_task_create(bool (*fn)(void *), void (*handle_kill)(void *), void *arg,
		  const char *name)
{
	return ERR_PTR(-EOPNOTSUPP);
}

static inline void vhost_task_start(struct vhost_task *task) { }
static inline void vhost_task_stop(struct vhost_task *task) { }
static inline void vhost_task_wake(struct vhost_task *task) { }
#endif

/* For how long the calling task was runnable but not on a processor, in nanoseconds. */
static inline u64 mvh_run_delay(void)
{
#ifdef CONFIG_SCHED_INFO
	return current->sched_info.run_delay;
#else
	return 0;
#endif
}

/* 6.8: eventfd_signal() always adds one. */
static inline void mvh_eventfd_signal(struct eventfd_ctx *ctx)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 8, 0)
	eventfd_signal(ctx);
#else
	eventfd_signal(ctx, 1);
#endif
}

#endif /* _MVH_COMPAT_H */
