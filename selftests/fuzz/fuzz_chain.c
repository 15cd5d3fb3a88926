// SPDX-License-Identifier: GPL-2.0
/*
 * Chains of both layouts, direct and indirect.  In constant memory a
 * fetch says what the specification says; in memory that the guest changes
 * between any two reads, what it returns is guest memory that may be accessed
 * so, as checked by rig_fetch().
 */
#include "oracle.h"
#include "stage.h"

#define FETCHES	16

static void compare(const struct oracle *o, int ret, const struct mvh_chain *c)
{
	unsigned int n = o->n_out + o->n_in;

	if (o->answer == ORACLE_EITHER)
		return;
	check_eq(ret, o->answer == ORACLE_NONE ? 0 :
		 o->answer == ORACLE_BAD ? -EBADMSG :
		 o->answer == ORACLE_NO_ROOM ? -ENOBUFS : 1);
	if (ret == -EBADMSG)
		check_eq(o->rig->ring.bad, o->why);
	if (ret != 1)
		return;
	check_eq(c->n_out, o->n_out);
	check_eq(c->n_in, o->n_in);
	check_eq(c->in_len, o->in_len);
	check_eq(c->id, o->id);
	check_eq(c->ndesc, o->ndesc);
	check(!memcmp(c->iov, o->iov, n * sizeof(*c->iov)));
}

/* Fetch one; the same again if it is bad and nothing changed. */
static int fetch(struct stage *s, struct oracle *o, struct mvh_chain *c)
{
	int ret;

	if (!s->still)
		return rig_fetch(s->rig, c);
	oracle_ask(o);
	/* Only a chain in circles, or through a table, has reason to look twice. */
	env.refetch = o->answer != ORACLE_CHAIN || o->table;
	stage_renew(s);
	ret = rig_fetch(s->rig, c);
	env.refetch = true;
	compare(o, ret, c);
	o->taken += ret == 1 ? c->ndesc : 0;
	if (ret == -EBADMSG)
		rig_expect_bad(s->rig, s->rig->ring.bad);
	return ret;
}

void fuzz_one(void)
{
	static struct oracle oracle;
	static struct stage s;
	struct mvh_done done[FETCHES];
	struct mvh_chain c;
	unsigned int n = 0;

	memset(&s, 0, sizeof(s));
	stage_open(&s);
	stage_flips(&s);
	oracle.rig = s.rig;
	oracle.memory = &s.memory;
	oracle.taken = 0;
	while (n < FETCHES && fetch(&s, &oracle, &c) == 1)
		done[n++] = rig_done(&c, c.in_len);
	if (n)
		rig_push(s.rig, done, n);
	stage_close(&s);
}
