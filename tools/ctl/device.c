// SPDX-License-Identifier: GPL-2.0
/*
 * See device.h.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "alloc.h"
#include "device.h"
#include "error.h"
#include "node.h"
#include "number.h"
#include "proc.h"

/**
 * struct device_search - devices that are looked for
 * @devices: what was found
 * @filter: NAME, PID or PID:FD; NULL for all
 */
struct device_search {
	struct devices *devices;
	const char *filter;
};

/* PID or PID:FD */
static bool device_is_process(const char *filter)
{
	const char *colon = strchr(filter, ':');
	char pid[16] = "";
	uint64_t n;

	if (!colon)
		return range_parse(filter, 1, INT_MAX, &n);
	if ((size_t)(colon - filter) >= sizeof(pid))
		return false;
	memcpy(pid, filter, colon - filter);
	return range_parse(pid, 1, INT_MAX, &n) &&
	       range_parse(colon + 1, 0, INT_MAX, &n);
}

/**
 * device_filter() - end the program if it cannot name a device
 * @filter: NAME, PID or PID:FD; NULL for all
 *
 * Return: @filter.
 */
const char *device_filter(const char *filter)
{
	if (filter && !node_name_valid(filter) && !device_is_process(filter))
		fail_usage("\"%s\" is neither a name nor a process", filter);
	return filter;
}

static bool device_wanted(const char *filter, const char *label)
{
	size_t len;

	if (!filter || !strcmp(label, filter))
		return true;
	len = strlen(filter);
	return !strncmp(label, filter, len) && label[len] == ':';
}

static struct device *devices_add(struct devices *devices)
{
	struct device *dev;

	devices->dev = alloc_array(devices->dev, devices->n + 1,
				   sizeof(*devices->dev));
	dev = &devices->dev[devices->n++];
	memset(dev, 0, sizeof(*dev));
	return dev;
}

static void devices_add_named(struct devices *devices, const char *name)
{
	char *path = node_path(name), *info_path;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct fdinfo info;
	struct device *dev;
	int r;

	if (fd < 0) {
		/* it may have been removed meanwhile */
		if (errno != ENOENT && errno != ENODEV) {
			error_say("%s: %s", path, strerror(errno));
			devices->hidden++;
		}
		free(path);
		return;
	}
	if (node_is_file(path)) {
		node_say_file(path);
		devices->hidden++;
	}
	info_path = alloc_format("/proc/self/fdinfo/%d", fd);
	r = fdinfo_read(&info, info_path);
	close(fd);
	free(info_path);
	free(path);
	if (r)
		return;
	dev = devices_add(devices);
	dev->label = alloc_text(name);
	dev->info = info;
}

static int device_is_node(const struct dirent *e)
{
	size_t len = strlen(NODE_PREFIX);

	return !strncmp(e->d_name, NODE_PREFIX, len) &&
	       node_name_valid(e->d_name + len);
}

static void devices_scan_named(struct device_search *search)
{
	struct dirent **entry;
	int i, n = scandir("/dev", &entry, device_is_node, alphasort);

	if (n < 0)
		return;
	for (i = 0; i < n; i++) {
		const char *name = entry[i]->d_name + strlen(NODE_PREFIX);

		if (device_wanted(search->filter, name))
			devices_add_named(search->devices, name);
		free(entry[i]);
	}
	free(entry);
}

/* Whether a process' device is a named node or a copy that is known already. */
static bool devices_know(const struct devices *devices, pid_t pid, int fd,
			 const struct fdinfo *info)
{
	const char *node = fdinfo_get(info, -1, "node");
	unsigned int i;

	if (node && devices_find(devices, node))
		return true;
	for (i = 0; i < devices->n; i++)
		if (devices->dev[i].pid &&
		    proc_same_file(devices->dev[i].pid, devices->dev[i].fd,
				   pid, fd))
			return true;
	return false;
}

