// SPDX-License-Identifier: GPL-2.0
/*
 * See code.h.
 */
#include "code.h"

/* What follows says more than this byte could. */
#define CODE_ANY	255

struct code code_reader(const u8 *bytes, size_t len)
{
	return (struct code) {
		.at = (u8 *)bytes, .left = len, .noise = len,
	};
}

struct code code_writer(u8 *bytes, size_t room)
{
	return (struct code) { .writes = true, .at = bytes, .left = room };
}

/* As many of @len bytes as are left; how many that are. */
size_t code_bytes(struct code *c, void *bytes, size_t len)
{
	len = min(len, c->left);
	memcpy(c->writes ? c->at : bytes, c->writes ? bytes : c->at, len);
	c->at += len;
	c->left -= len;
	return len;
}

u8 code_u8(struct code *c, u8 v)
{
	if (code_bytes(c, &v, 1) || c->writes)
		return v;
	c->noise = c->noise * 1664525 + 1013904223;
	return c->noise >> 24;
}

u16 code_u16(struct code *c, u16 v)
{
	u16 low = code_u8(c, v);

	return low | code_u8(c, v >> 8) << 8;
}

u32 code_u32(struct code *c, u32 v)
{
	u32 low = code_u16(c, v);

	return low | (u32)code_u16(c, v >> 16) << 16;
}

u64 code_u64(struct code *c, u64 v)
{
	u64 low = code_u32(c, v);

	return low | (u64)code_u32(c, v >> 32) << 32;
}

/* A number below @n. */
u32 code_below(struct code *c, u32 v, u32 n)
{
	return (n <= 256 ? code_u8(c, v) : code_u32(c, v)) % n;
}

/* Steps up to 127 forward and 128 back, from one of these. */
static u64 code_edge_base(u8 kind)
{
	static const u64 edge[] = {
		0, 1ULL << 9, 1ULL << 12, 1ULL << 16, 1ULL << 31, 1ULL << 32,
		1ULL << 47, 1ULL << 54, 1ULL << 55, 1ULL << 63,
	};

	return edge[kind % ARRAY_SIZE(edge)];
}

static u64 code_edge_step(u8 kind)
{
	return kind & 128 ? 512 : 1;
}

static u8 code_edge_kind(u64 v)
{
	u8 kind;

	for (kind = 0; kind < CODE_ANY; kind++) {
		u64 off = v - code_edge_base(kind) + 128 * code_edge_step(kind);

		if (off < 256 * code_edge_step(kind) &&
		    !(off % code_edge_step(kind)))
			break;
	}
	return kind;
}

/* A number near one where something wraps, or any. */
u64 code_edge(struct code *c, u64 v)
{
	u8 kind = code_u8(c, c->writes ? code_edge_kind(v) : 0);
	u64 base = code_edge_base(kind), step = code_edge_step(kind);

	if (kind == CODE_ANY)
		return code_u64(c, v);
	return base + step * (signed char)code_u8(c, (v - base) / step);
}

static u64 code_addr_at(u8 at)
{
	return (at & 64 ? at & 63 : 0ULL - 64 + (at & 63)) +
	       (at & 128 ? 1ULL << 32 : 0);
}

static u8 code_addr_find(u64 v)
{
	u8 at;

	for (at = 0; at < CODE_ANY; at++)
		if (code_addr_at(at) == v)
			break;
	return at;
}

/* An address out of few, so that ranges meet; most at the ends of all there is. */
u64 code_addr(struct code *c, u64 v)
{
	u8 at = code_u8(c, c->writes ? code_addr_find(v) : 0);

	return at == CODE_ANY ? code_edge(c, v) : code_addr_at(at);
}

/* A length that reaches a few of these, or any. */
u64 code_span(struct code *c, u64 v)
{
	u8 len = code_u8(c, v < 32 ? v : v == U64_MAX ? CODE_ANY : 224);

	if (len == CODE_ANY)
		return U64_MAX;
	return len < 224 ? len & 31 : code_edge(c, v);
}
