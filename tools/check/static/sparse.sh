#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# See ../sparse.sh.
exec "$(dirname "$0")/../sparse.sh"
