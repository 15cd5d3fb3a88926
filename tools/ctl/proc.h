/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The processes that have our nodes open, from /proc.  Those of other users are
 * visible to root only.
 */
#ifndef CTL_PROC_H
#define CTL_PROC_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

/**
 * typedef proc_fn - an open descriptor of one of our nodes
 * @pid: process
 * @fd: descriptor
 * @target: what was opened
 * @arg: of proc_each()
 */
typedef void (*proc_fn)(pid_t pid, int fd, const char *target, void *arg);

void proc_each(proc_fn fn, void *arg);
char *proc_path(pid_t pid, const char *name);
char *proc_fdinfo(pid_t pid, int fd);
bool proc_same_net(pid_t pid);
char *proc_program(pid_t pid);
char *proc_vm(pid_t pid);
char *proc_holder(const char *path);
char *proc_inode(const struct stat *st);
char *proc_lock_holder(const char *inode);
bool proc_same_file(pid_t pid1, int fd1, pid_t pid2, int fd2);

#endif /* CTL_PROC_H */
