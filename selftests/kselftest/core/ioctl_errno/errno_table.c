// SPDX-License-Identifier: GPL-2.0
/*
 * What each ioctl answers in each stage of a device's life, see errno_table.h.
 */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>

#include "errno_table.h"

__u8 errno_arena[ARENA_SIZE] __attribute__((aligned(4096)));

#define V(type, ...) \
	&(const type) { __VA_ARGS__ }, sizeof(type)
#define STATE(i, n)	V(struct vhost_vring_state, .index = (i), .num = (n))
#define FILE_(i, f)	V(struct vhost_vring_file, .index = (i), .fd = (f))
#define U64(x)		V(__u64, (x))
#define U32(x)		V(__u32, (x))
#define U8(x)		V(__u8, (x))
#define NONE		NULL, 0

#define OK_(what, st, cmd, val, want) \
	{ what, st, cmd, ARG_OK, val, want, REF_SAME }
#define OKR(what, st, cmd, val, want, ref) \
	{ what, st, cmd, ARG_OK, val, want, ref }
#define PTR(what, st, cmd, kind, want) \
	{ what, st, cmd, kind, NULL, 0, want, REF_SAME }
#define PTRR(what, st, cmd, kind, want, ref) \
	{ what, st, cmd, kind, NULL, 0, want, ref }

/* An ioctl that takes a queue index first: all that is the same for them. */
#define QUEUE_IOCTL(cmd, good, ref)					\
	{ "not owned", ST_FRESH, cmd, ARG_OK, good, EPERM, ref },	\
	{ "no pointer, not owned", ST_FRESH, cmd, ARG_NULL, NONE, EPERM, ref }, \
	{ "foreign", ST_FOREIGN, cmd, ARG_OK, good, EPERM, ref },	\
	{ "after reset", ST_RESET, cmd, ARG_OK, good, EPERM, ref },	\
	{ "no pointer", ST_OWNER, cmd, ARG_NULL, NONE, EFAULT, ref },	\
	{ "bad pointer", ST_OWNER, cmd, ARG_BAD, NONE, EFAULT, ref },	\
	{ "half a struct", ST_OWNER, cmd, ARG_HALF, NONE, EFAULT, ref },\
	{ "index n", ST_OWNER, cmd, ARG_OK, STATE(2, 0), ENOBUFS, ref },\
	{ "index n+1", ST_OWNER, cmd, ARG_OK, STATE(3, 0), ENOBUFS, ref }, \
	{ "index 2^31", ST_OWNER, cmd, ARG_OK, STATE(1U << 31, 0),	\
	  ENOBUFS, ref },						\
	{ "index 2^32-1", ST_OWNER, cmd, ARG_OK, STATE(~0U, 0), ENOBUFS, ref }

static const struct errno_entry e_owner[] = {
	OK_("RESET_OWNER first", ST_FRESH, VHOST_RESET_OWNER, NONE, EPERM),
	OK_("SET_OWNER", ST_FRESH, VHOST_SET_OWNER, NONE, 0),
	OK_("SET_OWNER twice", ST_OWNER, VHOST_SET_OWNER, NONE, EBUSY),
	OK_("SET_OWNER running", ST_RUN, VHOST_SET_OWNER, NONE, EBUSY),
	OK_("SET_OWNER foreign", ST_FOREIGN, VHOST_SET_OWNER, NONE, EBUSY),
	OK_("RESET_OWNER foreign", ST_FOREIGN, VHOST_RESET_OWNER, NONE, EPERM),
	OK_("RESET_OWNER", ST_OWNER, VHOST_RESET_OWNER, NONE, 0),
	OK_("RESET_OWNER running", ST_RUN, VHOST_RESET_OWNER, NONE, 0),
	OK_("RESET_OWNER twice", ST_RESET, VHOST_RESET_OWNER, NONE, EPERM),
	OK_("SET_OWNER again", ST_RESET, VHOST_SET_OWNER, NONE, 0),
};

