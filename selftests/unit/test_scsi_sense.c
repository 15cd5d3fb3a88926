// SPDX-License-Identifier: GPL-2.0
/*
 * Sense data, and what a logical unit has to tell.
 */
#include "case.h"
#include "unit.h"

UNIT_TEST(test_scsi_sense, "S4 scsi: sense data has key, codes, the field that is wrong, and where data differ")
{
	struct mvh_sense sense = { .code = MVH_SENSE(5, 0x24, 0x01) };
	u8 to[MVH_SENSE_LEN + 1];

	memset(to, 0xee, sizeof(to));
	mvh_sense_format(&sense, to);
	check_eq(to[MVH_SENSE_LEN], 0xee);
	check_eq(to[0], 0x70);
	check_eq(to[2], 5);
	check_eq(to[7], 10);
	check_eq(to[12], 0x24);
	check_eq(to[13], 0x01);
	check_eq(to[15], 0);
	sense.where = MVH_SENSE_IN_CDB;
	sense.byte = 0x0102;
	sense.bit = 6;
	mvh_sense_format(&sense, to);
	check_eq(to[15], 0xce);
	check_eq(to[16], 1);
	check_eq(to[17], 2);
	sense.where = MVH_SENSE_IN_LIST;
	mvh_sense_format(&sense, to);
	check_eq(to[15], 0x8e);
	sense = (struct mvh_sense) {
		.code = MVH_SENSE_MISCOMPARE, .has_info = true, .info = 0x12345678,
	};
	mvh_sense_format(&sense, to);
	check_eq(to[0], 0xf0);
	check_eq(to[2], 0xe);
	check_eq(mvh_get_be32(to + 3), 0x12345678);
	check_eq(to[12], 0x1d);
}

UNIT_TEST(test_scsi_attention, "S7 scsi: what is told first, and how; which commands do not wait for it")
{
	static const u32 codes[] = {
		0x062903, 0x062a09, 0x063f0e, 0x062a01, 0x062a03, 0x062a04,
		0x062a05,
	};
	unsigned int i;

	check_eq(ARRAY_SIZE(codes), MVH_ATTENTION_MAX);
	for (i = 0; i < MVH_ATTENTION_MAX; i++) {
		check_eq(mvh_attention_first(~0u << i), i);
		check_eq(mvh_attention_code(i), codes[i]);
	}
	for (i = 0; i < 256; i++) {
		u8 cdb[MVH_CDB_LEN] = { i };

		check_eq(mvh_scsi_tells(cdb), i != 0x12 && i != 0xa0 && i != 0x03);
	}
}
