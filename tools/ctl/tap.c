// SPDX-License-Identifier: GPL-2.0
/*
 * See tap.h.  They are those of the owner's network name space.
 */
#include <linux/gen_stats.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "alloc.h"
#include "proc.h"
#include "tap.h"

#define TAP_REPLY	32768

/**
 * struct tap_counters - what a tap counts on the way to the guest
 * @packets: frames that were taken out of it
 * @dropped: frames that it had no room for, or dropped for another reason
 */
struct tap_counters {
	uint64_t packets;
	uint64_t dropped;
};

/* A line of /proc/PID/net/dev: the name, eight counters of what it received, eight more. */
static bool tap_parse_line(const char *line, const char *name,
			   struct tap_counters *counters)
{
	unsigned long long packets, dropped;
	size_t len = strlen(name);

	line += strspn(line, " ");
	if (strncmp(line, name, len) || line[len] != ':' ||
	    sscanf(line + len + 1,
		   "%*u %*u %*u %*u %*u %*u %*u %*u %*u %llu %*u %llu",
		   &packets, &dropped) != 2)
		return false;
	counters->packets = packets;
	counters->dropped = dropped;
	return true;
}

static bool tap_read(const char *path, const char *name,
		     struct tap_counters *counters)
{
	FILE *f = fopen(path, "re");
	bool found = false;
	char line[512];

	while (f && !found && fgets(line, sizeof(line), f))
		found = tap_parse_line(line, name, counters);
	if (f)
		fclose(f);
	return found;
}

/* The drops in a message, if it is of the root qdisc of the interface. */
static bool tap_qdisc_message(const struct nlmsghdr *msg, int ifindex,
			      uint64_t *dropped)
{
	const struct tcmsg *tc = NLMSG_DATA(msg);
	const struct rtattr *attr, *stats;
	struct gnet_stats_queue queue;
	int len, left;

	if (msg->nlmsg_type != RTM_NEWQDISC || tc->tcm_ifindex != ifindex ||
	    tc->tcm_parent != TC_H_ROOT)
		return false;
	len = msg->nlmsg_len - NLMSG_LENGTH(sizeof(*tc));
	for (attr = TCA_RTA(tc); RTA_OK(attr, len); attr = RTA_NEXT(attr, len)) {
		if ((attr->rta_type & NLA_TYPE_MASK) != TCA_STATS2)
			continue;
		left = RTA_PAYLOAD(attr);
		for (stats = RTA_DATA(attr); RTA_OK(stats, left);
		     stats = RTA_NEXT(stats, left)) {
			if (stats->rta_type != TCA_STATS_QUEUE ||
			    RTA_PAYLOAD(stats) < sizeof(queue))
				continue;
			memcpy(&queue, RTA_DATA(stats), sizeof(queue));
			*dropped = queue.drops;
			return true;
		}
	}
	return false;
}

static bool tap_qdisc_reply(int fd, int ifindex, uint64_t *dropped)
{
	char *buf = alloc_array(NULL, TAP_REPLY, 1);
	bool found = false, more = true;

	while (more && !found) {
		ssize_t n = recv(fd, buf, TAP_REPLY, 0);
		struct nlmsghdr *msg = (struct nlmsghdr *)buf;
		unsigned int left = n;

		more = n > 0;
		for (; more && !found && NLMSG_OK(msg, left);
		     msg = NLMSG_NEXT(msg, left)) {
			more = msg->nlmsg_type != NLMSG_DONE &&
			       msg->nlmsg_type != NLMSG_ERROR;
			found = tap_qdisc_message(msg, ifindex, dropped);
		}
	}
	free(buf);
	return found;
}

/* What the root qdisc of an interface of our own name space has dropped. */
static bool tap_qdisc(const char *name, uint64_t *dropped)
{
	struct {
		struct nlmsghdr msg;
		struct tcmsg tc;
	} request = {
		.msg = {
			.nlmsg_len = sizeof(request),
			.nlmsg_type = RTM_GETQDISC,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		},
		.tc.tcm_ifindex = if_nametoindex(name),
	};
	bool found;
	int fd;

	if (!request.tc.tcm_ifindex)
		return false;
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0)
		return false;
	found = send(fd, &request, sizeof(request), 0) == sizeof(request) &&
		tap_qdisc_reply(fd, request.tc.tcm_ifindex, dropped);
	close(fd);
	return found;
}

/**
 * tap_join() - add the counters of its tap to the receive queue of a network device
 * @info: the device; gets tap_packets, tap_dropped and qdisc_dropped, if they can be
 *	read.  They are of the tap as a whole, since it was made
 */
void tap_join(struct fdinfo *info)
{
	const char *name = fdinfo_get(info, -1, "iff");
	int rx = fdinfo_queue(info, "rx");
	struct tap_counters counters;
	uint64_t owner, dropped;
	char *path;

	if (!name || !*name || rx < 0 ||
	    !fdinfo_number(info, -1, "owner", &owner) || !owner)
		return;
	path = proc_path(owner, "net/dev");
	if (tap_read(path, name, &counters)) {
		fdinfo_add_number(info, rx, "tap_packets",
				  counters.packets);
		fdinfo_add_number(info, rx, "tap_dropped",
				  counters.dropped);
	}
	free(path);
	if (proc_same_net(owner) && tap_qdisc(name, &dropped))
		fdinfo_add_number(info, rx, "qdisc_dropped", dropped);
}
