// SPDX-License-Identifier: GPL-2.0
/*
 * Reservations of a logical unit among its initiators: persistent ones (SPC-4, 5.13),
 * and those of SPC-2.
 */
#include "reserve.h"

#define MVH_PR_LIST_LEN	24

enum mvh_pr_out_action {
	MVH_PR_REGISTER,
	MVH_PR_RESERVE,
	MVH_PR_RELEASE,
	MVH_PR_CLEAR,
	MVH_PR_PREEMPT,
	MVH_PR_PREEMPT_ABORT,
	MVH_PR_REGISTER_IGNORE,
};

enum mvh_pr_in_action {
	MVH_PR_READ_KEYS,
	MVH_PR_READ_RESERVATION,
	MVH_PR_CAPABILITIES,
	MVH_PR_FULL_STATUS,
};

/**
 * struct mvh_pr_call - a PERSISTENT RESERVE OUT under way
 * @pr: what it changes
 * @nexus: whose it is
 * @type: type of reservation that it names
 * @key: key that it comes with
 * @new_key: key that it gives, or whose initiators it is about
 * @news: what it has to tell
 * @cmd: for sense data
 */
struct mvh_pr_call {
	struct mvh_pr *pr;
	u32 nexus;
	u8 type;
	u64 key;
	u64 new_key;
	struct mvh_pr_news *news;
	struct mvh_scsi_cmd *cmd;
};

static bool mvh_pr_is_registered(const struct mvh_pr *pr, u32 nexus)
{
	return pr->registered & BIT_ULL(nexus);
}

static bool mvh_pr_type_valid(u8 type)
{
	return type == MVH_PR_WRITE_EXCLUSIVE || type == MVH_PR_EXCLUSIVE ||
	       (type >= MVH_PR_WRITE_EXCLUSIVE_SOME &&
		type <= MVH_PR_EXCLUSIVE_ALL);
}

/* Do all who are registered hold it? */
static bool mvh_pr_type_all(u8 type)
{
	return type >= MVH_PR_WRITE_EXCLUSIVE_ALL;
}

/* May all who are registered do what the holder may? */
static bool mvh_pr_type_shared(u8 type)
{
	return type >= MVH_PR_WRITE_EXCLUSIVE_SOME;
}

static bool mvh_pr_type_reads(u8 type)
{
	return type == MVH_PR_WRITE_EXCLUSIVE ||
	       type == MVH_PR_WRITE_EXCLUSIVE_SOME ||
	       type == MVH_PR_WRITE_EXCLUSIVE_ALL;
}

static bool mvh_pr_holds(const struct mvh_pr *pr, u32 nexus)
{
	if (!pr->type)
		return false;
	if (mvh_pr_type_all(pr->type))
		return mvh_pr_is_registered(pr, nexus);
	return pr->holder == nexus;
}

/**
 * mvh_pr_init - begin without reservations
 * @pr: the reservations
 */
void mvh_pr_init(struct mvh_pr *pr)
{
	memset(pr, 0, sizeof(*pr));
	pr->spc2 = MVH_PR_NOBODY;
}

/**
 * mvh_pr_conflicts - does a reservation forbid a command? (S15)
 * @pr: the reservations
 * @nexus: whose command it is
 * @cdb: the command
 *
 * Return: true if so.
 */
bool mvh_pr_conflicts(const struct mvh_pr *pr, u32 nexus, const u8 *cdb)
{
	if (pr->spc2 != MVH_PR_NOBODY && pr->spc2 != nexus)
		return mvh_scsi_access(cdb, true) != MVH_SCSI_FREE;
	if (!pr->type || mvh_pr_holds(pr, nexus) ||
	    (mvh_pr_type_shared(pr->type) && mvh_pr_is_registered(pr, nexus)))
		return false;
	switch (mvh_scsi_access(cdb, false)) {
	case MVH_SCSI_FREE:
		return false;
	case MVH_SCSI_READS:
		return !mvh_pr_type_reads(pr->type);
	default:
		return true;
	}
}

static void mvh_pr_tell(struct mvh_pr_call *call, enum mvh_attention what, u64 whom)
{
	call->news->told[what] |= whom & ~BIT_ULL(call->nexus);
}

