// SPDX-License-Identifier: GPL-2.0
/*
 * See rig.h.
 */
#include <stdlib.h>
#include "image.h"

#define RIG_AVAIL	BIT(VRING_PACKED_DESC_F_AVAIL)
#define RIG_USED	BIT(VRING_PACKED_DESC_F_USED)

u16 rig_packed_avail(bool wrap)
{
	return wrap ? RIG_AVAIL : RIG_USED;
}

u16 rig_packed_used(bool wrap)
{
	return wrap ? RIG_AVAIL | RIG_USED : 0;
}

/* Exactly as large as the specification says, so that ASan sees overruns. */
static void *rig_part(size_t size, const char *name, unsigned char rights)
{
	void *part = calloc(1, size);

	if (!part)
		abort();
	env_area(part, size, name, rights);
	return part;
}

static void rig_split_parts(struct rig *rig)
{
	u16 num = rig->driver.num, event = rig->driver.event_idx ? 2 : 0;
	void **part = rig->driver.part;
	struct vring_avail *avail;
	struct vring_used *used;

	part[MVH_PART_DESC] = rig_part(16 * num, "desc", ENV_R);
	avail = rig_part(4 + 2 * num + event, "avail", ENV_R);
	part[MVH_PART_AVAIL] = avail;
	env_rights(avail, 4, ENV_R | ENV_POLL);
	if (event)
		env_rights(&avail->ring[num], 2, ENV_R | ENV_POLL);
	used = rig_part(4 + 8 * num + event, "used", ENV_W);
	part[MVH_PART_USED] = used;
	env_rights(&used->idx, 2, ENV_R | ENV_W);
}

/* Descriptors may be overwritten, but for their addresses (SP15). */
static void rig_packed_parts(struct rig *rig, const struct rig_config *config)
{
	struct vring_packed_desc *desc;
	void **part = rig->driver.part;
	u16 i;

	desc = rig_part(16 * config->num, "desc", ENV_R | ENV_W);
	part[MVH_PART_DESC] = desc;
	part[MVH_PART_AVAIL] = rig_part(4, "driver event", ENV_R | ENV_POLL);
	part[MVH_PART_USED] = rig_part(4, "device event", ENV_W);
	for (i = 0; i < config->num; i++) {
		bool wrap = config->wrap0 == (i >= config->start);

		env_rights(&desc[i].addr, 8, ENV_R);
		desc[i].flags = cpu_to_le16(rig_packed_used(wrap));
	}
}

/* The device side reports each write; checked by rig_check_reported(). */
static void rig_wrote(struct mvh_ring *ring, enum mvh_part part, u32 off,
		      u32 len)
{
	struct rig *rig = (struct rig *)((char *)ring -
					 offsetof(struct rig, ring));

	env_event(ENV_WROTE, (u8 *)rig->driver.part[part] + off, len);
}

static void rig_split_start(struct rig *rig, u16 start)
{
	struct driver *d = &rig->driver;
	struct vring_avail *avail = d->part[MVH_PART_AVAIL];
	struct vring_used *used = d->part[MVH_PART_USED];

	d->avail = start;
	d->used = start;
	avail->idx = __cpu_to_virtio16(d->le, start);
	used->idx = __cpu_to_virtio16(d->le, start);
	check_eq(mvh_ring_state_unpack(&rig->ring, start), 0);
}

static void rig_packed_start(struct rig *rig, u16 start, bool wrap)
{
	struct driver *d = &rig->driver;
	u32 half = start | wrap << 15;

	d->avail = start;
	d->used = start;
	d->avail_wrap = wrap;
	d->used_wrap = wrap;
	check_eq(mvh_ring_state_unpack(&rig->ring, half | half << 16), 0);
}

