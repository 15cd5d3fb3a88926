// SPDX-License-Identifier: GPL-2.0
/*
 * Mock SCSI host, see mock_scsi.h.
 *
 * This is a mock, it only plays the guest and its VMM.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <linux/vhost.h>

#include "mock_scsi.h"

#define MOCK_SCSI_NUM	64
#define MOCK_SCSI_MEM	(8UL << 20)
#define MOCK_SCSI_WAIT	15000

/* MYVHOST_SCSI_SET_TARGET.  Returns 0 or a negative errno, as all functions below. */
int mock_scsi_target(int fd, const char *wwpn)
{
	struct myvhost_scsi target = { .flags = 0 };

	strncpy(target.wwpn, wwpn, sizeof(target.wwpn) - 1);
	return vhost_ioctl(fd, MYVHOST_SCSI_SET_TARGET, &target);
}

int mock_scsi_add(int fd, unsigned int lun, const struct myvhost_blk *blk)
{
	struct myvhost_scsi_lun arg = { .lun = lun, .disk = *blk };

	return vhost_ioctl(fd, MYVHOST_SCSI_ADD_LUN, &arg);
}

int mock_scsi_del(int fd, unsigned int lun)
{
	__u32 arg = lun;

	return vhost_ioctl(fd, MYVHOST_SCSI_DEL_LUN, &arg);
}

/* VHOST_SCSI_SET_ENDPOINT or VHOST_SCSI_CLEAR_ENDPOINT. */
int mock_scsi_endpoint(int fd, bool set, const char *wwpn)
{
	struct vhost_scsi_target target = { .abi_version = 0 };

	strncpy(target.vhost_wwpn, wwpn, sizeof(target.vhost_wwpn) - 1);
	return vhost_ioctl(fd, set ? VHOST_SCSI_SET_ENDPOINT :
			   VHOST_SCSI_CLEAR_ENDPOINT, &target);
}

static int mock_scsi_init_ring(struct mock_scsi *s, struct mock_ring *r)
{
	struct mock_ring_cfg c = {
		.num = MOCK_SCSI_NUM,
		.features = s->cfg.features,
		.start = s->cfg.features & VHU_PACKED ? MOCK_START_WRAP : 0,
		.table_max = 32,
	};

	return mock_ring_init(r, &s->mem, &c);
}

/*
 * Open the node, make it a SCSI host without logical units, become owner, make memory
 * and rings.
 */
int mock_scsi_open(struct mock_scsi *s, const struct mock_scsi_cfg *cfg)
{
	unsigned int i;
	int r;

	memset(s, 0, sizeof(*s));
	s->cfg = *cfg;
	if (!s->cfg.wwpn)
		s->cfg.wwpn = MOCK_SCSI_WWPN;
	s->fd = vhost_open(cfg->node);
	if (s->fd < 0)
		return s->fd;
	r = myvhost_setup(s->fd, MYVHOST_DEVICE_SCSI, MYVHOST_DIALECT_VHOST, 0);
	if (!r)
		r = mock_scsi_target(s->fd, s->cfg.wwpn);
	if (!r)
		r = vhost_set_owner(s->fd);
	if (!r)
		r = guest_mem_init(&s->mem, MOCK_SCSI_MEM, false);
	for (i = 0; i < MOCK_SCSI_QUEUES && !r; i++)
		r = mock_scsi_init_ring(s, &s->ring[i]);
	if (r)
		return r;
	s->req = guest_alloc(&s->mem, MOCK_SCSI_REQ_LEN, 64);
	s->resp = guest_alloc(&s->mem, MOCK_SCSI_RESP_LEN, 4096);
	s->data = guest_alloc(&s->mem, MOCK_SCSI_DATA_MAX, 4096);
	return 0;
}

static int mock_scsi_start_vq(struct mock_scsi *s, unsigned int q)
{
	struct mock_ring *ring = &s->ring[q];
	struct vhost_vring_addr a = {
		.index = q,
		.desc_user_addr = guest_hva(&s->mem, ring->desc_addr),
		.avail_user_addr = guest_hva(&s->mem, ring->driver_addr),
		.used_user_addr = guest_hva(&s->mem, ring->device_addr),
		.log_guest_addr = ring->device_addr,
		.flags = s->cfg.features & VHU_F(VHOST_F_LOG_ALL) ?
			 1 << VHOST_VRING_F_LOG : 0,
	};
	int r = vhost_set_num(s->fd, q, MOCK_SCSI_NUM);

	if (!r)
		r = vhost_set_base(s->fd, q, mock_ring_idle_base(ring));
	if (!r)
		r = vhost_set_addr(s->fd, &a);
	if (!r)
		r = vhost_set_kick(s->fd, q, ring->kick_fd);
	if (!r)
		r = vhost_set_call(s->fd, q, ring->call_fd);
	return r ? r : vhost_set_err(s->fd, q, ring->err_fd);
}

