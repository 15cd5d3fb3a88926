// SPDX-License-Identifier: GPL-2.0
/*
 * The errno of every ioctl, in every wrong order and with wrong arguments.
 *
 * The table holds what vhost_net of Linux 7.2 answers.  Where the running kernel
 * has /dev/vhost-net, that is asked as well: on 7.2 and later it must agree with
 * the table, so that the table cannot drift; on older kernels a difference is
 * only printed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/if_ether.h>
#include <netinet/in.h>

#include "errno_table.h"
#include "ktap.h"
#include "tap.h"
#include "vhost_dev.h"

static __u8 *guard;	/* a page, and one without access behind it */

static void errno_put_fd(int fd, int number)
{
	ktap_check(fd >= 0, "descriptor %d: %s", number, strerror(errno));
	ktap_check(dup2(fd, number) == number, "dup2: %s", strerror(errno));
	close(fd);
}

static void errno_make_fds(void)
{
	int p[2];

	errno_put_fd(eventfd(0, EFD_NONBLOCK), FD_EVENT);
	errno_put_fd(tap_open("tap0", 10, false), FD_TAP);
	errno_put_fd(open("/dev/net/tun", O_RDWR), FD_TUN_UNATTACHED);
	errno_put_fd(socket(AF_UNIX, SOCK_STREAM, 0), FD_UNIX);
	errno_put_fd(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP), FD_INET_RAW);
	errno_put_fd(socket(AF_PACKET, SOCK_DGRAM, 0), FD_PACKET_DGRAM);
	errno_put_fd(open("/proc/self/exe", O_RDONLY), FD_FILE);
	ktap_check(!pipe(p), "pipe: %s", strerror(errno));
	errno_put_fd(p[0], FD_PIPE);
	close(p[1]);

	guard = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ktap_check(guard != MAP_FAILED && !mprotect(guard + 4096, 4096,
						    PROT_NONE), "guard page");
}

static void errno_setup(int fd)
{
	struct vhost_memory_region r = {
		.guest_phys_addr = ARENA_GPA, .memory_size = ARENA_SIZE,
		.userspace_addr = (uintptr_t)errno_arena,
	};
	__u64 f[2] = { 0, 0 };
	unsigned int i;

	memset(errno_arena, 0, sizeof(errno_arena));
	ktap_ok(vhost_set_features(fd, f));
	ktap_ok(vhost_set_mem_table(fd, &r, 1));
	for (i = 0; i < VHU_NVQS; i++) {
		__u64 at = (uintptr_t)errno_arena + i * ARENA_VQ;
		struct vhost_vring_addr a = {
			.index = i, .desc_user_addr = at,
			.avail_user_addr = at + 4096,
			.used_user_addr = at + 8192,
		};

		ktap_ok(vhost_set_num(fd, i, 64));
		ktap_ok(vhost_set_base(fd, i, 0));
		ktap_ok(vhost_set_addr(fd, &a));
		ktap_ok(vhost_set_kick(fd, i, FD_EVENT));
	}
}

static int errno_device(const char *node, enum errno_stage stage)
{
	int fd = ktap_ok(vhost_open(node));

	ktap_check(dup2(fd, FD_SELF) == FD_SELF, "dup2: %s", strerror(errno));
	close(fd);
	fd = FD_SELF;
	if (stage == ST_FRESH)
		return fd;
	ktap_ok(vhost_set_owner(fd));
	if (stage == ST_RESET)
		ktap_ok(vhost_reset_owner(fd));
	if (stage == ST_OWNER || stage == ST_RESET)
		return fd;
	errno_setup(fd);
	if (stage == ST_RUN) {
		ktap_ok(vhost_set_backend(fd, VHU_RX, FD_TAP));
		ktap_ok(vhost_set_backend(fd, VHU_TX, FD_TAP));
	}
	return fd;
}

static void *errno_arg(const struct errno_entry *e)
{
	static __u8 value[4096];

	switch (e->arg) {
	case ARG_OK:
		memset(value, 0, sizeof(value));
		if (e->value)
			memcpy(value, e->value, e->size);
		return value;
	case ARG_NULL:
		return NULL;
	case ARG_BAD:
		return guard + 4096;
	case ARG_HALF:
		memset(guard + 4092, 0, 4);
		return guard + 4092;
	}
	return NULL;
}

