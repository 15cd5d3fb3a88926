#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The reader of reports counts every kind of failure.
# shellcheck source=tools/check/static/common.sh
. "$(dirname "$0")/common.sh"

verdict python3 tools/check/ktap_test.py
