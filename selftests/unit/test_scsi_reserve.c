// SPDX-License-Identifier: GPL-2.0
/*
 * Reservations: each action, what it tells others, and what it forbids them.
 */
#include "scsi/reserve.h"
#include "unit.h"

#define GOOD		MVH_SAM_GOOD
#define CHECK		MVH_SAM_CHECK_CONDITION
#define CONFLICT	MVH_SAM_RESERVATION_CONFLICT

enum { REGISTER, RESERVE, RELEASE, CLEAR, PREEMPT, ABORT, IGNORE };

static const u8 types[] = { 1, 3, 5, 6, 7, 8 };

static struct mvh_pr pr;
static struct mvh_pr_news news;
static struct mvh_scsi_cmd cmd;

static u8 out(u32 nexus, u8 action, u8 type, u64 key, u64 new_key)
{
	u8 cdb[MVH_CDB_LEN] = { 0x5f, action, type }, list[24] = {};

	mvh_put_be64(list, key);
	mvh_put_be64(list + 8, new_key);
	memset(&cmd, 0, sizeof(cmd));
	return mvh_pr_out(&pr, nexus, cdb, list, sizeof(list), &news, &cmd);
}

/* Initiators 0 to @n - 1 are registered, with keys from 100 on. */
static void begin(u32 n)
{
	u32 i;

	mvh_pr_init(&pr);
	for (i = 0; i < n; i++)
		check_eq(out(i, REGISTER, 0, 0, 100 + i), GOOD);
}

static u32 in(u8 action, u8 *to)
{
	u8 cdb[MVH_CDB_LEN] = { 0x5e, action };

	memset(to, 0xee, MVH_SCSI_ANSWER_MAX);
	return mvh_pr_in(&pr, cdb, to);
}

static bool told_nothing(void)
{
	unsigned int i;

	for (i = 0; i < MVH_ATTENTION_MAX; i++)
		if (news.told[i])
			return false;
	return !news.aborted;
}

UNIT_TEST(test_pr_register, "S14 scsi: register, change, leave; with a wrong key, and whatever the key")
{
	u8 to[MVH_SCSI_ANSWER_MAX];

	begin(0);
	check_eq(out(1, REGISTER, 0, 5, 6), CONFLICT);
	check_eq(out(1, REGISTER, 0, 0, 0), GOOD);
	check_eq(pr.generation, 0);
	check_eq(out(1, REGISTER, 0, 0, 6), GOOD);
	check_eq(pr.generation, 1);
	check_eq(out(1, REGISTER, 0, 0, 7), CONFLICT);
	check_eq(out(1, REGISTER, 0, 6, 7), GOOD);
	check_eq(out(2, IGNORE, 0, 99, 8), GOOD);
	check_eq(out(2, IGNORE, 0, 99, 9), GOOD);
	check_eq(pr.generation, 4);
	check_eq(in(0, to), 24);
	check_eq(mvh_get_be32(to), 4);
	check_eq(mvh_get_be32(to + 4), 16);
	check_eq(mvh_get_be64(to + 8), 7);
	check_eq(mvh_get_be64(to + 16), 9);
	check_eq(out(1, REGISTER, 0, 7, 0), GOOD);
	check_eq(out(2, IGNORE, 0, 0, 0), GOOD);
	check_eq(in(0, to), 8);
	check_eq(pr.generation, 6);
	check(told_nothing());
}

UNIT_TEST(test_pr_reserve, "S14 scsi: one reservation at a time, of who is registered")
{
	u8 to[MVH_SCSI_ANSWER_MAX];
	unsigned int t;

	for (t = 0; t < ARRAY_SIZE(types); t++) {
		bool all = types[t] >= 7;

		begin(2);
		check_eq(out(5, RESERVE, types[t], 0, 0), CONFLICT);
		check_eq(out(0, RESERVE, types[t], 101, 0), CONFLICT);
		check_eq(in(1, to), 8);
		check_eq(out(0, RESERVE, types[t], 100, 0), GOOD);
		check_eq(out(0, RESERVE, types[t], 100, 0), GOOD);
		check_eq(out(0, RESERVE, types[t] == 1 ? 3 : 1, 100, 0), CONFLICT);
		check_eq(out(1, RESERVE, types[t], 101, 0), all ? GOOD : CONFLICT);
		check_eq(in(1, to), 24);
		check_eq(mvh_get_be32(to + 4), 16);
		check_eq(mvh_get_be64(to + 8), all ? 0 : 100);
		check_eq(to[21], types[t]);
		check_eq(pr.generation, 2);
		/* Who does not hold it releases nothing. */
		check_eq(out(1, RELEASE, types[t], 101, 0), GOOD);
		check_eq(!!pr.type, !all);
		check_eq(news.told[MVH_ATTENTION_RELEASED], all ? 1 : 0);
		if (all)
			continue;
		check_eq(out(0, RELEASE, types[t] == 1 ? 3 : 1, 100, 0), CHECK);
		check_eq(cmd.sense.code, MVH_SENSE_INVALID_RELEASE);
		check_eq(out(0, RELEASE, types[t], 100, 0), GOOD);
		check_eq(news.told[MVH_ATTENTION_RELEASED], types[t] >= 5 ? 2 : 0);
		check_eq(pr.type, 0);
		check_eq(out(0, RELEASE, types[t], 100, 0), GOOD);
	}
}

