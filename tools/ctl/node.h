/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The nodes: /dev/myvhost, of which each open descriptor is a device of its
 * own, and /dev/myvhost-NAME, which stays.
 */
#ifndef CTL_NODE_H
#define CTL_NODE_H

#include <stdbool.h>

#define NODE_PATH	"/dev/myvhost"
#define NODE_PREFIX	"myvhost-"

bool node_is_ours(const char *path);
bool node_name_valid(const char *name);
void node_name_check(const char *name);
char *node_path(const char *name);

bool node_is_file(const char *path);
void node_say_file(const char *path);

struct rights;

int node_open(void);
int node_open_named(const char *name);

void node_add(int fd, const char *name, const struct rights *rights);
void node_del(const char *name);
void node_resize(int fd, const char *name);
void node_resume(int fd, const char *name);

#endif /* CTL_NODE_H */
