// SPDX-License-Identifier: GPL-2.0
/* The vdpa dialect, see vdpa_dev.h. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "iotlb.h"
#include "vdpa_dev.h"

/*
 * VHOST_VDPA_GET_DEVICE_ID.  Returns 0 or a negative errno, as all functions
 * below.
 */
int vdpa_get_device_id(int fd, __u32 *id)
{
	return vhost_ioctl(fd, VHOST_VDPA_GET_DEVICE_ID, id);
}

int vdpa_get_status(int fd, __u8 *status)
{
	return vhost_ioctl(fd, VHOST_VDPA_GET_STATUS, status);
}

/*
 * VHOST_VDPA_SET_STATUS.
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

/*
 * VHOST_VDPA_GET_CONFIG.
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

/*
 * VHOST_VDPA_SET_CONFIG.
 * @len: bytes, at most VDPA_CONFIG_MAX are copied
 */
int vdpa_set_config(int fd, __u32 off, const void *buf, __u32 len)
{
	struct vdpa_config c = { .head = { .off = off, .len = len } };

	if (len <= VDPA_CONFIG_MAX)
		memcpy((__u8 *)&c + sizeof(c.head), buf, len);
	return vhost_ioctl(fd, VHOST_VDPA_SET_CONFIG, &c);
}

int vdpa_get_config_size(int fd, __u32 *size)
{
	return vhost_ioctl(fd, VHOST_VDPA_GET_CONFIG_SIZE, size);
}

/*
 * VHOST_VDPA_SET_CONFIG_CALL.
 * @efd: eventfd, or -1
 */
int vdpa_set_config_call(int fd, int efd)
{
	return vhost_ioctl(fd, VHOST_VDPA_SET_CONFIG_CALL, &efd);
}

/*
 * VHOST_VDPA_GET_VRING_NUM.
 * @num: result, the largest ring
 */
int vdpa_get_num_max(int fd, __u16 *num)
{
	return vhost_ioctl(fd, VHOST_VDPA_GET_VRING_NUM, num);
}

int vdpa_get_vqs_count(int fd, __u32 *n)
{
	return vhost_ioctl(fd, VHOST_VDPA_GET_VQS_COUNT, n);
}

int vdpa_get_iova_range(int fd, struct vhost_vdpa_iova_range *r)
{
	return vhost_ioctl(fd, VHOST_VDPA_GET_IOVA_RANGE, r);
}

int vdpa_get_group_num(int fd, __u32 *n)
{
	return vhost_ioctl(fd, VHOST_VDPA_GET_GROUP_NUM, n);
}

int vdpa_get_as_num(int fd, __u32 *n)
{
	return vhost_ioctl(fd, VHOST_VDPA_GET_AS_NUM, n);
}

int vdpa_set_enable(int fd, unsigned int vq, unsigned int on)
{
	struct vhost_vring_state s = { .index = vq, .num = on };

	return vhost_ioctl(fd, VHOST_VDPA_SET_VRING_ENABLE, &s);
}

/* One of the ioctls that read a number of a queue. */
int vdpa_vring_get(int fd, unsigned long cmd, unsigned int vq,
		   unsigned int *num)
{
	struct vhost_vring_state s = { .index = vq, .num = ~0U };
	int r = vhost_ioctl(fd, cmd, &s);

	*num = s.num;
	return r;
}

int vdpa_suspend(int fd)
{
	return vhost_ioctl(fd, VHOST_VDPA_SUSPEND, NULL);
}

int vdpa_resume(int fd)
{
	return vhost_ioctl(fd, VHOST_VDPA_RESUME, NULL);
}

/*
 * A message of version 2 without a range.
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

/*
 * Give the device I/O virtual memory.
 * @perm: VHOST_ACCESS_*
 */
int vdpa_map(int fd, __u64 iova, __u64 size, __u64 uaddr, __u8 perm)
{
	return iotlb_update(fd, true, iova, size, uaddr, perm);
}

/* Take I/O virtual memory back. */
int vdpa_unmap(int fd, __u64 iova, __u64 size)
{
	return iotlb_invalidate(fd, true, iova, size);
}

/* What follows is to be seen at once. */
int vdpa_batch_begin(int fd)
{
	return vdpa_msg(fd, 0, VHOST_IOTLB_BATCH_BEGIN);
}

/* Now it is. */
int vdpa_batch_end(int fd)
{
	return vdpa_msg(fd, 0, VHOST_IOTLB_BATCH_END);
}
