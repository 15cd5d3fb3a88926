// SPDX-License-Identifier: GPL-2.0
/*
 * See node.h.  What fails ends the program.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/myvhost.h>
#include "alloc.h"
#include "error.h"
#include "node.h"
#include "proc.h"
#include "rights.h"

#define NODE_LETTERS	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" \
			"0123456789._-"

/**
 * node_is_ours() - whether a path is that of a node
 * @path: the path
 */
bool node_is_ours(const char *path)
{
	size_t len = strlen(NODE_PATH);

	return !strncmp(path, NODE_PATH, len) &&
	       (!path[len] || path[len] == '-');
}

/**
 * node_name_valid() - whether a name can be that of a node
 * @name: the name
 */
bool node_name_valid(const char *name)
{
	size_t len = strlen(name);

	return len && len < MYVHOST_NODE_NAME_LEN && name[0] != '.' &&
	       name[0] != '-' && strspn(name, NODE_LETTERS) == len;
}

/**
 * node_name_check() - end the program if a name cannot be that of a node
 * @name: the name
 */
void node_name_check(const char *name)
{
	if (!node_name_valid(name))
		fail_usage("\"%s\" is not a name: 1 to %d letters, digits, '.', '_' and '-', beginning with neither '.' nor '-'",
			   name, MYVHOST_NODE_NAME_LEN - 1);
}

/**
 * node_path() - where a named node is
 * @name: its name
 *
 * Return: the path, for free().
 */
char *node_path(const char *name)
{
	return alloc_format("%s-%s", NODE_PATH, name);
}

/**
 * node_is_file() - whether something else is in a node's place
 * @path: where the node is
 *
 * The <> of a shell makes a file of a node that is not there.  The kernel cannot
 * make the node then, and does not say so.
 *
 * Return: true if there is something that is no character device.
 */
bool node_is_file(const char *path)
{
	struct stat st;

	return !stat(path, &st) && !S_ISCHR(st.st_mode);
}

/**
 * node_say_file() - tell of such a file, and what to do
 * @path: its path
 */
void node_say_file(const char *path)
{
	if (strcmp(path, NODE_PATH))
		error_say("%s: this is a file, not a node; try: rm %s", path,
			  path);
	else
		error_say("%s: this is a file, not the node; try: rm %s; modprobe -r myvhost; modprobe myvhost",
			  path, path);
}

static void node_check(const char *path)
{
	if (!node_is_file(path))
		return;
	node_say_file(path);
	exit(CTL_FAILED);
}

/**
 * node_open() - a new device
 *
 * Return: its descriptor.
 */
int node_open(void)
{
	int fd;

	node_check(NODE_PATH);
	fd = open(NODE_PATH, O_RDWR | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	switch (errno) {
	case ENOENT:
	case ENODEV:
	case ENXIO:
		fail("%s: %s: is the module loaded? try: modprobe myvhost",
		     NODE_PATH, strerror(errno));
	case EACCES:
	case EPERM:
		fail("%s: %s: it is for root and the group kvm; try: adduser USER kvm, and log in again",
		     NODE_PATH, strerror(errno));
	case EMFILE:
		fail("%s: %s; try: ulimit -n", NODE_PATH, strerror(errno));
	default:
		fail("%s: %s", NODE_PATH, strerror(errno));
	}
}

/**
 * node_open_named() - look at a named node
 * @name: its name
 *
 * Return: the descriptor, which is read-only.
 */
int node_open_named(const char *name)
{
	char *path = node_path(name);
	int fd;

	node_check(path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		fail("%s: no such node; see: myvhost show", name);
	if (fd < 0 && (errno == EACCES || errno == EPERM))
		fail("%s: %s: it is for root and the group kvm", path,
		     strerror(errno));
	if (fd < 0)
		fail("%s: %s", path, strerror(errno));
	free(path);
	return fd;
}

/* @name is known to be valid, so it fits. */
static struct myvhost_node node_argument(const char *name)
{
	struct myvhost_node node = { .name = "" };

	memcpy(node.name, name, strlen(name));
	return node;
}

static void node_fail_exists(const char *name)
{
	fail("%s: the name is in use; to remove it: myvhost del %s", name, name);
}

/**
 * node_add() - give a device a name
 * @fd: the device
 * @name: of the node that is made
 * @rights: who may use it
 */
void node_add(int fd, const char *name, const struct rights *rights)
{
	struct myvhost_node node = node_argument(name);
	char *path = node_path(name);
	int err;

	node_check(path);
	if (!access(path, F_OK))
		node_fail_exists(name);
	rights_keep(rights, name);
	if (!ioctl(fd, MYVHOST_NODE_ADD, &node)) {
		rights_apply(rights, path);
		free(path);
		return;
	}
	err = errno;
	rights_forget(name);
	switch (err) {
	case EEXIST:
		node_fail_exists(name);
		break;
	case EPERM:
		fail("%s: only root (CAP_SYS_ADMIN) may add a node", name);
	case ENOTTY:
		fail("%s: this myvhost.ko has no named nodes; it is older than this program",
		     name);
	default:
		fail("%s: cannot make %s-%s: %s", name, NODE_PATH, name,
		     strerror(err));
	}
}

static void node_fail_busy(const char *name)
{
	char *path = node_path(name);
	char *holder = proc_holder(path);

	if (holder)
		fail("%s: in use by %s", name, holder);
	fail("%s: in use; see: fuser -v %s", name, path);
}

/**
 * node_del() - remove a named node
 * @name: its name
 */
void node_del(const char *name)
{
	struct myvhost_node node = node_argument(name);
	char *path = node_path(name);
	int fd = node_open();
	int err = ioctl(fd, MYVHOST_NODE_DEL, &node) ? errno : 0;

	if (!err || err == ENOENT)
		node_check(path);
	free(path);
	if (err) {
		switch (err) {
		case EBUSY:
			node_fail_busy(name);
			break;
		case ENOENT:
			fail("%s: no such node; see: myvhost show",
			     name);
		case EPERM:
			fail("%s: only root (CAP_SYS_ADMIN) may remove a node",
			     name);
		case ENOTTY:
			fail("%s: this myvhost.ko has no named nodes; it is older than this program",
			     name);
		default:
			fail("%s: cannot remove it: %s", name, strerror(err));
		}
	}
	rights_forget(name);
	close(fd);
}

static void node_call(int fd, const char *name, unsigned long cmd,
		      const char *verb)
{
	if (!ioctl(fd, cmd))
		return;
	switch (errno) {
	case EPERM:
		fail("%s: only root (CAP_SYS_ADMIN) may %s it", name, verb);
	case ENOTTY:
		fail("%s: not a disk", name);
	default:
		fail("%s: cannot %s it: %s", name, verb, strerror(errno));
	}
}

/**
 * node_resize() - let the guest know that the backing has another size
 * @fd: the node
 * @name: its name
 */
void node_resize(int fd, const char *name)
{
	node_call(fd, name, MYVHOST_BLK_RESIZE, "resize");
}

/**
 * node_resume() - have a disk go on
 * @fd: the node
 * @name: its name
 */
void node_resume(int fd, const char *name)
{
	node_call(fd, name, MYVHOST_BLK_RESUME, "resume");
}
