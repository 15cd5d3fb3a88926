// SPDX-License-Identifier: GPL-2.0
/*
 * See block.h.
 */
#include <fcntl.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "block.h"
#include "error.h"

#define BLOCK_USUAL	512
#define BLOCK_LARGE	4096

/* A GUID partition table begins in the second block. */
static bool block_has_gpt(int fd, unsigned int block)
{
	char head[8];

	return pread(fd, head, sizeof(head), block) == sizeof(head) &&
	       !memcmp(head, "EFI PART", sizeof(head));
}

/* An MBR with a partition.  It does not say which blocks it counts in. */
static bool block_has_mbr(int fd)
{
	unsigned char sector[512];
	int i;

	if (pread(fd, sector, sizeof(sector), 0) != sizeof(sector) ||
	    sector[510] != 0x55 || sector[511] != 0xaa)
		return false;
	for (i = 446; i < 510; i += 16)
		if (!(sector[i] & 0x7f) && sector[i + 4])
			return true;
	return false;
}

/**
 * block_size_of() - the block size that an image was made for
 * @file: its name
 * @fd: open for reading
 *
 * Return: 4096 if its partition table says so, else 512 as with QEMU.
 */
unsigned int block_size_of(const char *file, int fd)
{
	int below = 0;

	if (block_has_gpt(fd, BLOCK_USUAL))
		return BLOCK_USUAL;
	if (block_has_gpt(fd, BLOCK_LARGE))
		return BLOCK_LARGE;
	if (!ioctl(fd, BLKSSZGET, &below) && below > BLOCK_USUAL &&
	    block_has_mbr(fd))
		error_say("warning: %s: the guest sees blocks of 512 bytes, the device has %d; if its partition table was made for these: --block-size %d",
			  file, below, below);
	return BLOCK_USUAL;
}
