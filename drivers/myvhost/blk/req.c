// SPDX-License-Identifier: GPL-2.0
/*
 * What a virtio-blk request asks for, and whether a disk can do it.  Pure: see
 * req.h.
 */
#include "req.h"

/* Are the bytes on the disk, and whole blocks? */
static bool mvh_blk_inside(const struct mvh_blk_limits *limits, u64 sector,
			   u64 len)
{
	u64 n = len >> MVH_SECTOR_SHIFT;

	if (sector > limits->sectors || n > limits->sectors - sector)
		return false;
	return !(((sector << MVH_SECTOR_SHIFT) | len) & (limits->block - 1));
}

/* Reads have data to write into only, writes have data to read only (B4 to B6). */
static u8 mvh_blk_parse_rw(const struct mvh_blk_limits *limits, u64 sector,
			   u64 data, u64 other, struct mvh_blk_cmd *cmd)
{
	if (!data || data > MVH_BLK_DATA_MAX || other ||
	    !mvh_blk_inside(limits, sector, data))
		return VIRTIO_BLK_S_IOERR;
	if (cmd->op == MVH_BLK_WRITE && limits->readonly)
		return VIRTIO_BLK_S_IOERR;
	cmd->pos = sector << MVH_SECTOR_SHIFT;
	cmd->len = data;
	return VIRTIO_BLK_S_OK;
}

/* Only the payload is looked at here (B16, B18). */
static u8 mvh_blk_parse_ranges(const struct mvh_blk_limits *limits,
			       unsigned int feature, u64 data, u64 other,
			       struct mvh_blk_cmd *cmd)
{
	const u64 size = sizeof(struct virtio_blk_discard_write_zeroes);

	if (!(limits->features & BIT_ULL(feature)))
		return VIRTIO_BLK_S_UNSUPP;
	if (!data || data % size || data / size > MVH_BLK_RANGES_MAX || other ||
	    limits->readonly)
		return VIRTIO_BLK_S_IOERR;
	cmd->len = data;
	return VIRTIO_BLK_S_OK;
}

/*
 * mvh_blk_parse() - check a request
 * @hdr: the request's header
 * @out_len: bytes of its readable part, the header included
 * @in_len: bytes of its writable part, the status byte included
 * @cmd: where to put the result
 *
 * virtio 1.3, 5.2.6.
 *
 * Return: VIRTIO_BLK_S_OK if it is to be carried out, else the request's status.
 */
u8 mvh_blk_parse(const struct mvh_blk_limits *limits,
		 const struct virtio_blk_outhdr *hdr, u64 out_len, u64 in_len,
		 struct mvh_blk_cmd *cmd)
{
	u64 sector = le64_to_cpu((__force __le64)hdr->sector);
	u64 out = out_len - sizeof(*hdr), in = in_len - 1;

	cmd->pos = 0;
	cmd->len = 0;
	switch (le32_to_cpu((__force __le32)hdr->type)) {
	case VIRTIO_BLK_T_IN:
		cmd->op = MVH_BLK_READ;
		return mvh_blk_parse_rw(limits, sector, in, out, cmd);
	case VIRTIO_BLK_T_OUT:
		cmd->op = MVH_BLK_WRITE;
		return mvh_blk_parse_rw(limits, sector, out, in, cmd);
	case VIRTIO_BLK_T_FLUSH:
		cmd->op = MVH_BLK_FLUSH;
		return VIRTIO_BLK_S_OK;
	case VIRTIO_BLK_T_GET_ID:
		cmd->op = MVH_BLK_GET_ID;
		cmd->len = min_t(u64, in, VIRTIO_BLK_ID_BYTES);
		return VIRTIO_BLK_S_OK;
	case VIRTIO_BLK_T_DISCARD:
		cmd->op = MVH_BLK_DISCARD;
		return mvh_blk_parse_ranges(limits, VIRTIO_BLK_F_DISCARD, out,
					    in, cmd);
	case VIRTIO_BLK_T_WRITE_ZEROES:
		cmd->op = MVH_BLK_WRITE_ZEROES;
		return mvh_blk_parse_ranges(limits, VIRTIO_BLK_F_WRITE_ZEROES,
					    out, in, cmd);
	case VIRTIO_BLK_T_SECURE_ERASE:
		cmd->op = MVH_BLK_SECURE_ERASE;
		return mvh_blk_parse_ranges(limits, VIRTIO_BLK_F_SECURE_ERASE,
					    out, in, cmd);
	default:
		return VIRTIO_BLK_S_UNSUPP;
	}
}

/*
 * mvh_blk_parse_range() - check a range of a discard, zeroing or erasure
 * @op: which of them
 * @from: the range as the guest gave it
 * @range: where to put the result
 *
 * Return: VIRTIO_BLK_S_OK, or the request's status (B16, B17).
 */
u8 mvh_blk_parse_range(const struct mvh_blk_limits *limits, enum mvh_blk_op op,
		       const struct virtio_blk_discard_write_zeroes *from,
		       struct mvh_blk_range *range)
{
	u32 known = op == MVH_BLK_WRITE_ZEROES ?
		    VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP : 0;
	u64 sector = le64_to_cpu(from->sector);
	u64 n = le32_to_cpu(from->num_sectors);
	u32 flags = le32_to_cpu(from->flags);

	if (flags & ~known)
		return VIRTIO_BLK_S_UNSUPP;
	if (n > MVH_BLK_RANGE_SECTORS ||
	    !mvh_blk_inside(limits, sector, n << MVH_SECTOR_SHIFT))
		return VIRTIO_BLK_S_IOERR;
	range->pos = sector << MVH_SECTOR_SHIFT;
	range->len = n << MVH_SECTOR_SHIFT;
	range->unmap = flags & VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP;
	return VIRTIO_BLK_S_OK;
}