static const struct errno_entry e_features[] = {
	OK_("GET", ST_FRESH, VHOST_GET_FEATURES, U64(0), 0),
	OK_("GET foreign", ST_FOREIGN, VHOST_GET_FEATURES, U64(0), 0),
	PTR("GET no pointer", ST_FRESH, VHOST_GET_FEATURES, ARG_NULL, EFAULT),
	PTR("GET half", ST_FRESH, VHOST_GET_FEATURES, ARG_HALF, EFAULT),
	OK_("SET nothing", ST_FRESH, VHOST_SET_FEATURES, U64(0), 0),
	OK_("SET nothing, running", ST_RUN, VHOST_SET_FEATURES, U64(0), 0),
	OK_("SET log", ST_OWNER, VHOST_SET_FEATURES, U64(VHU_LOG_ALL), 0),
	OK_("SET log, running", ST_RUN, VHOST_SET_FEATURES, U64(VHU_LOG_ALL),
	    0),
	OK_("SET bit 0", ST_OWNER, VHOST_SET_FEATURES, U64(1), EOPNOTSUPP),
	OK_("SET bit 63", ST_OWNER, VHOST_SET_FEATURES, U64(1ULL << 63),
	    EOPNOTSUPP),
	OK_("SET all bits", ST_FRESH, VHOST_SET_FEATURES, U64(~0ULL),
	    EOPNOTSUPP),
	OK_("SET notification data", ST_OWNER, VHOST_SET_FEATURES,
	    U64(VHU_F(38)), EOPNOTSUPP),
	PTR("SET no pointer", ST_FRESH, VHOST_SET_FEATURES, ARG_NULL, EFAULT),
	PTR("SET half", ST_OWNER, VHOST_SET_FEATURES, ARG_HALF, EFAULT),
	OK_("GET_BACKEND", ST_FRESH, VHOST_GET_BACKEND_FEATURES, U64(0), 0),
	PTR("GET_BACKEND no pointer", ST_FRESH, VHOST_GET_BACKEND_FEATURES,
	    ARG_NULL, EFAULT),
	OK_("SET_BACKEND v2", ST_FRESH, VHOST_SET_BACKEND_FEATURES,
	    U64(VHU_BF_MSG_V2), 0),
	OK_("SET_BACKEND batch", ST_OWNER, VHOST_SET_BACKEND_FEATURES,
	    U64(VHU_F(2)), EOPNOTSUPP),
	OK_("SET_BACKEND bit 0", ST_OWNER, VHOST_SET_BACKEND_FEATURES, U64(1),
	    EOPNOTSUPP),
	PTR("SET_BACKEND bad pointer", ST_OWNER, VHOST_SET_BACKEND_FEATURES,
	    ARG_BAD, EFAULT),
};

#define ARR(...)	(const __u64[]) { __VA_ARGS__ }, \
			sizeof((const __u64[]) { __VA_ARGS__ })

static const struct errno_entry e_array[] = {
	OKR("GET 0", ST_FRESH, VHOST_GET_FEATURES_ARRAY, ARR(0), 0, REF_ARRAY),
	OKR("GET 2", ST_FRESH, VHOST_GET_FEATURES_ARRAY, ARR(2, 0, 0), 0,
	    REF_ARRAY),
	OKR("GET 4", ST_FRESH, VHOST_GET_FEATURES_ARRAY, ARR(4, 1, 1, 1, 1), 0,
	    REF_ARRAY),
	OKR("GET huge", ST_FRESH, VHOST_GET_FEATURES_ARRAY,
	    ARR(1ULL << 61, 0, 0), EFAULT, REF_ARRAY),
	PTRR("GET no pointer", ST_FRESH, VHOST_GET_FEATURES_ARRAY, ARG_NULL,
	     EFAULT, REF_ARRAY),
	OKR("SET 0", ST_FRESH, VHOST_SET_FEATURES_ARRAY, ARR(0), 0, REF_ARRAY),
	OKR("SET 1", ST_FRESH, VHOST_SET_FEATURES_ARRAY, ARR(1, 0), 0,
	    REF_ARRAY),
	OKR("SET 3, zero", ST_OWNER, VHOST_SET_FEATURES_ARRAY, ARR(3, 0, 0, 0),
	    0, REF_ARRAY),
	OKR("SET 3, not zero", ST_OWNER, VHOST_SET_FEATURES_ARRAY,
	    ARR(3, 0, 0, 1), EOPNOTSUPP, REF_ARRAY),
	OKR("SET unknown bit in word 0", ST_OWNER, VHOST_SET_FEATURES_ARRAY,
	    ARR(2, 1, 0), EOPNOTSUPP, REF_ARRAY),
	OKR("SET unknown bit in word 1", ST_OWNER, VHOST_SET_FEATURES_ARRAY,
	    ARR(2, 0, 1ULL << 62), EOPNOTSUPP, REF_ARRAY),
	PTRR("SET no pointer", ST_OWNER, VHOST_SET_FEATURES_ARRAY, ARG_NULL,
	     EFAULT, REF_ARRAY),
};

