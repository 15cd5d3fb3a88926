// SPDX-License-Identifier: GPL-2.0
/* The guest's end of the instruction-counting lab, see icount.h. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "icount.h"

#define PCI	"/sys/bus/pci/devices"

#define STRING(...)	#__VA_ARGS__
#define BYTES(...)	".byte " STRING(__VA_ARGS__)

/* Ask the plugin to bring the page up to date. */
void icount_mark(void)
{
	asm volatile(BYTES(ICOUNT_MARK) : : : "memory");
}

static unsigned int icount_pci_id(const char *device, const char *which)
{
	unsigned int id = 0;
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), PCI "/%s/%s", device, which);
	f = fopen(path, "r");
	if (!f)
		return 0;
	if (fscanf(f, "%x", &id) != 1)
		id = 0;
	fclose(f);
	return id;
}

static struct icount_page *icount_map(const char *device)
{
	char path[512];
	void *p;
	int fd;

	snprintf(path, sizeof(path), PCI "/%s/resource2", device);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	p = mmap(NULL, ICOUNT_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return p == MAP_FAILED ? NULL : p;
}

/*
 * Look for the plugin's memory.
 *
 * Returns the page, or NULL if there is none or no plugin behind it.
 */
const struct icount_page *icount_open(void)
{
	struct icount_page *p = NULL;
	DIR *d = opendir(PCI);
	struct dirent *e;

	while (d && !p && (e = readdir(d)))
		if (icount_pci_id(e->d_name, "vendor") == ICOUNT_PCI_VENDOR &&
		    icount_pci_id(e->d_name, "device") == ICOUNT_PCI_DEVICE)
			p = icount_map(e->d_name);
	if (d)
		closedir(d);
	if (!p)
		return NULL;
	icount_mark();
	if (p->magic == ICOUNT_MAGIC)
		return p;
	munmap(p, ICOUNT_SIZE);
	return NULL;
}
