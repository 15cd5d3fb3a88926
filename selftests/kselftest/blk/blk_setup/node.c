// SPDX-License-Identifier: GPL-2.0
/*
 * Named nodes: their names, every error, who may open and use one, and what stays.
 */
#define _GNU_SOURCE
#include <sys/stat.h>
#include <sys/wait.h>

#include "proc.h"
#include "setup.h"

/* What a case creates by name is gone before the next. */
static void setup_no_nodes(void)
{
	static const char *const names[] = {
		"mvht", "mvht2", "mvht.A_z-09", "_",
		"mvht567890123456789012345678901",
	};
	int fd = setup_open();
	unsigned int i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		myvhost_node_del(fd, names[i]);
	close(fd);
}

static int setup_node(const char *name, __u32 dialect)
{
	int fd = setup_disk(dialect, 0);
	/* Each has an image of its own. */
	int file = setup_file(name, BLK_DISK_SIZE);

	ktap_ok(setup_back(fd, file, 0));
	close(file);
	ktap_ok(myvhost_node_add(fd, name));
	return fd;
}

static int setup_node_open(const char *name, int flags)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/dev/myvhost-%s", name);
	fd = open(path, flags | O_CLOEXEC | O_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

KTAP_TEST(setup_names, KTAP_SHORT, NULL, "LC_node_names")
{
	static const char *const bad[] = {
		"", ".mvht", "-mvht", "mv/ht", "mv ht", "mv\xe4ht", "\xe4",
		"..", "mvht\n", "mvht5678901234567890123456789012",
		"mvht56789012345678901234567890123",
	};
	static const char *const good[] = {
		"_", "mvht.A_z-09", "mvht567890123456789012345678901",
	};
	unsigned int i;
	int fd;

	blk_prepare();
	setup_no_nodes();
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		fd = setup_disk(VHOST, 0);
		ktap_check(myvhost_node_add(fd, bad[i]) == -EINVAL, "%s",
			   bad[i]);
		ktap_check(myvhost_node_del(fd, bad[i]) == -EINVAL, "%s",
			   bad[i]);
		close(fd);
	}
	fd = setup_open();
	ktap_eq(vhost_ioctl(fd, MYVHOST_NODE_DEL, NULL), -EFAULT);
	ktap_eq(myvhost_node_del(fd, "mvht"), -ENOENT);
	for (i = 0; i < sizeof(good) / sizeof(*good); i++) {
		close(setup_node(good[i], VDPA));
		ktap_ok(setup_node_open(good[i], O_RDWR));
		/* That one is open. */
		ktap_eq(myvhost_node_del(fd, good[i]), -EBUSY);
	}
}

static int setup_try_add(int fd, const void *name)
{
	return myvhost_node_add(fd, name);
}

static int setup_try_del(int fd, const void *name)
{
	return myvhost_node_del(fd, name);
}

KTAP_TEST(setup_node_errors, KTAP_SHORT, NULL, "LC_node_errors")
{
	int fd, fd2, file;

	blk_prepare();
	setup_no_nodes();
	fd = setup_node("mvht", VDPA);
	ktap_eq(myvhost_node_add(fd, "mvht"), -EBUSY);
	ktap_eq(myvhost_node_add(fd, "mvht2"), -EBUSY);
	ktap_eq(myvhost_node_del(fd, "mvht"), -EBUSY);
	file = setup_file("other", 1 << 20);
	fd2 = setup_disk(VHOST, 0);
	ktap_eq(vhost_ioctl(fd2, MYVHOST_NODE_ADD, NULL), -EFAULT);
	ktap_ok(setup_back(fd2, file, 0));
	ktap_eq(myvhost_node_add(fd2, "mvht"), -EEXIST);
	ktap_eq(ktap_as_nobody(setup_try_add, fd2, "mvht2"), -EPERM);
	ktap_eq(ktap_as_nobody(setup_try_del, fd2, "mvht"), -EPERM);
	ktap_ok(vhost_set_owner(fd2));
	ktap_eq(myvhost_node_add(fd2, "mvht2"), -EBUSY);
	close(fd);
	ktap_eq(myvhost_node_del(fd2, "mvht2"), -ENOENT);
	ktap_ok(myvhost_node_del(fd2, "mvht"));
	ktap_eq(myvhost_node_del(fd2, "mvht"), -ENOENT);
	ktap_eq(setup_node_open("mvht", O_RDWR), -ENOENT);
	/* The name is free again, and the device that lost against it too. */
	ktap_ok(vhost_reset_owner(fd2));
	ktap_ok(myvhost_node_add(fd2, "mvht"));
	close(fd2);
	fd = setup_open();
	ktap_ok(myvhost_node_del(fd, "mvht"));
}

static int setup_try_resize(int fd, const void *arg __attribute__((unused)))
{
	return myvhost_resize(fd);
}

