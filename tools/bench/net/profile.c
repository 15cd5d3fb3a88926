// SPDX-License-Identifier: GPL-2.0
/* Instructions by kernel function, see profile.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "icount.h"
#include "profile.h"

#define FUNCTIONS_SHOWN	45
/* Less than this per packet is not shown. */
#define LEAST		0.5

/* A function, and the instructions in it. */
struct symbol {
	uint64_t addr;
	uint64_t insns;
	char name[56];
	char module[24];
};

static const struct icount_page *page;
static unsigned int cpu;
static uint64_t before[ICOUNT_BLOCKS_MAX];
static uint64_t hits[ICOUNT_BLOCKS_MAX];
static struct symbol *symbols;
static size_t nsymbols;

static int symbol_by_addr(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	return (x->addr > y->addr) - (x->addr < y->addr);
}

static int symbol_by_name(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;
	int r = strcmp(x->module, y->module);

	return r ? r : strcmp(x->name, y->name);
}

static int symbol_by_insns(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	return (x->insns < y->insns) - (x->insns > y->insns);
}

static int symbols_read(void)
{
	FILE *f = fopen("/proc/kallsyms", "r");
	size_t max = 0;
	char line[256], type;

	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f)) {
		struct symbol s = { .module = "[vmlinux]" };

		if (sscanf(line, "%lx %c %55s %23s", &s.addr, &type, s.name, s.module) < 3 ||
		    !strchr("tTwW", type) || !s.addr)
			continue;
		if (nsymbols == max) {
			max = max ? 2 * max : 1 << 16;
			symbols = realloc(symbols, max * sizeof(s));
			if (!symbols)
				break;
		}
		symbols[nsymbols++] = s;
	}
	fclose(f);
	if (!symbols)
		return -ENOMEM;
	qsort(symbols, nsymbols, sizeof(*symbols), symbol_by_addr);
	return 0;
}

/* The last symbol that does not begin behind an address. */
static struct symbol *symbol_of(uint64_t addr)
{
	size_t low = 0, high = nsymbols;

	while (high - low > 1) {
		size_t mid = (low + high) / 2;

		if (symbols[mid].addr <= addr)
			low = mid;
		else
			high = mid;
	}
	return nsymbols && symbols[low].addr <= addr ? &symbols[low] : NULL;
}

/*
 * Begin to count.  Returns 0, or -EOPNOTSUPP outside of the lab.
 * @on: CPU of the workers
 */
int profile_start(unsigned int on)
{
	uint64_t i;

	if (!page)
		page = icount_open();
	if (!page || on >= ICOUNT_CPUS)
		return -EOPNOTSUPP;
	cpu = on;
	icount_mark();
	for (i = 0; i < page->nblocks; i++)
		before[i] = page->block[i].hits[cpu];
	return 0;
}

/* End counting; what was counted adds up. */
void profile_stop(void)
{
	uint64_t i;

	icount_mark();
	for (i = 0; i < page->nblocks; i++) {
		hits[i] += page->block[i].hits[cpu] - before[i];
		before[i] = 0;
	}
}

static double profile_modules(FILE *f, double packets)
{
	double sum = 0, module = 0;
	size_t i;

	qsort(symbols, nsymbols, sizeof(*symbols), symbol_by_name);
	for (i = 0; i < nsymbols; i++) {
		module += symbols[i].insns / packets;
		if (i + 1 < nsymbols && !strcmp(symbols[i].module, symbols[i + 1].module))
			continue;
		if (module >= LEAST)
			fprintf(f, "  %8.1f %s\n", module, symbols[i].module);
		sum += module;
		module = 0;
	}
	return sum;
}

static void profile_functions(FILE *f, double packets)
{
	size_t i;

	qsort(symbols, nsymbols, sizeof(*symbols), symbol_by_insns);
	for (i = 0; i < nsymbols && i < FUNCTIONS_SHOWN; i++)
		if (symbols[i].insns / packets >= LEAST)
			fprintf(f, "  %8.1f %s %s\n", symbols[i].insns / packets,
				symbols[i].name, symbols[i].module);
}

/*
 * Print what was counted, by module and by function, per packet, and forget it.
 *
 * Returns 0 or a negative errno.
 */
int profile_print(FILE *f, unsigned long long packets)
{
	uint64_t i;
	int r;

	nsymbols = 0;
	free(symbols);
	symbols = NULL;
	r = symbols_read();
	if (r)
		return r;
	for (i = 1; i < page->nblocks; i++) {
		struct symbol *s = symbol_of(page->block[i].addr);

		if (s)
			s->insns += hits[i] * page->block[i].insns;
		hits[i] = 0;
	}
	fprintf(f, "  instructions per packet, by module:\n");
	fprintf(f, "  %8.1f in all\n", profile_modules(f, packets));
	fprintf(f, "  by function:\n");
	profile_functions(f, packets);
	return 0;
}
