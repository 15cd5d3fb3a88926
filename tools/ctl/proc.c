// SPDX-License-Identifier: GPL-2.0
/*
 * See proc.h.  PROC_ROOT in the environment is used in place of /proc, as
 * for the programs of iproute2.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <limits.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "alloc.h"
#include "node.h"
#include "number.h"
#include "proc.h"

/* QEMU's name is among its first arguments. */
#define PROC_ARGUMENTS	16384

static const char *proc_root(void)
{
	const char *root = getenv("PROC_ROOT");

	return root ? root : "/proc";
}

/* A name that is a number, or -1. */
static int proc_number(const char *name)
{
	uint64_t n;

	return range_parse(name, 0, INT_MAX, &n) ? (int)n : -1;
}

static int proc_by_number(const struct dirent **a, const struct dirent **b)
{
	return proc_number((*a)->d_name) - proc_number((*b)->d_name);
}

static int proc_is_number(const struct dirent *e)
{
	return proc_number(e->d_name) >= 0;
}

/* Numbered entries of a folder in their order; what cannot be read is empty. */
static int proc_list(const char *path, struct dirent ***entry)
{
	int n = scandir(path, entry, proc_is_number, proc_by_number);

	if (n < 0)
		*entry = NULL;
	return n;
}

static void proc_each_fd(pid_t pid, proc_fn fn, void *arg)
{
	char *dir = alloc_format("%s/%d/fd", proc_root(), pid);
	struct dirent **entry;
	int i, n = proc_list(dir, &entry);

	for (i = 0; i < n; i++) {
		char *link = alloc_format("%s/%s", dir, entry[i]->d_name);
		char target[PATH_MAX];
		ssize_t len = readlink(link, target, sizeof(target) - 1);

		if (len > 0) {
			target[len] = 0;
			if (node_is_ours(target))
				fn(pid, proc_number(entry[i]->d_name), target,
				   arg);
		}
		free(link);
		free(entry[i]);
	}
	free(entry);
	free(dir);
}

/**
 * proc_each() - call a function for every descriptor of one of our nodes
 * @fn: the function; in the order of processes and descriptors
 * @arg: passed to @fn
 */
void proc_each(proc_fn fn, void *arg)
{
	struct dirent **entry;
	int i, n = proc_list(proc_root(), &entry);

	for (i = 0; i < n; i++) {
		proc_each_fd(proc_number(entry[i]->d_name), fn, arg);
		free(entry[i]);
	}
	free(entry);
}

/**
 * proc_path() - the path of what is known of a process
 * @pid: process
 * @name: file below its folder
 *
 * Return: the path, for free().
 */
char *proc_path(pid_t pid, const char *name)
{
	return alloc_format("%s/%d/%s", proc_root(), pid, name);
}

/**
 * proc_same_net() - whether a process is in our network name space
 * @pid: process
 *
 * Return: false also if that cannot be found out.
 */
bool proc_same_net(pid_t pid)
{
	char *path = proc_path(pid, "ns/net");
	struct stat own, other;
	bool same;

	same = !stat("/proc/self/ns/net", &own) && !stat(path, &other) &&
	       own.st_dev == other.st_dev && own.st_ino == other.st_ino;
	free(path);
	return same;
}

/**
 * proc_fdinfo() - the path of the fdinfo of a descriptor
 * @pid: process
 * @fd: descriptor
 *
 * Return: the path, for free().
 */
char *proc_fdinfo(pid_t pid, int fd)
{
	return alloc_format("%s/%d/fdinfo/%d", proc_root(), pid, fd);
}

/**
 * proc_same_file() - whether two descriptors are copies of one
 * @pid1: process
 * @fd1: its descriptor
 * @pid2: process
 * @fd2: its descriptor
 *
 * Return: false also if that cannot be found out.
 */
bool proc_same_file(pid_t pid1, int fd1, pid_t pid2, int fd2)
{
	if (getenv("PROC_ROOT"))
		return false;
	return !syscall(SYS_kcmp, pid1, pid2, KCMP_FILE, fd1, fd2);
}

/**
 * struct proc_search - who has a path open
 * @path: the path
 * @pid: the first one, 0 for none
 */
struct proc_search {
	const char *path;
	pid_t pid;
};

static void proc_search_fd(pid_t pid, int fd, const char *target, void *arg)
{
	struct proc_search *search = arg;

	(void)fd;
	if (!search->pid && pid != getpid() && !strcmp(target, search->path))
		search->pid = pid;
}

