// SPDX-License-Identifier: GPL-2.0
/*
 * Sense data: why a command failed, and what a logical unit has to tell.
 */
#include "sense.h"

#define MVH_SENSE_CURRENT	0x70	/* of this command, fixed format */
#define MVH_SENSE_VALID		0x80
#define MVH_SENSE_SKSV		0x80
#define MVH_SENSE_CD		0x40
#define MVH_SENSE_BPV		0x08

/**
 * mvh_sense_format - make sense data (S4)
 * @sense: what it says
 * @to: room for MVH_SENSE_LEN bytes
 *
 * SPC-4, 4.5.3: the fixed format.
 */
void mvh_sense_format(const struct mvh_sense *sense, u8 *to)
{
	memset(to, 0, MVH_SENSE_LEN);
	to[0] = MVH_SENSE_CURRENT;
	to[2] = MVH_SENSE_KEY(sense->code);
	to[7] = MVH_SENSE_LEN - 8;
	to[12] = sense->code >> 8;
	to[13] = sense->code;
	if (sense->has_info) {
		to[0] |= MVH_SENSE_VALID;
		mvh_put_be32(to + 3, sense->info);
	}
	if (sense->where == MVH_SENSE_NOWHERE)
		return;
	to[15] = MVH_SENSE_SKSV | MVH_SENSE_BPV | sense->bit;
	if (sense->where == MVH_SENSE_IN_CDB)
		to[15] |= MVH_SENSE_CD;
	mvh_put_be16(to + 16, sense->byte);
}

/**
 * mvh_attention_first - what is to be told first (S7)
 * @pending: bits of enum mvh_attention, not 0
 *
 * Return: it.
 */
enum mvh_attention mvh_attention_first(u32 pending)
{
	return __builtin_ctz(pending);
}

/**
 * mvh_attention_code - how it is told
 * @what: which of them
 *
 * Return: its code for sense data.
 */
u32 mvh_attention_code(enum mvh_attention what)
{
	static const u32 codes[MVH_ATTENTION_MAX] = {
		[MVH_ATTENTION_RESET]		= MVH_SENSE_LUN_RESET,
		[MVH_ATTENTION_CAPACITY]	= MVH_SENSE_CAPACITY_CHANGED,
		[MVH_ATTENTION_LUNS]		= MVH_SENSE_LUNS_CHANGED,
		[MVH_ATTENTION_MODE]		= MVH_SENSE_MODE_CHANGED,
		[MVH_ATTENTION_PREEMPTED]	= MVH_SENSE_PREEMPTED,
		[MVH_ATTENTION_RELEASED]	= MVH_SENSE_RELEASED,
		[MVH_ATTENTION_UNREGISTERED]	= MVH_SENSE_UNREGISTERED,
	};

	return codes[what];
}
