# SPDX-License-Identifier: GPL-2.0
# The pure files of the drivers: the unit tests, the fuzzers and the static check
# "pure" take the list from here.  DRV is drivers/myvhost.

PURE_PATTERNS := ring/* net/hdr blk/cmd blk/req core/limit scsi/sense scsi/cdb scsi/answer scsi/mode scsi/reserve
# without suffix
PURE := $(patsubst $(DRV)/%.c,%,$(wildcard $(PURE_PATTERNS:%=$(DRV)/%.c)))
