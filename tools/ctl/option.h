/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Values with options behind them, as QEMU writes them: VALUE,KEY=VALUE,...
 * A comma within a value is doubled.
 */
#ifndef CTL_OPTION_H
#define CTL_OPTION_H

#include <stdbool.h>

/**
 * typedef option_fn - take an option
 * @arg: what it belongs to
 * @key: its name
 * @value: its value, NULL if it has none
 *
 * Return: NULL, or what is wrong with it.
 */
typedef const char *(*option_fn)(void *arg, const char *key, const char *value);

char *option_next(char **s);
const char *options_parse(char *s, const char **first, option_fn fn, void *arg);
bool option_bool(const char *value, bool *result);

#endif /* CTL_OPTION_H */
