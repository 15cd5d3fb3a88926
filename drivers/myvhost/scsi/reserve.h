/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reservations of a logical unit among its initiators.  Pure: see ring/ring.h.
 */
#ifndef _MVH_SCSI_RESERVE_H
#define _MVH_SCSI_RESERVE_H

#include "cdb.h"

/* Initiators that a logical unit can tell apart. */
#define MVH_PR_NEXUSES	64

#define MVH_PR_NOBODY	MVH_PR_NEXUSES

/**
 * enum mvh_pr_type - types of persistent reservations (SPC-4, 6.16.3.4)
 * @MVH_PR_NONE: there is none
 * @MVH_PR_WRITE_EXCLUSIVE: the holder alone writes
 * @MVH_PR_EXCLUSIVE: the holder alone reads and writes
 * @MVH_PR_WRITE_EXCLUSIVE_SOME: those who are registered write; the holder made it
 * @MVH_PR_EXCLUSIVE_SOME: they read and write; likewise
 * @MVH_PR_WRITE_EXCLUSIVE_ALL: they write, and all of them hold it
 * @MVH_PR_EXCLUSIVE_ALL: they read and write, and all of them hold it
 */
enum mvh_pr_type {
	MVH_PR_NONE			= 0,
	MVH_PR_WRITE_EXCLUSIVE		= 1,
	MVH_PR_EXCLUSIVE		= 3,
	MVH_PR_WRITE_EXCLUSIVE_SOME	= 5,
	MVH_PR_EXCLUSIVE_SOME		= 6,
	MVH_PR_WRITE_EXCLUSIVE_ALL	= 7,
	MVH_PR_EXCLUSIVE_ALL		= 8,
};

/**
 * struct mvh_pr - the reservations of a logical unit
 *
 * An initiator is a number below MVH_PR_NEXUSES.  All zero, but for @spc2, is without
 * reservations.
 *
 * @generation: changes of registrations
 * @registered: who is registered
 * @key: with which key
 * @name: the initiator's port, for READ FULL STATUS
 * @type: of the persistent reservation
 * @holder: whose it is, unless it is that of all who are registered
 * @spc2: who has the reservation of SPC-2, or MVH_PR_NOBODY
 */
struct mvh_pr {
	u32 generation;
	u64 registered;
	u64 key[MVH_PR_NEXUSES];
	u64 name[MVH_PR_NEXUSES];
	enum mvh_pr_type type;
	u32 holder;
	u32 spc2;
};

/**
 * struct mvh_pr_news - what a change has to tell other initiators
 * @told: for each attention the initiators
 * @aborted: those whose commands must not go on
 */
struct mvh_pr_news {
	u64 told[MVH_ATTENTION_MAX];
	u64 aborted;
};

void mvh_pr_init(struct mvh_pr *pr);
bool mvh_pr_conflicts(const struct mvh_pr *pr, u32 nexus, const u8 *cdb);
u8 mvh_pr_out(struct mvh_pr *pr, u32 nexus, const u8 *cdb, const u8 *list, u32 len,
	      struct mvh_pr_news *news, struct mvh_scsi_cmd *cmd);
u32 mvh_pr_in(const struct mvh_pr *pr, const u8 *cdb, u8 *to);
u8 mvh_pr_reserve(struct mvh_pr *pr, u32 nexus);
u8 mvh_pr_release(struct mvh_pr *pr, u32 nexus);
void mvh_pr_lost(struct mvh_pr *pr, u32 nexus);

#endif /* _MVH_SCSI_RESERVE_H */
