/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A SCSI host that is to be: its options, and the device made of them.
 */
#ifndef CTL_SCSI_H
#define CTL_SCSI_H

#include "disk.h"

#define SCSI_MAX_QUEUES	16
#define SCSI_MAX_LUN	255

/**
 * struct scsi_lun - options of a logical unit
 * @number: which one
 * @disk: the disk that it is
 */
struct scsi_lun {
	unsigned int number;
	struct disk disk;
};

/**
 * struct scsi - options of a SCSI host
 * @wwpn: name of its target
 * @queues: most request queues, 0 for the usual
 * @workers: threads for them, 0 for the usual
 * @lun: logical units
 * @n_luns: how many
 */
struct scsi {
	const char *wwpn;
	unsigned int queues;
	unsigned int workers;
	struct scsi_lun *lun;
	unsigned int n_luns;
};

const char *scsi_set_wwpn(struct scsi *scsi, const char *wwpn);
const char *scsi_add_lun(struct scsi *scsi, const char *text);
void scsi_attach_lun(int fd, const struct scsi_lun *lun);
void scsi_detach_lun(int fd, unsigned int number);
const char *scsi_parse_number(const char *text, unsigned int *number);
int scsi_open(const struct scsi *scsi);

#endif /* CTL_SCSI_H */
