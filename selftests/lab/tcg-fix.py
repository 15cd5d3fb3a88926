#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""tcg-fix.py QEMU COPY: a copy of QEMU 11.1 without three faults of TCG.

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
* cpu_clear_ignne() clears a bit in hflags2 of the first processor, without a lock,
  and whichever processor restores an FPU state without pending exceptions calls it.
  What the first processor changes in hflags2 at that moment is lost; it has GIF and
  the bit of nested paging. If #VMEXIT loses the latter, the host kernel's next access
  faults in the guest's tables, and the guest is left with the host's registers. If
  STGI is lost, the processor sleeps for ever; if #VMEXIT does not clear GIF, a handler
  runs on the guest's GS base. A process that does nothing but FLDENV on the second
  processor brings it about within seconds. The copy leaves the bit alone: only who
  handles x87 errors through port F0h, as before the 486, sets it.

A fault whose instructions are not there exactly once stays, and standard error has a
line that says so: either this QEMU does not have the fault, or its compiler wrote other
instructions and the pattern is to be adapted.
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
    # andl $~HF2_IGNNE,hflags2(%rax); add $8,%rsp
    "the race on hflags2": (
        rb"\x81\xa0....\x7f\xff\xff\xff",
        rb"\x48\x83\xc4\x08",
        b"\x66\x2e\x0f\x1f\x84\x00\x00\x00\x00\x00"),   # nopw
}


def fix(image, name, old, after, new):
    found = list(re.finditer(b"(" + old + b")" + after, image, re.DOTALL))
    if len(found) != 1:
        print("%s: its instructions are there %d times, not once" % (name, len(found)),
              file=sys.stderr)
        return image
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
