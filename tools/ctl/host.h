/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The host's files that tell how it is set up.  HOST_ROOT in the environment is put
 * before each path.
 */
#ifndef CTL_HOST_H
#define CTL_HOST_H

#include <stdbool.h>

char *host_path(const char *path);
bool host_has(const char *path);
char *host_line(const char *path);
bool host_says(const char *path, const char *word);
bool host_has_module(const char *name);

#endif /* CTL_HOST_H */
