/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Copies of a virtio header and the frame that follows it in guest memory.  Short
 * ones are made by words in one user-access window, which costs less than a call
 * that looks at what it is to copy.
 */
#ifndef _MVH_NET_COPY_H
#define _MVH_NET_COPY_H

#include <linux/errno.h>
#include <linux/types.h>
#include <linux/uaccess.h>

/* Frames up to this length are short. */
#define MVH_NET_SHORT	190

#define mvh_net_get_word(type, to, from, off, label)			\
	unsafe_get_user(*(type *)((to) + (off)),			\
			(const type __user *)((from) + (off)), label)
#define mvh_net_put_word(type, to, from, off, label)			\
	unsafe_put_user(*(const type *)((from) + (off)),		\
			(type __user *)((to) + (off)), label)

/*
 * Copy @len bytes by @word(), one of the two above, without a call; @to, @from and
 * @len are changed.
 */
#define mvh_net_copy_words(word, to, from, len, label)			\
do {									\
	for (; (len) >= 32; (len) -= 32, (to) += 32, (from) += 32) {	\
		word(u64, to, from, 0, label);				\
		word(u64, to, from, 8, label);				\
		word(u64, to, from, 16, label);				\
		word(u64, to, from, 24, label);				\
	}								\
	for (; (len) >= 8; (len) -= 8, (to) += 8, (from) += 8)		\
		word(u64, to, from, 0, label);				\
	if ((len) & 4) {						\
		word(u32, to, from, 0, label);				\
		(to) += 4, (from) += 4;					\
	}								\
	if ((len) & 2) {						\
		word(u16, to, from, 0, label);				\
		(to) += 2, (from) += 2;					\
	}								\
	if ((len) & 1)							\
		word(u8, to, from, 0, label);				\
} while (0)

/* The same for a header, which nearly always has the same length. */
#define mvh_net_copy_hdr(word, to, from, len, label)			\
do {									\
	if (likely((len) == 12)) {					\
		word(u64, to, from, 0, label);				\
		word(u32, to, from, 8, label);				\
		(to) += 12, (from) += 12;				\
	} else {							\
		mvh_net_copy_words(word, to, from, len, label);		\
	}								\
} while (0)

/*
 * mvh_net_copy_in() - read header and frame
 * @hdr: where to put the header
 * @data: where to put the frame
 * @from: owner's address of the header
 *
 * Context: Process context with the owner's address space, may sleep.
 * Return: 0, or -EFAULT.
 */
static __always_inline int mvh_net_copy_in(void *hdr, u32 hdr_len, void *data,
					   u32 len, const void __user *from)
{
	bool is_short = len <= MVH_NET_SHORT;

	if (!user_read_access_begin(from, hdr_len + len))
		return -EFAULT;
	mvh_net_copy_hdr(mvh_net_get_word, hdr, from, hdr_len, fault);
	if (is_short)
		mvh_net_copy_words(mvh_net_get_word, data, from, len, fault);
	user_read_access_end();
	if (!is_short && copy_from_user(data, from, len))
		return -EFAULT;
	return 0;

fault:
	user_read_access_end();
	return -EFAULT;
}

/*
 * mvh_net_copy_out() - write header and frame
 * @to: owner's address of the header
 *
 * Context: Process context with the owner's address space, may sleep.
 * Return: 0, or -EFAULT.
 */
static inline int mvh_net_copy_out(void __user *to, const void *hdr, u32 hdr_len,
				   const void *data, u32 len)
{
	bool is_short = len <= MVH_NET_SHORT;

	if (!user_write_access_begin(to, hdr_len + len))
		return -EFAULT;
	mvh_net_copy_hdr(mvh_net_put_word, to, hdr, hdr_len, fault);
	if (is_short)
		mvh_net_copy_words(mvh_net_put_word, to, data, len, fault);
	user_write_access_end();
	if (!is_short && copy_to_user(to, data, len))
		return -EFAULT;
	return 0;

fault:
	user_write_access_end();
	return -EFAULT;
}

#endif /* _MVH_NET_COPY_H */