/* The reservation ends by its holder: those who had a part in it are told. */
static void mvh_pr_end(struct mvh_pr_call *call)
{
	struct mvh_pr *pr = call->pr;

	if (mvh_pr_type_shared(pr->type))
		mvh_pr_tell(call, MVH_ATTENTION_RELEASED, pr->registered);
	pr->type = MVH_PR_NONE;
}

static u8 mvh_pr_refuse_list(struct mvh_pr_call *call, u16 byte, u8 bit)
{
	call->cmd->sense = (struct mvh_sense) {
		.code = MVH_SENSE_INVALID_LIST_FIELD,
		.where = MVH_SENSE_IN_LIST, .byte = byte, .bit = bit,
	};
	return MVH_SAM_CHECK_CONDITION;
}

static u8 mvh_pr_unregister(struct mvh_pr_call *call)
{
	struct mvh_pr *pr = call->pr;
	bool held = mvh_pr_holds(pr, call->nexus);

	if (!mvh_pr_is_registered(pr, call->nexus))
		return MVH_SAM_GOOD;
	pr->registered &= ~BIT_ULL(call->nexus);
	pr->generation++;
	if (held && (!mvh_pr_type_all(pr->type) || !pr->registered))
		mvh_pr_end(call);
	return MVH_SAM_GOOD;
}

static u8 mvh_pr_register(struct mvh_pr_call *call, bool ignore)
{
	struct mvh_pr *pr = call->pr;
	u64 key = mvh_pr_is_registered(pr, call->nexus) ?
		  pr->key[call->nexus] : 0;

	if (!ignore && call->key != key)
		return MVH_SAM_RESERVATION_CONFLICT;
	if (!call->new_key)
		return mvh_pr_unregister(call);
	pr->registered |= BIT_ULL(call->nexus);
	pr->key[call->nexus] = call->new_key;
	pr->generation++;
	return MVH_SAM_GOOD;
}

static u8 mvh_pr_acquire(struct mvh_pr_call *call)
{
	struct mvh_pr *pr = call->pr;

	if (pr->type)
		return mvh_pr_holds(pr, call->nexus) && pr->type == call->type ?
		       MVH_SAM_GOOD : MVH_SAM_RESERVATION_CONFLICT;
	pr->type = call->type;
	pr->holder = call->nexus;
	return MVH_SAM_GOOD;
}

static u8 mvh_pr_drop(struct mvh_pr_call *call)
{
	if (!mvh_pr_holds(call->pr, call->nexus))
		return MVH_SAM_GOOD;
	if (call->pr->type != call->type) {
		call->cmd->sense.code = MVH_SENSE_INVALID_RELEASE;
		return MVH_SAM_CHECK_CONDITION;
	}
	mvh_pr_end(call);
	return MVH_SAM_GOOD;
}

static u8 mvh_pr_clear(struct mvh_pr_call *call)
{
	struct mvh_pr *pr = call->pr;

	mvh_pr_tell(call, MVH_ATTENTION_PREEMPTED, pr->registered);
	pr->registered = 0;
	pr->type = MVH_PR_NONE;
	pr->generation++;
	return MVH_SAM_GOOD;
}

/* Who is registered with a key. */
static u64 mvh_pr_with_key(const struct mvh_pr *pr, u64 key)
{
	u64 who = 0;
	u32 i;

	for (i = 0; i < MVH_PR_NEXUSES; i++)
		if (mvh_pr_is_registered(pr, i) && pr->key[i] == key)
			who |= BIT_ULL(i);
	return who;
}

static void mvh_pr_remove(struct mvh_pr_call *call, u64 victims, bool abort)
{
	struct mvh_pr *pr = call->pr;

	mvh_pr_tell(call, MVH_ATTENTION_UNREGISTERED, victims);
	pr->registered &= ~victims;
	pr->generation++;
	if (abort)
		call->news->aborted = victims & ~BIT_ULL(call->nexus);
}

/* The reservation passes to the caller. */
static void mvh_pr_seize(struct mvh_pr_call *call, u64 victims, bool abort)
{
	struct mvh_pr *pr = call->pr;
	u8 was = pr->type;

	mvh_pr_remove(call, victims & ~BIT_ULL(call->nexus), abort);
	if (was != call->type && mvh_pr_type_shared(was))
		mvh_pr_tell(call, MVH_ATTENTION_RELEASED, pr->registered);
	pr->type = call->type;
	pr->holder = call->nexus;
}

