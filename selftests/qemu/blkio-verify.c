// SPDX-License-Identifier: GPL-2.0
/*
 * blkio-verify NODE QUEUES ROUNDS IMAGE - a client of a disk through libblkio's
 * driver virtio-blk-vhost-vdpa, with several requests in flight in several queues.
 *
 * Each request has a part of the disk for itself; what must be there is kept in
 * memory, compared with what is read, and left in IMAGE at the end.  The disk must
 * be full of zeroes.
 */
#define _GNU_SOURCE
#include <blkio.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECTOR		512
#define SLOTS		32
#define LEN_MAX		(128 * 1024)

#define CHECK(x) do { \
	if ((x) < 0) { \
		fprintf(stderr, "%s: %s\n", #x, blkio_get_error_msg()); \
		exit(1); \
	} \
} while (0)

enum what { READ, WRITE, DISCARD, ZERO, FLUSH, N_WHAT };

struct slot {
	char *buf;
	enum what what;
	uint64_t pos, len;
};

static struct slot slots[SLOTS];
static char *model;
static uint64_t size;
static unsigned long done[N_WHAT];

static enum what choose_what(void)
{
	static const enum what table[] = {
		READ, READ, READ, READ, WRITE, WRITE, WRITE, WRITE, WRITE, WRITE,
		DISCARD, ZERO, FLUSH,
	};

	return table[random() % (sizeof(table) / sizeof(*table))];
}

static void slot_start(unsigned int i, struct blkioq *q)
{
	struct slot *s = &slots[i];
	uint64_t part = size / SLOTS, k;
	void *me = s;

	s->what = choose_what();
	s->len = (1 + random() % (LEN_MAX / SECTOR)) * SECTOR;
	s->pos = i * part + random() % ((part - s->len) / SECTOR) * SECTOR;
	switch (s->what) {
	case READ:
		blkioq_read(q, s->pos, s->buf, s->len, me, 0);
		break;
	case WRITE:
		for (k = 0; k < s->len; k += sizeof(long))
			*(long *)(s->buf + k) = random();
		memcpy(model + s->pos, s->buf, s->len);
		blkioq_write(q, s->pos, s->buf, s->len, me,
			     random() % 8 ? 0 : BLKIO_REQ_FUA);
		break;
	case DISCARD:
		memset(model + s->pos, 0, s->len);
		blkioq_discard(q, s->pos, s->len, me, 0);
		break;
	case ZERO:
		memset(model + s->pos, 0, s->len);
		blkioq_write_zeroes(q, s->pos, s->len, me,
				    random() % 2 ? 0 : BLKIO_REQ_NO_UNMAP);
		break;
	default:
		blkioq_flush(q, me, 0);
	}
}

static void slot_end(const struct slot *s, int ret)
{
	done[s->what]++;
	if (ret) {
		fprintf(stderr, "request %d at %llu, %llu bytes: %s\n", s->what,
			(unsigned long long)s->pos, (unsigned long long)s->len,
			strerror(-ret));
		exit(1);
	}
	if (s->what == READ && memcmp(s->buf, model + s->pos, s->len)) {
		fprintf(stderr, "wrong data at %llu, %llu bytes\n",
			(unsigned long long)s->pos, (unsigned long long)s->len);
		exit(1);
	}
}

static void one_round(struct blkio *b, int n_queues)
{
	struct blkio_completion c[SLOTS];
	int n_of[16] = { 0 }, i, k, n;

	for (i = 0; i < SLOTS; i++) {
		slot_start(i, blkio_get_queue(b, i % n_queues));
		n_of[i % n_queues]++;
	}
	/* submit on all queues before waiting for any */
	for (i = 0; i < n_queues; i++)
		CHECK(n = blkioq_do_io(blkio_get_queue(b, i), c, 0, 0, NULL));
	for (i = 0; i < n_queues; i++) {
		CHECK(n = blkioq_do_io(blkio_get_queue(b, i), c, n_of[i],
				       n_of[i], NULL));
		for (k = 0; k < n; k++)
			slot_end(c[k].user_data, c[k].ret);
	}
}

static struct blkio *start(const char *node, int n_queues)
{
	struct blkio_mem_region mem;
	struct blkio *b;
	int i;

	CHECK(blkio_create("virtio-blk-vhost-vdpa", &b));
	CHECK(blkio_set_str(b, "path", node));
	CHECK(blkio_connect(b));
	CHECK(blkio_set_int(b, "num-queues", n_queues));
	CHECK(blkio_start(b));
	CHECK(blkio_get_uint64(b, "capacity", &size));
	CHECK(blkio_alloc_mem_region(b, &mem, (size_t)SLOTS * LEN_MAX));
	CHECK(blkio_map_mem_region(b, &mem));
	for (i = 0; i < SLOTS; i++)
		slots[i].buf = (char *)mem.addr + i * LEN_MAX;
	return b;
}

int main(int argc, char **argv)
{
	struct blkio *b;
	int n_queues, i;
	FILE *f;

	if (argc != 5) {
		fprintf(stderr, "usage: blkio-verify NODE QUEUES ROUNDS IMAGE\n");
		return 2;
	}
	n_queues = atoi(argv[2]);
	b = start(argv[1], n_queues);
	model = calloc(1, size);
	if (!model)
		return 1;
	for (i = 0; i < atoi(argv[3]); i++)
		one_round(b, n_queues);
	blkio_destroy(&b);
	f = fopen(argv[4], "w");
	if (!f || fwrite(model, 1, size, f) != size || fclose(f))
		return 1;
	printf("%lu reads, %lu writes, %lu discards, %lu write zeroes, %lu flushes\n",
	       done[READ], done[WRITE], done[DISCARD], done[ZERO], done[FLUSH]);
	return 0;
}
