#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# in-vm.sh [COMMAND...]: in the host VM of the lab, load what the tests need - the modules
# of this repository, vhost_net to compare with, and what load.sh has - and run COMMAND in
# this folder, by default run.sh. run.sh and the programs need no path.
set -eu
cd "$(dirname "$0")"
./load.sh
. ../lab/guest.sh
vhost_load
modprobe vhost_net
[ $# -gt 0 ] || set -- run.sh
PATH=$PWD:$PWD/bin:$PATH exec "$@"