/* SPC-4, 5.13.11.4 */
static u8 mvh_pr_preempt(struct mvh_pr_call *call, bool abort)
{
	struct mvh_pr *pr = call->pr;
	u64 victims = mvh_pr_with_key(pr, call->new_key);

	if (mvh_pr_type_all(pr->type) && !call->new_key) {
		mvh_pr_seize(call, pr->registered, abort);
		return MVH_SAM_GOOD;
	}
	if (!call->new_key)
		return mvh_pr_refuse_list(call, 8, 7);
	if (!victims)
		return MVH_SAM_RESERVATION_CONFLICT;
	if (pr->type && !mvh_pr_type_all(pr->type) &&
	    victims & BIT_ULL(pr->holder)) {
		mvh_pr_seize(call, victims, abort);
		return MVH_SAM_GOOD;
	}
	mvh_pr_remove(call, victims, abort);
	if (!pr->registered)
		pr->type = MVH_PR_NONE;
	return MVH_SAM_GOOD;
}

static u8 mvh_pr_call(struct mvh_pr_call *call, u8 action)
{
	bool known = mvh_pr_is_registered(call->pr, call->nexus) &&
		     call->pr->key[call->nexus] == call->key;

	if (action == MVH_PR_REGISTER || action == MVH_PR_REGISTER_IGNORE)
		return mvh_pr_register(call, action == MVH_PR_REGISTER_IGNORE);
	if (!known)
		return MVH_SAM_RESERVATION_CONFLICT;
	switch (action) {
	case MVH_PR_RESERVE:
		return mvh_pr_acquire(call);
	case MVH_PR_RELEASE:
		return mvh_pr_drop(call);
	case MVH_PR_CLEAR:
		return mvh_pr_clear(call);
	default:
		return mvh_pr_preempt(call, action == MVH_PR_PREEMPT_ABORT);
	}
}

/* Do scope and type count, and are they none? */
static bool mvh_pr_bad_type(u8 action, u8 type)
{
	switch (action) {
	case MVH_PR_RESERVE:
	case MVH_PR_RELEASE:
	case MVH_PR_PREEMPT:
	case MVH_PR_PREEMPT_ABORT:
		return !mvh_pr_type_valid(type);
	default:
		return false;
	}
}

/**
 * mvh_pr_out - a PERSISTENT RESERVE OUT (S14, S16)
 * @pr: the reservations
 * @nexus: whose command it is
 * @cdb: the command, checked
 * @list: its parameter list
 * @len: bytes of @list
 * @news: what is to be told to others; zeroed first
 * @cmd: for sense data
 *
 * Return: its status.
 */
u8 mvh_pr_out(struct mvh_pr *pr, u32 nexus, const u8 *cdb, const u8 *list, u32 len,
	      struct mvh_pr_news *news, struct mvh_scsi_cmd *cmd)
{
	struct mvh_pr_call call = {
		.pr = pr, .nexus = nexus, .type = cdb[2], .news = news,
		.cmd = cmd,
	};
	u8 action = cdb[1] & 0x1f;

	memset(news, 0, sizeof(*news));
	/* Scope and type are one byte: a scope but that of the logical unit is no type. */
	if (mvh_pr_bad_type(action, call.type)) {
		cmd->sense = (struct mvh_sense) {
			.code = MVH_SENSE_INVALID_CDB_FIELD,
			.where = MVH_SENSE_IN_CDB, .byte = 2, .bit = 7,
		};
		return MVH_SAM_CHECK_CONDITION;
	}
	if (len != MVH_PR_LIST_LEN) {
		cmd->sense.code = MVH_SENSE_LIST_LENGTH;
		return MVH_SAM_CHECK_CONDITION;
	}
	/* To name others, all ports, and to outlive a loss of power are not supported. */
	if (list[20])
		return mvh_pr_refuse_list(&call, 20, 31 - __builtin_clz(list[20]));
	call.key = mvh_get_be64(list);
	call.new_key = mvh_get_be64(list + 8);
	return mvh_pr_call(&call, action);
}

