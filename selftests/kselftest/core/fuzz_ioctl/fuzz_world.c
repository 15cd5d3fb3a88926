// SPDX-License-Identifier: GPL-2.0
/*
 * What the fuzzer of the node works on: devices that come and go, memory that is
 * taken away and given back, descriptors to hand over.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "fuzz.h"

#define FUZZ_DISK	(1UL << 20)

#define FUZZ_NODE_FILE	"myvhost-" FUZZ_NODE

static int fuzz_disk_file(void)
{
	int fd = memfd_create("disk", MFD_CLOEXEC);

	return fd < 0 || ftruncate(fd, FUZZ_DISK) ? -1 : fd;
}

/* Some that fit somewhere, and some that fit nowhere. */
static void fuzz_pool_fill(struct fuzz *f, int tap)
{
	unsigned int n = 0;
	int ends[2] = { -1, -1 };

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK))
		ktap_fail("pipe: %s", strerror(errno));
	f->pool[n++] = tap;
	f->pool[n++] = fuzz_disk_file();
	f->pool[n++] = fuzz_disk_file();
	f->pool[n++] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	f->pool[n++] = eventfd(-1U - 1, EFD_CLOEXEC | EFD_NONBLOCK);
	f->pool[n++] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE);
	f->pool[n++] = ends[0];
	f->pool[n++] = ends[1];
	f->pool[n++] = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	f->pool[n++] = open("/dev/null", O_RDWR | O_CLOEXEC);
	f->pool[n++] = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	f->pool[n++] = -1;
}