UNIT_TEST(test_pr_leave, "S14 scsi: who leaves takes a reservation along, but not that of all")
{
	unsigned int t;

	for (t = 0; t < ARRAY_SIZE(types); t++) {
		bool all = types[t] >= 7;

		begin(3);
		check_eq(out(0, RESERVE, types[t], 100, 0), GOOD);
		check_eq(out(2, REGISTER, 0, 102, 0), GOOD);
		check_eq(pr.type, types[t]);
		check_eq(out(0, REGISTER, 0, 100, 0), GOOD);
		check_eq(pr.type, all ? types[t] : 0);
		check_eq(news.told[MVH_ATTENTION_RELEASED],
			 types[t] == 5 || types[t] == 6 ? 2 : 0);
		check_eq(out(1, REGISTER, 0, 101, 0), GOOD);
		check_eq(pr.type, 0);
		check_eq(pr.registered, 0);
	}
}

UNIT_TEST(test_pr_clear, "S14 scsi: to clear ends all, and the others are told")
{
	begin(3);
	check_eq(out(1, RESERVE, 5, 101, 0), GOOD);
	check_eq(out(0, CLEAR, 0, 1, 0), CONFLICT);
	check_eq(out(0, CLEAR, 0, 100, 0), GOOD);
	check_eq(news.told[MVH_ATTENTION_PREEMPTED], 6);
	check_eq(pr.registered, 0);
	check_eq(pr.type, 0);
	check_eq(pr.generation, 4);
}

UNIT_TEST(test_pr_preempt, "S16 scsi: to preempt the holder, others, all, itself, or nobody")
{
	unsigned int t, abort;

	for (abort = 0; abort < 2; abort++)
	for (t = 0; t < ARRAY_SIZE(types); t++) {
		u8 action = PREEMPT + abort, type = types[t];
		bool all = type >= 7;

		/* The holder. */
		begin(3);
		check_eq(out(0, RESERVE, type, 100, 0), GOOD);
		check_eq(out(1, action, 1, 101, 100), GOOD);
		check_eq(pr.registered, 6);
		check_eq(pr.generation, 4);
		check_eq(news.told[MVH_ATTENTION_UNREGISTERED], 1);
		check_eq(news.aborted, abort);
		check_eq(pr.type, all ? type : 1);
		if (!all)
			check_eq(pr.holder, 1);
		check_eq(news.told[MVH_ATTENTION_RELEASED],
			 type == 5 || type == 6 ? 4 : 0);
		/* One that does not hold it. */
		begin(3);
		check_eq(out(0, RESERVE, type, 100, 0), GOOD);
		check_eq(out(1, action, 1, 101, 102), GOOD);
		check_eq(pr.registered, 3);
		check_eq(pr.type, type);
		check_eq(news.told[MVH_ATTENTION_UNREGISTERED], 4);
		check_eq(news.told[MVH_ATTENTION_RELEASED], 0);
		/* Nobody: the key is not known. */
		check_eq(out(1, action, 1, 101, 55), CONFLICT);
		check_eq(out(4, action, 1, 0, 100), CONFLICT);
		/* All, by no key. */
		begin(3);
		check_eq(out(0, RESERVE, type, 100, 0), GOOD);
		check_eq(out(1, action, 3, 101, 0), all ? GOOD : CHECK);
		if (all) {
			check_eq(pr.registered, 2);
			check_eq(pr.type, 3);
			check_eq(pr.holder, 1);
			check_eq(news.told[MVH_ATTENTION_UNREGISTERED], 5);
			check_eq(news.aborted, abort ? 5 : 0);
		} else {
			check_eq(cmd.sense.code, MVH_SENSE_INVALID_LIST_FIELD);
			check_eq(cmd.sense.byte, 8);
		}
		/* The holder itself, for another type. */
		begin(2);
		check_eq(out(0, RESERVE, type, 100, 0), GOOD);
		check_eq(out(0, action, 3, 100, 100), GOOD);
		check_eq(pr.registered, all ? 2 : 3);
		check_eq(pr.type, all ? type : 3);
		check_eq(news.aborted, 0);
		check_eq(news.told[MVH_ATTENTION_UNREGISTERED], 0);
		check_eq(news.told[MVH_ATTENTION_RELEASED],
			 type == 5 || type == 6 ? 2 : 0);
		/* The last of those who all hold it. */
		begin(1);
		check_eq(out(0, RESERVE, type, 100, 0), GOOD);
		check_eq(out(0, action, type, 100, 100), GOOD);
		check_eq(pr.type, all ? 0 : type);
	}
	/* Without a reservation. */
	begin(3);
	check_eq(out(0, PREEMPT, 1, 100, 101), GOOD);
	check_eq(pr.registered, 5);
	check_eq(pr.type, 0);
	check_eq(out(0, PREEMPT, 1, 100, 0), CHECK);
}

