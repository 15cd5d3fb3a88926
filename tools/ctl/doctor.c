// SPDX-License-Identifier: GPL-2.0
/*
 * myvhost doctor: what keeps a host, or a command line of run, from working, and what
 * to do about it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>
#include "alloc.h"
#include "args.h"
#include "command.h"
#include "disk.h"
#include "error.h"
#include "host.h"
#include "json.h"
#include "node.h"
#include "option.h"
#include "port.h"
#include "qemu.h"

#define SECURE_BOOT	"/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define APPARMOR_RULE	"/etc/apparmor.d/abstractions/libvirt-qemu.d/myvhost"
#define LIBVIRT_CONF	"/etc/libvirt/qemu.conf"

/* Pages of a ring of 1024, which is the largest that is common. */
#define DOCTOR_RING	(10UL * 4096)

/* Longest message that is repeated. */
#define DOCTOR_TEXT	1024

enum verdict {
	DOCTOR_OK,
	DOCTOR_NOTE,	/* it works, but not as well as it could */
	DOCTOR_FAIL,
};

static const char * const verdict_name[] = {
	[DOCTOR_OK] = "ok", [DOCTOR_NOTE] = "note", [DOCTOR_FAIL] = "FAIL",
};

/**
 * struct doctor - an examination
 * @findings: of --json, else NULL
 * @failed: something does not work
 */
struct doctor {
	struct json_object *findings;
	bool failed;
};

static void doctor_says(struct doctor *d, enum verdict verdict, const char *subject,
			const char *text)
{
	struct json_object *o;

	d->failed |= verdict == DOCTOR_FAIL;
	if (!d->findings) {
		printf("%-4s  %-10s %s\n", verdict_name[verdict], subject, text);
		return;
	}
	o = json_object_new_object();
	json_object_object_add(o, "subject", json_text(subject));
	json_object_object_add(o, "verdict", json_text(verdict_name[verdict]));
	json_object_object_add(o, "text", json_text(text));
	json_object_array_add(d->findings, o);
}

static void __attribute__((format(printf, 4, 5)))
doctor_finds(struct doctor *d, enum verdict verdict, const char *subject, const char *fmt, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		fail("out of memory");
	va_end(args);
	doctor_says(d, verdict, subject, text);
	free(text);
}

/* The last byte of the variable is 1; attributes of four bytes are before it. */
static bool doctor_secure_boot(void)
{
	char *path = host_path(SECURE_BOOT);
	FILE *f = fopen(path, "re");
	int c = 0, i;

	free(path);
	for (i = 0; f && i < 5; i++)
		c = getc(f);
	if (f)
		fclose(f);
	return c == 1;
}

/* Secure Boot, or a parameter of the kernel: modules have to be signed. */
static bool doctor_wants_signature(void)
{
	return doctor_secure_boot() || host_says("/sys/module/module/parameters/sig_enforce", "Y");
}

static void doctor_kernel(struct doctor *d)
{
	char *release = host_line("/proc/sys/kernel/osrelease");
	int major, minor;

	if (release && sscanf(release, "%d.%d", &major, &minor) == 2 &&
	    (major > UNTESTED_MAJOR || (major == UNTESTED_MAJOR && minor >= UNTESTED_MINOR)))
		doctor_finds(d, DOCTOR_NOTE, "kernel", "myvhost %s was not tested on Linux %s; try it before you rely on it, or: look for a newer myvhost",
			     VERSION, release);
	free(release);
}

/* An upgrade leaves a module alone that is in use. */
static void doctor_version(struct doctor *d)
{
	char *loaded = host_line("/sys/module/myvhost/version");

	if (loaded && strcmp(loaded, VERSION))
		doctor_finds(d, DOCTOR_NOTE, "module", "version %s is loaded, this program is of %s; when nothing uses it: modprobe -r --remove-holders myvhost; modprobe myvhost",
			     loaded, VERSION);
	free(loaded);
}

static void doctor_module(struct doctor *d)
{
	static const char * const backend[] = { "myvhost_net", "myvhost_blk" };
	struct utsname u;
	unsigned int i;

	uname(&u);
	if (host_has("/sys/module/myvhost"))
		doctor_finds(d, DOCTOR_OK, "module", "myvhost.ko is loaded");
	else if (!host_has_module("myvhost"))
		doctor_finds(d, DOCTOR_FAIL, "module", "myvhost.ko is not installed for this kernel, %s; try: apt-get install linux-headers-%s, then dpkg-reconfigure myvhost-dkms, or without packages: make install",
			     u.release, u.release);
	else if (doctor_wants_signature())
		doctor_finds(d, DOCTOR_NOTE, "module", "myvhost.ko is not loaded, and this kernel takes signed modules only; try: modprobe myvhost; if the key is rejected: mokutil --import /var/lib/dkms/mok.pub, and restart; see: Secure Boot in using.rst");
	else
		doctor_finds(d, DOCTOR_OK, "module", "myvhost.ko is installed; opening the node loads it");
	for (i = 0; i < 2; i++)
		if (!host_has_module(backend[i])) {
			char *loaded = alloc_format("/sys/module/%s", backend[i]);

			if (!host_has(loaded))
				doctor_finds(d, DOCTOR_FAIL, "module", "%s.ko is not installed for this kernel, %s; try: dpkg-reconfigure myvhost-dkms, or without packages: make install",
					     backend[i], u.release);
			free(loaded);
		}
}