struct mem1 {
	struct vhost_memory m;
	struct vhost_memory_region r[1];
};

#define MEM1(pad, gpa, len, hva)					\
	V(struct mem1, .m = { .nregions = 1, .padding = (pad) },	\
	  .r = { { (gpa), (len), (hva), 0 } })
#define MEM0(n, pad) \
	V(struct vhost_memory, .nregions = (n), .padding = (pad))
#define ARENA_HVA	(uintptr_t)errno_arena

static const struct errno_entry e_mem[] = {
	OK_("not owned", ST_FRESH, VHOST_SET_MEM_TABLE, MEM0(0, 0), EPERM),
	OK_("foreign", ST_FOREIGN, VHOST_SET_MEM_TABLE, MEM0(0, 0), EPERM),
	OK_("no region", ST_OWNER, VHOST_SET_MEM_TABLE, MEM0(0, 0), 0),
	OK_("one region", ST_OWNER, VHOST_SET_MEM_TABLE,
	    MEM1(0, ARENA_GPA, ARENA_SIZE, ARENA_HVA), 0),
	OK_("padding", ST_OWNER, VHOST_SET_MEM_TABLE, MEM0(0, 1), EOPNOTSUPP),
	OK_("padding before number", ST_OWNER, VHOST_SET_MEM_TABLE,
	    MEM0(~0U, 1), EOPNOTSUPP),
	OK_("too many", ST_OWNER, VHOST_SET_MEM_TABLE, MEM0(65537, 0), E2BIG),
	OK_("far too many", ST_OWNER, VHOST_SET_MEM_TABLE, MEM0(~0U, 0),
	    E2BIG),
	PTR("no pointer", ST_OWNER, VHOST_SET_MEM_TABLE, ARG_NULL, EFAULT),
	PTR("half", ST_OWNER, VHOST_SET_MEM_TABLE, ARG_HALF, EFAULT),
	OK_("wraps", ST_OWNER, VHOST_SET_MEM_TABLE,
	    MEM1(0, ~0ULL - 4095, 8192, ARENA_HVA), EFAULT),
	OK_("size 0", ST_OWNER, VHOST_SET_MEM_TABLE,
	    MEM1(0, ARENA_GPA, 0, ARENA_HVA), EFAULT),
	OK_("kernel address, stopped", ST_SETUP, VHOST_SET_MEM_TABLE,
	    MEM1(0, ARENA_GPA, 4096, KERNEL_ADDR), 0),
	OK_("kernel address, running", ST_RUN, VHOST_SET_MEM_TABLE,
	    MEM1(0, ARENA_GPA, 4096, KERNEL_ADDR), EFAULT),
	OK_("address wraps, running", ST_RUN, VHOST_SET_MEM_TABLE,
	    MEM1(0, ARENA_GPA, 1ULL << 40, ~0ULL - 4095), EFAULT),
	OK_("no region, running", ST_RUN, VHOST_SET_MEM_TABLE, MEM0(0, 0), 0),
};

static const struct errno_entry e_log[] = {
	OK_("BASE not owned", ST_FRESH, VHOST_SET_LOG_BASE, U64(0), EPERM),
	OK_("BASE foreign", ST_FOREIGN, VHOST_SET_LOG_BASE, U64(0), EPERM),
	PTR("BASE no pointer", ST_OWNER, VHOST_SET_LOG_BASE, ARG_NULL, EFAULT),
	PTR("BASE half", ST_OWNER, VHOST_SET_LOG_BASE, ARG_HALF, EFAULT),
	OK_("BASE 0", ST_OWNER, VHOST_SET_LOG_BASE, U64(0), 0),
	OK_("BASE kernel address, stopped", ST_SETUP, VHOST_SET_LOG_BASE,
	    U64(KERNEL_ADDR), 0),
	OK_("BASE kernel address, no logging", ST_RUN, VHOST_SET_LOG_BASE,
	    U64(KERNEL_ADDR), 0),
	OK_("FD not owned", ST_FRESH, VHOST_SET_LOG_FD, U32(-1), EPERM),
	OK_("FD", ST_OWNER, VHOST_SET_LOG_FD, U32(FD_EVENT), 0),
	OK_("FD running", ST_RUN, VHOST_SET_LOG_FD, U32(FD_EVENT), 0),
	OK_("FD -1", ST_OWNER, VHOST_SET_LOG_FD, U32(-1), 0),
	OK_("FD closed", ST_OWNER, VHOST_SET_LOG_FD, U32(FD_CLOSED), EBADF),
	OK_("FD pipe", ST_OWNER, VHOST_SET_LOG_FD, U32(FD_PIPE), EINVAL),
	OK_("FD itself", ST_OWNER, VHOST_SET_LOG_FD, U32(FD_SELF), EINVAL),
	PTR("FD no pointer", ST_OWNER, VHOST_SET_LOG_FD, ARG_NULL, EFAULT),
};

