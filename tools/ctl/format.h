/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Formats of disk images, by their signatures.
 */
#ifndef CTL_FORMAT_H
#define CTL_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is looked at: so many bytes from both ends. */
#define FORMAT_BYTES	512

/**
 * struct format - a format
 * @name: what people call it
 * @qemu: what QEMU calls it, NULL if it cannot read it
 * @guest: a guest may have made it, on a disk that is raw
 */
struct format {
	const char *name;
	const char *qemu;
	bool guest;
};

const struct format *format_find(const void *head, const void *tail);
int format_probe(int fd, uint64_t size, const struct format **format);

#endif /* CTL_FORMAT_H */
