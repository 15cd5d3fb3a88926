// SPDX-License-Identifier: GPL-2.0
/*
 * See format.h.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "format.h"

static const struct format qcow = { "qcow2", "qcow2" };
static const struct format qed = { "QED", "qed" };
static const struct format vmdk = { "VMDK", "vmdk" };
static const struct format vhd = { "VHD", "vpc" };
static const struct format vhdx = { "VHDX", "vhdx" };
static const struct format vdi = { "VDI", "vdi" };
static const struct format parallels = { "Parallels", "parallels" };
static const struct format bochs = { "Bochs", "bochs" };
static const struct format cloop = { "cloop", "cloop" };
static const struct format dmg = { "DMG", "dmg" };
static const struct format luks = { "LUKS", "luks", true };

/**
 * struct signature - bytes that tell a format
 * @format: the format
 * @tail: they are in the last sector, not in the first
 * @at: where in the sector
 * @text: the bytes
 * @len: how many
 */
struct signature {
	const struct format *format;
	bool tail;
	size_t at;
	const char *text;
	size_t len;
};

#define HEAD(format, at, text)	{ &format, false, at, text, sizeof(text) - 1 }
#define TAIL(format, at, text)	{ &format, true, at, text, sizeof(text) - 1 }

static const struct signature signatures[] = {
	HEAD(qcow, 0, "QFI\xfb"),
	HEAD(qed, 0, "QED\0"),
	HEAD(vmdk, 0, "KDMV"),
	HEAD(vmdk, 0, "COWD"),
	HEAD(vmdk, 0, "# Disk DescriptorFile"),
	HEAD(vhdx, 0, "vhdxfile"),
	HEAD(vhd, 0, "conectix"),
	HEAD(vdi, 0x40, "\x7f\x10\xda\xbe"),
	HEAD(parallels, 0, "WithoutFreeSpace"),
	HEAD(parallels, 0, "WithouFreSpacExt"),
	HEAD(bochs, 0, "Bochs Virtual HD Image"),
	HEAD(cloop, 0, "#!/bin/sh\n#V2.0 Format\n"),
	HEAD(luks, 0, "LUKS\xba\xbe"),
	/* A fixed VHD is raw up to here. */
	TAIL(vhd, 0, "conectix"),
	TAIL(dmg, 0, "koly"),
};

/**
 * format_find() - what an image is
 * @head: its first FORMAT_BYTES
 * @tail: its last
 *
 * Return: the format, NULL if there is no signature.
 */
const struct format *format_find(const void *head, const void *tail)
{
	size_t i;

	for (i = 0; i < sizeof(signatures) / sizeof(*signatures); i++) {
		const struct signature *s = &signatures[i];
		const char *from = s->tail ? tail : head;

		if (!memcmp(from + s->at, s->text, s->len))
			return s->format;
	}
	return NULL;
}

/**
 * format_probe() - what an open image is
 * @fd: its descriptor
 * @size: its bytes
 * @format: the result, as format_find() returns it
 *
 * Return: 0, or a negative errno.
 */
int format_probe(int fd, uint64_t size, const struct format **format)
{
	char head[FORMAT_BYTES] = "", tail[FORMAT_BYTES] = "";
	ssize_t n;

	n = pread(fd, head, sizeof(head), 0);
	/* Some images are a page of text that names other files. */
	if (n >= 0 && size >= sizeof(tail))
		n = pread(fd, tail, sizeof(tail), size - sizeof(tail));
	if (n < 0)
		return -errno;
	*format = format_find(head, tail);
	return 0;
}
