// SPDX-License-Identifier: GPL-2.0
/*
 * Life cycle of a device: owners, workers, descriptors, and the stop that cannot
 * fail.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include "net_fixture.h"
#include "proc.h"

#define LIFE_STORM	150
#define LIFE_PREFIX	"mvh-"

static const char *life_prefix(void)
{
	return strstr(ktap_opts.node, "myvhost") ? LIFE_PREFIX : "vhost-";
}

static pid_t life_worker(char *name, int len)
{
	pid_t tid = proc_find_thread(getpid(), life_prefix(), name, len);

	return tid ? tid : proc_find_task(life_prefix(), name, len);
}

/* Workers end a moment after their device. */
static void life_no_worker(pid_t pid)
{
	char want[32], name[64];
	__s64 end = mock_msecs() + FIXTURE_WAIT;

	snprintf(want, sizeof(want), "%s%d", life_prefix(), pid);
	while (proc_find_task(want, name, sizeof(name)) ||
	       proc_count_threads(pid, life_prefix())) {
		ktap_check(mock_msecs() < end, "a worker is left over");
		usleep(10 * 1000);
	}
}

/* Open and close in every state; count files before and after. */
KTAP_TEST(life_storm, KTAP_LONG, net_packed, "life_storm")
{
	long files = proc_count_files();
	int fds = proc_count_fds();
	struct mock_net_cfg cfg;
	struct mock_net n;
	unsigned int i;
	int tap;

	fixture_cfg(&cfg, arg);
	cfg.mem_size = 1 << 20;
	cfg.table_max = 4;
	tap = ktap_ok(tap_open(FIXTURE_TAP, net_hdr_len(cfg.features), false));
	for (i = 0; i < LIFE_STORM; i++) {
		ktap_ok(mock_net_open(&n, &cfg));
		if (i % 3)
			ktap_ok(mock_net_setup(&n));
		if (i % 3 == 2)
			ktap_ok(mock_net_start(&n, tap));
		if (i % 4 == 3)
			ktap_ok(vhost_reset_owner(n.fd));
		mock_net_close(&n);
	}
	close(tap);
	ktap_eq(proc_count_fds(), fds);
	life_no_worker(getpid());
	usleep(200 * 1000);
	/* Ten files per round; one lost per round would be LIFE_STORM. */
	ktap_check(proc_count_files() - files < LIFE_STORM * 2 / 3,
		   "%ld open files before, %ld after", files,
		   proc_count_files());
}

/* RESET_OWNER: back to the beginning, for the next owner. */
KTAP_TEST(life_reset_owner, KTAP_LONG, net_layouts, "life_reset_owner")
{
	struct fixture x;
	unsigned int base, i;
	int status;
	pid_t pid;

	fixture_start(&x, arg);
	fixture_tx(&x, 1, 10);
	ktap_ok(vhost_reset_owner(x.n.fd));
	life_no_worker(getpid());
	ktap_eq(vhost_get_base(x.n.fd, 0, &base), -EPERM);
	pid = fork();
	if (!pid)
		_exit(-vhost_set_owner(x.n.fd));
	ktap_check(waitpid(pid, &status, 0) == pid, "waitpid");
	ktap_eq(WEXITSTATUS(status), 0);
	/* Owned by a process that is gone: it stays owned. */
	ktap_eq(vhost_set_owner(x.n.fd), -EBUSY);
	close(x.n.fd);
	x.n.fd = ktap_ok(vhost_open(ktap_opts.node));
	for (i = 0; i < 3; i++) {
		ktap_ok(vhost_set_owner(x.n.fd));
		ktap_ok(vhost_get_base(x.n.fd, 1, &base));
		ktap_eq(base & 0xffff, 0);
		mock_ring_restart(x.tx.ring,
				  x.tx.ring->packed ? MOCK_START_WRAP : 0, 0);
		ktap_ok(mock_net_start(&x.n, x.tap));
		fixture_tx(&x, 100, 10);
		ktap_ok(vhost_reset_owner(x.n.fd));
	}
}