/* The parts lie anywhere in their first pages. */
static void rig_user(struct rig *rig)
{
	struct mvh_ring *ring = &rig->ring;
	enum mvh_part part;

	ring->user = true;
	for (part = 0; part < MVH_PART_MAX; part++) {
		u64 at = (uintptr_t)rig->driver.part[part], i;
		u64 n = mvh_ring_part_size(ring->packed, ring->event_idx,
					   ring->num, part) / PAGE_SIZE + 2;

		rig->page[part] = calloc(n, sizeof(u64));
		if (!rig->page[part])
			abort();
		for (i = 0; i < n; i++)
			rig->page[part][i] = at - at % PAGE_SIZE + i * PAGE_SIZE;
		ring->page[part] = rig->page[part];
		ring->part[part] = mvh_ring_user_part(part, at % PAGE_SIZE);
	}
}

struct rig *rig_create(const struct rig_config *config)
{
	struct rig *rig = calloc(1, sizeof(*rig));
	struct driver *d = &rig->driver;
	struct mvh_ring *ring = &rig->ring;

	guest_init(&rig->guest);
	rig->max = RIG_IOV;
	d->guest = &rig->guest;
	d->num = ring->num = config->num;
	d->packed = ring->packed = config->packed;
	d->le = ring->le = !config->native;
	d->event_idx = ring->event_idx = config->event_idx;
	d->in_order = config->in_order;
	ring->notify_on_empty = config->notify_on_empty;
	if (config->packed) {
		rig_packed_parts(rig, config);
		rig_packed_start(rig, config->start, !config->wrap0);
	} else {
		rig_split_parts(rig);
		rig_split_start(rig, config->start);
	}
	memcpy(ring->part, d->part, sizeof(ring->part));
	if (config->user || getenv("UNIT_USER"))
		rig_user(rig);
	driver_init(d);
	ring->wrote = rig_wrote;
	check_eq(mvh_ring_start(ring), 0);
	return rig;
}

void rig_destroy(struct rig *rig)
{
	enum mvh_part part;

	guest_fini(&rig->guest);
	for (part = 0; part < MVH_PART_MAX; part++) {
		free(rig->driver.part[part]);
		free(rig->page[part]);
	}
	free(rig);
}

/* Make a request available; the caller keeps its buffers until it is done. */
int rig_add(struct rig *rig, const struct req *req, u32 cookie)
{
	int err = driver_add(&rig->driver, req, cookie);

	if (!err)
		rig->req[cookie % RIG_REQS] = *req;
	return err;
}

/* Make one buffer available and visible. */
void rig_offer(struct rig *rig, u64 gpa, u32 len, bool write, u32 cookie)
{
	static struct seg seg[RIG_REQS];
	struct seg *s = &seg[cookie % RIG_REQS];
	struct req req = { .seg = s, .n = 1 };

	*s = (struct seg) { .gpa = gpa, .len = len, .write = write };
	check_eq(rig_add(rig, &req, cookie), 0);
	driver_publish(&rig->driver);
}

/* The next request to come back. */
void rig_expect_done(struct rig *rig, u32 cookie, u32 len)
{
	struct driver_done done;

	check(driver_get(&rig->driver, &done));
	check_eq(done.cookie, cookie);
	check_eq(done.len, len);
}

void rig_expect_none(struct rig *rig)
{
	struct driver_done done;

	check(!driver_get(&rig->driver, &done));
}

/* Every write is reported afterwards, and nothing else is (PK16). */
static void rig_check_reported(const struct rig *rig)
{
	unsigned int i;

	if (!rig->ring.wrote)
		return;
	for (i = 0; i < env.n_log; i++) {
		const struct env_event *e = &env.log[i];

		if (ENV_SET(e->op) & ENV_WRITES) {
			int report = env_find(ENV_SET(ENV_WROTE), e->p, e->len, i);

			if (report < 0)
				unit_fail(__FILE__, __LINE__,
					  "write not reported afterwards");
			check(env.log[report].p <= e->p);
			check(env.log[report].p + env.log[report].len >=
			      e->p + e->len);
		}
		if (e->op == ENV_WROTE)
			check(env_find(ENV_WRITES, e->p, 1, 0) >= 0 &&
			      env_find(ENV_WRITES, e->p + e->len - 1, 1, 0) >= 0);
	}
}

