// SPDX-License-Identifier: GPL-2.0
/*
 * Formats of images are recognised, and nothing else is.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "format.h"
#include "unit.h"

static char head[FORMAT_BYTES], tail[FORMAT_BYTES];

/* What QEMU calls an image with these bytes, "raw" for none. */
static const char *find(const char *text, size_t len, size_t at, bool in_tail)
{
	const struct format *format;

	memset(head, 0, sizeof(head));
	memset(tail, 0, sizeof(tail));
	memcpy((in_tail ? tail : head) + at, text, len);
	format = format_find(head, tail);
	return format ? format->qemu : "raw";
}

#define HEAD(want, at, text)	{ want, text, sizeof(text) - 1, at, false }
#define TAIL(want, at, text)	{ want, text, sizeof(text) - 1, at, true }

static const struct {
	const char *want;
	const char *text;
	size_t len;
	size_t at;
	bool tail;
} samples[] = {
	HEAD("qcow2", 0, "QFI\xfb\0\0\0\3"),
	HEAD("qcow2", 0, "QFI\xfb\0\0\0\1"),
	HEAD("qed", 0, "QED\0"),
	HEAD("vmdk", 0, "KDMV\1\0\0\0"),
	HEAD("vmdk", 0, "COWD"),
	HEAD("vmdk", 0, "# Disk DescriptorFile\nversion=1\n"),
	HEAD("vhdx", 0, "vhdxfile"),
	HEAD("vpc", 0, "conectix"),
	TAIL("vpc", 0, "conectix"),
	HEAD("vdi", 64, "\x7f\x10\xda\xbe"),
	HEAD("parallels", 0, "WithoutFreeSpace"),
	HEAD("parallels", 0, "WithouFreSpacExt"),
	HEAD("bochs", 0, "Bochs Virtual HD Image"),
	HEAD("cloop", 0, "#!/bin/sh\n#V2.0 Format\nmodprobe cloop\n"),
	TAIL("dmg", 0, "koly"),
	HEAD("luks", 0, "LUKS\xba\xbe\0\2"),
	/* not at their places, or not whole */
	HEAD("raw", 0, "QFI"),
	HEAD("raw", 0, "QED!"),
	HEAD("raw", 1, "QFI\xfb"),
	TAIL("raw", 0, "QFI\xfb"),
	HEAD("raw", 0, "koly"),
	HEAD("raw", 0, "\x7f\x10\xda\xbe"),
	HEAD("raw", 0, "#!/bin/sh\n"),
	/* what guests write */
	HEAD("raw", 510, "\x55\xaa"),
	TAIL("raw", 0, "EFI PART"),
	HEAD("raw", 0, "XFSB"),
};

UNIT_TEST(format_samples, "format: signatures in their places")
{
	size_t i;

	for (i = 0; i < sizeof(samples) / sizeof(*samples); i++) {
		unit_context("sample %zu", i);
		check(!strcmp(find(samples[i].text, samples[i].len,
				   samples[i].at, samples[i].tail),
			      samples[i].want));
	}
}

UNIT_TEST(format_guest, "format: only LUKS can be a guest's own")
{
	size_t i;

	for (i = 0; i < sizeof(samples) / sizeof(*samples); i++) {
		const struct format *format;

		unit_context("sample %zu", i);
		find(samples[i].text, samples[i].len, samples[i].at,
		     samples[i].tail);
		format = format_find(head, tail);
		if (format)
			check_eq(format->guest, !strcmp(format->qemu, "luks"));
	}
}

UNIT_TEST(format_file, "format: of a file")
{
	char name[] = "/tmp/format-XXXXXX";
	const struct format *format = NULL;
	int fd = mkstemp(name);

	check(fd >= 0 && !unlink(name));
	check(!ftruncate(fd, 1 << 20));
	check_eq(format_probe(fd, 1 << 20, &format), 0);
	check(!format);
	check_eq(pwrite(fd, "koly", 4, (1 << 20) - 512), 4);
	check_eq(format_probe(fd, 1 << 20, &format), 0);
	check(format && !strcmp(format->name, "DMG"));
	check_eq(pwrite(fd, "QFI\xfb", 4, 0), 4);
	check_eq(format_probe(fd, 512, &format), 0);
	check(format && !strcmp(format->name, "qcow2"));
	check(!ftruncate(fd, 4));
	check_eq(format_probe(fd, 4, &format), 0);
	check(format && !strcmp(format->name, "qcow2"));
	check(!ftruncate(fd, 0));
	check_eq(format_probe(fd, 0, &format), 0);
	check(!format);
	close(fd);
	check_eq(format_probe(fd, 512, &format), -9);
}