/* The call from another process, which has another address space. */
static int errno_foreign(int fd, const struct errno_entry *e)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(-vhost_ioctl(fd, e->cmd, errno_arg(e)));
	ktap_check(pid > 0 && waitpid(pid, &status, 0) == pid &&
		   WIFEXITED(status), "fork: %s", strerror(errno));
	return WEXITSTATUS(status);
}

static int errno_call(const char *node, const struct errno_entry *e)
{
	int fd = errno_device(node, e->stage), r;

	if (e->stage == ST_FOREIGN)
		r = errno_foreign(fd, e);
	else
		r = -vhost_ioctl(fd, e->cmd, errno_arg(e));
	close(fd);
	return r;
}

static bool errno_ref_has(unsigned long cmd)
{
	__u64 arg[2] = { 0 };
	int fd = vhost_open(ktap_opts.reference), r;

	if (fd < 0)
		return false;
	r = vhost_ioctl(fd, cmd, arg);
	close(fd);
	return !r;
}

static bool errno_comparable(const struct errno_entry *e)
{
	switch (e->ref) {
	case REF_SAME:
		return true;
	case REF_ARRAY:
		return errno_ref_has(VHOST_GET_FEATURES_ARRAY);
	case REF_FORK:
		return errno_ref_has(VHOST_GET_FORK_FROM_OWNER);
	default:
		return false;
	}
}

static bool errno_strict(void)
{
	unsigned int major = 0, minor = 0;
	struct utsname u;

	uname(&u);
	sscanf(u.release, "%u.%u", &major, &minor);
	return major > 7 || (major == 7 && minor >= 2);
}

static unsigned int errno_compare(const struct errno_group *g,
				  const struct errno_entry *e, int got)
{
	int ref;

	if (access(ktap_opts.reference, R_OK | W_OK) || !errno_comparable(e))
		return 0;
	ref = errno_call(ktap_opts.reference, e);
	if (ref == e->want)
		return 0;
	ktap_diag("%s, %s: %s answers %d, the table says %d, here it is %d",
		  g->name, e->what, ktap_opts.reference, ref, e->want, got);
	return errno_strict();
}

static KTAP_VARIANTS(errno_runs, ERRNO_GROUPS)
{
	unsigned int i;

	for (i = 0; i < errno_ngroups; i++)
		ktap_variant(errno_runs, errno_groups[i], "%s",
			     errno_groups[i].name);
}

KTAP_TEST(errno_run, KTAP_LONG, errno_runs, "errno")
{
	const struct errno_group *g = arg;
	unsigned int i, bad = 0;

	errno_make_fds();
	for (i = 0; i < g->n; i++) {
		const struct errno_entry *e = &g->e[i];
		int got = errno_call(ktap_opts.node, e);

		if (got != e->want) {
			ktap_diag("%s, %s: errno %d, expected %d", g->name,
				  e->what, got, e->want);
			bad++;
		}
		bad += errno_compare(g, e, got);
	}
	ktap_check(!bad, "%u of %u calls are wrong", bad, g->n);
}

/* CVE-2018-1118: the answer is complete, and nothing beyond it is written. */
KTAP_TEST(errno_array_tail, KTAP_BRIEF, NULL, "errno_array_tail")
{
	__u64 a[8], one;
	unsigned int n, i;
	int fd = ktap_ok(vhost_open(ktap_opts.node));

	ktap_ok(vhost_ioctl(fd, VHOST_GET_FEATURES, &one));
	for (n = 0; n <= 6; n++) {
		memset(a, 0xa5, sizeof(a));
		a[0] = n;
		ktap_ok(vhost_ioctl(fd, VHOST_GET_FEATURES_ARRAY, a));
		ktap_eq(a[0], n);
		if (n > 0)
			ktap_eq(a[1], one);
		for (i = 3; i <= n; i++)
			ktap_eq(a[i], 0);
		for (i = n + 1; i < 8; i++)
			ktap_eq(a[i], 0xa5a5a5a5a5a5a5a5ULL);
	}
}

