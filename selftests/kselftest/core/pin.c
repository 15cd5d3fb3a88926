// SPDX-License-Identifier: GPL-2.0
/*
 * Processors of workers: at once, over a stop of the queue and a new owner, of a worker that
 * serves several queues, and of nobody's choice.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <linux/capability.h>

#include "net_fixture.h"
#include "proc.h"

static int pin_set(int fd, unsigned int vq, const cpu_set_t *cpus)
{
	struct myvhost_vring_affinity a = {
		.index = vq,
		.len = cpus ? sizeof(*cpus) : 0,
		.cpus = (uintptr_t)cpus,
	};

	return vhost_ioctl(fd, MYVHOST_SET_VRING_AFFINITY, &a);
}

static int pin_tid(int fd, const char *key)
{
	char val[64] = "";

	ktap_check(proc_fdinfo(fd, key, val, sizeof(val)) && strrchr(val, ' '),
		   "%s is \"%s\"", key, val);
	return atoi(strrchr(val, ' '));
}

/* The worker of the queues may run on processor @cpu alone, on two for 2, anywhere for -1. */
static void pin_expect(int fd, int cpu)
{
	long online = sysconf(_SC_NPROCESSORS_ONLN);
	cpu_set_t cpus;

	ktap_eq(sched_getaffinity(pin_tid(fd, "rx.worker"), sizeof(cpus), &cpus), 0);
	if (cpu < 0)
		ktap_check(CPU_COUNT(&cpus) >= online, "%d processors", CPU_COUNT(&cpus));
	else
		ktap_check(CPU_COUNT(&cpus) == 1 && CPU_ISSET(cpu, &cpus),
			   "%d processors, not just %d", CPU_COUNT(&cpus), cpu);
}

static cpu_set_t pin_cpu(int cpu)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	return cpus;
}

static void pin_start(struct fixture *x, const struct combo *c)
{
	fixture_start(x, c);
	if (!fixture_is_myvhost(x))
		ktap_skip("only myvhost has it");
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		ktap_skip("one processor");
}

KTAP_TEST(pin_stays, KTAP_SHORT, net_layouts, "pin_stays")
{
	cpu_set_t one = pin_cpu(1);
	struct fixture x;

	pin_start(&x, arg);
	pin_expect(x.n.fd, -1);
	ktap_ok(pin_set(x.n.fd, VHU_RX, &one));
	pin_expect(x.n.fd, 1);
	fixture_tx(&x, 1, 10);
	fixture_restart_vq(&x, VHU_RX);
	pin_expect(x.n.fd, 1);
	ktap_ok(mock_net_stop(&x.n));
	ktap_ok(vhost_reset_owner(x.n.fd));
	ktap_ok(vhost_set_owner(x.n.fd));
	pin_expect(x.n.fd, 1);
	ktap_ok(pin_set(x.n.fd, VHU_RX, NULL));
	pin_expect(x.n.fd, -1);
}

/* Both queues have one worker: it may run where either of them wants it. */
KTAP_TEST(pin_union, KTAP_SHORT, net_split, "pin_union")
{
	cpu_set_t zero = pin_cpu(0), one = pin_cpu(1), got;
	struct fixture x;

	pin_start(&x, arg);
	if (pin_tid(x.n.fd, "rx.worker") != pin_tid(x.n.fd, "tx.worker"))
		ktap_skip("a worker for each queue");
	ktap_ok(pin_set(x.n.fd, VHU_RX, &zero));
	ktap_ok(pin_set(x.n.fd, VHU_TX, &one));
	ktap_eq(sched_getaffinity(pin_tid(x.n.fd, "tx.worker"), sizeof(got), &got), 0);
	ktap_check(CPU_COUNT(&got) == 2 && CPU_ISSET(0, &got) && CPU_ISSET(1, &got),
		   "%d processors", CPU_COUNT(&got));
	ktap_ok(pin_set(x.n.fd, VHU_RX, NULL));
	pin_expect(x.n.fd, 1);
}

KTAP_TEST(pin_errors, KTAP_SHORT, net_split, "pin_errors")
{
	cpu_set_t none, one = pin_cpu(1), odd = pin_cpu(1023);
	struct myvhost_vring_affinity a = { .index = VHU_RX, .len = 8, .cpus = 8 };
	struct fixture x;
	int status;
	pid_t pid;

	pin_start(&x, arg);
	CPU_ZERO(&none);
	ktap_eq(pin_set(x.n.fd, VHU_RX, &none), -EINVAL);
	ktap_eq(pin_set(x.n.fd, VHU_RX, &odd), -EINVAL);
	ktap_eq(pin_set(x.n.fd, VHU_NVQS, &one), -ENOBUFS);
	ktap_eq(vhost_ioctl(x.n.fd, MYVHOST_SET_VRING_AFFINITY, &a), -EFAULT);
	pin_expect(x.n.fd, -1);
	pid = fork();
	if (!pid)
		_exit(prctl(PR_CAPBSET_DROP, CAP_SYS_NICE) || setuid(65534) ||
		      pin_set(x.n.fd, VHU_RX, &one) != -EPERM);
	ktap_check(waitpid(pid, &status, 0) == pid && !status, "others may not");
	pin_expect(x.n.fd, -1);
}
