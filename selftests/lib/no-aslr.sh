#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# no-aslr.sh COMMAND...: run COMMAND without address space randomisation where that
# is permitted. Sanitizers of older compilers fail to map their shadow memory if the
# kernel randomises with more bits than they expect.
! setarch "$(uname -m)" -R true 2> /dev/null || exec setarch "$(uname -m)" -R "$@"
exec "$@"