static const struct errno_entry e_num[] = {
	QUEUE_IOCTL(VHOST_SET_VRING_NUM, STATE(0, 64), REF_SAME),
	OK_("0", ST_OWNER, VHOST_SET_VRING_NUM, STATE(0, 0), EINVAL),
	OK_("1", ST_OWNER, VHOST_SET_VRING_NUM, STATE(0, 1), 0),
	OK_("3", ST_OWNER, VHOST_SET_VRING_NUM, STATE(1, 3), EINVAL),
	OK_("1024", ST_OWNER, VHOST_SET_VRING_NUM, STATE(1, 1024), 0),
	OK_("32768", ST_OWNER, VHOST_SET_VRING_NUM, STATE(1, 32768), 0),
	OK_("32769", ST_OWNER, VHOST_SET_VRING_NUM, STATE(1, 32769), EINVAL),
	OK_("65536", ST_OWNER, VHOST_SET_VRING_NUM, STATE(0, 65536), EINVAL),
	OK_("2^31", ST_OWNER, VHOST_SET_VRING_NUM, STATE(0, 1U << 31), EINVAL),
	OK_("running", ST_RUN, VHOST_SET_VRING_NUM, STATE(0, 64), EBUSY),
	OK_("running, wrong", ST_RUN, VHOST_SET_VRING_NUM, STATE(0, 3), EBUSY),
};

static const struct errno_entry e_base[] = {
	QUEUE_IOCTL(VHOST_SET_VRING_BASE, STATE(0, 0), REF_SAME),
	OK_("65535", ST_OWNER, VHOST_SET_VRING_BASE, STATE(0, 65535), 0),
	OK_("65536", ST_OWNER, VHOST_SET_VRING_BASE, STATE(0, 65536), EINVAL),
	OK_("2^32-1", ST_OWNER, VHOST_SET_VRING_BASE, STATE(0, ~0U), EINVAL),
	OK_("running", ST_RUN, VHOST_SET_VRING_BASE, STATE(1, 0), EBUSY),
	QUEUE_IOCTL(VHOST_GET_VRING_BASE, STATE(0, 0), REF_SAME),
	OK_("GET", ST_OWNER, VHOST_GET_VRING_BASE, STATE(1, 0), 0),
	OK_("GET running", ST_RUN, VHOST_GET_VRING_BASE, STATE(1, 0), 0),
};

#define ADDR(i, fl, d, u, a, l)						\
	V(struct vhost_vring_addr, .index = (i), .flags = (fl),		\
	  .desc_user_addr = (d), .used_user_addr = (u),			\
	  .avail_user_addr = (a), .log_guest_addr = (l))
#define A_DESC	ARENA_HVA
#define A_AVAIL	(ARENA_HVA + 4096)
#define A_USED	(ARENA_HVA + 8192)

