// SPDX-License-Identifier: GPL-2.0
/*
 * Named nodes, /dev/myvhost-NAME: devices that outlive the descriptor they were
 * set up with.  One file at a time may use a node; those that are opened
 * read-only may look.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/capability.h>
#include <linux/ctype.h>
#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <uapi/linux/myvhost.h>
#include "core/backend.h"
#include "core/dev.h"
#include "cdev.h"

#define MVH_NODE_PREFIX	"myvhost-"

/**
 * struct mvh_node - a named node
 *
 * Guarded by mvh_nodes_lock.
 *
 * @list: place among the nodes
 * @misc: the device node; constant
 * @name: its name; constant
 * @dev: the device; constant
 * @n_files: files that are open
 * @used: one of them may write, and uses the device
 * @gone: it is being removed, and cannot be opened any more
 */
struct mvh_node {
	struct list_head list;
	struct miscdevice misc;
	char name[sizeof(MVH_NODE_PREFIX) + MYVHOST_NODE_NAME_LEN];
	struct mvh_dev *dev;
	unsigned int n_files;
	bool used;
	bool gone;
};

static LIST_HEAD(mvh_nodes);
/* Inside of the lock of misc devices. */
static DEFINE_MUTEX(mvh_nodes_lock);

static bool mvh_node_name_valid(const char *name)
{
	const char *c;

	if (!isalnum(*name) && *name != '_')
		return false;
	for (c = name; *c; c++)
		if (!isascii(*c) || (!isalnum(*c) && !strchr("._-", *c)))
			return false;
	return true;
}

/* Read the name of a node as it is in /dev. */
static int mvh_node_read_name(char *name, size_t size, const void __user *arg)
{
	struct myvhost_node node;

	if (copy_from_user(&node, arg, sizeof(node)))
		return -EFAULT;
	if (!memchr(node.name, 0, sizeof(node.name)) ||
	    !mvh_node_name_valid(node.name))
		return -EINVAL;
	snprintf(name, size, MVH_NODE_PREFIX "%s", node.name);
	return 0;
}

static struct mvh_node *mvh_node_find(const char *name)
{
	struct mvh_node *node;

	list_for_each_entry(node, &mvh_nodes, list)
		if (!strcmp(node->name, name))
			return node;
	return NULL;
}

/* Without a word nobody would know who has it. */
static bool mvh_node_busy(const struct mvh_node *node)
{
	const struct mvh_backend_ops *backend = node->dev->backend;

	if (!backend->busy || !backend->busy(node->dev))
		return false;
	pr_info_ratelimited("%s: requests of the last user are still in flight; it can be opened when they have ended\n",
			    node->name);
	return true;
}

/**
 * mvh_node_open - open a node
 * @mf: a file without device
 * @misc: its device node
 *
 * Context: With the lock of misc devices.
 * Return: 0; -EBUSY if another file uses the device, or work of its last user goes on;
 * -ENODEV if the node is being removed.
 */
int mvh_node_open(struct mvh_file *mf, struct miscdevice *misc)
{
	struct mvh_node *node = container_of(misc, struct mvh_node, misc);
	int err = 0;

	mutex_lock(&mvh_nodes_lock);
	if (node->gone) {
		err = -ENODEV;
	} else if (mf->write && node->used) {
		err = -EBUSY;
	} else if (mf->write && mvh_node_busy(node)) {
		err = -EBUSY;
	} else {
		node->n_files++;
		node->used |= mf->write;
		mf->dev = node->dev;
		mf->node = node;
	}
	mutex_unlock(&mvh_nodes_lock);
	return err;
}

/**
 * mvh_node_close - close a file of a node
 * @mf: the file; if it could write, its device loses its owner
 */
void mvh_node_close(struct mvh_file *mf)
{
	struct mvh_node *node = mf->node;

	if (mf->write) {
		mutex_lock(&node->dev->mutex);
		mvh_dev_clear_owner(node->dev);
		mutex_unlock(&node->dev->mutex);
	}
	mutex_lock(&mvh_nodes_lock);
	node->n_files--;
	if (mf->write)
		node->used = false;
	mutex_unlock(&mvh_nodes_lock);
}

