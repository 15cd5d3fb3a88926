// SPDX-License-Identifier: GPL-2.0
/*
 * See host.h.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "alloc.h"
#include "host.h"

/* Files of the host are small; of a larger one this is read. */
#define HOST_BYTES	(4 << 20)

/**
 * host_path() - where a file of the host is
 * @path: its path on the host
 *
 * Return: the path for this process, for free().
 */
char *host_path(const char *path)
{
	const char *root = getenv("HOST_ROOT");

	return alloc_format("%s%s", root ? root : "", path);
}

/**
 * host_has() - is there a file?
 * @path: its path
 */
bool host_has(const char *path)
{
	char *at = host_path(path);
	bool has = !access(at, F_OK);

	free(at);
	return has;
}

/* The text of a file for free(), or NULL. */
static char *host_read(const char *path)
{
	char *at = host_path(path), *text;
	FILE *f = fopen(at, "re");
	size_t n;

	free(at);
	if (!f)
		return NULL;
	text = alloc_array(NULL, HOST_BYTES + 1, 1);
	n = fread(text, 1, HOST_BYTES, f);
	text[n] = 0;
	fclose(f);
	return text;
}

/**
 * host_line() - the first line of a file
 * @path: its path
 *
 * Return: the line for free(), NULL if the file cannot be read.
 */
char *host_line(const char *path)
{
	char *text = host_read(path);

	if (text)
		text[strcspn(text, "\n")] = 0;
	return text;
}

/**
 * host_says() - is there a word in a file?
 * @path: its path
 * @word: what to look for, in lines that are no comments
 *
 * Return: false too if the file cannot be read.
 */
bool host_says(const char *path, const char *word)
{
	char *text = host_read(path), *rest = text, *line;
	bool found = false;

	while (!found && (line = strsep(&rest, "\n")))
		found = line[strspn(line, " \t")] != '#' && strstr(line, word);
	free(text);
	return found;
}

/**
 * host_has_module() - is a module installed for the running kernel?
 * @name: its name, without .ko
 */
bool host_has_module(const char *name)
{
	struct utsname u;
	char *path, *word;
	bool has;

	uname(&u);
	path = alloc_format("/lib/modules/%s/modules.dep", u.release);
	word = alloc_format("/%s.ko", name);
	has = host_says(path, word);
	free(path);
	free(word);
	return has;
}
