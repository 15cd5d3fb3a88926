/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Rates of queues as a table.
 */
#ifndef CTL_TABLE_H
#define CTL_TABLE_H

#include "rates.h"

/**
 * struct table - what was printed so far
 * @kind: columns of the last header
 * @rows: rows since
 */
struct table {
	const struct table_kind *kind;
	unsigned int rows;
};

void table_sample(struct table *table, const struct sample *old,
		  const struct sample *new);
bool table_is_trouble(const char *counter);

#endif /* CTL_TABLE_H */