static void fuzz_arg_init(struct fuzz *f)
{
	__u8 *p = mmap(NULL, 2 * VHU_PAGE_SIZE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ktap_check(p != MAP_FAILED, "mmap: %s", strerror(errno));
	ktap_check(!mprotect(p + VHU_PAGE_SIZE, VHU_PAGE_SIZE, PROT_NONE),
		   "mprotect: %s", strerror(errno));
	f->arg = p;
}

/*
 * Prepare all but the device.
 * @f: seed and kind are set
 *
 * In a network name space of its own: no back end is missing elsewhere.
 */
void fuzz_world_init(struct fuzz *f)
{
	char name[16];
	unsigned int i;
	int tap;

	snprintf(name, sizeof(name), "fz%d", getpid() % 100000);
	tap = tap_open(name, 12, false);
	fuzz_pool_fill(f, tap);
	f->pkt = tap < 0 ? -1 : packet_open(name, false);
	fuzz_arg_init(f);
	for (i = 0; i < FUZZ_EXTRA; i++)
		f->extra[i] = vhost_open(ktap_opts.node);
	f->fd = -1;
	pthread_mutex_init(&f->lock, NULL);
}

/* All that is offered, less a few. */
static __u64 fuzz_features(struct fuzz *f, __u64 offered)
{
	__u64 always = VHU_VERSION_1 | VHU_MRG_RXBUF, less;

	less = rng_next(&f->rng) & rng_next(&f->rng);
	if (!rng_one_in(&f->rng, 4))
		less |= VHU_ACCESS_PLATFORM;
	if (!rng_one_in(&f->rng, 3))
		less |= VHU_IN_ORDER;
	return offered & ~(less & ~always) & ~(VHU_LOG_ALL | VHU_NET_HDR);
}

static int fuzz_up_net(struct fuzz *f)
{
	struct mock_net_cfg cfg = {
		.node = ktap_opts.node,
		.num = 4U << rng_below(&f->rng, 6),
		.mem_size = FUZZ_MEM,
		.backend_features = VHU_BF_MSG_V2,
	};
	unsigned int i;

	if (vhost_get_features(f->extra[0], cfg.features))
		cfg.features[0] = F_MODERN;
	cfg.features[0] = fuzz_features(f, cfg.features[0]);
	cfg.features[1] = 0;
	for (i = 0; i < VHU_NVQS; i++) {
		if (cfg.features[0] & VHU_PACKED)
			cfg.start[i] = MOCK_START_WRAP;
		f->ring[i] = &f->net.ring[i];
	}
	f->n_rings = VHU_NVQS;
	f->mem = &f->net.mem;
	return mock_net_open(&f->net, &cfg);
}

static int fuzz_up_blk(struct fuzz *f)
{
	struct mock_blk_cfg cfg = {
		.node = ktap_opts.node,
		.vdpa = f->kind == FUZZ_BLK_VDPA,
		.queues = 1 + rng_below(&f->rng, FUZZ_RINGS),
		.num = 8U << rng_below(&f->rng, 5),
		.mem_size = FUZZ_MEM,
		.table_max = 8,
		.backing = {
			.fd = f->pool[1],
			.flags = rng_below(&f->rng, 8),
			.iops = rng_one_in(&f->rng, 8) ? 500 : 0,
		},
	};
	unsigned int i;

	/* Other descriptors are disks of the same file. */
	cfg.backing.flags |= MYVHOST_BLK_NOLOCK;
	if (mock_blk_offered(&cfg, &cfg.features))
		cfg.features = F_MODERN;
	cfg.features = fuzz_features(f, cfg.features);
	for (i = 0; i < cfg.queues; i++)
		f->ring[i] = &f->blk.queue[i].ring;
	f->n_rings = cfg.queues;
	f->mem = &f->blk.mem;
	return mock_blk_open(&f->blk, &cfg);
}

/*
 * Make a device and have it served, as a VMM does.  That may fail in the
 * middle, where features do not go together.
 */
void fuzz_up(struct fuzz *f)
{
	int r;

	/* fuzz_act_swap() may have made it too small for a disk. */
	ktap_check(!ftruncate(f->pool[1], FUZZ_DISK), "ftruncate");
	r = f->kind == FUZZ_NET ? fuzz_up_net(f) : fuzz_up_blk(f);
	ktap_ok(r);
	f->fd = f->kind == FUZZ_NET ? f->net.fd : f->blk.fd;
	if (f->kind == FUZZ_NET)
		mock_net_start(&f->net, f->pool[0]);
	else
		mock_blk_start(&f->blk);
	pthread_mutex_lock(&f->lock);
	f->up = true;
	pthread_mutex_unlock(&f->lock);
}

/* Close the device in any state. */
void fuzz_down(struct fuzz *f)
{
	pthread_mutex_lock(&f->lock);
	f->up = false;
	pthread_mutex_unlock(&f->lock);
	fuzz_mem_heal(f);
	if (f->kind == FUZZ_NET)
		mock_net_close(&f->net);
	else
		mock_blk_close(&f->blk);
	f->fd = -1;
}

/* Empty the rings and set everything up again. */
void fuzz_restart(struct fuzz *f)
{
	unsigned int i;

	fuzz_mem_heal(f);
	if (f->kind == FUZZ_NET)
		mock_net_stop(&f->net);
	else
		mock_blk_stop(&f->blk);
	pthread_mutex_lock(&f->lock);
	for (i = 0; i < f->n_rings; i++)
		mock_ring_restart(f->ring[i], f->ring[i]->packed ?
				  MOCK_START_WRAP : 0, 0);
	pthread_mutex_unlock(&f->lock);
	if (f->kind == FUZZ_NET)
		mock_net_start(&f->net, f->pool[0]);
	else
		mock_blk_start(&f->blk);
}

/*
 * Take some pages of the device's view of guest memory away.  Nothing else may
 * be mapped in the gap: the device would rightly write there.
 */
void fuzz_mem_hurt(struct fuzz *f)
{
	size_t pages = f->mem->size / GUEST_REGIONS / VHU_PAGE_SIZE;
	size_t first = rng_below(&f->rng, pages);
	size_t len = (1 + rng_below(&f->rng, pages - first)) * VHU_PAGE_SIZE;
	__u8 *at = f->mem->half[rng_below(&f->rng, GUEST_REGIONS)] +
		   first * VHU_PAGE_SIZE;

	switch (rng_below(&f->rng, 6)) {
	case 0:
		munmap(at, len);
		break;
	case 1:
		mprotect(at, len, PROT_READ);
		break;
	case 2:
		mprotect(at, len, PROT_NONE);
		break;
	case 3:
		mmap(at, len, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		break;
	case 4:
		madvise(at, len, MADV_DONTNEED);
		break;
	default:
		fallocate(f->mem->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			  first * VHU_PAGE_SIZE, len);
	}
}

/* As it was before fuzz_mem_hurt(). */
void fuzz_mem_heal(struct fuzz *f)
{
	size_t half = f->mem->size / GUEST_REGIONS;
	unsigned int i;

	for (i = 0; i < GUEST_REGIONS; i++)
		mmap(f->mem->half[i], half, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_FIXED, f->mem->fd, i * half);
}

static int fuzz_is_node(const struct dirent *d)
{
	return !strncmp(d->d_name, FUZZ_NODE_FILE, strlen(FUZZ_NODE_FILE));
}

/*
 * Remove what MYVHOST_NODE_ADD may have left.  In /dev, where the kernel makes
 * them, whatever the device under test is called.
 */
void fuzz_nodes_remove(void)
{
	int fd = vhost_open(ktap_opts.node), n, i;
	struct dirent **list;

	n = scandir("/dev", &list, fuzz_is_node, NULL);
	for (i = 0; i < n; i++)
		ktap_ok(myvhost_node_del(fd, list[i]->d_name +
					 strlen("myvhost-")));
	close(fd);
}
