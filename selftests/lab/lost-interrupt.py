#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""lost-interrupt.py MONITOR SMP: wait until a processor of the VM sleeps through an
interrupt, print what it and its interrupt controller hold, and end the VM, which
would not come back.

A processor that is halted with interrupts enabled takes what its local APIC requests
at once. One that at LOOKS looks in a row, PERIOD seconds apart, is halted with the
same request of a priority above its own has lost an interrupt or its global interrupt
flag: a fault of the emulator that no guest can cause, see tcg-fix.py.
"""
import re
import sys
import time

from qmp import Qmp

LOOKS = 4
PERIOD = 15
EFLAGS_IF = 0x200


def asleep(registers):
    """The processor is halted and may be interrupted."""
    flags = re.search(r"RFL=([0-9a-f]+)", registers)
    return "HLT=1" in registers and flags and int(flags[1], 16) & EFLAGS_IF


def requested(lapic):
    """The vectors that are requested and have a higher priority than the processor."""
    irr = re.search(r"^IRR\s+([\d ]+)$", lapic, re.MULTILINE)
    ppr = re.search(r"PPR 0x([0-9a-f]+)", lapic)
    if not irr or not ppr:
        return ()
    return tuple(v for v in map(int, irr[1].split()) if v >> 4 > int(ppr[1], 16) >> 4)


def look(qmp, cpu):
    """What it sleeps through, and what is known of it."""
    registers = qmp.execute("human-monitor-command",
                            {"command-line": "info registers", "cpu-index": cpu})
    lapic = qmp.execute("human-monitor-command",
                        {"command-line": "info lapic %d" % cpu})
    text = (registers + lapic).replace("\r", "")
    return requested(text) if asleep(text) else (), text


def main(path, smp):
    before = [((), 0)] * smp
    while True:
        time.sleep(PERIOD)
        # the monitor takes one client at a time
        qmp = Qmp(path)
        for cpu in range(smp):
            lost, text = look(qmp, cpu)
            last, times = before[cpu]
            before[cpu] = lost, times + 1 if lost == last else 1
            if lost and before[cpu][1] == LOOKS:
                print("processor %d sleeps through %s" % (cpu, " ".join(map(str, lost))))
                print(text, flush=True)
                qmp.execute("quit", {})
                return
        qmp.sock.close()


try:
    main(sys.argv[1], int(sys.argv[2]))
except (OSError, EOFError, RuntimeError):
    sys.exit(1)
