// SPDX-License-Identifier: GPL-2.0
/*
 * Ioctls that all dialects have.  The order in which things are checked, and the
 * error for each, are those of vhost.
 */
#include <linux/eventfd.h>
#include <linux/file.h>
#include "compat/compat.h"
#include "core/dev.h"
#include "cdev.h"
#include "ioctl.h"

static int mvh_common_get_features(struct mvh_ucmd *ucmd)
{
	ucmd->arg.val64 = ucmd->dev->offered[0];
	return 0;
}

static int mvh_common_get_backend_features(struct mvh_ucmd *ucmd)
{
	ucmd->arg.val64 = mvh_dialect(ucmd->dev)->backend_features;
	return 0;
}

static int mvh_common_set_backend_features(struct mvh_ucmd *ucmd)
{
	u64 features = ucmd->arg.val64;

	if (features & ~mvh_dialect(ucmd->dev)->backend_features)
		return -EOPNOTSUPP;
	return mvh_dev_set_backend_features(ucmd->dev, features);
}

static int mvh_common_check_unowned(const struct mvh_ucmd *ucmd)
{
	return ucmd->dev->mm ? -EBUSY : 0;
}

static int mvh_common_set_fork(struct mvh_ucmd *ucmd)
{
	u8 fork = ucmd->arg.val8;

	if (fork != VHOST_FORK_OWNER_TASK && fork != VHOST_FORK_OWNER_KTHREAD)
		return -EINVAL;
	if (fork == VHOST_FORK_OWNER_TASK && !MVH_HAVE_VHOST_TASK)
		return -EOPNOTSUPP;
	return mvh_dev_set_fork_owner(ucmd->dev, fork == VHOST_FORK_OWNER_TASK);
}

static int mvh_common_get_fork(struct mvh_ucmd *ucmd)
{
	ucmd->arg.val8 = ucmd->dev->fork_owner;
	return 0;
}

static int mvh_common_new_worker(struct mvh_ucmd *ucmd)
{
	return mvh_dev_new_worker(ucmd->dev, &ucmd->arg.val32);
}

static int mvh_common_free_worker(struct mvh_ucmd *ucmd)
{
	return mvh_dev_free_worker(ucmd->dev, ucmd->arg.val32);
}

static int mvh_common_attach_worker(struct mvh_ucmd *ucmd)
{
	return mvh_dev_attach_worker(ucmd->dev, ucmd->vq, ucmd->arg.state.num);
}

static int mvh_common_get_worker(struct mvh_ucmd *ucmd)
{
	const struct mvh_worker *worker = mvh_vq_worker(ucmd->vq);

	if (!worker)
		return -EINVAL;
	ucmd->arg.state.num = worker->id;
	return 0;
}

static int mvh_common_check_detached(const struct mvh_ucmd *ucmd)
{
	return mvh_vq_attached(ucmd->vq) ? -EBUSY : 0;
}

static int mvh_common_set_num(struct mvh_ucmd *ucmd)
{
	return mvh_vq_set_num(ucmd->vq, ucmd->arg.state.num,
			      mvh_dialect(ucmd->dev)->num_max);
}

/**
 * mvh_common_set_base - VHOST_SET_VRING_BASE
 * @ucmd: struct vhost_vring_state of the caller
 *
 * Return: what mvh_vq_set_base() returns.
 */
int mvh_common_set_base(struct mvh_ucmd *ucmd)
{
	return mvh_vq_set_base(ucmd->vq, ucmd->arg.state.num);
}

static int mvh_common_get_base(struct mvh_ucmd *ucmd)
{
	return mvh_vq_get_base(ucmd->vq, &ucmd->arg.state.num);
}

/**
 * mvh_common_set_addr - VHOST_SET_VRING_ADDR
 * @ucmd: struct vhost_vring_addr of the caller
 *
 * Return: what mvh_vq_set_addr() returns.
 */
int mvh_common_set_addr(struct mvh_ucmd *ucmd)
{
	return mvh_vq_set_addr(ucmd->vq, &ucmd->arg.addr);
}

static int mvh_common_set_kick(struct mvh_ucmd *ucmd)
{
	struct file *file = NULL;

	if (ucmd->arg.file.fd != VHOST_FILE_UNBIND)
		file = eventfd_fget(ucmd->arg.file.fd);
	if (IS_ERR(file))
		return PTR_ERR(file);
	return mvh_vq_set_kick(ucmd->vq, file);
}

/**
 * mvh_eventfd_get - the eventfd of a descriptor
 * @fd: the descriptor, or VHOST_FILE_UNBIND
 *
 * Return: the eventfd, NULL for VHOST_FILE_UNBIND, or an ERR_PTR.
 */
struct eventfd_ctx *mvh_eventfd_get(int fd)
{
	return fd == VHOST_FILE_UNBIND ? NULL : eventfd_ctx_fdget(fd);
}

static int mvh_common_set_call(struct mvh_ucmd *ucmd)
{
	struct eventfd_ctx *call = mvh_eventfd_get(ucmd->arg.file.fd);

	if (IS_ERR(call))
		return PTR_ERR(call);
	mvh_vq_set_call(ucmd->vq, call);
	return 0;
}

static int mvh_common_set_err(struct mvh_ucmd *ucmd)
{
	struct eventfd_ctx *err = mvh_eventfd_get(ucmd->arg.file.fd);

	if (IS_ERR(err))
		return PTR_ERR(err);
	mvh_vq_set_err(ucmd->vq, err);
	return 0;
}

/* Cross-endian guests are refused, as by kernels built without their support. */
static int mvh_common_endian(struct mvh_ucmd *ucmd)
{
	return -ENOIOCTLCMD;
}

