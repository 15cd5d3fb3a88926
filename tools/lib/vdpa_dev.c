// SPDX-License-Identifier: GPL-2.0
/*
 * The vdpa dialect, see vdpa_dev.h.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "iotlb.h"
#include "vdpa_dev.h"

/**
 * vdpa_get_device_id() - VHOST_VDPA_GET_DEVICE_ID
 * @fd: the device
 * @id: result
 *
 * Return: 0 or a negative errno, as all functions below.
 */
int vdpa_get_device_id(int fd, __u32 *id)
{
	return vhost_ioctl(fd, VHOST_VDPA_GET_DEVICE_ID, id);
}

/**
 * vdpa_get_status() - VHOST_VDPA_GET_STATUS
 * @fd: the device
 * @status: result
 */
int vdpa_get_status(int fd, __u8 *status)
{
	return vhost_ioctl(fd, VHOST_VDPA_GET_STATUS, status);
}

/**
 * vdpa_set_status() - VHOST_VDPA_SET_STATUS
 * @fd: the device
 * @status: all bits, 0 to reset
 */
int vdpa_set_status(int fd, __u8 status)
{
	return vhost_ioctl(fd, VHOST_VDPA_SET_STATUS, &status);
}

struct vdpa_config {
	struct vhost_vdpa_config head;
	__u8 room[VDPA_CONFIG_MAX];
};

/**
 * vdpa_get_config() - VHOST_VDPA_GET_CONFIG
 * @fd: the device
 * @off: first byte
 * @buf: result
 * @len: bytes, at most VDPA_CONFIG_MAX are copied
 */
int vdpa_get_config(int fd, __u32 off, void *buf, __u32 len)
{
	struct vdpa_config c = { .head = { .off = off, .len = len } };
	int r = vhost_ioctl(fd, VHOST_VDPA_GET_CONFIG, &c);

	if (!r && len <= VDPA_CONFIG_MAX)
		memcpy(buf, (__u8 *)&c + sizeof(c.head), len);
	return r;
}

/**
 * vdpa_set_config() - VHOST_VDPA_SET_CONFIG
 * @fd: the device
 * @off: first byte
 * @buf: what to write
 * @len: bytes, at most VDPA_CONFIG_MAX are copied
 */
int vdpa_set_config(int fd, __u32 off, const void *buf, __u32 len)
{
	struct vdpa_config c = { .head = { .off = off, .len = len } };

	if (len <= VDPA_CONFIG_MAX)
		memcpy((__u8 *)&c + sizeof(c.head), buf, len);
	return vhost_ioctl(fd, VHOST_VDPA_SET_CONFIG, &c);
}

/**
 * vdpa_get_config_size() - VHOST_VDPA_GET_CONFIG_SIZE
 * @fd: the device
 * @size: result
 */
int vdpa_get_config_size(int fd, __u32 *size)
{
	return vhost_ioctl(fd, VHOST_VDPA_GET_CONFIG_SIZE, size);
}

/**
 * vdpa_set_config_call() - VHOST_VDPA_SET_CONFIG_CALL
 * @fd: the device
 * @efd: eventfd, or -1
 */
int vdpa_set_config_call(int fd, int efd)
{
	return vhost_ioctl(fd, VHOST_VDPA_SET_CONFIG_CALL, &efd);
}

/**
 * vdpa_get_num_max() - VHOST_VDPA_GET_VRING_NUM
 * @fd: the device
 * @num: result, the largest ring
 */
int vdpa_get_num_max(int fd, __u16 *num)
{
	return vhost_ioctl(fd, VHOST_VDPA_GET_VRING_NUM, num);
}

/**
 * vdpa_get_vqs_count() - VHOST_VDPA_GET_VQS_COUNT
 * @fd: the device
 * @n: result
 */
int vdpa_get_vqs_count(int fd, __u32 *n)
{
	return vhost_ioctl(fd, VHOST_VDPA_GET_VQS_COUNT, n);
}

/**
 * vdpa_get_iova_range() - VHOST_VDPA_GET_IOVA_RANGE
 * @fd: the device
 * @r: result
 */
