#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Links and names of documents, of their parts and pictures lead somewhere; needs docutils.
# shellcheck source=tools/check/static/common.sh
. "$(dirname "$0")/common.sh"
here=$(cd "$OLDPWD" && cd "$(dirname "$0")" && pwd)
python3 -c 'import docutils' 2> /dev/null || skip "no docutils"

check() {
	CHECK_TREE=$PWD "$here/../../doc/doc.py" check || true
}

verdict check
