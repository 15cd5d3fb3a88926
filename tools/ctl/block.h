/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The block size that an image was made for.
 */
#ifndef CTL_BLOCK_H
#define CTL_BLOCK_H

unsigned int block_size_of(const char *file, int fd);

#endif /* CTL_BLOCK_H */
