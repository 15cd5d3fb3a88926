// SPDX-License-Identifier: GPL-2.0
/*
 * The registry of back ends.
 */
#include <linux/export.h>
#include <linux/kmod.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include "backend.h"
#include "dev.h"
#include "frontend.h"

#define MVH_BACKENDS_MAX	8

static DEFINE_MUTEX(mvh_backend_mutex);
static const struct mvh_backend_ops *mvh_backends[MVH_BACKENDS_MAX];

/**
 * mvh_backend_register - offer a kind of device
 * @ops: what it is; must stay until mvh_backend_unregister()
 *
 * Return: 0, or -ENOSPC.
 */
int mvh_backend_register(const struct mvh_backend_ops *ops)
{
	int i, err = -ENOSPC;

	mutex_lock(&mvh_backend_mutex);
	for (i = 0; i < MVH_BACKENDS_MAX; i++) {
		if (!mvh_backends[i]) {
			mvh_backends[i] = ops;
			err = 0;
			break;
		}
	}
	mutex_unlock(&mvh_backend_mutex);
	return err;
}
EXPORT_SYMBOL_GPL(mvh_backend_register);

/**
 * mvh_backend_unregister - withdraw a kind of device
 * @ops: what was registered; no device uses it, since each holds its module
 */
void mvh_backend_unregister(const struct mvh_backend_ops *ops)
{
	int i;

	mutex_lock(&mvh_backend_mutex);
	for (i = 0; i < MVH_BACKENDS_MAX; i++)
		if (mvh_backends[i] == ops)
			mvh_backends[i] = NULL;
	mutex_unlock(&mvh_backend_mutex);
}
EXPORT_SYMBOL_GPL(mvh_backend_unregister);

static const struct mvh_backend_ops *mvh_backend_find(u32 device_id)
{
	const struct mvh_backend_ops *found = NULL;
	int i;

	mutex_lock(&mvh_backend_mutex);
	for (i = 0; i < MVH_BACKENDS_MAX; i++) {
		const struct mvh_backend_ops *ops = mvh_backends[i];

		if (ops && ops->device_id == device_id &&
		    try_module_get(ops->owner)) {
			found = ops;
			break;
		}
	}
	mutex_unlock(&mvh_backend_mutex);
	return found;
}

/**
 * mvh_backend_get - find a kind of device, loading its module if need be
 * @device_id: virtio's number for it
 *
 * Context: Process context, may sleep.
 * Return: the back end with its module held, or NULL.
 */
const struct mvh_backend_ops *mvh_backend_get(u32 device_id)
{
	const struct mvh_backend_ops *ops = mvh_backend_find(device_id);

	if (!ops) {
		request_module("myvhost-backend-%u", device_id);
		ops = mvh_backend_find(device_id);
	}
	return ops;
}

/**
 * mvh_backend_put - drop a reference to a back end's module
 * @ops: what mvh_backend_get() returned
 */
void mvh_backend_put(const struct mvh_backend_ops *ops)
{
	module_put(ops->owner);
}

/**
 * mvh_config_changed - tell the driver that the configuration space has changed
 * @dev: the device's
 *
 * Context: With the device's mutex.
 */
void mvh_config_changed(struct mvh_dev *dev)
{
	lockdep_assert_held(&dev->mutex);
	dev->frontend->config(dev);
}
EXPORT_SYMBOL_GPL(mvh_config_changed);
