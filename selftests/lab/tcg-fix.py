#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""tcg-fix.py QEMU COPY: a copy of QEMU that injects interrupts once.

QEMU's TCG emulates #VMRUN in helper_vmrun(). When it injects an external interrupt
it delivers it at once, but also leaves its vector in the processor's
exception_index. If the processor is asked to leave its loop before anything else
has set exception_index again, the interrupt is delivered a second time, even with
interrupts off. Guests end in a triple fault, and the host VM in handlers that run
on the guest's GS base. The copy lacks the one instruction that stores the vector.

Exit status 1, and no copy, if the instruction is not there exactly once.
"""
import os
import re
import sys

# mov %esi,exception_index(%rbx); movl $0,exception_is_int(%rbx);
# movq $-1,exception_next_eip(%rbx); then, past the log: mov $1,%edx;
# mov %rbx,%rdi; call do_interrupt_x86_hardirq. Only INTR is followed by the call.
STORE = rb"\x89\xb3(....)"
REST = (rb"\xc7\x83....\x00\x00\x00\x00\x48\xc7\x83....\xff\xff\xff\xff"
        rb"\xf6\x05....\x02\x0f\x85....\xba\x01\x00\x00\x00\x48\x89\xdf\xe8")
NOP = b"\x66\x0f\x1f\x44\x00\x00"


def main(source, target):
    with open(source, "rb") as f:
        image = f.read()
    found = [m.start() for m in re.finditer(STORE + REST, image, re.DOTALL)]
    if len(found) != 1:
        sys.exit("tcg-fix: %s has the instruction %d times, not once" % (source, len(found)))
    at = found[0]
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with open(target, "wb") as f:
        f.write(image[:at] + NOP + image[at + len(NOP):])
    os.chmod(target, 0o755)
    print("tcg-fix: %s without the %d bytes at %#x" % (target, len(NOP), at))


main(sys.argv[1], sys.argv[2])