UNIT_TEST(test_pr_refused, "S14 scsi: types, scopes, lengths and flags that do not exist")
{
	u8 cdb[MVH_CDB_LEN] = { 0x5f, RESERVE, 1 }, list[32] = {};
	unsigned int type, action, len, bit;

	for (action = RESERVE; action <= ABORT; action++)
	for (type = 0; type < 256; type++) {
		bool good = action == CLEAR || type == 1 || type == 3 ||
			    (type >= 5 && type <= 8);

		begin(1);
		check_eq(out(0, action, type, 100, 100) == CHECK, !good);
		if (good)
			continue;
		check_eq(cmd.sense.code, MVH_SENSE_INVALID_CDB_FIELD);
		check_eq(cmd.sense.byte, 2);
	}
	begin(1);
	mvh_put_be64(list, 100);
	for (len = 0; len < 32; len++) {
		u8 status = mvh_pr_out(&pr, 0, cdb, list, len, &news, &cmd);

		check_eq(status, len == 24 ? GOOD : CHECK);
		if (len != 24)
			check_eq(cmd.sense.code, MVH_SENSE_LIST_LENGTH);
	}
	for (bit = 0; bit < 8; bit++) {
		list[20] = 1 << bit;
		check_eq(mvh_pr_out(&pr, 0, cdb, list, 24, &news, &cmd), CHECK);
		check_eq(cmd.sense.code, MVH_SENSE_INVALID_LIST_FIELD);
		check_eq(cmd.sense.byte, 20);
		check_eq(cmd.sense.bit, bit);
	}
}

UNIT_TEST(test_pr_capabilities, "S14 scsi: capabilities and full status")
{
	u8 to[MVH_SCSI_ANSWER_MAX];
	unsigned int i;

	begin(0);
	check_eq(in(2, to), 8);
	check_eq(mvh_get_be16(to), 8);
	check_eq(to[2], 0);
	check_eq(to[3], 0x80);
	/* Each type that is told can be had. */
	for (i = 0; i < 16; i++) {
		bool told = (i < 8 ? to[4] >> i : to[5] >> (i - 8)) & 1;

		begin(1);
		check_eq(out(0, RESERVE, i, 100, 0) == GOOD, told);
	}
	begin(2);
	check_eq(in(3, to), 8 + 2 * 48);
	begin(64);
	pr.name[63] = 0x5001405000000001ull;
	check_eq(out(63, RESERVE, 6, 163, 0), GOOD);
	check_eq(in(0, to), 8 + 64 * 8);
	check_eq(in(3, to), 8 + 64 * 48);
	check_eq(mvh_get_be32(to + 4), 64 * 48);
	for (i = 0; i < 64; i++) {
		const u8 *d = to + 8 + 48 * i;

		check_eq(mvh_get_be64(d), 100 + i);
		check_eq(d[12], i == 63);
		check_eq(d[13], i == 63 ? 6 : 0);
		check_eq(mvh_get_be16(d + 18), 1);
		check_eq(mvh_get_be32(d + 20), 24);
		check_eq(d[24], 6);
		check_eq(mvh_get_be64(d + 28), i == 63 ? pr.name[63] : 0);
	}
}