/*
 * mvh_node_name() - what a node is called
 *
 * Return: its name, without what all names begin with.
 */
const char *mvh_node_name(const struct mvh_node *node)
{
	return node->name + strlen(MVH_NODE_PREFIX);
}

static void mvh_node_free(struct mvh_node *node)
{
	mvh_dev_destroy(node->dev);
	kfree(node);
}

static int mvh_node_register(struct mvh_node *node)
{
	int err = 0;

	mutex_lock(&mvh_nodes_lock);
	if (mvh_node_find(node->name))
		err = -EEXIST;
	else
		list_add_tail(&node->list, &mvh_nodes);
	mutex_unlock(&mvh_nodes_lock);
	if (err)
		return err;
	err = misc_register(&node->misc);
	if (err) {
		mutex_lock(&mvh_nodes_lock);
		list_del(&node->list);
		mutex_unlock(&mvh_nodes_lock);
	}
	return err;
}

/* Make a node of a file's device, which is locked. */
static int mvh_node_create(struct mvh_file *mf, const char *name)
{
	struct mvh_node *node;
	int err;

	if (mf->node || mf->dev->mm)
		return -EBUSY;
	node = kzalloc(sizeof(*node), GFP_KERNEL_ACCOUNT);
	if (!node)
		return -ENOMEM;
	strscpy(node->name, name, sizeof(node->name));
	node->misc.minor = MISC_DYNAMIC_MINOR;
	node->misc.name = node->name;
	node->misc.fops = &mvh_cdev_fops;
	node->misc.mode = 0660;
	node->dev = mf->dev;
	node->n_files = 1;
	node->used = mf->write;
	err = mvh_node_register(node);
	if (err)
		kfree(node);
	else
		WRITE_ONCE(mf->node, node);
	return err;
}

/**
 * mvh_node_add - MYVHOST_NODE_ADD
 * @mf: a file that has a device, which is not locked
 * @arg: struct myvhost_node of the caller
 *
 * Return: 0, -EPERM, -EFAULT, -EINVAL, -ENODATA, -EBUSY, -EEXIST, -EINTR, -ENOMEM,
 * or what misc_register() says.
 */
int mvh_node_add(struct mvh_file *mf, const void __user *arg)
{
	struct mvh_dev *dev = mf->dev;
	const struct mvh_backend_ops *backend = dev->backend;
	char name[sizeof_field(struct mvh_node, name)];
	int err;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	err = mvh_node_read_name(name, sizeof(name), arg);
	if (err)
		return err;
	if (mutex_lock_killable(&dev->mutex))
		return -EINTR;
	err = backend->ready ? backend->ready(dev) : 0;
	if (!err)
		err = mvh_node_create(mf, name);
	mutex_unlock(&dev->mutex);
	return err;
}

/**
 * mvh_node_del - MYVHOST_NODE_DEL
 * @arg: struct myvhost_node of the caller
 *
 * Return: 0, -EPERM, -EFAULT, -EINVAL, -ENOENT, or -EBUSY.
 */
int mvh_node_del(const void __user *arg)
{
	char name[sizeof_field(struct mvh_node, name)];
	struct mvh_node *node;
	int err;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	err = mvh_node_read_name(name, sizeof(name), arg);
	if (err)
		return err;
	mutex_lock(&mvh_nodes_lock);
	node = mvh_node_find(name);
	if (!node || node->gone)
		err = -ENOENT;
	else if (node->n_files)
		err = -EBUSY;
	else
		node->gone = true;
	mutex_unlock(&mvh_nodes_lock);
	if (err)
		return err;
	misc_deregister(&node->misc);
	/* Its name is free when the device node is gone. */
	mutex_lock(&mvh_nodes_lock);
	list_del(&node->list);
	mutex_unlock(&mvh_nodes_lock);
	mvh_node_free(node);
	return 0;
}

/**
 * mvh_node_exit - remove all nodes; none is open
 */
void mvh_node_exit(void)
{
	struct mvh_node *node, *next;

	list_for_each_entry_safe(node, next, &mvh_nodes, list) {
		misc_deregister(&node->misc);
		mvh_node_free(node);
	}
}
