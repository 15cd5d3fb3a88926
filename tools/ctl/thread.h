/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the host knows of the threads of a device: its workers, and the virtual
 * processors of its owner.
 */
#ifndef CTL_THREAD_H
#define CTL_THREAD_H

#include <sys/types.h>
#include "cpus.h"
#include "fdinfo.h"

int thread_node(int cpu);
void thread_vcpus(pid_t pid, struct cpus *allowed, struct cpus *last);
void thread_join(struct fdinfo *info);

#endif /* CTL_THREAD_H */
