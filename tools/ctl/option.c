// SPDX-License-Identifier: GPL-2.0
/*
 * See option.h.
 */
#include <stddef.h>
#include <string.h>
#include "option.h"

/**
 * option_next() - split the first part off
 * @s: the rest, changed in place; NULL behind the last part
 *
 * Return: the part with single commas, or NULL behind the last one.
 */
char *option_next(char **s)
{
	char *part = *s, *from = *s, *to = *s;

	if (!part)
		return NULL;
	for (; *from; *to++ = *from++) {
		if (*from != ',')
			continue;
		if (from[1] != ',')
			break;
		from++;
	}
	*s = *from ? from + 1 : NULL;
	*to = 0;
	return part;
}

/**
 * options_parse() - take a value apart
 * @s: the text, changed in place and kept
 * @first: result, what comes before the first comma
 * @fn: called for each option
 * @arg: passed to @fn
 *
 * Return: NULL, or what is wrong.
 */
const char *options_parse(char *s, const char **first, option_fn fn, void *arg)
{
	const char *wrong;
	char *part, *value;

	*first = option_next(&s);
	if (!**first)
		return "the name is missing";
	while ((part = option_next(&s))) {
		if (!*part)
			return "an option is missing after a comma";
		value = strchr(part, '=');
		if (value)
			*value++ = 0;
		wrong = fn(arg, part, value);
		if (wrong)
			return wrong;
	}
	return NULL;
}

/**
 * option_bool() - on or off
 * @value: of the option, NULL means on
 * @result: what it means
 *
 * Return: whether it is one of them.
 */
bool option_bool(const char *value, bool *result)
{
	*result = !value || !strcmp(value, "on");
	return *result || !strcmp(value, "off");
}
