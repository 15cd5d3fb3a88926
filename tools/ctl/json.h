/* SPDX-License-Identifier: GPL-2.0 */
/*
 * JSON of what fdinfo has.
 */
#ifndef CTL_JSON_H
#define CTL_JSON_H

#include <stdbool.h>
#include <json-c/json.h>
#include "device.h"

struct json_object *json_text(const char *s);
struct json_object *json_value(const char *s);
struct json_object *json_float(double n);
struct json_object *json_device(const struct device *dev);
void json_print(struct json_object *obj, bool pretty);

#endif /* CTL_JSON_H */
