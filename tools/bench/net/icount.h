/* SPDX-License-Identifier: GPL-2.0 */
/* The guest's end of the instruction-counting lab, see ../icount/page.h. */
#ifndef BENCH_ICOUNT_H
#define BENCH_ICOUNT_H

#include "../icount/page.h"

const struct icount_page *icount_open(void);
void icount_mark(void);

#endif /* BENCH_ICOUNT_H */