static void doctor_node(struct doctor *d)
{
	char *path = host_path(NODE_PATH);

	if (node_is_file(path))
		doctor_finds(d, DOCTOR_FAIL, "node", "%s is a file, not the node: a shell's <> made it; try: rm %s; modprobe -r myvhost; modprobe myvhost",
			     NODE_PATH, NODE_PATH);
	else if (access(path, F_OK))
		doctor_finds(d, DOCTOR_FAIL, "node", "%s is not there; try: modprobe myvhost", NODE_PATH);
	else if (access(path, R_OK | W_OK))
		doctor_finds(d, DOCTOR_FAIL, "node", "%s: %s: it is for root and the group kvm; try: adduser $USER kvm, and log in again",
			     NODE_PATH, strerror(errno));
	else
		doctor_finds(d, DOCTOR_OK, "node", "%s can be opened", NODE_PATH);
	free(path);
}

static void doctor_tun(struct doctor *d)
{
	if (host_has("/dev/net/tun"))
		doctor_finds(d, DOCTOR_OK, "tap", "/dev/net/tun is there");
	else
		doctor_finds(d, DOCTOR_FAIL, "tap", "/dev/net/tun is not there, so no tap can be opened; try: modprobe tun");
}

static void doctor_memlock(struct doctor *d)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit) || !geteuid())
		return;
	if (limit.rlim_cur >= 8 * DOCTOR_RING)
		doctor_finds(d, DOCTOR_OK, "memlock", "rings can be pinned");
	else
		doctor_finds(d, DOCTOR_NOTE, "memlock", "%lu KiB may be locked, so rings may not be pinned, and cost more for each packet; try: ulimit -l 8192",
			     (unsigned long)limit.rlim_cur >> 10);
}

static void doctor_apparmor(struct doctor *d)
{
	if (!host_says("/sys/module/apparmor/parameters/enabled", "Y") ||
	    !host_has("/etc/apparmor.d/libvirt"))
		return;
	if (host_has(APPARMOR_RULE))
		doctor_finds(d, DOCTOR_OK, "apparmor", "domains of libvirt may use the nodes");
	else
		doctor_finds(d, DOCTOR_FAIL, "apparmor", "libvirt's profiles do not know the nodes: hot-plug and disks will fail; try: apt-get install myvhost-tools, or make install, which adds %s",
			     APPARMOR_RULE);
}

/* A list in the file replaces libvirt's own. */
static void doctor_libvirt(struct doctor *d)
{
	if (!host_says(LIBVIRT_CONF, "cgroup_device_acl"))
		return;
	if (host_says(LIBVIRT_CONF, NODE_PATH))
		doctor_finds(d, DOCTOR_OK, "libvirt", "cgroup_device_acl has nodes of myvhost");
	else
		doctor_finds(d, DOCTOR_NOTE, "libvirt", "cgroup_device_acl in %s has no node, so a domain's QEMU cannot open a disk itself; try: add \"%s-NAME\" to it",
			     LIBVIRT_CONF, NODE_PATH);
}

static void doctor_selinux(struct doctor *d)
{
	if (host_says("/sys/fs/selinux/enforce", "1"))
		doctor_finds(d, DOCTOR_NOTE, "selinux", "it is enforced; if a domain of libvirt is denied a node, see: SELinux in using.rst");
}

static void doctor_slots(struct doctor *d)
{
	if (!host_has("/sys/module/vhost"))
		doctor_finds(d, DOCTOR_NOTE, "slots", "vhost.ko is not loaded, so QEMU takes 64 memory slots; for more: modprobe vhost max_mem_regions=509");
}

/*
 * Do what run would do, in a process of its own that ends with it.  Returns what it said
 * first, for free(), and whether it failed.
 */
