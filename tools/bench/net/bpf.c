// SPDX-License-Identifier: GPL-2.0
/* An XDP program that treats all frames alike, see bpf.h. */
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

static int bpf_xdp_load(enum xdp_action action)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0,
		  .imm = action },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_XDP;
	attr.insns = (unsigned long)insns;
	attr.insn_cnt = sizeof(insns) / sizeof(*insns);
	attr.license = (unsigned long)"GPL";
	return bpf_call(BPF_PROG_LOAD, &attr);
}

/*
 * Attach a program to an interface, for as long as the descriptor is open.
 * @action: what the program returns
 *
 * Returns the descriptor or a negative errno.
 */
int bpf_xdp_attach(const char *link, enum xdp_action action)
{
	union bpf_attr attr;
	int fd, prog = bpf_xdp_load(action);

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
