// SPDX-License-Identifier: GPL-2.0
/*
 * See rights.h.  What a node was given is also kept in a file, from which the udev rules
 * take it: udev sets owner and mode of a node when it is told of it, which may be before
 * or after this program does.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "alloc.h"
#include "error.h"
#include "number.h"
#include "rights.h"

#define RIGHTS_DIR	"/run/myvhost"

#define RIGHTS_ID_MAX	4294967294u

static bool rights_find_user(const char *name, uid_t *uid)
{
	const struct passwd *user = getpwnam(name);
	uint64_t n;

	if (!user && !range_parse(name, 0, RIGHTS_ID_MAX, &n))
		return false;
	*uid = user ? user->pw_uid : n;
	return true;
}

static bool rights_find_group(const char *name, gid_t *gid)
{
	const struct group *group = getgrnam(name);
	uint64_t n;

	if (!group && !range_parse(name, 0, RIGHTS_ID_MAX, &n))
		return false;
	*gid = group ? group->gr_gid : n;
	return true;
}

static bool rights_parse_mode(const char *text, mode_t *mode)
{
	size_t len = strlen(text);

	if (!len || len > 4 || strspn(text, "01234567") != len)
		return false;
	*mode = strtoul(text, NULL, 8);
	return *mode <= 0777;
}

/**
 * rights_set() - set an option
 * @rights: of a node
 * @key: owner, group or mode
 * @value: its value
 *
 * Return: NULL, or what is wrong with it.
 */
const char *rights_set(struct rights *rights, const char *key, const char *value)
{
	if (!strcmp(key, "owner")) {
		rights->has_owner = rights_find_user(value, &rights->owner);
		return rights->has_owner ? NULL : "no such user";
	}
	if (!strcmp(key, "group")) {
		rights->has_group = rights_find_group(value, &rights->group);
		return rights->has_group ? NULL : "no such group";
	}
	rights->has_mode = rights_parse_mode(value, &rights->mode);
	return rights->has_mode ? NULL :
		"mode is an octal number, 0777 at most";
}

static char *rights_path(const char *name)
{
	return alloc_format(RIGHTS_DIR "/myvhost-%s", name);
}

/**
 * rights_forget() - remove what was kept for a node
 * @name: of the node
 */
void rights_forget(const char *name)
{
	char *path = rights_path(name);

	unlink(path);
	free(path);
}

/**
 * rights_keep() - keep the rights of a node for udev
 * @rights: of the node
 * @name: its name; there is no node yet
 */
void rights_keep(const struct rights *rights, const char *name)
{
	char *path;
	FILE *f;

	rights_forget(name);
	if (!rights->has_owner && !rights->has_group && !rights->has_mode)
		return;
	if (mkdir(RIGHTS_DIR, 0755) && errno != EEXIST)
		fail(RIGHTS_DIR ": %s", strerror(errno));
	path = rights_path(name);
	f = fopen(path, "wxe");
	if (!f)
		fail("%s: %s", path, strerror(errno));
	if (rights->has_owner)
		fprintf(f, "MYVHOST_OWNER=%u\n", (unsigned int)rights->owner);
	if (rights->has_group)
		fprintf(f, "MYVHOST_GROUP=%u\n", (unsigned int)rights->group);
	if (rights->has_mode)
		fprintf(f, "MYVHOST_MODE=%04o\n", (unsigned int)rights->mode);
	if (fclose(f))
		fail("%s: %s", path, strerror(errno));
	free(path);
}

/**
 * rights_apply() - give a node its rights
 * @rights: of the node
 * @path: where it is
 */
void rights_apply(const struct rights *rights, const char *path)
{
	uid_t owner = rights->has_owner ? rights->owner : (uid_t)-1;
	gid_t group = rights->has_group ? rights->group : (gid_t)-1;

	if (lchown(path, owner, group))
		fail("%s: cannot change its owner: %s", path, strerror(errno));
	if (rights->has_mode && chmod(path, rights->mode))
		fail("%s: cannot change its mode: %s", path, strerror(errno));
}

/**
 * rights_open_as() - open a file as another user
 * @user: name of the user, NULL for the caller
 * @file: path of the file
 * @flags: of open()
 *
 * I/O by the descriptor is subject to the rights, quotas and reserves of that user.
 *
 * Return: the descriptor, or -1 with errno set.
 */
int rights_open_as(const char *user, const char *file, int flags)
{
	gid_t groups[NGROUPS_MAX], gid = getegid();
	const struct passwd *who;
	uid_t uid = geteuid();
	int n, fd, err;

	if (!user)
		return open(file, flags);
	who = getpwnam(user);
	if (!who)
		fail_usage("--user %s: no such user", user);
	n = getgroups(NGROUPS_MAX, groups);
	if (n < 0 || initgroups(user, who->pw_gid) || setegid(who->pw_gid) ||
	    seteuid(who->pw_uid))
		fail("cannot become user %s: %s", user, strerror(errno));
	fd = open(file, flags);
	err = errno;
	if (seteuid(uid) || setegid(gid) || setgroups(n, groups))
		fail("cannot become user %u again: %s", (unsigned int)uid,
		     strerror(errno));
	errno = err;
	return fd;
}