/* Rings and buffers are the owner's, whichever process holds the descriptor. */
KTAP_TEST(life_fork_close, KTAP_LONG, net_layouts, "life_HO7_fork_close")
{
	struct fixture x;
	int status;
	pid_t pid;

	fixture_start(&x, arg);
	mock_rx_fill(&x.rx);
	fixture_tx(&x, 1, 10);
	pid = fork();
	if (!pid) {
		close(x.n.fd);
		_exit(0);
	}
	ktap_check(waitpid(pid, &status, 0) == pid && !status, "child");
	fixture_tx(&x, 100, 10);
	fixture_rx(&x, 100, 10);
}

static int life_send_fd(int sock, int fd)
{
	char c[CMSG_SPACE(sizeof(int))] = { 0 }, b = 0;
	struct iovec iov = { &b, 1 };
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = c,
		.msg_controllen = sizeof(c),
	};
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);

	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(h), &fd, sizeof(int));
	return sendmsg(sock, &m, 0) == 1 ? 0 : -errno;
}

static int life_recv_fd(int sock)
{
	char c[CMSG_SPACE(sizeof(int))] = { 0 }, b;
	struct iovec iov = { &b, 1 };
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = c,
		.msg_controllen = sizeof(c),
	};
	int fd;

	if (recvmsg(sock, &m, 0) != 1 || !CMSG_FIRSTHDR(&m))
		return -EIO;
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(int));
	return fd;
}

/* Runs until it is killed: endless traffic. */
static void life_owner(const struct combo *c, int sock)
{
	__u8 frame[300] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	struct fixture x;
	unsigned int i;

	fixture_start(&x, c);
	mock_rx_fill(&x.rx);
	fixture_tx(&x, 1, 5);
	ktap_ok(life_send_fd(sock, x.n.fd));
	for (i = 0;; i = (i + 1) % x.tx.count) {
		if (!x.tx.held[i])
			mock_tx_post(&x.tx, i, 500, NULL);
		mock_ring_publish(x.tx.ring);
		mock_ring_kick(x.tx.ring);
		mock_tx_reap(&x.tx);
		if (write(x.pkt, frame, sizeof(frame)) < 0)
			usleep(100);
	}
}

/*
 * HO7, CVE-2025-40024: the owner is killed under load while another process
 * holds the descriptor.
 */
KTAP_TEST(life_kill_owner, KTAP_LONG, net_layouts, "life_HO7_kill_owner")
{
	__u64 c[MYVHOST_CNT_MAX];
	unsigned int base;
	int sock[2], fd, status;
	long shmem;
	pid_t pid;

	ktap_check(!socketpair(AF_UNIX, SOCK_STREAM, 0, sock), "socketpair");
	shmem = proc_meminfo("Shmem:");
	pid = fork();
	if (!pid)
		life_owner(arg, sock[1]);
	fd = life_recv_fd(sock[0]);
	ktap_check(fd >= 0, "the owner did not start");
	usleep(100 * 1000);
	kill(pid, SIGKILL);
	ktap_check(waitpid(pid, &status, 0) == pid, "waitpid");
	/* Nothing may hang or crash now. */
	ktap_eq(vhost_get_base(fd, 0, &base), -EPERM);
	ktap_eq(vhost_set_backend(fd, 0, -1), -EPERM);
	vhost_get_stats(fd, 0, c);
	ktap_eq(vhost_set_owner(fd), -EBUSY);
	usleep(50 * 1000);
	close(fd);
	life_no_worker(pid);
	usleep(100 * 1000);
	/* Its guest memory of 8 MiB is gone, too. */
	ktap_check(proc_meminfo("Shmem:") < shmem + 4096,
		   "guest memory is still there: %ld KiB, %ld before",
		   proc_meminfo("Shmem:"), shmem);
}

/* HO7: exec closes the descriptor, the address space goes, no one is hurt. */
KTAP_TEST(life_exec, KTAP_LONG, net_layouts, "life_HO7_exec")
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		struct fixture x;

		fixture_start(&x, arg);
		mock_rx_fill(&x.rx);
		fixture_tx(&x, 1, 5);
		execl("/bin/true", "true", NULL);
		_exit(1);
	}
	ktap_check(waitpid(pid, &status, 0) == pid, "waitpid");
	ktap_eq(status, 0);
	life_no_worker(pid);
}