static const struct errno_entry e_addr[] = {
	QUEUE_IOCTL(VHOST_SET_VRING_ADDR,
		    ADDR(0, 0, A_DESC, A_USED, A_AVAIL, 0), REF_SAME),
	OK_("good", ST_OWNER, VHOST_SET_VRING_ADDR,
	    ADDR(0, 0, A_DESC, A_USED, A_AVAIL, 0), 0),
	OK_("zeros", ST_OWNER, VHOST_SET_VRING_ADDR, ADDR(0, 0, 0, 0, 0, 0),
	    0),
	OK_("log flag", ST_OWNER, VHOST_SET_VRING_ADDR,
	    ADDR(0, 1, A_DESC, A_USED, A_AVAIL, 8192), 0),
	OK_("unknown flag", ST_OWNER, VHOST_SET_VRING_ADDR,
	    ADDR(0, 2, A_DESC, A_USED, A_AVAIL, 0), EOPNOTSUPP),
	OK_("available ring odd", ST_OWNER, VHOST_SET_VRING_ADDR,
	    ADDR(0, 0, A_DESC, A_USED, A_AVAIL + 1, 0), EINVAL),
	OK_("used ring at 2", ST_OWNER, VHOST_SET_VRING_ADDR,
	    ADDR(0, 0, A_DESC, A_USED + 2, A_AVAIL, 0), EINVAL),
	OK_("log at 2", ST_OWNER, VHOST_SET_VRING_ADDR,
	    ADDR(0, 0, A_DESC, A_USED, A_AVAIL, 2), EINVAL),
	OK_("kernel address, stopped", ST_OWNER, VHOST_SET_VRING_ADDR,
	    ADDR(0, 0, KERNEL_ADDR, A_USED, A_AVAIL, 0), 0),
	OK_("kernel address, running", ST_RUN, VHOST_SET_VRING_ADDR,
	    ADDR(0, 0, KERNEL_ADDR, A_USED, A_AVAIL, 0), EINVAL),
	OK_("used ring in the kernel, running", ST_RUN, VHOST_SET_VRING_ADDR,
	    ADDR(1, 0, A_DESC, KERNEL_ADDR, A_AVAIL, 0), EINVAL),
};

#define EVENTFD_IOCTL(name, cmd)					\
	QUEUE_IOCTL(cmd, FILE_(0, -1), REF_SAME),			\
	OK_(name, ST_OWNER, cmd, FILE_(0, FD_EVENT), 0),		\
	OK_(name " -1", ST_OWNER, cmd, FILE_(1, -1), 0),		\
	OK_(name " -2", ST_OWNER, cmd, FILE_(1, -2), EBADF),		\
	OK_(name " closed", ST_OWNER, cmd, FILE_(0, FD_CLOSED), EBADF),	\
	OK_(name " pipe", ST_OWNER, cmd, FILE_(0, FD_PIPE), EINVAL),	\
	OK_(name " file", ST_OWNER, cmd, FILE_(0, FD_FILE), EINVAL),	\
	OK_(name " itself", ST_OWNER, cmd, FILE_(0, FD_SELF), EINVAL),	\
	OK_(name " running", ST_RUN, cmd, FILE_(0, FD_EVENT), 0),	\
	OK_(name " running -1", ST_RUN, cmd, FILE_(0, -1), 0),		\
	OK_(name " running closed", ST_RUN, cmd, FILE_(0, FD_CLOSED), EBADF)

static const struct errno_entry e_eventfd[] = {
	EVENTFD_IOCTL("KICK", VHOST_SET_VRING_KICK),
	EVENTFD_IOCTL("CALL", VHOST_SET_VRING_CALL),
	EVENTFD_IOCTL("ERR", VHOST_SET_VRING_ERR),
};

static const struct errno_entry e_misc[] = {
	QUEUE_IOCTL(VHOST_SET_VRING_BUSYLOOP_TIMEOUT, STATE(0, 0), REF_SAME),
	QUEUE_IOCTL(VHOST_GET_VRING_BUSYLOOP_TIMEOUT, STATE(0, 0), REF_SAME),
	OK_("busy loop 1", ST_OWNER, VHOST_SET_VRING_BUSYLOOP_TIMEOUT,
	    STATE(0, 1), 0),
	OK_("busy loop 2^32-1", ST_OWNER, VHOST_SET_VRING_BUSYLOOP_TIMEOUT,
	    STATE(1, ~0U), 0),
	OK_("busy loop, running", ST_RUN, VHOST_SET_VRING_BUSYLOOP_TIMEOUT,
	    STATE(1, 10), 0),
	OK_("ENDIAN", ST_OWNER, VHOST_SET_VRING_ENDIAN, STATE(0, 0), ENOTTY),
	OK_("ENDIAN not owned", ST_FRESH, VHOST_SET_VRING_ENDIAN, STATE(0, 0),
	    EPERM),
	OK_("ENDIAN index n", ST_OWNER, VHOST_SET_VRING_ENDIAN, STATE(2, 0),
	    ENOBUFS),
	OK_("GET_ENDIAN", ST_OWNER, VHOST_GET_VRING_ENDIAN, STATE(0, 0),
	    ENOTTY),
	OKR("unknown number", ST_OWNER, _IO(VHOST_VIRTIO, 0x7f), NONE, ENOTTY,
	    REF_UNKNOWN),
	OKR("unknown number, index n", ST_OWNER,
	    _IOW(VHOST_VIRTIO, 0x6f, struct vhost_vring_state), STATE(2, 0),
	    ENOTTY, REF_UNKNOWN),
	OKR("unknown magic", ST_OWNER, _IO('Z', 1), NONE, ENOTTY, REF_UNKNOWN),
	OKR("wrong size", ST_OWNER, _IOW(VHOST_VIRTIO, 0x10, __u32), U64(0),
	    ENOTTY, REF_UNKNOWN),
};

