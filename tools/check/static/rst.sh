#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The documentation parses without a warning; needs docutils.
# shellcheck source=tools/check/static/common.sh
. "$(dirname "$0")/common.sh"
python3 -c 'import docutils' 2> /dev/null || skip "no docutils"

check() {
	files '*.rst' | xargs -r python3 -c '
import sys
from docutils.core import publish_doctree
for name in sys.argv[1:]:
    publish_doctree(open(name).read(), source_path=name,
                    settings_overrides={"report_level": 2, "halt_level": 5})'
}

verdict check