static bool life_has_vhost_task(void)
{
	unsigned int major = 0, minor = 0;
	struct utsname u;

	uname(&u);
	sscanf(u.release, "%u.%u", &major, &minor);
	return major > 6 || (major == 6 && minor >= 4);
}

/* The worker is named after its owner, and is one of its threads if possible. */
KTAP_TEST(life_worker_name, KTAP_SHORT, net_split, "life_worker_name")
{
	char want[32], name[64];
	struct fixture x;
	pid_t tid;

	fixture_start(&x, arg);
	snprintf(want, sizeof(want), "%s%d", life_prefix(), getpid());
	tid = life_worker(name, sizeof(name));
	ktap_check(tid, "no worker is named %s", life_prefix());
	ktap_check(!strncmp(name, want, strlen(want)), "worker is named %s",
		   name);
	if (life_has_vhost_task())
		ktap_eq(proc_count_threads(getpid(), life_prefix()), 1);
}

static void life_enter_cgroup(void)
{
	static const char dir[] = "/sys/fs/cgroup/myvhost-test";
	char path[64];
	FILE *f;

	if (mkdir(dir, 0755) && errno != EEXIST)
		ktap_skip("no cgroup: %s", strerror(errno));
	snprintf(path, sizeof(path), "%s/cgroup.procs", dir);
	f = fopen(path, "w");
	if (!f || fprintf(f, "%d", getpid()) < 0 || fclose(f))
		ktap_skip("cannot enter a cgroup: %s", strerror(errno));
}

static void life_check_cgroup(void)
{
	char mine[4096], theirs[4096], name[64];
	pid_t tid = life_worker(name, sizeof(name));

	ktap_check(tid, "no worker");
	ktap_check(proc_cgroup(getpid(), getpid(), mine, sizeof(mine)) > 0 &&
		   strstr(mine, "myvhost-test"), "not in the cgroup");
	if (proc_cgroup(getpid(), tid, theirs, sizeof(theirs)) <= 0)
		ktap_check(proc_cgroup(tid, tid, theirs, sizeof(theirs)) > 0,
			   "no cgroup of the worker");
	ktap_check(!strcmp(mine, theirs), "owner in %s, worker in %s", mine,
		   theirs);
}

/* The worker lives in the cgroup of its owner, of whatever kind it is. */
KTAP_TEST(life_worker_cgroup, KTAP_SHORT, net_split, "life_worker_cgroup")
{
	struct fixture x;

	life_enter_cgroup();
	fixture_start(&x, arg);
	life_check_cgroup();
	ktap_ok(vhost_reset_owner(x.n.fd));
	life_no_worker(getpid());
	if (vhost_set_fork_owner(x.n.fd, VHOST_FORK_OWNER_KTHREAD))
		return;
	ktap_ok(vhost_set_owner(x.n.fd));
	life_check_cgroup();
}

/* The worker can be pinned. */
KTAP_TEST(life_worker_affinity, KTAP_SHORT, net_split, "life_worker_affinity")
{
	cpu_set_t set, got;
	struct fixture x;
	char name[64];
	pid_t tid;

	fixture_start(&x, arg);
	tid = life_worker(name, sizeof(name));
	ktap_check(tid, "no worker");
	CPU_ZERO(&set);
	CPU_SET(0, &set);
	ktap_check(!sched_setaffinity(tid, sizeof(set), &set),
		   "sched_setaffinity: %s", strerror(errno));
	fixture_tx(&x, 1, 50);
	ktap_check(!sched_getaffinity(tid, sizeof(got), &got) &&
		   CPU_EQUAL(&set, &got), "affinity was not kept");
}

