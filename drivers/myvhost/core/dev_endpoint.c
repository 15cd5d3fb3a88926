// SPDX-License-Identifier: GPL-2.0
/*
 * Devices whose queues start and stop together.
 */
#include "dev.h"

/*
 * mvh_dev_detach_vqs() - serve no queue
 *
 * One that controls others is the first: it stops before them, and starts behind them.
 */
void mvh_dev_detach_vqs(struct mvh_dev *dev)
{
	unsigned int i;

	lockdep_assert_held(&dev->mutex);
	for (i = 0; i < dev->n_vqs; i++) {
		mvh_dev_detach_vq(dev, &dev->vq[i]);
		mvh_dev_forget_miss(dev, &dev->vq[i]);
	}
}

/*
 * mvh_dev_attach_vqs() - serve all queues whose ring was set up, or none
 *
 * Return: 0, -EFAULT without guest memory, or what mvh_dev_attach_vq() says.
 */
int mvh_dev_attach_vqs(struct mvh_dev *dev)
{
	unsigned int i = dev->n_vqs;
	int err = 0;

	lockdep_assert_held(&dev->mutex);
	if (!dev->table)
		return -EFAULT;
	while (i-- && !err)
		if (dev->vq[i].placed)
			err = mvh_dev_attach_vq(dev, &dev->vq[i]);
	if (err)
		mvh_dev_detach_vqs(dev);
	return err;
}
