/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sense data: why a command failed, and what a logical unit has to tell.  Pure: see
 * ring/ring.h.
 */
#ifndef _MVH_SCSI_SENSE_H
#define _MVH_SCSI_SENSE_H

#include "spec.h"

/* Bytes of sense data. */
#define MVH_SENSE_LEN	18

/**
 * enum mvh_sense_where - what a field pointer points into
 * @MVH_SENSE_NOWHERE: there is none
 * @MVH_SENSE_IN_CDB: into the command
 * @MVH_SENSE_IN_LIST: into its parameter list
 */
enum mvh_sense_where {
	MVH_SENSE_NOWHERE,
	MVH_SENSE_IN_CDB,
	MVH_SENSE_IN_LIST,
};

/**
 * struct mvh_sense - why a command failed
 * @code: key, code and qualifier, MVH_SENSE_*
 * @where: what @byte and @bit point into
 * @byte: the field that is wrong
 * @bit: its highest bit
 * @has_info: @info says where
 * @info: byte of the data that differs
 */
struct mvh_sense {
	u32 code;
	enum mvh_sense_where where;
	u16 byte;
	u8 bit;
	bool has_info;
	u32 info;
};

/**
 * enum mvh_attention - what a logical unit has to tell, in order of urgency
 * @MVH_ATTENTION_RESET: it was reset
 * @MVH_ATTENTION_CAPACITY: its capacity is another
 * @MVH_ATTENTION_LUNS: logical units came or went
 * @MVH_ATTENTION_MODE: mode parameters were changed by another initiator
 * @MVH_ATTENTION_PREEMPTED: its reservation was preempted
 * @MVH_ATTENTION_RELEASED: the reservation that it had a part in was released
 * @MVH_ATTENTION_UNREGISTERED: its registration was preempted
 * @MVH_ATTENTION_MAX: number of them
 */
enum mvh_attention {
	MVH_ATTENTION_RESET,
	MVH_ATTENTION_CAPACITY,
	MVH_ATTENTION_LUNS,
	MVH_ATTENTION_MODE,
	MVH_ATTENTION_PREEMPTED,
	MVH_ATTENTION_RELEASED,
	MVH_ATTENTION_UNREGISTERED,
	MVH_ATTENTION_MAX
};

void mvh_sense_format(const struct mvh_sense *sense, u8 *to);
enum mvh_attention mvh_attention_first(u32 pending);
u32 mvh_attention_code(enum mvh_attention what);

#endif /* _MVH_SCSI_SENSE_H */
