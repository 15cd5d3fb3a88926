/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The cgroups that work is done for by a kernel thread that is in none of them.
 */
#ifndef _MVH_COMPAT_CGROUP_H
#define _MVH_COMPAT_CGROUP_H

#include <linux/cgroup.h>
#include <linux/kthread.h>
#include <linux/memcontrol.h>
#include <linux/sched/mm.h>

/**
 * struct mvh_cgroups - whom work is charged to
 * @io: its I/O, NULL without that controller
 * @memory: its memory, page cache included; likewise
 */
struct mvh_cgroups {
	struct cgroup_subsys_state *io;
	struct cgroup_subsys_state *memory;
};

/* Those of the calling thread. */
static inline void mvh_cgroups_get(struct mvh_cgroups *cgroups)
{
#ifdef CONFIG_BLK_CGROUP
	cgroups->io = task_get_css(current, io_cgrp_id);
#endif
#ifdef CONFIG_MEMCG
	cgroups->memory = task_get_css(current, memory_cgrp_id);
#endif
}

static inline void mvh_cgroups_put(struct mvh_cgroups *cgroups)
{
	if (cgroups->io)
		css_put(cgroups->io);
	if (cgroups->memory)
		css_put(cgroups->memory);
	cgroups->io = NULL;
	cgroups->memory = NULL;
}

/* What the calling kernel thread does up to mvh_cgroups_leave() is charged to them. */
static inline void mvh_cgroups_enter(const struct mvh_cgroups *cgroups)
{
	kthread_associate_blkcg(cgroups->io);
	set_active_memcg(mem_cgroup_from_css(cgroups->memory));
}

static inline void mvh_cgroups_leave(void)
{
	set_active_memcg(NULL);
	kthread_associate_blkcg(NULL);
}

#endif /* _MVH_COMPAT_CGROUP_H */