static const struct errno_entry e_backend[] = {
	OK_("not owned", ST_FRESH, VHOST_NET_SET_BACKEND, FILE_(0, -1), EPERM),
	PTR("no pointer, not owned", ST_FRESH, VHOST_NET_SET_BACKEND, ARG_NULL,
	    EFAULT),
	OK_("foreign", ST_FOREIGN, VHOST_NET_SET_BACKEND, FILE_(0, -1), EPERM),
	OK_("foreign, index n", ST_FOREIGN, VHOST_NET_SET_BACKEND,
	    FILE_(2, -1), EPERM),
	PTR("half", ST_OWNER, VHOST_NET_SET_BACKEND, ARG_HALF, EFAULT),
	OK_("index n", ST_SETUP, VHOST_NET_SET_BACKEND, FILE_(2, -1), ENOBUFS),
	OK_("index n+1", ST_SETUP, VHOST_NET_SET_BACKEND, FILE_(3, FD_TAP),
	    ENOBUFS),
	OK_("index 2^31", ST_SETUP, VHOST_NET_SET_BACKEND,
	    FILE_(1U << 31, -1), ENOBUFS),
	OK_("index 2^32-1", ST_SETUP, VHOST_NET_SET_BACKEND, FILE_(~0U, -1),
	    ENOBUFS),
	OKR("stop, nothing set", ST_OWNER, VHOST_NET_SET_BACKEND,
	    FILE_(1, -1), 0, REF_STOP),
	OK_("tap, no memory", ST_OWNER, VHOST_NET_SET_BACKEND,
	    FILE_(0, FD_TAP), EFAULT),
	OK_("tap", ST_SETUP, VHOST_NET_SET_BACKEND, FILE_(0, FD_TAP), 0),
	OK_("tap again", ST_RUN, VHOST_NET_SET_BACKEND, FILE_(0, FD_TAP), 0),
	OK_("stop", ST_RUN, VHOST_NET_SET_BACKEND, FILE_(0, -1), 0),
	OK_("stop, stopped", ST_SETUP, VHOST_NET_SET_BACKEND, FILE_(0, -1), 0),
	/* CVE-2020-10942: only taps and raw packet sockets. */
	OK_("closed", ST_SETUP, VHOST_NET_SET_BACKEND, FILE_(0, FD_CLOSED),
	    ENOTSOCK),
	OK_("-2", ST_SETUP, VHOST_NET_SET_BACKEND, FILE_(0, -2), ENOTSOCK),
	OK_("AF_UNIX", ST_SETUP, VHOST_NET_SET_BACKEND, FILE_(0, FD_UNIX),
	    ENOTSOCK),
	OK_("AF_INET raw", ST_SETUP, VHOST_NET_SET_BACKEND,
	    FILE_(1, FD_INET_RAW), ENOTSOCK),
	OK_("AF_PACKET datagram", ST_SETUP, VHOST_NET_SET_BACKEND,
	    FILE_(0, FD_PACKET_DGRAM), ENOTSOCK),
	OK_("file", ST_SETUP, VHOST_NET_SET_BACKEND, FILE_(0, FD_FILE),
	    ENOTSOCK),
	OK_("pipe", ST_SETUP, VHOST_NET_SET_BACKEND, FILE_(1, FD_PIPE),
	    ENOTSOCK),
	OK_("eventfd", ST_SETUP, VHOST_NET_SET_BACKEND, FILE_(0, FD_EVENT),
	    ENOTSOCK),
	OK_("itself", ST_SETUP, VHOST_NET_SET_BACKEND, FILE_(0, FD_SELF),
	    ENOTSOCK),
	/* It is a socket already, but it polls as broken. */
	OK_("tun without interface", ST_SETUP, VHOST_NET_SET_BACKEND,
	    FILE_(0, FD_TUN_UNATTACHED), EINVAL),
	OK_("not a tap, running", ST_RUN, VHOST_NET_SET_BACKEND,
	    FILE_(0, FD_PIPE), ENOTSOCK),
};

