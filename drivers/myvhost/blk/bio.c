// SPDX-License-Identifier: GPL-2.0
/*
 * Requests of block devices without the file: one bio, embedded in the request, over guest
 * pages that are pinned while it is in flight.
 *
 * What the file would do besides is not needed where the page cache holds nothing of the
 * range, and the rest of the file's checks were made when the disk was made.
 */
#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/slab.h>
#include <linux/task_io_accounting_ops.h>
#include "core/backend.h"
#include "disk.h"
#include "engine.h"

/* Most pages of a request that becomes a bio, and how many are pinned at a time. */
#define MVH_BIO_PAGES		256
#define MVH_BIO_PIN		32

/* Does the page cache hold some of the range, for instance of a program on the host? */
static bool mvh_bio_cached(const struct mvh_io *io)
{
	struct address_space *mapping = io->disk->file->f_mapping;

	return mapping->nrpages &&
	       filemap_range_has_page(mapping, io->cmd.pos,
				      io->cmd.pos + io->cmd.len - 1);
}

static unsigned int mvh_bio_n_pages(const struct mvh_io *io)
{
	unsigned int n = 0, i;

	for (i = 0; i < io->n_iov; i++)
		n += DIV_ROUND_UP(offset_in_page(io->iov[i].iov_base) +
				  io->iov[i].iov_len, PAGE_SIZE);
	return n;
}

/**
 * mvh_bio_possible - can a request be executed as a bio?
 * @io: the request, a read or write
 *
 * Context: With the queue's mutex, may sleep.
 * Return: true if so; mvh_bio_submit() may follow.
 */
bool mvh_bio_possible(struct mvh_io *io)
{
	const struct mvh_disk *disk = io->disk;
	unsigned int n;

	mvh_vq_assert_held(io->port->vq);
	if (!disk->bdev || !disk->direct || io->bytes_done ||
	    io->cmd.len > MVH_BIO_PAGES * PAGE_SIZE ||
	    (io->align | io->cmd.pos) & (disk->unit - 1) ||
	    io->align & bdev_dma_alignment(disk->bdev))
		return false;
	if (mvh_io_writes(io) && (mvh_disk_has_parts(disk) || bdev_read_only(disk->bdev)))
		return false;
	n = mvh_bio_n_pages(io);
	if (n > MVH_BIO_PAGES || mvh_bio_cached(io))
		return false;
	if (n > io->max_bv) {
		struct bio_vec *bv = kmalloc_array(n, sizeof(*bv), GFP_KERNEL_ACCOUNT);

		if (!bv)
			return false;
		if (io->bv != io->inline_bv)
			kfree(io->bv);
		io->bv = bv;
		io->max_bv = n;
	}
	return true;
}

/* Add @len bytes in a pinned page; those behind the last ones of a folio join them. */
static void mvh_bio_add(struct mvh_io *io, struct page *page, unsigned int off,
			unsigned int len)
{
	struct bio_vec *last = &io->bv[io->n_bv - 1];

	if (io->n_bv && !off && offset_in_page(last->bv_offset + last->bv_len) == 0 &&
	    page == last->bv_page + ((last->bv_offset + last->bv_len) >> PAGE_SHIFT) &&
	    page_folio(page) == page_folio(last->bv_page)) {
		last->bv_len += len;
		return;
	}
	io->bv[io->n_bv++] = (struct bio_vec) {
		.bv_page = page,
		.bv_offset = off,
		.bv_len = len,
	};
}

static int mvh_bio_pin_piece(struct mvh_io *io, unsigned long addr, size_t left)
{
	unsigned int flags = mvh_io_writes(io) ? 0 : FOLL_WRITE;
	struct page *pages[MVH_BIO_PIN];

	while (left) {
		unsigned int off = offset_in_page(addr);
		int want = min_t(size_t, DIV_ROUND_UP(off + left, PAGE_SIZE), MVH_BIO_PIN);
		int n = pin_user_pages_fast(addr - off, want, flags, pages), i;

		if (n <= 0)
			return -EFAULT;
		for (i = 0; i < n; i++) {
			unsigned int len = min_t(size_t, left, PAGE_SIZE - off);

			mvh_bio_add(io, pages[i], off, len);
			addr += len;
			left -= len;
			off = 0;
		}
	}
	return 0;
}

static int mvh_bio_pin(struct mvh_io *io)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < io->n_iov && !err; i++)
		err = mvh_bio_pin_piece(io, (unsigned long)io->iov[i].iov_base,
					io->iov[i].iov_len);
	return err;
}

/* Unpin the pages; the device wrote to them if @dirty. */
static void mvh_bio_unpin(struct mvh_io *io, bool dirty)
{
	while (io->n_bv) {
		const struct bio_vec *bv = &io->bv[--io->n_bv];

		unpin_user_page_range_dirty_lock(bv->bv_page,
						 DIV_ROUND_UP(bv->bv_offset + bv->bv_len,
							      PAGE_SIZE), dirty);
	}
}

static void mvh_bio_end(struct bio *bio)
{
	struct mvh_io *io = container_of(bio, struct mvh_io, bio);

	io->result = bio->bi_status ? blk_status_to_errno(bio->bi_status) : io->cmd.len;
	mvh_io_piece_completed(io);
}

static blk_opf_t mvh_bio_op(const struct mvh_io *io)
{
	if (!mvh_io_writes(io))
		return REQ_OP_READ | REQ_NOWAIT;
	return REQ_OP_WRITE | REQ_SYNC | REQ_IDLE | REQ_NOWAIT |
	       (io->dsync ? REQ_FUA : 0);
}

/**
 * mvh_bio_submit - submit a request as a bio
 * @io: the request, which is mvh_bio_possible()
 *
 * A device that would have to wait completes it with -EAGAIN.
 *
 * Context: Process context with the owner's address space and the queue's mutex.
 * Return: 0 if it completes later, perhaps before this returns; or -EFAULT.
 */
int mvh_bio_submit(struct mvh_io *io)
{
	int err;

	mvh_vq_assert_held(io->port->vq);
	mvh_vq_assert_mm(io->port->vq);
	err = mvh_bio_pin(io);
	if (err) {
		mvh_bio_unpin(io, false);
		return err;
	}
	bio_init(&io->bio, io->disk->bdev, io->bv, io->n_bv, mvh_bio_op(io));
	io->bio.bi_vcnt = io->n_bv;
	io->bio.bi_iter.bi_sector = io->cmd.pos >> MVH_SECTOR_SHIFT;
	io->bio.bi_iter.bi_size = io->cmd.len;
	io->bio.bi_end_io = mvh_bio_end;
	if (mvh_io_writes(io))
		task_io_account_write(io->cmd.len);
	mvh_io_port_inc_inflight(io->port);
	submit_bio(&io->bio);
	return 0;
}

/**
 * mvh_bio_release - unpin the pages of a request whose bio has completed
 * @io: the request, perhaps without any
 *
 * Context: Process context, may sleep.
 */
void mvh_bio_release(struct mvh_io *io)
{
	if (!io->n_bv)
		return;
	mvh_bio_unpin(io, !mvh_io_writes(io));
	bio_uninit(&io->bio);
}
