/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Mock SCSI host: a descriptor of one, guest memory, rings and commands.
 *
 * This is a mock.  It plays the guest's virtio-scsi driver and the VMM, and makes the
 * ioctls in the order in which QEMU makes them.
 */
#ifndef TOOLS_LIB_MOCK_SCSI_H
#define TOOLS_LIB_MOCK_SCSI_H

#include <linux/virtio_scsi.h>

#include "mock_ring.h"
#include "myvhost_dev.h"

#define MOCK_SCSI_WWPN	"naa.5001405000000001"

/* Queues: control, events, requests. */
#define MOCK_SCSI_CONTROL	0
#define MOCK_SCSI_EVENT		1
#define MOCK_SCSI_REQUEST	2
#define MOCK_SCSI_QUEUES	3

#define MOCK_SCSI_REQ_LEN	sizeof(struct virtio_scsi_cmd_req)
#define MOCK_SCSI_RESP_LEN	sizeof(struct virtio_scsi_cmd_resp)

/**
 * struct mock_scsi_cfg - what a host is made of
 * @node: device node
 * @wwpn: name of the target, NULL for the usual
 * @features: what the driver negotiates
 */
struct mock_scsi_cfg {
	const char *node;
	const char *wwpn;
	__u64 features;
};

/**
 * struct mock_scsi - the host
 * @cfg: as given, defaults filled in
 * @fd: the descriptor
 * @mem: guest memory
 * @ring: the queues
 * @req: bus address of a request's header
 * @resp: of its response
 * @data: of 1 MiB of data
 * @lun: which logical unit is meant
 * @answer: the last response
 * @used_len: bytes that the device said it wrote
 */
struct mock_scsi {
	struct mock_scsi_cfg cfg;
	int fd;
	struct guest_mem mem;
	struct mock_ring ring[MOCK_SCSI_QUEUES];
	__u64 req, resp, data;
	unsigned int lun;
	struct virtio_scsi_cmd_resp answer;
	__u32 used_len;
};

#define MOCK_SCSI_DATA_MAX	(1U << 20)

int mock_scsi_target(int fd, const char *wwpn);
int mock_scsi_add(int fd, unsigned int lun, const struct myvhost_blk *blk);
int mock_scsi_del(int fd, unsigned int lun);
int mock_scsi_endpoint(int fd, bool set, const char *wwpn);
int mock_scsi_open(struct mock_scsi *s, const struct mock_scsi_cfg *cfg);
int mock_scsi_start(struct mock_scsi *s);
void mock_scsi_close(struct mock_scsi *s);
__u8 *mock_scsi_data(const struct mock_scsi *s);
void mock_scsi_header(struct mock_scsi *s, const __u8 *cdb, unsigned int n);
int mock_scsi_do(struct mock_scsi *s, const __u8 *cdb, unsigned int n, __u32 out, __u32 in);
int mock_scsi_tmf(struct mock_scsi *s, __u32 function, __u64 tag);
__u32 mock_scsi_sense(const struct mock_scsi *s);

#endif /* TOOLS_LIB_MOCK_SCSI_H */
