// SPDX-License-Identifier: GPL-2.0
/*
 * SCSI commands: what is accepted lies on the disk; what is refused says why, and names
 * a bit that is there; answers fit; reservations contradict neither themselves nor each
 * other.
 */
#include <stdlib.h>
#include "case.h"
#include "fuzz.h"

typedef unsigned __int128 u128;

static struct mvh_pr pr;

static u32 cdb_len(u8 code)
{
	static const u8 len[] = { 6, 10, 10, 0, 16, 12, 0, 0 };

	return len[code >> 5];
}

static void check_sense(const u8 *cdb, const u8 *list, u32 len, u8 status,
			const struct mvh_scsi_cmd *cmd)
{
	u8 to[MVH_SENSE_LEN];

	if (status != MVH_SAM_CHECK_CONDITION)
		return;
	check(cmd->sense.code);
	check(MVH_SENSE_KEY(cmd->sense.code) == 5 || MVH_SENSE_KEY(cmd->sense.code) == 7);
	check(cmd->sense.bit < 8);
	if (cmd->sense.where == MVH_SENSE_IN_CDB)
		check(cmd->sense.byte && cmd->sense.byte < cdb_len(cdb[0]));
	if (cmd->sense.where == MVH_SENSE_IN_LIST)
		check(cmd->sense.byte < len && list);
	mvh_sense_format(&cmd->sense, to);
}

static void check_inside(const struct mvh_scsi_lu *lu, const struct mvh_scsi_cmd *cmd)
{
	u64 block = 1ULL << lu->shift;

	check((u128)cmd->pos + cmd->len <= (u128)lu->blocks << lu->shift);
	check(!((cmd->pos | cmd->len) & (block - 1)));
	switch (cmd->op) {
	case MVH_SCSI_READ:
		check(cmd->len && cmd->len <= MVH_BLK_DATA_MAX);
		check_eq(cmd->in, cmd->len);
		check_eq(cmd->out, 0);
		break;
	case MVH_SCSI_WRITE:
		check(cmd->len && cmd->len <= MVH_BLK_DATA_MAX);
		check_eq(cmd->out, cmd->len);
		check(!lu->readonly);
		break;
	case MVH_SCSI_COMPARE:
		check(cmd->len && cmd->len <= MVH_SCSI_COMPARE_MAX);
		check_eq(cmd->out, cmd->len);
		break;
	case MVH_SCSI_COMPARE_WRITE:
		check(cmd->len && cmd->len <= MVH_SCSI_ATOMIC_MAX);
		check_eq(cmd->out, 2 * cmd->len);
		check(!lu->readonly);
		break;
	case MVH_SCSI_WRITE_SAME:
		check(cmd->len && cmd->len <= 1ULL << 31);
		check(!cmd->out || cmd->out == block);
		check(!lu->readonly && (lu->unmap || !cmd->unmap));
		break;
	default:
		check(cmd->out <= MVH_SCSI_LIST_MAX);
	}
}

static void check_answer(const struct mvh_scsi_lu *lu, const u8 *cdb)
{
	u8 *to = malloc(MVH_SCSI_ANSWER_MAX);

	check(mvh_scsi_answer(lu, cdb, to) <= MVH_SCSI_ANSWER_MAX);
	free(to);
}

static void check_unmap(const struct mvh_scsi_lu *lu, const u8 *cdb, const u8 *list, u32 len)
{
	struct mvh_blk_range ranges[MVH_BLK_RANGES_MAX];
	struct mvh_scsi_cmd cmd = {};
	u64 sum = 0, i;
	u8 status;

	status = mvh_scsi_parse_unmap(lu, list, len, ranges, &cmd);
	check_sense(cdb, list, len, status, &cmd);
	if (status != MVH_SAM_GOOD)
		return;
	check(cmd.len <= MVH_BLK_RANGES_MAX);
	for (i = 0; i < cmd.len; i++) {
		check((u128)ranges[i].pos + ranges[i].len <= (u128)lu->blocks << lu->shift);
		sum += ranges[i].len;
	}
	check(sum <= 1ULL << 31);
}

