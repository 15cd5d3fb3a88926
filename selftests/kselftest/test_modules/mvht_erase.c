// SPDX-License-Identifier: GPL-2.0-only
/*
 * A RAM disk that can erase securely, for tests: no driver that runs without
 * hardware has REQ_OP_SECURE_ERASE.  What is erased reads as MVHT_ERASED, so that
 * it differs from what was discarded or zeroed.
 */
#include <linux/blkdev.h>
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/version.h>
#include <linux/vmalloc.h>

#define MVHT_NAME	"mvht_erase"
#define MVHT_BYTES	(8UL << 20)
#define MVHT_ERASED	0xee

/* Less than a request may ask for: such a request is several bios. */
#define MVHT_ERASE_MAX	1024

static struct gendisk *mvht_disk;
static u8 *mvht_data;

static unsigned int mvht_erasures;
module_param_named(erasures, mvht_erasures, uint, 0644);
MODULE_PARM_DESC(erasures, "bios that erased, so far");

static unsigned int mvht_erase_ms;
module_param_named(erase_ms, mvht_erase_ms, uint, 0644);
MODULE_PARM_DESC(erase_ms, "how long an erasure takes");

static blk_status_t mvht_copy(struct bio *bio, u8 *at)
{
	struct bvec_iter iter;
	struct bio_vec bv;

	bio_for_each_segment(bv, bio, iter) {
		if (op_is_write(bio_op(bio)))
			memcpy_from_bvec(at, &bv);
		else
			memcpy_to_bvec(&bv, at);
		at += bv.bv_len;
	}
	return BLK_STS_OK;
}

static blk_status_t mvht_do(struct bio *bio)
{
	u8 *at = mvht_data + (bio->bi_iter.bi_sector << SECTOR_SHIFT);

	switch (bio_op(bio)) {
	case REQ_OP_READ:
	case REQ_OP_WRITE:
		return mvht_copy(bio, at);
	case REQ_OP_SECURE_ERASE:
		msleep(READ_ONCE(mvht_erase_ms));
		memset(at, MVHT_ERASED, bio->bi_iter.bi_size);
		mvht_erasures++;
		return BLK_STS_OK;
	default:
		return BLK_STS_NOTSUPP;
	}
}

static void mvht_submit_bio(struct bio *bio)
{
	bio->bi_status = mvht_do(bio);
	bio_endio(bio);
}

static const struct block_device_operations mvht_ops = {
	.owner		= THIS_MODULE,
	.submit_bio	= mvht_submit_bio,
};

static struct gendisk *mvht_alloc_disk(void)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 9, 0)
	struct queue_limits lim = {
		.max_secure_erase_sectors = MVHT_ERASE_MAX,
	};

	return blk_alloc_disk(&lim, NUMA_NO_NODE);
#else
	struct gendisk *disk = blk_alloc_disk(NUMA_NO_NODE);

	if (!disk)
		return ERR_PTR(-ENOMEM);
	blk_queue_max_secure_erase_sectors(disk->queue, MVHT_ERASE_MAX);
	return disk;
#endif
}

static int __init mvht_init(void)
{
	int err = -ENOMEM;

	mvht_data = vzalloc(MVHT_BYTES);
	if (!mvht_data)
		return err;
	mvht_disk = mvht_alloc_disk();
	if (IS_ERR(mvht_disk)) {
		err = PTR_ERR(mvht_disk);
		goto free_data;
	}
	mvht_disk->fops = &mvht_ops;
	strscpy(mvht_disk->disk_name, MVHT_NAME, DISK_NAME_LEN);
	set_capacity(mvht_disk, MVHT_BYTES >> SECTOR_SHIFT);
	err = add_disk(mvht_disk);
	if (err)
		goto put_disk;
	return 0;

put_disk:
	put_disk(mvht_disk);
free_data:
	vfree(mvht_data);
	return err;
}
module_init(mvht_init);

static void __exit mvht_exit(void)
{
	del_gendisk(mvht_disk);
	put_disk(mvht_disk);
	vfree(mvht_data);
}
module_exit(mvht_exit);

MODULE_DESCRIPTION("RAM disk with secure erase, for the tests of myvhost");
MODULE_LICENSE("GPL");