static void devices_add_process(pid_t pid, int fd, const char *target,
				void *arg)
{
	struct device_search *search = arg;
	struct device *dev;
	struct fdinfo info;
	const char *node;
	char *path, *label;
	int r;

	(void)target;
	path = proc_fdinfo(pid, fd);
	r = fdinfo_read(&info, path);
	free(path);
	if (r)
		return;
	label = alloc_format("%d:%d", pid, fd);
	node = fdinfo_get(&info, -1, "node");
	if ((!device_wanted(search->filter, label) &&
	     !(node && device_wanted(search->filter, node))) ||
	    devices_know(search->devices, pid, fd, &info)) {
		fdinfo_free(&info);
		free(label);
		return;
	}
	dev = devices_add(search->devices);
	dev->info = info;
	dev->pid = pid;
	dev->fd = fd;
	dev->label = node ? alloc_text(node) : alloc_text(label);
	free(label);
}

/**
 * devices_scan() - look for devices
 * @devices: result, for devices_free()
 * @filter: NAME, PID or PID:FD; NULL for all
 *
 * What may not be looked at is left out; of named nodes it is said.
 */
void devices_scan(struct devices *devices, const char *filter)
{
	struct device_search search = {
		.devices = devices,
		.filter = filter,
	};

	memset(devices, 0, sizeof(*devices));
	devices_scan_named(&search);
	/* a name may look like a process id: the node comes first */
	if (filter && (devices->n || devices->hidden))
		return;
	proc_each(devices_add_process, &search);
}

/**
 * devices_status() - whether what was looked for is there
 * @devices: what was found
 * @filter: what was looked for, NULL for all
 *
 * Return: exit status of the program.
 */
int devices_status(const struct devices *devices, const char *filter)
{
	if (devices->hidden)
		return CTL_FAILED;
	if (!filter || devices->n)
		return CTL_OK;
	error_say("%s: no such device%s", filter, geteuid() ?
		  ", or only root can see it" : "; see: myvhost show");
	return CTL_FAILED;
}

/**
 * devices_free() - forget devices
 * @devices: may be empty
 */
void devices_free(struct devices *devices)
{
	unsigned int i;

	for (i = 0; i < devices->n; i++) {
		fdinfo_free(&devices->dev[i].info);
		free(devices->dev[i].label);
	}
	free(devices->dev);
	memset(devices, 0, sizeof(*devices));
}

/**
 * devices_find() - a device by its label
 * @devices: where to look
 * @label: NAME or PID:FD
 *
 * Return: the device, or NULL.
 */
const struct device *devices_find(const struct devices *devices,
				  const char *label)
{
	unsigned int i;

	for (i = 0; i < devices->n; i++)
		if (!strcmp(devices->dev[i].label, label))
			return &devices->dev[i];
	return NULL;
}

/**
 * device_text() - one thing that is known of a device
 * @dev: the device
 * @key: its name in fdinfo
 *
 * Return: the text, or NULL if it is not known or empty.
 */
const char *device_text(const struct device *dev, const char *key)
{
	const char *value = fdinfo_get(&dev->info, -1, key);

	return value && *value ? value : NULL;
}

/* A copy of another process' descriptor, which is the same device. */
static int device_open_process(const char *label)
{
	int pidfd, fd = -1;
	pid_t pid = strtol(label, NULL, 10);

	pidfd = syscall(SYS_pidfd_open, pid, 0);
	if (pidfd >= 0)
		fd = syscall(SYS_pidfd_getfd, pidfd,
			     (int)strtol(strchr(label, ':') + 1, NULL, 10), 0);
	if (fd < 0 && errno == EPERM)
		fail("%s: only root may use the device of another process",
		     label);
	if (fd < 0)
		fail("%s: no such device; see: myvhost show", label);
	close(pidfd);
	return fd;
}

/**
 * device_open() - a descriptor of a device
 * @label: NAME or PID:FD; ends the program if it is neither
 *
 * Return: the descriptor; that of a named node is read-only.
 */
int device_open(const char *label)
{
	if (!strchr(label, ':')) {
		node_name_check(label);
		return node_open_named(label);
	}
	if (!device_is_process(label))
		fail_usage("\"%s\" is neither a name nor PID:FD", label);
	return device_open_process(label);
}