/**
 * proc_program() - what a process runs
 * @pid: process
 *
 * Return: the name that the kernel has of it, for free(), or NULL.
 */
char *proc_program(pid_t pid)
{
	char name[64] = "", *comm;
	FILE *f;

	comm = proc_path(pid, "comm");
	f = fopen(comm, "re");
	free(comm);
	if (f) {
		if (!fgets(name, sizeof(name), f))
			name[0] = 0;
		fclose(f);
	}
	name[strcspn(name, "\n")] = 0;
	return name[0] ? alloc_text(name) : NULL;
}

/* "PID (NAME)", for free(). */
static char *proc_describe(pid_t pid)
{
	char *program = proc_program(pid);
	char *text = alloc_format("%d (%s)", pid, program ? program : "?");

	free(program);
	return text;
}

/* The arguments of a process, each with its final 0, for free(); their length. */
static char *proc_arguments(pid_t pid, size_t *len)
{
	char *path = proc_path(pid, "cmdline"), *text = alloc_array(NULL, PROC_ARGUMENTS + 1, 1);
	FILE *f = fopen(path, "re");

	free(path);
	*len = f ? fread(text, 1, PROC_ARGUMENTS, f) : 0;
	text[*len] = 0;
	if (f)
		fclose(f);
	return text;
}

/**
 * proc_vm() - which virtual machine a process is
 * @pid: process
 *
 * Return: NAME of QEMU's "-name guest=NAME,..." or "-name NAME,...", as libvirt passes the
 * name of a domain, for free(), or NULL.
 */
char *proc_vm(pid_t pid)
{
	size_t len;
	char *text = proc_arguments(pid, &len), *at = text, *name = NULL;

	while (at < text + len && strcmp(at, "-name"))
		at += strlen(at) + 1;
	if (at < text + len)
		at += strlen(at) + 1;
	if (at < text + len) {
		at += strncmp(at, "guest=", 6) ? 0 : 6;
		name = alloc_format("%.*s", (int)strcspn(at, ","), at);
	}
	free(text);
	return name;
}

/**
 * proc_holder() - who has a node open
 * @path: the node
 *
 * Return: "PID (NAME)" for free(), or NULL if nobody is found.
 */
char *proc_holder(const char *path)
{
	struct proc_search search = { .path = path };

	proc_each(proc_search_fd, &search);
	return search.pid ? proc_describe(search.pid) : NULL;
}

/* Whether a descriptor holds a lock of an inode, a line "lock: ... DEV:INO FIRST LAST". */
static bool proc_has_lock(const char *path, const char *inode)
{
	FILE *f = fopen(path, "re");
	char line[256], held[64];
	bool has = false;

	while (f && !has && fgets(line, sizeof(line), f))
		has = sscanf(line, "lock: %*d: %*s %*s %*s %*d %63s", held) == 1 &&
		      !strcmp(held, inode);
	if (f)
		fclose(f);
	return has;
}

static bool proc_locks(pid_t pid, const char *inode)
{
	char *dir = alloc_format("%s/%d/fdinfo", proc_root(), pid);
	struct dirent **entry;
	int i, n = proc_list(dir, &entry);
	bool has = false;

	for (i = 0; i < n; i++) {
		char *path = alloc_format("%s/%s", dir, entry[i]->d_name);

		has = has || proc_has_lock(path, inode);
		free(path);
		free(entry[i]);
	}
	free(entry);
	free(dir);
	return has;
}

/**
 * proc_inode() - a file as the kernel prints it, in fdinfo and of locks
 * @st: the file
 *
 * Return: MAJOR:MINOR:INODE, for free().
 */
char *proc_inode(const struct stat *st)
{
	return alloc_format("%02x:%02x:%llu", major(st->st_dev),
			    minor(st->st_dev),
			    (unsigned long long)st->st_ino);
}

/**
 * proc_lock_holder() - who has locked bytes of a file
 * @inode: the file, of proc_inode()
 *
 * Return: "process PID (NAME)" for free(), or NULL if nobody is found.
 */
char *proc_lock_holder(const char *inode)
{
	struct dirent **entry;
	int i, n = proc_list(proc_root(), &entry);
	char *who = NULL, *found = NULL;

	for (i = 0; i < n; i++) {
		pid_t pid = proc_number(entry[i]->d_name);

		if (!who && proc_locks(pid, inode))
			who = proc_describe(pid);
		free(entry[i]);
	}
	free(entry);
	if (who)
		found = alloc_format("process %s", who);
	free(who);
	return found;
}