/*
 * SP2: index, barrier, entries.  PK3: flags with acquire, then the rest.  @known:
 * there were entries that an earlier look at the index found.
 */
static void rig_check_fetch_order(const struct rig *rig, bool known)
{
	void *const *part = rig->driver.part;
	const struct vring_avail *avail = part[MVH_PART_AVAIL];
	u16 num = rig->ring.num;
	int first, entry;

	if (rig->ring.packed) {
		first = env_find(ENV_READS, NULL, 0, 0);
		if (first < 0)
			return;
		check_eq(first, 0);
		entry = env_find(ENV_READS, NULL, 0, 1);
		if (entry > 0 && env.log[0].op != ENV_LOAD_ACQUIRE)
			check(env_fenced(ENV_SET(ENV_RMB), 0, entry));
		return;
	}
	first = env_find(ENV_READS, &avail->idx, 2, 0);
	if (first < 0)
		return;
	entry = env_find(ENV_READS, avail->ring, 2 * num, known ? first : 0);
	if (entry < 0)
		return;
	check(first < entry);
	check(env_fenced(ENV_SET(ENV_RMB), first, entry));
	entry = env_find(ENV_READS, part[MVH_PART_DESC], 16 * num, known ? first : 0);
	if (entry >= 0)
		check(env_fenced(ENV_SET(ENV_RMB), first, entry));
}

static void rig_check_pieces(const struct rig *rig, const struct iovec *iov,
			     unsigned int n, u64 len, u8 access)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		check(guest_owns(&rig->guest, &iov[i], access));
		len -= iov[i].iov_len;
	}
	check_eq(len, 0);
}

/* What holds for any chain. */
static void rig_check_chain(const struct rig *rig, const struct mvh_chain *c)
{
	check(c->n_out + c->n_in <= rig->max);
	check(c->ndesc >= 1 && c->ndesc <= rig->ring.num);
	rig_check_pieces(rig, c->iov, c->n_out, c->out_len, MVH_ACCESS_READ);
	rig_check_pieces(rig, c->iov + c->n_out, c->n_in, c->in_len,
			 MVH_ACCESS_WRITE);
}

/* What holds for a chain that the driver made. */
static void rig_check_request(const struct rig *rig, const struct mvh_chain *c)
{
	const struct driver_buf *b = &rig->driver.buf[c->id];
	const struct req *req = &rig->req[b->cookie % RIG_REQS];
	struct iovec want[RIG_IOV];
	unsigned int n;

	check(b->busy);
	check_eq(c->ndesc, b->ndesc);
	n = guest_pieces(&rig->guest, req->seg, req->n, false, want);
	check_eq(c->n_out, n);
	n += guest_pieces(&rig->guest, req->seg, req->n, true, want + n);
	check_eq(c->n_out + c->n_in, n);
	check(!memcmp(c->iov, want, n * sizeof(*want)));
}

/* A fetch looks at the flags in its place, whatever it saw there before. */
static void rig_renew_flags(struct rig *rig)
{
	struct vring_packed_desc *desc = rig->driver.part[MVH_PART_DESC];

	if (rig->ring.packed)
		env_renew(&desc[rig->ring.state.avail].flags, 2);
}

/* As much as there is room for. */
struct mvh_fetch rig_limits(struct rig *rig, unsigned int max)
{
	return (struct mvh_fetch) {
		.max = max,
		.iov = rig->iov,
		.n_iov = rig->max,
		.max_iov = rig->max,
		.descs = LLONG_MAX,
		.bytes = LLONG_MAX,
	};
}