static const struct errno_entry e_worker[] = {
	OKR("FORK get", ST_FRESH, VHOST_GET_FORK_FROM_OWNER, U8(0), 0, REF_FORK),
	OKR("FORK get, owned", ST_OWNER, VHOST_GET_FORK_FROM_OWNER, U8(0), 0,
	    REF_FORK),
	PTRR("FORK get, no pointer", ST_FRESH, VHOST_GET_FORK_FROM_OWNER,
	     ARG_NULL, EFAULT, REF_FORK),
	OKR("FORK kernel thread", ST_FRESH, VHOST_SET_FORK_FROM_OWNER, U8(0), 0,
	    REF_FORK),
	OKR("FORK 2", ST_FRESH, VHOST_SET_FORK_FROM_OWNER, U8(2), EINVAL,
	    REF_FORK),
	OKR("FORK owned", ST_OWNER, VHOST_SET_FORK_FROM_OWNER, U8(1), EBUSY,
	    REF_FORK),
	OKR("FORK owned, no pointer", ST_FOREIGN, VHOST_SET_FORK_FROM_OWNER,
	    U8(0), EBUSY, REF_FORK),
	PTRR("FORK no pointer", ST_FRESH, VHOST_SET_FORK_FROM_OWNER, ARG_NULL,
	     EFAULT, REF_FORK),
	OKR("NEW not owned", ST_FRESH, VHOST_NEW_WORKER, U32(0), EINVAL,
	    REF_NONE),
	OKR("NEW foreign", ST_FOREIGN, VHOST_NEW_WORKER, U32(0), EPERM,
	    REF_NONE),
	OKR("NEW", ST_OWNER, VHOST_NEW_WORKER, U32(0), 0, REF_NONE),
	OKR("NEW running", ST_RUN, VHOST_NEW_WORKER, U32(0), 0, REF_NONE),
	PTRR("NEW no pointer", ST_OWNER, VHOST_NEW_WORKER, ARG_NULL, EFAULT,
	     REF_NONE),
	OKR("FREE not owned", ST_FRESH, VHOST_FREE_WORKER, U32(0), EINVAL,
	    REF_NONE),
	OKR("FREE unknown", ST_OWNER, VHOST_FREE_WORKER, U32(9999), ENODEV,
	    REF_NONE),
	OKR("FREE 2^32-1", ST_OWNER, VHOST_FREE_WORKER, U32(~0U), ENODEV,
	    REF_NONE),
	OKR("FREE in use", ST_OWNER, VHOST_FREE_WORKER, U32(0), EBUSY,
	    REF_NONE),
	PTRR("FREE no pointer", ST_OWNER, VHOST_FREE_WORKER, ARG_NULL, EFAULT,
	     REF_NONE),
	OKR("GET not owned", ST_FRESH, VHOST_GET_VRING_WORKER, STATE(0, 0),
	    EINVAL, REF_NONE),
	OKR("GET", ST_OWNER, VHOST_GET_VRING_WORKER, STATE(1, 0), 0, REF_NONE),
	OKR("GET index n", ST_OWNER, VHOST_GET_VRING_WORKER, STATE(2, 0),
	    ENOBUFS, REF_NONE),
	PTRR("GET half", ST_OWNER, VHOST_GET_VRING_WORKER, ARG_HALF, EFAULT,
	     REF_NONE),
	OKR("ATTACH unknown", ST_OWNER, VHOST_ATTACH_VRING_WORKER,
	    STATE(0, 9999), ENODEV, REF_NONE),
	OKR("ATTACH same", ST_RUN, VHOST_ATTACH_VRING_WORKER, STATE(0, 0), 0,
	    REF_NONE),
	OKR("ATTACH index 2^31", ST_OWNER, VHOST_ATTACH_VRING_WORKER,
	    STATE(1U << 31, 0), ENOBUFS, REF_NONE),
	OKR("ATTACH foreign", ST_FOREIGN, VHOST_ATTACH_VRING_WORKER, STATE(0, 0),
	    EPERM, REF_NONE),
	PTRR("ATTACH half", ST_OWNER, VHOST_ATTACH_VRING_WORKER, ARG_HALF,
	     EFAULT, REF_NONE),
};

