/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who may use a named node, and with whose rights a disk's file is opened.
 */
#ifndef CTL_RIGHTS_H
#define CTL_RIGHTS_H

#include <stdbool.h>
#include <sys/types.h>

/**
 * struct rights - of a named node; what was not given is left to the udev rules
 * @owner: the user, if @has_owner
 * @group: the group, if @has_group
 * @mode: the permissions, if @has_mode
 */
struct rights {
	bool has_owner, has_group, has_mode;
	uid_t owner;
	gid_t group;
	mode_t mode;
};

const char *rights_set(struct rights *rights, const char *key, const char *value);
void rights_keep(const struct rights *rights, const char *name);
void rights_apply(const struct rights *rights, const char *path);
void rights_forget(const char *name);

int rights_open_as(const char *user, const char *file, int flags);

#endif /* CTL_RIGHTS_H */