/* Fetch chains and check them, against the requests if there are any. */
int rig_fetch_batch(struct rig *rig, struct mvh_chain *chain,
		    struct mvh_fetch *fetch)
{
	struct mvh_ring_state before = rig->ring.state;
	bool known = rig->ring.seen != rig->ring.state.avail;
	struct iovec *iov = fetch->iov;
	int ret, i;

	image_save(rig);
	rig_renew_flags(rig);
	env_log_reset();
	env_mark();
	ret = mvh_chain_fetch(&rig->ring, &rig->guest.view, chain, fetch);
	rig_check_fetch_order(rig, known);
	check(env_find(ENV_WRITES, NULL, 0, 0) < 0);
	for (i = 0; i < ret; i++) {
		check(chain[i].iov == iov);
		rig_check_chain(rig, &chain[i]);
		if (rig->driver.fifo_in)
			rig_check_request(rig, &chain[i]);
		iov += chain[i].n_out + chain[i].n_in;
	}
	if (ret > 0)
		return ret;
	check(ret == 0 || ret == -EAGAIN || ret == -EBADMSG || ret == -EFAULT ||
	      ret == -ENOBUFS);
	check_eq(rig->ring.fault, ret == -EFAULT);
	check(!memcmp(&before, &rig->ring.state, sizeof(before)));
	env_forget();
	return ret;
}

int rig_fetch(struct rig *rig, struct mvh_chain *chain)
{
	struct mvh_fetch fetch = rig_limits(rig, 1);

	return rig_fetch_batch(rig, chain, &fetch);
}

/* The chain at hand breaks the protocol, and does so again. */
void rig_expect_bad(struct rig *rig, enum mvh_bad why)
{
	struct mvh_chain chain;

	rig->ring.bad = MVH_BAD_MAX;
	check_eq(rig_fetch(rig, &chain), -EBADMSG);
	check_eq(rig->ring.bad, why);
	rig->ring.bad = MVH_BAD_MAX;
	check_eq(rig_fetch(rig, &chain), -EBADMSG);
	check_eq(rig->ring.bad, why);
}

static int rig_last_write(void)
{
	unsigned int i = env.n_log;

	while (i--)
		if (ENV_SET(env.log[i].op) & ENV_WRITES)
			return i;
	return -1;
}

/* SP3, PK7, PK9: one word makes all of it visible, and is written last. */
static void rig_check_push_order(const struct rig *rig, u16 first)
{
	const struct vring_used *used = rig->driver.part[MVH_PART_USED];
	const struct vring_packed_desc *desc = rig->driver.part[MVH_PART_DESC];
	const void *word = rig->ring.packed ? &desc[first].flags : &used->idx;
	int last = rig_last_write(), prev = -1, i;

	check_eq(env_find(ENV_WRITES, word, 2, 0), last);
	for (i = 0; i < last; i++)
		if (ENV_SET(env.log[i].op) & ENV_WRITES)
			prev = i;
	check(prev >= 0);
	if (env.log[last].op != ENV_STORE_RELEASE)
		check(env_fenced(ENV_SET(ENV_WMB), prev, last));
	check(env_find(ENV_READS, NULL, 0, 0) < 0);
}

int rig_push(struct rig *rig, const struct mvh_done *done, unsigned int n)
{
	struct mvh_ring_state before = rig->ring.state;
	u32 uncalled = rig->ring.uncalled;
	int ret;

	env_log_reset();
	ret = mvh_ring_push(&rig->ring, done, n);
	check_eq(rig->ring.fault, ret == -EFAULT);
	if (ret) {
		check(!memcmp(&before, &rig->ring.state, sizeof(before)));
		check_eq(rig->ring.uncalled, uncalled);
		return ret;
	}
	rig_check_push_order(rig, before.used);
	rig_check_reported(rig);
	return 0;
}

