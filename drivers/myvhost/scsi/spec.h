/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Numbers of SAM-5, SPC-4 and SBC-3, and how their fields lie in memory.  Pure: see
 * ring/ring.h.
 */
#ifndef _MVH_SCSI_SPEC_H
#define _MVH_SCSI_SPEC_H

#include "mvh_env.h"

/* Status */
#define MVH_SAM_GOOD			0x00
#define MVH_SAM_CHECK_CONDITION		0x02
#define MVH_SAM_RESERVATION_CONFLICT	0x18
#define MVH_SAM_TASK_SET_FULL		0x28

/* Operation codes */
#define MVH_OP_TEST_UNIT_READY		0x00
#define MVH_OP_REQUEST_SENSE		0x03
#define MVH_OP_READ_6			0x08
#define MVH_OP_WRITE_6			0x0a
#define MVH_OP_INQUIRY			0x12
#define MVH_OP_MODE_SELECT_6		0x15
#define MVH_OP_RESERVE_6		0x16
#define MVH_OP_RELEASE_6		0x17
#define MVH_OP_MODE_SENSE_6		0x1a
#define MVH_OP_START_STOP		0x1b
#define MVH_OP_PREVENT_ALLOW		0x1e
#define MVH_OP_READ_CAPACITY_10		0x25
#define MVH_OP_READ_10			0x28
#define MVH_OP_WRITE_10			0x2a
#define MVH_OP_VERIFY_10		0x2f
#define MVH_OP_SYNC_CACHE_10		0x35
#define MVH_OP_WRITE_SAME_10		0x41
#define MVH_OP_UNMAP			0x42
#define MVH_OP_MODE_SELECT_10		0x55
#define MVH_OP_RESERVE_10		0x56
#define MVH_OP_RELEASE_10		0x57
#define MVH_OP_MODE_SENSE_10		0x5a
#define MVH_OP_PR_IN			0x5e
#define MVH_OP_PR_OUT			0x5f
#define MVH_OP_READ_16			0x88
#define MVH_OP_COMPARE_WRITE		0x89
#define MVH_OP_WRITE_16			0x8a
#define MVH_OP_VERIFY_16		0x8f
#define MVH_OP_SYNC_CACHE_16		0x91
#define MVH_OP_WRITE_SAME_16		0x93
#define MVH_OP_SERVICE_IN_16		0x9e
#define MVH_OP_REPORT_LUNS		0xa0
#define MVH_OP_MAINTENANCE_IN		0xa3
#define MVH_OP_READ_12			0xa8
#define MVH_OP_WRITE_12			0xaa

/* Service actions */
#define MVH_SA_READ_CAPACITY_16		0x10
#define MVH_SA_REPORT_OPCODES		0x0c

/* Sense key, additional code and qualifier */
#define MVH_SENSE(key, asc, ascq)	((key) << 16 | (asc) << 8 | (ascq))
#define MVH_SENSE_KEY(code)		((code) >> 16 & 0x0f)

#define MVH_SENSE_NONE			MVH_SENSE(0x0, 0x00, 0x00)
#define MVH_SENSE_WRITE_ERROR		MVH_SENSE(0x3, 0x0c, 0x00)
#define MVH_SENSE_READ_ERROR		MVH_SENSE(0x3, 0x11, 0x00)
#define MVH_SENSE_TARGET_FAILURE	MVH_SENSE(0x4, 0x44, 0x00)
#define MVH_SENSE_LIST_LENGTH		MVH_SENSE(0x5, 0x1a, 0x00)
#define MVH_SENSE_INVALID_OPCODE	MVH_SENSE(0x5, 0x20, 0x00)
#define MVH_SENSE_LBA_RANGE		MVH_SENSE(0x5, 0x21, 0x00)
#define MVH_SENSE_INVALID_CDB_FIELD	MVH_SENSE(0x5, 0x24, 0x00)
#define MVH_SENSE_NO_LUN		MVH_SENSE(0x5, 0x25, 0x00)
#define MVH_SENSE_INVALID_LIST_FIELD	MVH_SENSE(0x5, 0x26, 0x00)
#define MVH_SENSE_INVALID_RELEASE	MVH_SENSE(0x5, 0x26, 0x04)
#define MVH_SENSE_NOT_SAVED		MVH_SENSE(0x5, 0x39, 0x00)
#define MVH_SENSE_NO_REGISTRATIONS	MVH_SENSE(0x5, 0x55, 0x04)
#define MVH_SENSE_LUN_RESET		MVH_SENSE(0x6, 0x29, 0x03)
#define MVH_SENSE_MODE_CHANGED		MVH_SENSE(0x6, 0x2a, 0x01)
#define MVH_SENSE_PREEMPTED		MVH_SENSE(0x6, 0x2a, 0x03)
#define MVH_SENSE_RELEASED		MVH_SENSE(0x6, 0x2a, 0x04)
#define MVH_SENSE_UNREGISTERED		MVH_SENSE(0x6, 0x2a, 0x05)
#define MVH_SENSE_CAPACITY_CHANGED	MVH_SENSE(0x6, 0x2a, 0x09)
#define MVH_SENSE_LUNS_CHANGED		MVH_SENSE(0x6, 0x3f, 0x0e)
#define MVH_SENSE_WRITE_PROTECTED	MVH_SENSE(0x7, 0x27, 0x00)
#define MVH_SENSE_SPACE			MVH_SENSE(0x7, 0x27, 0x07)
#define MVH_SENSE_MISCOMPARE		MVH_SENSE(0xe, 0x1d, 0x00)

static inline u16 mvh_get_be16(const u8 *p)
{
	return p[0] << 8 | p[1];
}

static inline u32 mvh_get_be24(const u8 *p)
{
	return p[0] << 16 | p[1] << 8 | p[2];
}

static inline u32 mvh_get_be32(const u8 *p)
{
	return (u32)mvh_get_be16(p) << 16 | mvh_get_be16(p + 2);
}

static inline u64 mvh_get_be64(const u8 *p)
{
	return (u64)mvh_get_be32(p) << 32 | mvh_get_be32(p + 4);
}

static inline void mvh_put_be16(u8 *p, u16 v)
{
	p[0] = v >> 8;
	p[1] = v & 0xff;
}

static inline void mvh_put_be32(u8 *p, u32 v)
{
	mvh_put_be16(p, v >> 16);
	mvh_put_be16(p + 2, v);
}

static inline void mvh_put_be64(u8 *p, u64 v)
{
	mvh_put_be32(p, v >> 32);
	mvh_put_be32(p + 4, v);
}

#endif /* _MVH_SCSI_SPEC_H */
