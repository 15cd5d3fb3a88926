/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The vdpa dialect: ioctls of a vhost-vdpa device and its batches of IOTLB
 * messages.
 *
 * Duty: as vhost_dev.h, one function per ioctl, 0 or a negative errno.
 */
#ifndef TOOLS_LIB_VDPA_DEV_H
#define TOOLS_LIB_VDPA_DEV_H

#include "vhost_dev.h"

/* The status byte, by short names. */
#define VDPA_ACK		VIRTIO_CONFIG_S_ACKNOWLEDGE
#define VDPA_DRIVER		VIRTIO_CONFIG_S_DRIVER
#define VDPA_DRIVER_OK		VIRTIO_CONFIG_S_DRIVER_OK
#define VDPA_FEATURES_OK	VIRTIO_CONFIG_S_FEATURES_OK
#define VDPA_NEEDS_RESET	VIRTIO_CONFIG_S_NEEDS_RESET
#define VDPA_FAILED		VIRTIO_CONFIG_S_FAILED

#define VDPA_CONFIG_MAX		256

int vdpa_get_device_id(int fd, __u32 *id);
int vdpa_get_status(int fd, __u8 *status);
int vdpa_set_status(int fd, __u8 status);
int vdpa_get_config(int fd, __u32 off, void *buf, __u32 len);
int vdpa_set_config(int fd, __u32 off, const void *buf, __u32 len);
int vdpa_get_config_size(int fd, __u32 *size);
int vdpa_set_config_call(int fd, int efd);
int vdpa_get_num_max(int fd, __u16 *num);
int vdpa_get_vqs_count(int fd, __u32 *n);
int vdpa_get_iova_range(int fd, struct vhost_vdpa_iova_range *r);
int vdpa_get_group_num(int fd, __u32 *n);
int vdpa_get_as_num(int fd, __u32 *n);
int vdpa_set_enable(int fd, unsigned int vq, unsigned int on);
int vdpa_vring_get(int fd, unsigned long cmd, unsigned int vq,
		   unsigned int *num);
int vdpa_suspend(int fd);
int vdpa_resume(int fd);

int vdpa_msg(int fd, __u32 asid, __u8 type);
int vdpa_map(int fd, __u64 iova, __u64 size, __u64 uaddr, __u8 perm);
int vdpa_unmap(int fd, __u64 iova, __u64 size);
int vdpa_batch_begin(int fd);
int vdpa_batch_end(int fd);

#endif /* TOOLS_LIB_VDPA_DEV_H */