/* What a command is to others' reservations (SPC-4, table 60; SBC-3, table 13). */
static const struct {
	u8 cdb[5];
	char access;	/* free, reads, writes */
	bool spc2;	/* free for SPC-2 */
} commands[] = {
	{ { 0x00 }, 'f', false }, { { 0x03 }, 'f', true }, { { 0x12 }, 'f', true },
	{ { 0x25 }, 'f', true }, { { 0x9e, 0x10 }, 'f', true },
	{ { 0xa0 }, 'f', true }, { { 0x17 }, 'f', true }, { { 0x57 }, 'f', true },
	{ { 0x16 }, 'f', false }, { { 0x5e }, 'f', false }, { { 0x5f }, 'f', false },
	{ { 0x08 }, 'r', false }, { { 0x28 }, 'r', false }, { { 0x88 }, 'r', false },
	{ { 0xa8 }, 'r', false }, { { 0x2f }, 'r', false }, { { 0x8f }, 'r', false },
	{ { 0x1a }, 'r', false }, { { 0x5a }, 'r', false },
	{ { 0xa3, 0x0c }, 'r', false },
	{ { 0x0a }, 'w', false }, { { 0x2a }, 'w', false }, { { 0x8a }, 'w', false },
	{ { 0xaa }, 'w', false }, { { 0x35 }, 'w', false }, { { 0x91 }, 'w', false },
	{ { 0x41 }, 'w', false }, { { 0x93 }, 'w', false }, { { 0x42 }, 'w', false },
	{ { 0x89 }, 'w', false }, { { 0x15 }, 'w', false }, { { 0x55 }, 'w', false },
	{ { 0x1b }, 'w', false }, { { 0x1b, 0, 0, 0, 1 }, 'f', false },
	{ { 0x1e }, 'f', false }, { { 0x1e, 0, 0, 0, 1 }, 'w', false },
	{ { 0xff }, 'f', true },
};

UNIT_TEST(test_pr_conflicts, "S15 scsi: what each type forbids to whom")
{
	unsigned int t, c, who;

	for (t = 0; t < ARRAY_SIZE(types); t++)
	for (c = 0; c < ARRAY_SIZE(commands); c++)
	for (who = 0; who < 3; who++) {
		u8 cdb[MVH_CDB_LEN] = {}, type = types[t];
		bool writer = type == 1 || type == 5 || type == 7;
		bool want;

		memcpy(cdb, commands[c].cdb, 5);
		begin(2);
		check(!mvh_pr_conflicts(&pr, who, cdb));
		check_eq(out(0, RESERVE, type, 100, 0), GOOD);
		want = commands[c].access == 'w' ||
		       (commands[c].access == 'r' && !writer);
		/* 0 holds it, 1 is registered, 2 is neither. */
		if (!who || (who == 1 && type >= 5))
			want = false;
		check_eq(mvh_pr_conflicts(&pr, who, cdb), want);
	}
}

UNIT_TEST(test_pr_spc2, "S17 scsi: RESERVE and RELEASE, and with persistent reservations")
{
	unsigned int c;

	begin(0);
	check_eq(mvh_pr_release(&pr, 3), GOOD);
	check_eq(mvh_pr_reserve(&pr, 3), GOOD);
	check_eq(mvh_pr_reserve(&pr, 3), GOOD);
	check_eq(mvh_pr_reserve(&pr, 4), CONFLICT);
	check_eq(mvh_pr_release(&pr, 4), GOOD);
	check_eq(pr.spc2, 3);
	for (c = 0; c < ARRAY_SIZE(commands); c++) {
		u8 cdb[MVH_CDB_LEN] = {};

		memcpy(cdb, commands[c].cdb, 5);
		check(!mvh_pr_conflicts(&pr, 3, cdb));
		check_eq(mvh_pr_conflicts(&pr, 4, cdb), !commands[c].spc2);
	}
	check_eq(mvh_pr_release(&pr, 3), GOOD);
	check_eq(pr.spc2, MVH_PR_NOBODY);
	/* Who is gone, and a reset. */
	check_eq(mvh_pr_reserve(&pr, 4), GOOD);
	mvh_pr_lost(&pr, 3);
	check_eq(pr.spc2, 4);
	mvh_pr_lost(&pr, 4);
	check_eq(pr.spc2, MVH_PR_NOBODY);
	check_eq(mvh_pr_reserve(&pr, 4), GOOD);
	mvh_pr_lost(&pr, MVH_PR_NOBODY);
	check_eq(pr.spc2, MVH_PR_NOBODY);
	begin(1);
	check_eq(mvh_pr_reserve(&pr, 0), CONFLICT);
	check_eq(mvh_pr_release(&pr, 0), CONFLICT);
	check_eq(out(0, RESERVE, 1, 100, 0), GOOD);
	mvh_pr_lost(&pr, 0);
	check_eq(pr.type, 1);
	check_eq(pr.registered, 1);
}
