/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A command on its way to its execution, and its answers.
 */
#ifndef _MVH_SCSI_CALL_H
#define _MVH_SCSI_CALL_H

#include "queue.h"

struct mvh_chain;

#define MVH_SCSI_REQ_LEN	sizeof(struct virtio_scsi_cmd_req)
#define MVH_SCSI_RESP_LEN	sizeof(struct virtio_scsi_cmd_resp)

/**
 * struct mvh_scsi_call - a command on its way to its execution
 * @req: its request
 * @chain: the driver's
 * @hdr: header of the request
 * @lu: what the logical unit is, now
 * @cmd: what is asked for
 * @submitted: the engine executes it, and has charged it
 */
struct mvh_scsi_call {
	struct mvh_scsi_req *req;
	const struct mvh_chain *chain;
	struct virtio_scsi_cmd_req hdr;
	struct mvh_scsi_lu lu;
	struct mvh_scsi_cmd cmd;
	bool submitted;
};

/* serve.c */
void mvh_scsi_good(struct mvh_scsi_req *req, u64 done);
void mvh_scsi_fail(struct mvh_scsi_req *req);
void mvh_scsi_refuse(struct mvh_scsi_req *req, u8 response);
void mvh_scsi_refuse_sense(struct mvh_scsi_req *req, const struct mvh_sense *sense);
void mvh_scsi_refuse_code(struct mvh_scsi_req *req, u32 code);
void mvh_scsi_refuse_status(struct mvh_scsi_call *call, u8 status);
void mvh_scsi_answer_sense(struct mvh_scsi_req *req, const struct mvh_sense *sense);

/* exec.c */
void mvh_scsi_absent(struct mvh_scsi_call *call);
void mvh_scsi_present(struct mvh_scsi_call *call);

#endif /* _MVH_SCSI_CALL_H */
