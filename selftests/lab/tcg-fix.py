#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""tcg-fix.py QEMU COPY: a copy of QEMU 11.1 without two faults of TCG's SVM.

Both concern the event that #VMRUN injects, or that is being delivered in a guest:

* helper_vmrun() delivers an external interrupt at once, but also leaves its vector
  in the processor's exception_index. If the processor is asked to leave its loop
  before anything else has set exception_index, the interrupt is delivered a second
  time, even with interrupts off. Guests end in a triple fault, the host VM in
  handlers that run on the guest's GS base. The copy does not store the vector.
* do_interrupt_all() clears only the valid bit of EVENTINJ after an exception was
  delivered in a guest, and #VMEXIT copies the rest to EXITINTINFO, which is 0 in a
  real processor. KVM of Linux 6.14 and later looks at the type alone: if a guest's
  page fault is followed by an access to a device with no exit in between, QEMU
  stops the guest with "KVM internal error. Suberror: 3". The copy clears it all.

Exit status 1, and no copy, unless each is there exactly once.
"""
import os
import re
import sys

# NAME: (instruction, what follows it, what replaces it)
FIXES = {
    # mov %esi,exception_index(%rbx); movl $0,exception_is_int(%rbx);
    # movq $-1,exception_next_eip(%rbx); then, past the log: mov $1,%edx;
    # mov %rbx,%rdi; call do_interrupt_x86_hardirq. Only INTR is followed by the call.
    "the vector in exception_index": (
        rb"\x89\xb3....",
        rb"\xc7\x83....\x00\x00\x00\x00\x48\xc7\x83....\xff\xff\xff\xff"
        rb"\xf6\x05....\x02\x0f\x85....\xba\x01\x00\x00\x00\x48\x89\xdf\xe8",
        b"\x66\x0f\x1f\x44\x00\x00"),                   # nopw
    # and $0x7fffffff,%eax; mov %eax,%edx; mov vm_vmcb(%r15),%rax;
    # lea EVENTINJ(%rax),%rsi; call x86_stl_phys
    "the type in EVENTINJ": (
        rb"\x25\xff\xff\xff\x7f",
        rb"\x89\xc2\x49\x8b\x87....\x48\x8d\xb0\xa8\x00\x00\x00\xe8",
        b"\x31\xc0\x0f\x1f\x00"),                       # xor %eax,%eax; nopl
}


def fix(image, name, old, after, new):
    found = list(re.finditer(b"(" + old + b")" + after, image, re.DOTALL))
    if len(found) != 1:
        sys.exit("tcg-fix: %s is there %d times, not once" % (name, len(found)))
    at = found[0].start(1)
    print("tcg-fix: %s, %d bytes at %#x" % (name, len(new), at))
    return image[:at] + new + image[at + len(new):]


def main(source, target):
    with open(source, "rb") as f:
        image = f.read()
    for name, what in FIXES.items():
        image = fix(image, name, *what)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with open(target, "wb") as f:
        f.write(image)
    os.chmod(target, 0o755)


main(sys.argv[1], sys.argv[2])