static u32 mvh_pr_in_keys(const struct mvh_pr *pr, u8 *to)
{
	u32 i, len = 8;

	for (i = 0; i < MVH_PR_NEXUSES; i++) {
		if (!mvh_pr_is_registered(pr, i))
			continue;
		mvh_put_be64(to + len, pr->key[i]);
		len += 8;
	}
	return len;
}

static u32 mvh_pr_in_reservation(const struct mvh_pr *pr, u8 *to)
{
	if (!pr->type)
		return 8;
	memset(to + 8, 0, 16);
	/* That of all who are registered has no key. */
	if (!mvh_pr_type_all(pr->type))
		mvh_put_be64(to + 8, pr->key[pr->holder]);
	to[8 + 13] = pr->type;
	return 24;
}

static u32 mvh_pr_in_capabilities(u8 *to)
{
	memset(to, 0, 8);
	to[1] = 8;
	to[3] = 0x80;	/* the types that follow are valid: all that there are */
	to[4] = 0xea;
	to[5] = 0x01;
	return 8;
}

static u32 mvh_pr_in_status(const struct mvh_pr *pr, u8 *to)
{
	u32 i, len = 8;

	for (i = 0; i < MVH_PR_NEXUSES; i++) {
		u8 *d = to + len;

		if (!mvh_pr_is_registered(pr, i))
			continue;
		memset(d, 0, 48);
		mvh_put_be64(d, pr->key[i]);
		if (mvh_pr_holds(pr, i)) {
			d[12] = 0x01;
			d[13] = pr->type;
		}
		mvh_put_be16(d + 18, 1);
		mvh_put_be32(d + 20, 24);
		d[24] = 0x06;	/* as by SAS, which has a name of 64 bits too */
		mvh_put_be64(d + 28, pr->name[i]);
		len += 48;
	}
	return len;
}

/*
 * mvh_pr_in() - the data of PERSISTENT RESERVE IN (S14)
 * @cdb: the command, checked
 * @to: room for MVH_SCSI_ANSWER_MAX bytes
 *
 * Return: bytes of data.
 */
u32 mvh_pr_in(const struct mvh_pr *pr, const u8 *cdb, u8 *to)
{
	u32 len;

	switch (cdb[1] & 0x1f) {
	case MVH_PR_READ_KEYS:
		len = mvh_pr_in_keys(pr, to);
		break;
	case MVH_PR_READ_RESERVATION:
		len = mvh_pr_in_reservation(pr, to);
		break;
	case MVH_PR_CAPABILITIES:
		return mvh_pr_in_capabilities(to);
	default:
		len = mvh_pr_in_status(pr, to);
	}
	mvh_put_be32(to, pr->generation);
	mvh_put_be32(to + 4, len - 8);
	return len;
}

/**
 * mvh_pr_reserve - a RESERVE of SPC-2 (S17)
 * @pr: the reservations
 * @nexus: whose command it is
 *
 * Return: its status.
 */
u8 mvh_pr_reserve(struct mvh_pr *pr, u32 nexus)
{
	if (pr->registered ||
	    (pr->spc2 != MVH_PR_NOBODY && pr->spc2 != nexus))
		return MVH_SAM_RESERVATION_CONFLICT;
	pr->spc2 = nexus;
	return MVH_SAM_GOOD;
}

/**
 * mvh_pr_release - a RELEASE of SPC-2 (S17)
 * @pr: the reservations
 * @nexus: whose command it is
 *
 * Return: its status; it is good if somebody else has the reservation, too.
 */
u8 mvh_pr_release(struct mvh_pr *pr, u32 nexus)
{
	if (pr->registered)
		return MVH_SAM_RESERVATION_CONFLICT;
	if (pr->spc2 == nexus)
		pr->spc2 = MVH_PR_NOBODY;
	return MVH_SAM_GOOD;
}

/**
 * mvh_pr_lost - an initiator is gone, or the logical unit was reset
 * @pr: the reservations
 * @nexus: the initiator; MVH_PR_NOBODY if it was reset
 *
 * Persistent reservations stay.
 */
void mvh_pr_lost(struct mvh_pr *pr, u32 nexus)
{
	if (nexus == MVH_PR_NOBODY || pr->spc2 == nexus)
		pr->spc2 = MVH_PR_NOBODY;
}