/* Features, memory, rings and the endpoint.  */
int mock_scsi_start(struct mock_scsi *s)
{
	struct vhost_memory_region m[GUEST_REGIONS];
	__u64 f[2] = { s->cfg.features, 0 };
	unsigned int i;
	int r;

	guest_mem_regions(&s->mem, m);
	r = vhost_set_features(s->fd, f);
	if (!r)
		r = vhost_set_mem_table(s->fd, m, GUEST_REGIONS);
	for (i = 0; i < MOCK_SCSI_QUEUES && !r; i++)
		r = mock_scsi_start_vq(s, i);
	return r ? r : mock_scsi_endpoint(s->fd, true, s->cfg.wwpn);
}

void mock_scsi_close(struct mock_scsi *s)
{
	unsigned int i;

	close(s->fd);
	for (i = 0; i < MOCK_SCSI_QUEUES; i++)
		mock_ring_fini(&s->ring[i]);
	guest_mem_fini(&s->mem);
}

/* Where the data of commands is. */
__u8 *mock_scsi_data(const struct mock_scsi *s)
{
	return guest_ptr(&s->mem, s->data);
}

/* Write the header of a request for a logical unit. */
void mock_scsi_header(struct mock_scsi *s, const __u8 *cdb, unsigned int n)
{
	struct virtio_scsi_cmd_req *req = guest_ptr(&s->mem, s->req);

	memset(req, 0, sizeof(*req));
	req->lun[0] = 1;
	req->lun[2] = 0x40 | s->lun >> 8;
	req->lun[3] = s->lun;
	req->tag = 7;
	memcpy(req->cdb, cdb, n);
}

/*
 * One command and nothing else.
 * @cdb: @n bytes of it
 * @out: bytes of data that it takes
 * @in: or has room for
 *
 * Returns its status if the transport had no objection, 0x100 and its response if it had,
 * or a negative errno; -EPROTO if residual or used length are wrong.
 */
int mock_scsi_do(struct mock_scsi *s, const __u8 *cdb, unsigned int n, __u32 out, __u32 in)
{
	struct mock_seg seg[4];
	struct mock_used u;
	unsigned int k = 0;
	int r;

	mock_scsi_header(s, cdb, n);
	memset(guest_ptr(&s->mem, s->resp), 0xee, MOCK_SCSI_RESP_LEN);
	seg[k++] = (struct mock_seg) { s->req, MOCK_SCSI_REQ_LEN, false };
	if (out)
		seg[k++] = (struct mock_seg) { s->data, out, false };
	seg[k++] = (struct mock_seg) { s->resp, MOCK_SCSI_RESP_LEN, true };
	if (in)
		seg[k++] = (struct mock_seg) { s->data, in, true };
	r = mock_ring_add(&s->ring[MOCK_SCSI_REQUEST], seg, k, false, 1);
	if (r < 0)
		return r;
	mock_ring_submit(&s->ring[MOCK_SCSI_REQUEST]);
	r = mock_ring_wait_used(&s->ring[MOCK_SCSI_REQUEST], &u, MOCK_SCSI_WAIT);
	if (r <= 0)
		return r ? r : -ETIMEDOUT;
	memcpy(&s->answer, guest_ptr(&s->mem, s->resp), MOCK_SCSI_RESP_LEN);
	s->used_len = u.len;
	if (s->answer.response)
		return 0x100 | s->answer.response;
	if (s->answer.resid > out + in || u.len < MOCK_SCSI_RESP_LEN ||
	    u.len > MOCK_SCSI_RESP_LEN + in - (in ? s->answer.resid : 0))
		return -EPROTO;
	return s->answer.status;
}

/* One task management function.  Returns its response or a negative errno. */
int mock_scsi_tmf(struct mock_scsi *s, __u32 function, __u64 tag)
{
	struct virtio_scsi_ctrl_tmf_req *req = guest_ptr(&s->mem, s->req);
	struct mock_seg seg[2] = {
		{ s->req, sizeof(*req), false }, { s->resp, 1, true },
	};
	struct mock_used u;
	int r;

	memset(req, 0, sizeof(*req));
	req->type = VIRTIO_SCSI_T_TMF;
	req->subtype = function;
	req->lun[0] = 1;
	req->lun[2] = 0x40 | s->lun >> 8;
	req->lun[3] = s->lun;
	req->tag = tag;
	*(__u8 *)guest_ptr(&s->mem, s->resp) = 0xee;
	r = mock_ring_add(&s->ring[MOCK_SCSI_CONTROL], seg, 2, false, 1);
	if (r < 0)
		return r;
	mock_ring_submit(&s->ring[MOCK_SCSI_CONTROL]);
	r = mock_ring_wait_used(&s->ring[MOCK_SCSI_CONTROL], &u, MOCK_SCSI_WAIT);
	if (r <= 0)
		return r ? r : -ETIMEDOUT;
	return u.len == 1 ? *(__u8 *)guest_ptr(&s->mem, s->resp) : -EPROTO;
}

/* Key, code and qualifier of the last command's sense data, 0 if it has none. */
__u32 mock_scsi_sense(const struct mock_scsi *s)
{
	const __u8 *sense = s->answer.sense;

	if (s->answer.status != 2 || s->answer.sense_len < 18)
		return 0;
	return (sense[2] & 0xf) << 16 | sense[12] << 8 | sense[13];
}