static int mvh_common_set_busyloop(struct mvh_ucmd *ucmd)
{
	mvh_vq_set_busyloop(ucmd->vq, ucmd->arg.state.num);
	return 0;
}

static int mvh_common_get_busyloop(struct mvh_ucmd *ucmd)
{
	ucmd->arg.state.num = mvh_vq_get_busyloop(ucmd->vq);
	return 0;
}

static int mvh_common_get_stats(struct mvh_ucmd *ucmd)
{
	return mvh_stats_get(ucmd->vq, &ucmd->arg.stats);
}

static int mvh_common_set_poll(struct mvh_ucmd *ucmd)
{
	if (ucmd->arg.poll.max_usecs > MYVHOST_POLL_MAX_USECS)
		return -EINVAL;
	mvh_vq_set_poll(ucmd->vq, ucmd->arg.poll.max_usecs);
	return 0;
}

static int mvh_common_set_affinity(struct mvh_ucmd *ucmd)
{
	const struct myvhost_vring_affinity *arg = &ucmd->arg.affinity;
	size_t len = min_t(size_t, arg->len, cpumask_size());
	cpumask_var_t cpus;
	int err = 0;

	if (!capable(CAP_SYS_NICE))
		return -EPERM;
	if (!zalloc_cpumask_var(&cpus, GFP_KERNEL_ACCOUNT))
		return -ENOMEM;
	if (copy_from_user(cpumask_bits(cpus), u64_to_user_ptr(arg->cpus), len))
		err = -EFAULT;
	else if (arg->len && !cpumask_intersects(cpus, cpu_online_mask))
		err = -EINVAL;
	else
		err = mvh_dev_pin_vq(ucmd->dev, ucmd->vq, cpus);
	free_cpumask_var(cpus);
	return err;
}

static const struct mvh_ioctl mvh_common_table[] = {
	MVH_IOC_OUT(VHOST_GET_FEATURES, 0, val64, mvh_common_get_features),
	MVH_IOC_OUT(VHOST_GET_BACKEND_FEATURES, 0, val64,
		    mvh_common_get_backend_features),
	MVH_IOC_IN(VHOST_SET_BACKEND_FEATURES, 0, val64,
		   mvh_common_set_backend_features),
	MVH_IOC_IN_CHECKED(VHOST_SET_FORK_FROM_OWNER, 0,
			   mvh_common_check_unowned, val8, mvh_common_set_fork),
	MVH_IOC_OUT(VHOST_GET_FORK_FROM_OWNER, 0, val8, mvh_common_get_fork),
	MVH_IOC_OUT(VHOST_NEW_WORKER, MVH_IOC_WORKER, val32,
		    mvh_common_new_worker),
	MVH_IOC_IN(VHOST_FREE_WORKER, MVH_IOC_WORKER, val32,
		   mvh_common_free_worker),
	MVH_IOC_IN(VHOST_ATTACH_VRING_WORKER, MVH_IOC_WORKER | MVH_IOC_QUEUE,
		   state, mvh_common_attach_worker),
	MVH_IOC_OUT(VHOST_GET_VRING_WORKER, MVH_IOC_WORKER | MVH_IOC_QUEUE,
		    state, mvh_common_get_worker),
	MVH_IOC_IN_CHECKED(VHOST_SET_VRING_NUM, MVH_IOC_VQ_LOCK,
			   mvh_common_check_detached, state,
			   mvh_common_set_num),
	MVH_IOC_IN_CHECKED(VHOST_SET_VRING_BASE, MVH_IOC_VQ_LOCK,
			   mvh_common_check_detached, state,
			   mvh_common_set_base),
	MVH_IOC_OUT(VHOST_GET_VRING_BASE, MVH_IOC_VQ_LOCK, state,
		    mvh_common_get_base),
	MVH_IOC_IN(VHOST_SET_VRING_ADDR, MVH_IOC_VQ_LOCK, addr,
		   mvh_common_set_addr),
	MVH_IOC_IN(VHOST_SET_VRING_KICK, MVH_IOC_VQ_LOCK, file,
		   mvh_common_set_kick),
	MVH_IOC_IN(VHOST_SET_VRING_CALL, MVH_IOC_VQ_LOCK, file,
		   mvh_common_set_call),
	MVH_IOC_IN(VHOST_SET_VRING_ERR, MVH_IOC_VQ_LOCK, file,
		   mvh_common_set_err),
	MVH_IOC(VHOST_SET_VRING_ENDIAN, MVH_IOC_VQ, mvh_common_endian),
	MVH_IOC(VHOST_GET_VRING_ENDIAN, MVH_IOC_VQ, mvh_common_endian),
	MVH_IOC_IN(VHOST_SET_VRING_BUSYLOOP_TIMEOUT, MVH_IOC_VQ_LOCK, state,
		   mvh_common_set_busyloop),
	MVH_IOC_OUT(VHOST_GET_VRING_BUSYLOOP_TIMEOUT, MVH_IOC_VQ_LOCK, state,
		    mvh_common_get_busyloop),
	MVH_IOC_INOUT(MYVHOST_GET_VRING_STATS, MVH_IOC_BARE | MVH_IOC_QUEUE,
		      stats, mvh_common_get_stats),
	MVH_IOC_IN(MYVHOST_SET_VRING_POLL, MVH_IOC_VQ_LOCK, poll,
		   mvh_common_set_poll),
	MVH_IOC_IN(MYVHOST_SET_VRING_AFFINITY, MVH_IOC_QUEUE, affinity,
		   mvh_common_set_affinity),
};

const struct mvh_ioctls mvh_common_ioctls = {
	.n	= ARRAY_SIZE(mvh_common_table),
	.entry	= mvh_common_table,
};