/* LC4, LC5: every offered bit can be set alone, every other one cannot. */
KTAP_TEST(errno_every_bit, KTAP_BRIEF, NULL, "errno_LC4_LC5_every_bit")
{
	__u64 have[2], f[2];
	unsigned int i;
	int fd = ktap_ok(vhost_open(ktap_opts.node)), r, want;

	ktap_ok(vhost_set_owner(fd));
	ktap_ok(vhost_get_features(fd, have));
	for (i = 0; i < 128; i++) {
		memset(f, 0, sizeof(f));
		f[i / 64] = 1ULL << i % 64;
		want = have[i / 64] & f[i / 64] ? 0 : -EOPNOTSUPP;
		r = vhost_set_features(fd, f);
		if (r == -EPERM || r == -ENOBUFS)
			continue;
		ktap_check(r == want, "bit %u: %d, expected %d", i, r, want);
	}
	ktap_ok(vhost_set_features(fd, have));
}

/* At least the 509 regions that QEMU may send; more than 64 is ours. */
KTAP_TEST(errno_509_regions, KTAP_BRIEF, NULL, "errno_509_regions")
{
	static struct vhost_memory_region r[509];
	unsigned int i;
	int fd = ktap_ok(vhost_open(ktap_opts.node));

	for (i = 0; i < 509; i++) {
		r[i].guest_phys_addr = i * 8192ULL;
		r[i].memory_size = 4096;
		r[i].userspace_addr = (uintptr_t)errno_arena;
	}
	ktap_ok(vhost_set_owner(fd));
	ktap_ok(vhost_set_mem_table(fd, r, 509));
}

/* Every value that was set is read back, the index included. */
KTAP_TEST(errno_read_back, KTAP_BRIEF, NULL, "errno_read_back")
{
	static const unsigned int base[] = { 0, 1, 0x7fff, 0x8000, 0xffff };
	int fd = ktap_ok(vhost_open(ktap_opts.node));
	unsigned int i, vq, v;

	ktap_ok(vhost_set_owner(fd));
	for (vq = 0; vq < VHU_NVQS; vq++) {
		for (i = 0; i < sizeof(base) / sizeof(*base); i++) {
			ktap_ok(vhost_set_base(fd, vq, base[i]));
			ktap_ok(vhost_get_base(fd, vq, &v));
			ktap_eq(v, base[i]);
		}
		ktap_ok(vhost_set_busyloop(fd, vq, 50 + vq));
	}
	for (vq = 0; vq < VHU_NVQS; vq++) {
		ktap_ok(vhost_get_busyloop(fd, vq, &v));
		ktap_eq(v, 50 + vq);
	}
}

/* PK13: all four parts of a packed base survive; PK17: one half means both. */
KTAP_TEST(errno_packed_base, KTAP_BRIEF, NULL, "errno_PK13_PK17_packed_base")
{
	static const unsigned int base[][2] = {
		{ 0x80008000, 0x80008000 }, { 0, 0 },
		{ 0x80008005, 0x80008005 }, { 0x00058005, 0x00058005 },
		{ 0x803f803f, 0x803f803f }, { 0x003f003f, 0x003f003f },
		{ 0x8000803f, 0x8000803f }, { 0x00008000, 0x80008000 },
		{ 0x0000003f, 0x003f003f },
	};
	__u64 f[2] = { VHU_VERSION_1 | VHU_PACKED, 0 };
	int fd = ktap_ok(vhost_open(ktap_opts.node));
	unsigned int i, v;

	ktap_ok(vhost_set_owner(fd));
	if (vhost_set_features(fd, f) == -EOPNOTSUPP)
		ktap_skip("no packed ring");
	ktap_ok(vhost_set_num(fd, 0, 64));
	for (i = 0; i < sizeof(base) / sizeof(*base); i++) {
		ktap_ok(vhost_set_base(fd, 0, base[i][0]));
		ktap_ok(vhost_get_base(fd, 0, &v));
		ktap_eq(v, base[i][1]);
	}
}
