// SPDX-License-Identifier: GPL-2.0
/* What /proc says, see proc.h. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proc.h"

static int proc_read(const char *path, char *buf, int len)
{
	FILE *f = fopen(path, "r");
	size_t n;

	if (!f)
		return -errno;
	n = fread(buf, 1, len - 1, f);
	buf[n] = 0;
	fclose(f);
	return n;
}

/* Open descriptors of this process. */
int proc_count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	if (!d)
		return -errno;
	while (readdir(d))
		n++;
	closedir(d);
	return n - 3;
}

/*
 * Open files in the system.  The kernel counts in batches per CPU, so it is
 * good for large numbers only.
 */
long proc_count_files(void)
{
	char buf[128];

	if (proc_read("/proc/sys/fs/file-nr", buf, sizeof(buf)) < 0)
		return -1;
	return atol(buf);
}

/* The number behind a key in a file, or -1. */
static long proc_number(const char *path, const char *key)
{
	char buf[4096], *p;

	if (proc_read(path, buf, sizeof(buf)) < 0)
		return -1;
	p = strstr(buf, key);
	return p ? atol(p + strlen(key)) : -1;
}

/*
 * One line of /proc/meminfo.
 * @key: name of the line, with the colon
 *
 * Returns its value in KiB, or -1.
 */
long proc_meminfo(const char *key)
{
	return proc_number("/proc/meminfo", key);
}

/*
 * One line of /proc/self/status.
 * @key: name of the line, with the colon
 *
 * Returns its value, or -1.
 */
long proc_status(const char *key)
{
	return proc_number("/proc/self/status", key);
}

/* Users of a module.  Returns how many, or -1 if it is not loaded. */
long proc_module_refs(const char *module)
{
	char path[128], buf[32];

	snprintf(path, sizeof(path), "/sys/module/%s/refcnt", module);
	if (proc_read(path, buf, sizeof(buf)) <= 0)
		return -1;
	return atol(buf);
}

static bool proc_comm(pid_t pid, pid_t tid, char *name, int len)
{
	char path[64];
	int n;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/comm", pid, tid);
	n = proc_read(path, name, len);
	if (n <= 0)
		return false;
	if (name[n - 1] == '\n')
		name[n - 1] = 0;
	return true;
}

static int proc_threads(pid_t pid, const char *prefix, pid_t *tid, char *name,
			int len)
{
	struct dirent *e;
	char path[64];
	DIR *d;
	int n = 0;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	d = opendir(path);
	if (!d)
		return 0;
	while ((e = readdir(d))) {
		char comm[64];
		pid_t t = atoi(e->d_name);

		if (!t || !proc_comm(pid, t, comm, sizeof(comm)) ||
		    strncmp(comm, prefix, strlen(prefix)))
			continue;
		if (!n++) {
			*tid = t;
			snprintf(name, len, "%s", comm);
		}
	}
	closedir(d);
	return n;
}

/* A thread of a process by its name.  Returns the thread, or 0. */
pid_t proc_find_thread(pid_t pid, const char *prefix, char *name, int len)
{
	pid_t tid = 0;

	proc_threads(pid, prefix, &tid, name, len);
	return tid;
}

/* Number of threads of a process by their name. */
int proc_count_threads(pid_t pid, const char *prefix)
{
	char name[64];
	pid_t tid;

	return proc_threads(pid, prefix, &tid, name, sizeof(name));
}

/* A process or kernel thread by its name.  Returns the process, or 0. */
pid_t proc_find_task(const char *prefix, char *name, int len)
{
	struct dirent *e;
	DIR *d = opendir("/proc");
	pid_t found = 0;

	while (d && !found && (e = readdir(d))) {
		pid_t pid = atoi(e->d_name);

		if (pid && proc_comm(pid, pid, name, len) &&
		    !strncmp(name, prefix, strlen(prefix)))
			found = pid;
	}
	if (d)
		closedir(d);
	return found;
}

/* How many processes and kernel threads have a name that begins so. */
unsigned int proc_count_tasks(const char *prefix)
{
	struct dirent *e;
	unsigned int n = 0;
	DIR *d = opendir("/proc");
	char name[32];

	while (d && (e = readdir(d))) {
		pid_t pid = atoi(e->d_name);

		n += pid && proc_comm(pid, pid, name, sizeof(name)) &&
		     !strncmp(name, prefix, strlen(prefix));
	}
	if (d)
		closedir(d);
	return n;
}

/*
 * CPU time of one thread.  Returns user and system time in clock ticks, or -1.
 */
long proc_cpu_ticks(pid_t pid, pid_t tid)
{
	unsigned long ut, st;
	char path[64], buf[1024], *p;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", pid, tid);
	if (proc_read(path, buf, sizeof(buf)) < 0)
		return -1;
	p = strrchr(buf, ')');
	if (!p || sscanf(p + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
			 &ut, &st) != 2)
		return -1;
	return ut + st;
}

/* Control groups of a thread.  Returns length or a negative errno. */
int proc_cgroup(pid_t pid, pid_t tid, char *buf, int len)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/cgroup", pid, tid);
	return proc_read(path, buf, len);
}

/*
 * One line of /proc/self/fdinfo/N.
 * @buf: result, the value
 *
 * Returns whether there is such a line, in the form "key:<tab>value".
 */
bool proc_fdinfo(int fd, const char *key, char *buf, int len)
{
	char path[64], line[256];
	size_t klen = strlen(key);
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "r");
	while (f && !found && fgets(line, sizeof(line), f)) {
		if (strncmp(line, key, klen) || line[klen] != ':' ||
		    line[klen + 1] != '\t')
			continue;
		line[strcspn(line, "\n")] = 0;
		snprintf(buf, len, "%s", line + klen + 2);
		found = true;
	}
	if (f)
		fclose(f);
	return found;
}

/* As proc_fdinfo(), for numbers.  Returns the value, or -1. */
long long proc_fdinfo_number(int fd, const char *key)
{
	char buf[64];

	if (!proc_fdinfo(fd, key, buf, sizeof(buf)) ||
	    !isdigit((unsigned char)buf[0]))
		return -1;
	return strtoll(buf, NULL, 0);
}
