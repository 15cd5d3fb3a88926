/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What /proc says: descriptors, threads, files in the system.
 */
#ifndef TOOLS_LIB_PROC_H
#define TOOLS_LIB_PROC_H

#include <stdbool.h>
#include <sys/types.h>

int proc_count_fds(void);
long proc_count_files(void);
long proc_meminfo(const char *key);
long proc_status(const char *key);
long proc_module_refs(const char *module);
pid_t proc_find_thread(pid_t pid, const char *prefix, char *name, int len);
int proc_count_threads(pid_t pid, const char *prefix);
unsigned int proc_count_tasks(const char *prefix);
pid_t proc_find_task(const char *prefix, char *name, int len);
long proc_cpu_ticks(pid_t pid, pid_t tid);
int proc_cgroup(pid_t pid, pid_t tid, char *buf, int len);
bool proc_fdinfo(int fd, const char *key, char *buf, int len);
long long proc_fdinfo_number(int fd, const char *key);

#endif /* TOOLS_LIB_PROC_H */
