// SPDX-License-Identifier: GPL-2.0
/*
 * See thread.h.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "alloc.h"
#include "number.h"
#include "proc.h"
#include "thread.h"

/* The processor that a thread ran on last, field 39 of its stat, or -1. */
static int thread_cpu(pid_t tid)
{
	char *path = proc_path(tid, "stat"), line[1024] = "", *at;
	FILE *f = fopen(path, "re");
	int cpu = -1, field;

	free(path);
	if (!f)
		return -1;
	if (!fgets(line, sizeof(line), f))
		line[0] = 0;
	fclose(f);
	/* A name may have blanks and parentheses. */
	at = strrchr(line, ')');
	for (field = 2; at && field < 39; field++)
		at = strchr(at + 1, ' ');
	if (at)
		sscanf(at, " %d", &cpu);
	return cpu;
}

/* Nanoseconds on a processor, and waiting for one. */
static bool thread_times(pid_t tid, uint64_t *run, uint64_t *delay)
{
	char *path = proc_path(tid, "schedstat");
	FILE *f = fopen(path, "re");
	unsigned long long a, b;
	bool ok = f && fscanf(f, "%llu %llu", &a, &b) == 2;

	free(path);
	if (f)
		fclose(f);
	if (ok) {
		*run = a;
		*delay = b;
	}
	return ok;
}

/**
 * thread_node() - the NUMA node of a processor
 * @cpu: its number
 *
 * Return: the node, or -1 if the host has none.
 */
int thread_node(int cpu)
{
	char *path = alloc_format("/sys/devices/system/cpu/cpu%d", cpu);
	DIR *dir = opendir(path);
	struct dirent *e;
	int node = -1;

	free(path);
	while (dir && node < 0 && (e = readdir(dir)))
		if (sscanf(e->d_name, "node%d", &node) != 1)
			node = -1;
	if (dir)
		closedir(dir);
	return node;
}

/* The virtual processor of a thread, by the name that QEMU gives it, or -1. */
static int thread_vcpu(pid_t pid, const char *tid)
{
	char *name = alloc_format("task/%s/comm", tid), *path, text[32] = "";
	int vcpu = -1, end = 0;
	FILE *f;

	path = proc_path(pid, name);
	f = fopen(path, "re");
	free(path);
	free(name);
	if (f) {
		if (!fgets(text, sizeof(text), f))
			text[0] = 0;
		fclose(f);
	}
	if (sscanf(text, "CPU %d/%n", &vcpu, &end) != 1 || !end)
		return -1;
	return vcpu;
}

static void thread_add_vcpu(pid_t tid, struct cpus *allowed, struct cpus *last)
{
	char *path = proc_path(tid, "status");
	struct cpus online, own, rest;
	int cpu = thread_cpu(tid);

	if (cpu >= 0 && cpu < CPUS_MAX)
		cpus_add(last, cpu, cpu);
	if (!cpus_read(&own, path, "Cpus_allowed_list:") &&
	    !cpus_read(&online, "/sys/devices/system/cpu/online", NULL)) {
		rest = online;
		cpus_remove(&rest, &own);
		/* One that may run anywhere is not pinned. */
		if (!cpus_empty(&rest))
			cpus_union(allowed, &own);
		else if (cpu >= 0 && cpu < CPUS_MAX)
			cpus_add(allowed, cpu, cpu);
	}
	free(path);
}

/**
 * thread_vcpus() - where the virtual processors of a process are
 * @pid: the process
 * @allowed: result: where they are pinned to; where they ran last, those that are not
 * @last: result: where they ran last
 */
void thread_vcpus(pid_t pid, struct cpus *allowed, struct cpus *last)
{
	char *path = proc_path(pid, "task");
	DIR *dir = opendir(path);
	struct dirent *e;

	free(path);
	memset(allowed, 0, sizeof(*allowed));
	memset(last, 0, sizeof(*last));
	while (dir && (e = readdir(dir))) {
		uint64_t tid;

		if (range_parse(e->d_name, 1, INT32_MAX, &tid) &&
		    thread_vcpu(pid, e->d_name) >= 0)
			thread_add_vcpu(tid, allowed, last);
	}
	if (dir)
		closedir(dir);
}

/* Which virtual processor of a process ran last on a processor, or -1. */
static int thread_vcpu_on(pid_t pid, int cpu)
{
	char *path = proc_path(pid, "task");
	DIR *dir = opendir(path);
	struct dirent *e;
	int found = -1;

	free(path);
	while (dir && found < 0 && (e = readdir(dir))) {
		uint64_t tid;
		int vcpu;

		if (!range_parse(e->d_name, 1, INT32_MAX, &tid))
			continue;
		vcpu = thread_vcpu(pid, e->d_name);
		if (vcpu >= 0 && thread_cpu(tid) == cpu)
			found = vcpu;
	}
	if (dir)
		closedir(dir);
	return found;
}

/* What a process is called: as a virtual machine, or by its program. */
static char *thread_vm(pid_t pid)
{
	char *name = proc_vm(pid);

	if (!name)
		name = proc_program(pid);
	return name ? name : alloc_text("?");
}

static void thread_join_worker(struct fdinfo *info, int queue, pid_t owner,
			       pid_t tid)
{
	uint64_t run, delay;
	int cpu = thread_cpu(tid), node, vcpu;

	if (thread_times(tid, &run, &delay)) {
		fdinfo_add_number(info, queue, "worker_run_ns", run);
		fdinfo_add_number(info, queue, "worker_delay_ns", delay);
	}
	if (cpu < 0)
		return;
	fdinfo_add_number(info, queue, "worker_cpu", cpu);
	node = thread_node(cpu);
	if (node >= 0)
		fdinfo_add_number(info, queue, "worker_node", node);
	vcpu = thread_vcpu_on(owner, cpu);
	if (vcpu >= 0)
		fdinfo_add_number(info, queue, "worker_vcpu", vcpu);
}

/**
 * thread_join() - add what is known of its threads to a device
 * @info: the device; gets vm, and its queues worker_run_ns, worker_delay_ns, worker_cpu,
 *	worker_node, and worker_vcpu if a virtual processor of the owner ran last on the
 *	worker's processor
 */
void thread_join(struct fdinfo *info)
{
	uint64_t owner, tid;
	unsigned int q;
	char *vm;

	if (!fdinfo_number(info, -1, "owner", &owner) || !owner)
		return;
	vm = thread_vm(owner);
	fdinfo_add_text(info, -1, "vm", vm);
	free(vm);
	for (q = 0; q < info->n_queues; q++) {
		const char *worker = fdinfo_get(info, q, "worker");
		const char *blank = worker ? strrchr(worker, ' ') : NULL;

		if (blank && !number_parse(blank + 1, &tid))
			thread_join_worker(info, q, owner, tid);
	}
}
