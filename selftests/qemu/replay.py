#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""replay.py LOG IMAGE marks|flushes COUNT COMMAND

Play a log of dm-log-writes into IMAGE, which must have the contents from before
the log. At up to COUNT marks or flushes, evenly spread, and at the last one,
COMMAND is run with the number of the flush, or the text of the mark, in the
environment as AT. Stops with its status when it fails.

Format: Documentation/admin-guide/device-mapper/log-writes.rst of the kernel.
"""
import os
import struct
import subprocess
import sys

MAGIC = 0x6A736677736872
FLUSH, DISCARD, MARK = 1, 4, 8


def entries(log):
    """Yield (flags, position, data) of each entry; positions in bytes."""
    magic, version, count, size = struct.unpack("<QQQI", log.read(28))
    if magic != MAGIC or version != 1:
        sys.exit("replay: not a log")
    log.seek(size)
    for _ in range(count):
        head = log.read(size)
        sector, n, flags, length = struct.unpack("<QQQQ", head[:32])
        if flags & MARK:
            yield flags, 0, head[32:32 + length]
        elif flags & DISCARD:
            yield flags, sector * size, bytes(n * size)
        else:
            yield flags, sector * size, log.read(n * size)


def stops(log, what):
    """The numbers of the entries that are marks or flushes."""
    wanted = MARK if what == "marks" else FLUSH
    return [i for i, entry in enumerate(entries(log)) if entry[0] & wanted]


def spread(numbers, count):
    step = max(len(numbers) // count, 1)
    return set(numbers[::step]) | set(numbers[-1:])


def main():
    path, image, what, count, command = sys.argv[1:]
    with open(path, "rb") as log:
        every = stops(log, what)
    if not every:
        sys.exit("replay: the log has no %s" % what)
    chosen = spread(every, int(count))
    n_flushes = 0
    with open(path, "rb") as log, open(image, "r+b", buffering=0) as out:
        for i, (flags, position, data) in enumerate(entries(log)):
            if not flags & MARK:
                out.seek(position)
                out.write(data)
            n_flushes += flags & FLUSH
            if i not in chosen:
                continue
            at = data.decode() if what == "marks" else str(n_flushes)
            status = subprocess.call(["bash", "-c", command], env=dict(os.environ, AT=at))
            if status:
                sys.exit("replay: at entry %d (%s) of %d: status %d" % (i, at, every[-1], status))
    print("replay: %d of %d %s are right" % (len(chosen), len(every), what))


main()