int vdpa_get_iova_range(int fd, struct vhost_vdpa_iova_range *r)
{
	return vhost_ioctl(fd, VHOST_VDPA_GET_IOVA_RANGE, r);
}

/**
 * vdpa_get_group_num() - VHOST_VDPA_GET_GROUP_NUM
 * @fd: the device
 * @n: result
 */
int vdpa_get_group_num(int fd, __u32 *n)
{
	return vhost_ioctl(fd, VHOST_VDPA_GET_GROUP_NUM, n);
}

/**
 * vdpa_get_as_num() - VHOST_VDPA_GET_AS_NUM
 * @fd: the device
 * @n: result
 */
int vdpa_get_as_num(int fd, __u32 *n)
{
	return vhost_ioctl(fd, VHOST_VDPA_GET_AS_NUM, n);
}

/**
 * vdpa_set_enable() - VHOST_VDPA_SET_VRING_ENABLE
 * @fd: the device
 * @vq: queue
 * @on: serve it or not
 */
int vdpa_set_enable(int fd, unsigned int vq, unsigned int on)
{
	struct vhost_vring_state s = { .index = vq, .num = on };

	return vhost_ioctl(fd, VHOST_VDPA_SET_VRING_ENABLE, &s);
}

/**
 * vdpa_vring_get() - one of the ioctls that read a number of a queue
 * @fd: the device
 * @cmd: which
 * @vq: queue
 * @num: result
 */
int vdpa_vring_get(int fd, unsigned long cmd, unsigned int vq,
		   unsigned int *num)
{
	struct vhost_vring_state s = { .index = vq, .num = ~0U };
	int r = vhost_ioctl(fd, cmd, &s);

	*num = s.num;
	return r;
}

/**
 * vdpa_suspend() - VHOST_VDPA_SUSPEND
 * @fd: the device
 */
int vdpa_suspend(int fd)
{
	return vhost_ioctl(fd, VHOST_VDPA_SUSPEND, NULL);
}

/**
 * vdpa_resume() - VHOST_VDPA_RESUME
 * @fd: the device
 */
int vdpa_resume(int fd)
{
	return vhost_ioctl(fd, VHOST_VDPA_RESUME, NULL);
}

/**
 * vdpa_msg() - a message of version 2 without a range
 * @fd: the device
 * @asid: address space
 * @type: VHOST_IOTLB_*
 */
int vdpa_msg(int fd, __u32 asid, __u8 type)
{
	struct vhost_msg_v2 m;
	ssize_t r;

	memset(&m, 0, sizeof(m));
	m.type = VHOST_IOTLB_MSG_V2;
	m.asid = asid;
	m.iotlb.type = type;
	r = write(fd, &m, sizeof(m));
	if (r < 0)
		return -errno;
	return r == sizeof(m) ? 0 : -EBADMSG;
}

/**
 * vdpa_map() - give the device I/O virtual memory
 * @fd: the device
 * @iova: I/O virtual address
 * @size: bytes
 * @uaddr: host virtual address
 * @perm: VHOST_ACCESS_*
 */
int vdpa_map(int fd, __u64 iova, __u64 size, __u64 uaddr, __u8 perm)
{
	return iotlb_update(fd, true, iova, size, uaddr, perm);
}

/**
 * vdpa_unmap() - take I/O virtual memory back
 * @fd: the device
 * @iova: I/O virtual address
 * @size: bytes
 */
int vdpa_unmap(int fd, __u64 iova, __u64 size)
{
	return iotlb_invalidate(fd, true, iova, size);
}

/**
 * vdpa_batch_begin() - what follows is to be seen at once
 * @fd: the device
 */
int vdpa_batch_begin(int fd)
{
	return vdpa_msg(fd, 0, VHOST_IOTLB_BATCH_BEGIN);
}

/**
 * vdpa_batch_end() - now it is
 * @fd: the device
 */
int vdpa_batch_end(int fd)
{
	return vdpa_msg(fd, 0, VHOST_IOTLB_BATCH_END);
}
