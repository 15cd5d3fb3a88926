// SPDX-License-Identifier: GPL-2.0
/*
 * See scsi.h.
 */
#include <errno.h>
#include <linux/virtio_ids.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/myvhost.h>
#include "alloc.h"
#include "error.h"
#include "node.h"
#include "number.h"
#include "option.h"
#include "scsi.h"

/**
 * scsi_set_wwpn() - the name of the target
 * @scsi: the host
 * @wwpn: the name
 *
 * Return: NULL, or what is wrong with it.
 */
const char *scsi_set_wwpn(struct scsi *scsi, const char *wwpn)
{
	if (strncmp(wwpn, "naa.", 4) || strlen(wwpn) != 20 ||
	    strspn(wwpn + 4, "0123456789abcdefABCDEF") != 16)
		return "wwpn is naa. and 16 hexadecimal digits, such as naa.5001405012345678";
	scsi->wwpn = wwpn;
	return NULL;
}

/**
 * scsi_parse_number() - the number of a logical unit
 * @text: what the user wrote
 * @number: result
 *
 * Return: NULL, or what is wrong with it.
 */
const char *scsi_parse_number(const char *text, unsigned int *number)
{
	uint64_t n;

	if (!range_parse(text, 0, SCSI_MAX_LUN, &n))
		return "the logical unit is a number from 0 to 255";
	*number = n;
	return NULL;
}

/* The options of a disk, of which queues and workers are the host's. */
static const char *scsi_set_lun(void *arg, const char *key, const char *value)
{
	struct disk *disk = arg;

	if (!strcmp(key, "queues") || !strcmp(key, "workers"))
		return "queues and workers are those of the host, not of a logical unit";
	if (strcmp(key, "file"))
		return disk_set(disk, key, value);
	disk->file = value && *value ? value : NULL;
	return disk->file ? NULL : "file is a path";
}

/**
 * scsi_add_lun() - one more logical unit
 * @scsi: the host
 * @text: N,file=FILE,OPTION...
 *
 * Return: NULL, or what is wrong with it.
 */
const char *scsi_add_lun(struct scsi *scsi, const char *text)
{
	const char *number, *wrong;
	struct scsi_lun *lun;
	unsigned int i;

	scsi->lun = alloc_array(scsi->lun, scsi->n_luns + 1, sizeof(*scsi->lun));
	lun = &scsi->lun[scsi->n_luns];
	memset(lun, 0, sizeof(*lun));
	wrong = options_parse(alloc_text(text), &number, scsi_set_lun, &lun->disk);
	if (!wrong)
		wrong = scsi_parse_number(number, &lun->number);
	if (wrong)
		return wrong;
	if (!lun->disk.file)
		return "file=FILE is missing";
	for (i = 0; i < scsi->n_luns; i++)
		if (scsi->lun[i].number == lun->number)
			return "the number is used twice";
	scsi->n_luns++;
	return NULL;
}

/**
 * scsi_attach_lun() - add a logical unit to a device
 * @fd: the device
 * @lun: what is to be added
 */
void scsi_attach_lun(int fd, const struct scsi_lun *lun)
{
	struct myvhost_scsi_lun arg = { .lun = lun->number };

	disk_backing(&lun->disk, &arg.disk);
	if (ioctl(fd, MYVHOST_SCSI_ADD_LUN, &arg)) {
		switch (errno) {
		case EEXIST:
			fail("logical unit %u exists already", lun->number);
		case EUSERS:
			fail("%s: 64 targets have reservations on it or use it",
			     lun->disk.file);
		case ENOTTY:
			fail("not a SCSI host");
		case EPERM:
			fail("only root (CAP_SYS_ADMIN) may add a logical unit");
		default:
			disk_fail_backing(&lun->disk);
		}
	}
	close(arg.disk.fd);
}

/**
 * scsi_detach_lun() - remove a logical unit from a device
 * @fd: the device
 * @number: which one
 */
void scsi_detach_lun(int fd, unsigned int number)
{
	uint32_t arg = number;

	if (!ioctl(fd, MYVHOST_SCSI_DEL_LUN, &arg))
		return;
	switch (errno) {
	case ENOENT:
		fail("there is no logical unit %u", number);
	case ENOTTY:
		fail("not a SCSI host");
	case EPERM:
		fail("only root (CAP_SYS_ADMIN) may remove a logical unit");
	default:
		fail("cannot remove logical unit %u: %s", number, strerror(errno));
	}
}

static void scsi_setup(int fd, const struct scsi *scsi)
{
	struct myvhost_setup setup = {
		.device = VIRTIO_ID_SCSI,
		.dialect = MYVHOST_DIALECT_VHOST,
		.queues = scsi->queues ? scsi->queues + 2 : 0,
		.workers = scsi->workers,
	};
	struct myvhost_scsi target = { .flags = 0 };

	memcpy(target.wwpn, scsi->wwpn, strlen(scsi->wwpn));
	if (ioctl(fd, MYVHOST_SETUP, &setup)) {
		if (errno == ENODEV)
			fail("%s has no SCSI hosts: myvhost_scsi.ko not found; try: modprobe myvhost_scsi, or make install for this kernel",
			     NODE_PATH);
		fail("%s: cannot set up a SCSI host: %s", NODE_PATH, strerror(errno));
	}
	if (ioctl(fd, MYVHOST_SCSI_SET_TARGET, &target))
		fail("%s: cannot be a target: %s", scsi->wwpn, strerror(errno));
}

/**
 * scsi_open() - make a device out of the options
 * @scsi: options
 *
 * Return: its descriptor, which is closed by exec.
 */
int scsi_open(const struct scsi *scsi)
{
	int fd = node_open();
	unsigned int i;

	scsi_setup(fd, scsi);
	for (i = 0; i < scsi->n_luns; i++)
		scsi_attach_lun(fd, &scsi->lun[i]);
	return fd;
}