/* One descriptor may use a node, others may observe it. */
KTAP_TEST(setup_openers, KTAP_SHORT, NULL, "LC_node_openers")
{
	struct stat st;
	__u64 c[MYVHOST_CNT_MAX];
	int fd, look, use;
	char buf[64];

	blk_prepare();
	setup_no_nodes();
	fd = setup_node("mvht", VDPA);
	ktap_check(!stat("/dev/myvhost-mvht", &st), "no node");
	ktap_eq(st.st_mode & 0777, 0660);
	ktap_eq(setup_node_open("mvht", O_RDWR), -EBUSY);
	ktap_eq(setup_node_open("mvht", O_WRONLY), -EBUSY);
	look = ktap_ok(setup_node_open("mvht", O_RDONLY));
	close(ktap_ok(setup_node_open("mvht", O_RDONLY)));
	close(fd);
	ktap_eq(myvhost_node_del(look, "mvht"), -EBUSY);
	use = ktap_ok(setup_node_open("mvht", O_RDWR));
	ktap_eq(setup_node_open("mvht", O_RDWR), -EBUSY);
	ktap_eq(vhost_set_owner(look), -EPERM);
	ktap_eq(vdpa_set_status(look, 0), -EPERM);
	ktap_eq(vhost_ioctl(look, VHOST_GET_FEATURES, c), -EPERM);
	ktap_eq(setup_back(look, 0, 0), -EPERM);
	ktap_eq(myvhost_setup(look, BLK, VDPA, 0), -EBUSY);
	ktap_eq(myvhost_setup(use, BLK, VDPA, 0), -EBUSY);
	ktap_eq(myvhost_node_add(use, "mvht2"), -EBUSY);
	ktap_ok(vhost_get_stats(look, 0, c));
	ktap_check(proc_fdinfo(look, "node", buf, sizeof(buf)) &&
		   !strcmp(buf, "mvht"), "fdinfo");
	ktap_ok(vhost_set_owner(use));
	ktap_eq(proc_fdinfo_number(look, "owner"), getpid());
	ktap_ok(myvhost_resize(look));
	ktap_eq(ktap_as_nobody(setup_try_resize, look, NULL), -EPERM);
	ktap_eq(ktap_as_nobody(setup_try_resize, use, NULL), 0);
	/* An observer consumes no message of the user. */
	ktap_check(read(look, buf, sizeof(buf)) < 0 && errno == EPERM,
		   "a message for somebody else can be read");
	close(use);
	ktap_eq(proc_fdinfo_number(look, "owner"), 0);
	close(ktap_ok(setup_node_open("mvht", O_RDWR)));
	close(look);
	fd = setup_open();
	ktap_ok(myvhost_node_del(fd, "mvht"));
}

/* A disk stays with its node through every way in which its user ends. */
KTAP_TEST(setup_outlives, KTAP_SHORT, blk_all_modes, "VD8_node_outlives")
{
	const struct blk_mode *mode = arg;
	struct blk_backing back = {
		.path = HOST_DIR "/mvht", .size = BLK_DISK_SIZE, .block = 512,
	};
	int fds = proc_count_fds(), fd, status;
	struct mock_blk_cfg cfg;
	struct blk_fix x;
	unsigned int i;
	pid_t pid;

	blk_prepare();
	setup_no_nodes();
	close(setup_node("mvht", mode->vdpa ? VDPA : VHOST));
	back.fd = open(back.path, O_RDWR);
	for (i = 0; i < 4; i++) {
		blk_cfg(&cfg, &back, mode);
		cfg.fd = ktap_ok(setup_node_open("mvht", O_RDWR));
		if (!i)
			blk_open(&x, &back, &cfg, 1 << 16);
		else
			blk_again(&x, &cfg);
		ktap_ok(mock_blk_start(&x.b));
		ktap_eq(blk_counter(&x, MYVHOST_CNT_WRITES), 0);
		blk_write(&x, i * 100, 32768, i);
		blk_read(&x, 0, 64 << 10);
		/* Closed while it runs. */
		close(cfg.fd);
	}
	blk_check_disk(&x);
	pid = fork();
	if (!pid) {
		blk_cfg(&cfg, &back, mode);
		cfg.fd = ktap_ok(setup_node_open("mvht", O_RDWR));
		ktap_ok(mock_blk_open(&x.b, &cfg));
		ktap_ok(mock_blk_start(&x.b));
		kill(getpid(), SIGKILL);
	}
	ktap_check(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status),
		   "child");
	close(ktap_ok(setup_node_open("mvht", O_RDWR)));
	blk_close(&x);
	close(back.fd);
	fd = setup_open();
	ktap_check(host_run("rmmod myvhost_blk 2>/dev/null"),
		   "the module of a node went away");
	ktap_ok(myvhost_node_del(fd, "mvht"));
	close(fd);
	ktap_eq(proc_count_fds(), fds);
}

/* A network device can be a node as well. */
KTAP_TEST(setup_net_node, KTAP_SHORT, NULL, "LC_node_net")
{
	__u64 f[2];
	int fd;

	blk_prepare();
	setup_no_nodes();
	fd = setup_open();
	ktap_ok(myvhost_node_add(fd, "mvht"));
	close(fd);
	fd = ktap_ok(setup_node_open("mvht", O_RDWR));
	ktap_ok(vhost_get_features(fd, f));
	ktap_ok(vhost_set_owner(fd));
	ktap_eq(myvhost_resize(fd), -ENOTTY);
	close(fd);
	fd = setup_open();
	ktap_ok(myvhost_node_del(fd, "mvht"));
}

/* Made, used and removed many times: nothing stays. */
KTAP_TEST(setup_storm, KTAP_SHORT, NULL, "LC_node_storm")
{
	int fds, fd = setup_open(), i;
	long files = proc_count_files();

	blk_prepare();
	setup_no_nodes();
	fds = proc_count_fds();
	for (i = 0; i < 100; i++) {
		close(setup_node("mvht", i & 1));
		close(ktap_ok(setup_node_open("mvht", O_RDWR)));
		ktap_ok(myvhost_node_del(fd, "mvht"));
	}
	ktap_eq(proc_count_fds(), fds);
	usleep(200 * 1000);
	ktap_check(proc_count_files() - files < 80,
		   "%ld open files before, %ld after", files,
		   proc_count_files());
}
