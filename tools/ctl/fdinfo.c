// SPDX-License-Identifier: GPL-2.0
/*
 * See fdinfo.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "alloc.h"
#include "fdinfo.h"
#include "number.h"

/**
 * fdinfo_queue() - a queue by its name
 * @info: the device
 * @name: of the queue
 *
 * Return: its index, or -1.
 */
int fdinfo_queue(const struct fdinfo *info, const char *name)
{
	unsigned int i;

	for (i = 0; i < info->n_queues; i++)
		if (!strcmp(info->queue[i], name))
			return i;
	return -1;
}

static int fdinfo_add_queue(struct fdinfo *info, const char *name)
{
	int queue = fdinfo_queue(info, name);

	if (queue >= 0)
		return queue;
	info->queue = alloc_array(info->queue, info->n_queues + 1,
				  sizeof(*info->queue));
	info->queue[info->n_queues] = alloc_text(name);
	return info->n_queues++;
}

/* Both texts belong to the line from now on. */
static void fdinfo_add_line(struct fdinfo *info, int queue, char *key,
			    char *value)
{
	struct fdinfo_line *line;

	info->line = alloc_array(info->line, info->n_lines + 1,
				 sizeof(*info->line));
	line = &info->line[info->n_lines++];
	line->queue = queue;
	line->key = key;
	line->value = value;
}

/**
 * fdinfo_add_number() - add what is known from elsewhere
 * @info: the device
 * @queue: index of a queue, or -1
 * @key: its name
 * @n: its value
 */
void fdinfo_add_number(struct fdinfo *info, int queue, const char *key,
		       uint64_t n)
{
	fdinfo_add_line(info, queue, alloc_text(key),
			alloc_format("%llu", (unsigned long long)n));
}

/**
 * fdinfo_add_text() - add what is known from elsewhere
 * @info: the device
 * @queue: index of a queue, or -1
 * @key: its name
 * @text: its value
 */
void fdinfo_add_text(struct fdinfo *info, int queue, const char *key,
		     const char *text)
{
	fdinfo_add_line(info, queue, alloc_text(key), alloc_text(text));
}

/* @text is changed.  Lines without a colon are no lines of ours. */
static void fdinfo_add(struct fdinfo *info, char *text)
{
	char *key = text, *value, *dot;
	int queue = -1;

	text[strcspn(text, "\n")] = 0;
	value = strchr(text, ':');
	if (!value || value == text)
		return;
	*value++ = 0;
	if (*value == '\t')
		value++;
	dot = strchr(key, '.');
	if (dot) {
		*dot = 0;
		queue = fdinfo_add_queue(info, key);
		key = dot + 1;
	}
	fdinfo_add_line(info, queue, alloc_text(key), alloc_text(value));
}

/**
 * fdinfo_parse() - take the lines of a device from a file
 * @info: result, for fdinfo_free()
 * @f: the file
 *
 * Return: 0, or -ENODATA if there is no device in it.
 */
int fdinfo_parse(struct fdinfo *info, FILE *f)
{
	bool ours = false;
	char *text = NULL;
	size_t size = 0;

	memset(info, 0, sizeof(*info));
	while (getline(&text, &size, f) >= 0) {
		ours = ours || !strncmp(text, "backend:", 8);
		if (ours)
			fdinfo_add(info, text);
	}
	free(text);
	return ours ? 0 : -ENODATA;
}

/**
 * fdinfo_read() - take the lines of a device from a named file
 * @info: result, for fdinfo_free()
 * @path: the file
 *
 * Return: 0, -ENODATA if there is no device in it, or another negative errno.
 */
int fdinfo_read(struct fdinfo *info, const char *path)
{
	FILE *f = fopen(path, "re");
	int r;

	memset(info, 0, sizeof(*info));
	if (!f)
		return -errno;
	r = fdinfo_parse(info, f);
	fclose(f);
	return r;
}

/**
 * fdinfo_free() - forget the lines
 * @info: may be empty
 */
void fdinfo_free(struct fdinfo *info)
{
	unsigned int i;

	for (i = 0; i < info->n_lines; i++) {
		free(info->line[i].key);
		free(info->line[i].value);
	}
	for (i = 0; i < info->n_queues; i++)
		free(info->queue[i]);
	free(info->line);
	free(info->queue);
	memset(info, 0, sizeof(*info));
}

/**
 * fdinfo_get() - one value
 * @info: the device
 * @queue: index of a queue, or -1
 * @key: its name
 *
 * Return: the value, or NULL.
 */
const char *fdinfo_get(const struct fdinfo *info, int queue, const char *key)
{
	unsigned int i;

	for (i = 0; i < info->n_lines; i++)
		if (info->line[i].queue == queue &&
		    !strcmp(info->line[i].key, key))
			return info->line[i].value;
	return NULL;
}

/**
 * fdinfo_number() - one value that is a number
 * @info: the device
 * @queue: index of a queue, or -1
 * @key: its name
 * @n: result, 0 if there is none
 *
 * Return: whether there is one.
 */
bool fdinfo_number(const struct fdinfo *info, int queue, const char *key,
		   uint64_t *n)
{
	const char *value = fdinfo_get(info, queue, key);

	if (value && !number_parse(value, n))
		return true;
	*n = 0;
	return false;
}

static bool is_octal(const char *s)
{
	int i;

	for (i = 0; i < 3; i++)
		if (s[i] < '0' || s[i] > '7')
			return false;
	return s[0] <= '3';
}

/**
 * fdinfo_path() - a path as it is
 * @value: as the kernel wrote it, with \\ooo for some characters
 *
 * Return: the path, for free().
 */
char *fdinfo_path(const char *value)
{
	char *path = alloc_text(value), *to = path;

	for (; *value; value++) {
		if (*value == '\\' && is_octal(value + 1)) {
			*to++ = (value[1] - '0') << 6 | (value[2] - '0') << 3 |
				(value[3] - '0');
			value += 3;
		} else {
			*to++ = *value;
		}
	}
	*to = 0;
	return path;
}