static char *doctor_tries(void (*fn)(const void *), const void *arg, bool *failed)
{
	char *text = alloc_array(NULL, DOCTOR_TEXT, 1);
	int p[2], status = 0;
	pid_t pid;
	FILE *f;

	fflush(stdout);
	if (pipe(p))
		fail("pipe: %s", strerror(errno));
	pid = fork();
	if (pid < 0)
		fail("fork: %s", strerror(errno));
	if (!pid) {
		dup2(p[1], STDERR_FILENO);
		close(p[0]);
		close(p[1]);
		fn(arg);
		_exit(CTL_OK);
	}
	close(p[1]);
	f = fdopen(p[0], "r");
	if (!f || !fgets(text, DOCTOR_TEXT, f))
		text[0] = 0;
	text[strcspn(text, "\n")] = 0;
	waitpid(pid, &status, 0);
	if (f)
		fclose(f);
	*failed = !WIFEXITED(status) || WEXITSTATUS(status);
	return text;
}

static void doctor_try_port(const void *arg)
{
	port_check(arg);
	port_open_tap(arg);
	port_open_node(arg);
}

static void doctor_try_disk(const void *arg)
{
	disk_open(arg);
}

static void doctor_try(struct doctor *d, const char *subject, const char *name,
		       void (*fn)(const void *), const void *arg)
{
	const size_t skip = strlen("myvhost: ");
	bool failed;
	char *text = doctor_tries(fn, arg, &failed);

	if (strlen(text) > skip)
		doctor_says(d, failed ? DOCTOR_FAIL : DOCTOR_NOTE, subject, text + skip);
	if (!failed)
		doctor_finds(d, DOCTOR_OK, subject, "%s can be used", name);
	free(text);
}

static void doctor_port(struct doctor *d, const char *text)
{
	struct port port = { .queues = 1 };
	const char *wrong = options_parse(alloc_text(text), &port.tap, port_set, &port);

	if (wrong)
		fail_usage("--net %s: %s", text, wrong);
	doctor_try(d, "net", port.tap, doctor_try_port, &port);
}

static void doctor_disk(struct doctor *d, const char *text)
{
	struct disk disk = { .file = NULL };
	const char *wrong = options_parse(alloc_text(text), &disk.file, disk_set, &disk);

	if (wrong)
		fail_usage("--blk %s: %s", text, wrong);
	doctor_try(d, "blk", disk.file, doctor_try_disk, &disk);
}

/* What QEMU's command line cannot have beside a disk. */
static void doctor_qemu(struct doctor *d, char **argv)
{
	struct qemu qemu;

	qemu_init(&qemu, argv);
	if (qemu_has_device(&qemu, "virtio-mem"))
		doctor_finds(d, DOCTOR_FAIL, "qemu", "QEMU does not start with virtio-mem and a --blk disk; try: -device pc-dimm");
	if (qemu_has_device(&qemu, "virtio-balloon"))
		doctor_finds(d, DOCTOR_NOTE, "qemu", "beside a --blk disk the balloon and free page reporting have no effect");
	doctor_finds(d, DOCTOR_NOTE, "qemu", "QEMU cannot migrate a guest with a --blk disk");
}

static void doctor_host(struct doctor *d)
{
	doctor_kernel(d);
	doctor_module(d);
	doctor_version(d);
	doctor_node(d);
	doctor_tun(d);
	doctor_memlock(d);
	doctor_slots(d);
	doctor_apparmor(d);
	doctor_libvirt(d);
	doctor_selinux(d);
}

static const struct option doctor_options[] = {
	{ "blk", required_argument, NULL, 'b' },
	{ "net", required_argument, NULL, 'n' },
	{ "json", no_argument, NULL, 'j' },
	{ }
};

/* Options in two goes, since the host comes first, and --json before all. */
static bool doctor_parse(int argc, char **argv, struct doctor *d, bool act)
{
	bool disks = false;
	int c;

	optind = 1;
	while ((c = args_option(argc, argv, "+:j", doctor_options, NULL)) != -1) {
		disks |= c == 'b';
		if (c == 'j' && !act && !d->findings)
			d->findings = json_object_new_array();
		else if (c == 'b' && act)
			doctor_disk(d, optarg);
		else if (c == 'n' && act)
			doctor_port(d, optarg);
	}
	return disks;
}

/**
 * command_doctor() - doctor [-j] [--net ...]... [--blk ...]... [-- QEMU ...]
 * @argc: number of arguments
 * @argv: the arguments, those of run
 *
 * Return: CTL_FAILED if something does not work.
 */
int command_doctor(int argc, char **argv)
{
	struct doctor d = { .findings = NULL };
	bool disks = doctor_parse(argc, argv, &d, false);

	doctor_host(&d);
	doctor_parse(argc, argv, &d, true);
	if (disks && optind < argc)
		doctor_qemu(&d, argv + optind);
	if (d.findings)
		json_print(d.findings, true);
	return d.failed ? CTL_FAILED : CTL_OK;
}