#define STATS(i, n, p)	V(struct myvhost_vring_stats, .index = (i),	\
			  .count = (n), .counters = (p))
#define POLL(i, us)	V(struct myvhost_vring_poll, .index = (i),	\
			  .max_usecs = (us))

/* Nothing is cleared that the caller's number alone bounds. */
static const struct errno_entry e_HO14_counts[] = {
	OKR("STATS most", ST_OWNER, MYVHOST_GET_VRING_STATS,
	    STATS(1, MYVHOST_STATS_MAX, ARENA_HVA), 0, REF_NONE),
	OKR("STATS too many", ST_OWNER, MYVHOST_GET_VRING_STATS,
	    STATS(1, MYVHOST_STATS_MAX + 1, ARENA_HVA), E2BIG, REF_NONE),
	OKR("STATS count 2^32-1", ST_OWNER, MYVHOST_GET_VRING_STATS,
	    STATS(1, ~0U, ARENA_HVA), E2BIG, REF_NONE),
};

static const struct errno_entry e_own[] = {
	OKR("STATS", ST_FRESH, MYVHOST_GET_VRING_STATS,
	    STATS(0, 4, ARENA_HVA), 0, REF_NONE),
	OKR("STATS foreign", ST_FOREIGN, MYVHOST_GET_VRING_STATS,
	    STATS(1, 4, ARENA_HVA), 0, REF_NONE),
	OKR("STATS nothing", ST_OWNER, MYVHOST_GET_VRING_STATS,
	    STATS(1, 0, 0), 0, REF_NONE),
	OKR("STATS index n", ST_OWNER, MYVHOST_GET_VRING_STATS,
	    STATS(2, 4, ARENA_HVA), ENOBUFS, REF_NONE),
	OKR("STATS index 2^32-1", ST_OWNER, MYVHOST_GET_VRING_STATS,
	    STATS(~0U, 4, ARENA_HVA), ENOBUFS, REF_NONE),
	OKR("STATS kernel address", ST_OWNER, MYVHOST_GET_VRING_STATS,
	    STATS(0, 4, KERNEL_ADDR), EFAULT, REF_NONE),
	OKR("STATS no array", ST_OWNER, MYVHOST_GET_VRING_STATS,
	    STATS(0, 4, 0), EFAULT, REF_NONE),
	PTRR("STATS no pointer", ST_OWNER, MYVHOST_GET_VRING_STATS, ARG_NULL,
	     EFAULT, REF_NONE),
	OKR("POLL not owned", ST_FRESH, MYVHOST_SET_VRING_POLL, POLL(0, 1),
	    EPERM, REF_NONE),
	OKR("POLL foreign", ST_FOREIGN, MYVHOST_SET_VRING_POLL, POLL(0, 1),
	    EPERM, REF_NONE),
	OKR("POLL limit", ST_OWNER, MYVHOST_SET_VRING_POLL,
	    POLL(0, MYVHOST_POLL_MAX_USECS), 0, REF_NONE),
	OKR("POLL above", ST_OWNER, MYVHOST_SET_VRING_POLL,
	    POLL(0, MYVHOST_POLL_MAX_USECS + 1), EINVAL, REF_NONE),
	OKR("POLL index n", ST_OWNER, MYVHOST_SET_VRING_POLL, POLL(2, 1),
	    ENOBUFS, REF_NONE),
	PTRR("POLL no pointer", ST_OWNER, MYVHOST_SET_VRING_POLL, ARG_NULL,
	     EFAULT, REF_NONE),
};

#define GROUP(name)	{ #name, e_##name, sizeof(e_##name) / sizeof(*e_##name) }

const struct errno_group errno_groups[] = {
	GROUP(owner), GROUP(features), GROUP(array), GROUP(mem), GROUP(log),
	GROUP(num), GROUP(base), GROUP(addr), GROUP(eventfd), GROUP(misc),
	GROUP(backend), GROUP(worker), GROUP(own), GROUP(HO14_counts),
};

const unsigned int errno_ngroups = sizeof(errno_groups) /
				   sizeof(*errno_groups);
