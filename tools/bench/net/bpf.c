// SPDX-License-Identifier: GPL-2.0
/* Small BPF programs, see bpf.h. */
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bpf.h"
#include "tap.h"

static int bpf_call(enum bpf_cmd cmd, union bpf_attr *attr)
{
	long r = syscall(SYS_bpf, cmd, attr, sizeof(*attr));

	return r < 0 ? -errno : r;
}

static int bpf_load(enum bpf_prog_type type, const struct bpf_insn *insns, unsigned int n)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = type;
	attr.insns = (unsigned long)insns;
	attr.insn_cnt = n;
	attr.license = (unsigned long)"GPL";
	return bpf_call(BPF_PROG_LOAD, &attr);
}

/*
 * Load a program that gives the value of a byte of a frame, as tun asks for to choose a
 * queue.  Returns its descriptor or a negative errno.
 */
int bpf_frame_byte(unsigned int offset)
{
	const struct bpf_insn insns[] = {
		/* what loads from a frame expects it in register 6 */
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_6,
		  .src_reg = BPF_REG_1 },
		{ .code = BPF_LD | BPF_ABS | BPF_B, .imm = offset },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_load(BPF_PROG_TYPE_SOCKET_FILTER, insns,
			sizeof(insns) / sizeof(*insns));
}

/*
 * Attach an XDP program to an interface, for as long as the descriptor is open.
 * @action: what the program returns for all frames
 *
 * Returns the descriptor or a negative errno.
 */
int bpf_xdp_attach(const char *link, enum xdp_action action)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0,
		  .imm = action },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr;
	int fd, prog = bpf_load(BPF_PROG_TYPE_XDP, insns, sizeof(insns) / sizeof(*insns));

	if (prog < 0)
		return prog;
	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = prog;
	attr.link_create.target_ifindex = link_index(link);
	attr.link_create.attach_type = BPF_XDP;
	fd = bpf_call(BPF_LINK_CREATE, &attr);
	close(prog);
	return fd;
}
