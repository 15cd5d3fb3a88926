// SPDX-License-Identifier: GPL-2.0
/*
 * See json.h.  File names are bytes, but JSON is UTF-8: what is not, becomes
 * U+FFFD.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "alloc.h"
#include "json.h"
#include "number.h"

/* Length of the valid UTF-8 sequence at the beginning of @s, or 0. */
static int json_utf8_len(const unsigned char *s)
{
	unsigned int code, min;
	int i, len;

	if (s[0] < 0x80)
		return 1;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	len = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	min = len == 2 ? 0x80 : len == 3 ? 0x800 : 0x10000;
	code = s[0] & (0x7f >> len);
	for (i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (s[i] & 0x3f);
	}
	if (code < min || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return 0;
	return len;
}

/**
 * json_text() - a string
 * @s: bytes
 */
struct json_object *json_text(const char *s)
{
	char *clean = alloc_array(NULL, strlen(s) + 1, 3), *to = clean;
	struct json_object *obj;

	while (*s) {
		int len = json_utf8_len((const unsigned char *)s);

		memcpy(to, len ? s : "\xef\xbf\xbd", len ? len : 3);
		to += len ? len : 3;
		s += len ? len : 1;
	}
	*to = 0;
	obj = json_object_new_string(clean);
	free(clean);
	return obj;
}

/**
 * json_value() - a number, or else a string
 * @s: as the kernel wrote it
 */
struct json_object *json_value(const char *s)
{
	uint64_t n;

	return number_parse(s, &n) ? json_text(s) : json_object_new_uint64(n);
}

/**
 * json_float() - a number with three decimals
 * @n: the number, finite
 */
struct json_object *json_float(double n)
{
	char text[64];

	snprintf(text, sizeof(text), "%.3f", n);
	return json_object_new_double_s(n, text);
}

/* Serial numbers and names stay strings, even of digits. */
static struct json_object *json_key_value(const char *key, const char *value)
{
	struct json_object *obj;
	char *path;

	if (!strcmp(key, "readonly"))
		return json_object_new_boolean(strcmp(value, "0"));
	if (!strcmp(key, "file")) {
		path = fdinfo_path(value);
		obj = json_text(path);
		free(path);
		return obj;
	}
	if (!strcmp(key, "serial") || !strcmp(key, "node") ||
	    !strcmp(key, "iff"))
		return json_text(value);
	return json_value(value);
}

/**
 * json_device() - a device, without its queues
 * @dev: the device
 *
 * "name" is what the command line takes; the rest is as in fdinfo.
 */
struct json_object *json_device(const struct device *dev)
{
	struct json_object *obj = json_object_new_object();
	unsigned int i;

	json_object_object_add(obj, "name", json_text(dev->label));
	if (dev->pid) {
		json_object_object_add(obj, "pid",
				       json_object_new_int(dev->pid));
		json_object_object_add(obj, "fd", json_object_new_int(dev->fd));
	}
	for (i = 0; i < dev->info.n_lines; i++) {
		const struct fdinfo_line *line = &dev->info.line[i];

		if (line->queue < 0)
			json_object_object_add(obj, line->key,
					       json_key_value(line->key,
							      line->value));
	}
	return obj;
}

/**
 * json_print() - write to standard output, with a newline
 * @obj: what, given up
 * @pretty: indented, in several lines
 */
void json_print(struct json_object *obj, bool pretty)
{
	int flags = JSON_C_TO_STRING_NOSLASHESCAPE;

	if (pretty)
		flags |= JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED;
	puts(json_object_to_json_string_ext(obj, flags));
	json_object_put(obj);
}