/* A full barrier before the driver's wish is read; PK11: flags first. */
bool rig_should_call(struct rig *rig)
{
	int mb, flags, off;
	bool ret;

	env_log_reset();
	ret = mvh_ring_should_call(&rig->ring);
	check(env_find(ENV_WRITES, NULL, 0, 0) < 0);
	flags = env_find(ENV_READS, NULL, 0, 0);
	mb = env_find(ENV_SET(ENV_MB), NULL, 0, 0);
	if (flags >= 0)
		check(mb >= 0 && mb < flags);
	if (!rig->ring.packed || flags < 0)
		return ret;
	off = env_find(ENV_READS, NULL, 0, flags + 1);
	check(env.log[flags].p ==
	      (u8 *)rig->driver.part[MVH_PART_AVAIL] + 2);
	if (off >= 0)
		check(env_fenced(ENV_SET(ENV_RMB), flags, off));
	return ret;
}

/* SP20, PK12: position, barrier, flags; full barrier; look again. */
bool rig_enable_kick(struct rig *rig)
{
	int write, next, read;
	bool ret;

	env_log_reset();
	env_mark();
	ret = mvh_ring_enable_kick(&rig->ring);
	env_forget();
	read = env_find(ENV_READS, NULL, 0, 0);
	write = env_find(ENV_WRITES, NULL, 0, 0);
	check(write >= 0 && write < read);
	next = env_find(ENV_WRITES, NULL, 0, write + 1);
	if (next >= 0)
		check(env_fenced(ENV_SET(ENV_WMB), write, next));
	write = rig_last_write();
	check(write < read);
	check(env_fenced(0, write, read));
	rig_check_reported(rig);
	return ret;
}

void rig_request_kick(struct rig *rig)
{
	env_log_reset();
	mvh_ring_request_kick(&rig->ring);
	rig_check_reported(rig);
}

void rig_disable_kick(struct rig *rig)
{
	env_log_reset();
	mvh_ring_disable_kick(&rig->ring);
	rig_check_reported(rig);
}

bool rig_has_new(struct rig *rig)
{
	bool ret;

	env_mark();
	ret = mvh_ring_has_new(&rig->ring);
	env_forget();
	return ret;
}

struct mvh_done rig_done(const struct mvh_chain *chain, u32 len)
{
	return (struct mvh_done) {
		.id = chain->id,
		.ndesc = chain->ndesc,
		.len = len,
	};
}

void rig_split_desc(struct rig *rig, u16 i, u64 addr, u32 len, u16 flags,
		    u16 next)
{
	struct vring_desc *d = rig->driver.part[MVH_PART_DESC];
	bool le = rig->driver.le;

	d[i].addr = __cpu_to_virtio64(le, addr);
	d[i].len = __cpu_to_virtio32(le, len);
	d[i].flags = __cpu_to_virtio16(le, flags);
	d[i].next = __cpu_to_virtio16(le, next);
	env_renew(&d[i], sizeof(*d));
}

void rig_split_avail(struct rig *rig, u16 slot, u16 head)
{
	struct vring_avail *avail = rig->driver.part[MVH_PART_AVAIL];

	avail->ring[slot] = __cpu_to_virtio16(rig->driver.le, head);
	env_renew(&avail->ring[slot], 2);
}

void rig_split_idx(struct rig *rig, u16 idx)
{
	struct vring_avail *avail = rig->driver.part[MVH_PART_AVAIL];

	avail->idx = __cpu_to_virtio16(rig->driver.le, idx);
}

void rig_packed_desc(struct rig *rig, u16 i, u64 addr, u32 len, u16 id,
		     u16 flags)
{
	struct vring_packed_desc *d = rig->driver.part[MVH_PART_DESC];

	d[i].addr = cpu_to_le64(addr);
	d[i].len = cpu_to_le32(len);
	d[i].id = cpu_to_le16(id);
	d[i].flags = cpu_to_le16(flags);
	env_renew(&d[i], sizeof(*d));
}