static void check_mode(struct mvh_scsi_lu *lu, const u8 *cdb, const u8 *list, u32 len)
{
	struct mvh_scsi_cmd cmd = {};
	bool wce;
	u8 status;

	status = mvh_scsi_mode_select_list(lu, cdb, list, len, &wce, &cmd);
	check_sense(cdb, list, len, status, &cmd);
	if (status == MVH_SAM_GOOD)
		lu->wce = wce;
}

static void check_pr(void)
{
	bool all = pr.type >= MVH_PR_WRITE_EXCLUSIVE_ALL;
	u32 i;

	for (i = 0; i < MVH_PR_NEXUSES; i++)
		check(!(pr.registered & BIT_ULL(i)) || pr.key[i]);
	if (pr.type)
		check(all ? pr.registered : pr.registered & BIT_ULL(pr.holder));
	/* Neither kind begins while there is the other. */
	check(pr.spc2 == MVH_PR_NOBODY || !pr.registered);
}

static void check_pr_out(const struct case_scsi *s, const u8 *list, u32 len)
{
	struct mvh_scsi_cmd cmd = {};
	struct mvh_pr_news news;
	u64 before = pr.registered;
	u8 status;
	u32 i;

	/* Nobody registers while SPC-2 reserves; see mvh_pr_conflicts(). */
	if (mvh_pr_conflicts(&pr, s->nexus, s->cdb) || pr.spc2 != MVH_PR_NOBODY)
		return;
	status = mvh_pr_out(&pr, s->nexus, s->cdb, list, len, &news, &cmd);
	check_sense(s->cdb, list, len, status, &cmd);
	for (i = 0; i < MVH_ATTENTION_MAX; i++) {
		check(!(news.told[i] & BIT_ULL(s->nexus)));
		check(!(news.told[i] & ~before));
	}
	check_eq(news.told[MVH_ATTENTION_UNREGISTERED] & pr.registered, 0);
	check_eq(news.aborted & pr.registered, 0);
	if (status != MVH_SAM_GOOD)
		check_eq(pr.registered, before);
}

static void check_command(struct mvh_scsi_lu *lu, const struct case_scsi *s)
{
	u8 cdb[MVH_CDB_LEN] = {}, to[MVH_SCSI_ANSWER_MAX], *list;
	struct mvh_scsi_cmd cmd;
	u8 status;

	memcpy(cdb, s->cdb, sizeof(s->cdb));
	status = mvh_scsi_parse(lu, cdb, &cmd);
	check_sense(cdb, NULL, 0, status, &cmd);
	if (status != MVH_SAM_GOOD)
		return;
	check_inside(lu, &cmd);
	/* A copy of that length, so that a sanitizer sees what is read behind it. */
	list = malloc(cmd.out <= sizeof(s->list) ? cmd.out : 0);
	if (cmd.out <= sizeof(s->list))
		memcpy(list, s->list, cmd.out);
	switch (cmd.op) {
	case MVH_SCSI_ANSWER:
		check_answer(lu, cdb);
		break;
	case MVH_SCSI_UNMAP:
		check_unmap(lu, cdb, list, cmd.out);
		break;
	case MVH_SCSI_MODE_SELECT:
		check_mode(lu, cdb, list, cmd.out);
		break;
	case MVH_SCSI_PR_IN:
		check(mvh_pr_in(&pr, cdb, to) <= sizeof(to));
		break;
	case MVH_SCSI_PR_OUT:
		check_pr_out(s, list, cmd.out);
		break;
	case MVH_SCSI_RESERVE:
		mvh_pr_reserve(&pr, s->nexus);
		break;
	case MVH_SCSI_RELEASE:
		mvh_pr_release(&pr, s->nexus);
		break;
	default:
		break;
	}
	free(list);
	check_pr();
}

void fuzz_one(void)
{
	struct mvh_scsi_lu lu = {};

	mvh_pr_init(&pr);
	case_scsi_lu(&fuzz_input, &lu);
	do {
		struct case_scsi s = {};

		case_scsi(&fuzz_input, &s);
		check_command(&lu, &s);
	} while (fuzz_more());
}