/* NEW, ATTACH, GET, FREE under traffic, as vhost_worker_ioctl() has it. */
KTAP_TEST(life_worker_ioctls, KTAP_SHORT, net_split, "life_worker_ioctls")
{
	unsigned int id[2], got, i;
	struct fixture x;
	int r;

	fixture_start(&x, arg);
	mock_rx_fill(&x.rx);
	r = vhost_new_worker(x.n.fd, &id[0]);
	if (r == -ENOTTY)
		ktap_skip("no worker ioctls");
	ktap_ok(r);
	ktap_ok(vhost_new_worker(x.n.fd, &id[1]));
	ktap_check(id[0] != id[1], "two workers with id %u", id[0]);
	if (life_has_vhost_task())
		ktap_eq(proc_count_threads(getpid(), life_prefix()), 3);
	for (i = 0; i < 10; i++) {
		ktap_ok(vhost_attach_worker(x.n.fd, VHU_TX, id[i & 1]));
		ktap_ok(vhost_attach_worker(x.n.fd, VHU_RX, id[~i & 1]));
		ktap_ok(vhost_get_worker(x.n.fd, VHU_TX, &got));
		ktap_eq(got, id[i & 1]);
		ktap_eq(vhost_free_worker(x.n.fd, got), -EBUSY);
		fixture_tx(&x, i * 100, 10);
		fixture_rx(&x, i * 100, 10);
	}
	ktap_ok(vhost_attach_worker(x.n.fd, VHU_TX, id[0]));
	ktap_ok(vhost_attach_worker(x.n.fd, VHU_RX, id[0]));
	ktap_ok(vhost_free_worker(x.n.fd, id[1]));
	ktap_eq(vhost_free_worker(x.n.fd, id[1]), -ENODEV);
	ktap_eq(vhost_attach_worker(x.n.fd, VHU_TX, id[1]), -ENODEV);
	fixture_tx(&x, 5000, 10);
}

/* A caller cannot have threads without end. */
KTAP_TEST(life_worker_bound, KTAP_LONG, net_split, "life_worker_bound")
{
	unsigned int id, n;
	struct fixture x;
	int r;

	fixture_start(&x, arg);
	for (n = 0; n < 4096; n++) {
		r = vhost_new_worker(x.n.fd, &id);
		if (r)
			break;
	}
	if (r == -ENOTTY)
		ktap_skip("no worker ioctls");
	ktap_check(n >= 1 && n < 4096, "%u workers", n);
	ktap_eq(r, -ENOMEM);
	fixture_tx(&x, 1, 10);
}

/* FORK_FROM_OWNER: both kinds of worker carry frames. */
KTAP_TEST(life_fork_owner, KTAP_SHORT, net_split, "life_fork_owner")
{
	const struct combo *c = arg;
	struct mock_net_cfg cfg;
	struct fixture x;
	unsigned int mode, id;
	char name[64];
	__u8 got;
	int fd, r;

	for (mode = 0; mode < 2; mode++) {
		fixture_cfg(&cfg, c);
		fd = ktap_ok(vhost_open(ktap_opts.node));
		r = vhost_set_fork_owner(fd, mode);
		if (r == -EPERM || r == -ENOTTY)
			ktap_skip("no such ioctl");
		close(fd);
		if (mode && !life_has_vhost_task()) {
			ktap_eq(r, -EOPNOTSUPP);
			continue;
		}
		ktap_ok(r);
		fixture_open(&x, &cfg);
		/* Change the kind of the device that the fixture opened. */
		ktap_ok(vhost_reset_owner(x.n.fd));
		ktap_ok(vhost_set_fork_owner(x.n.fd, mode));
		ktap_ok(vhost_get_fork_owner(x.n.fd, &got));
		ktap_eq(got, mode);
		ktap_ok(vhost_set_owner(x.n.fd));
		ktap_ok(mock_io_init(&x.tx, &x.n, VHU_TX, 2048, 64));
		ktap_ok(mock_net_start(&x.n, x.tap));
		fixture_tx(&x, 1, 20);
		ktap_eq(proc_count_threads(getpid(), life_prefix()), mode);
		ktap_check(life_worker(name, sizeof(name)), "no worker");
		if (!mode && life_has_vhost_task() && fixture_is_myvhost(&x))
			ktap_eq(vhost_new_worker(x.n.fd, &id), -EFAULT);
		close(x.tap);
		close(x.pkt);
		mock_net_close(&x.n);
	}
}
