#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""serial.py SOCKET SECONDS COMMAND: run a command line in a guest.

Talks to the command server of guest-init, prints the output and exits with the
status of the command; 124 when no answer came in time.
"""
import socket
import sys
import time


def show(output):
    output = output.replace(b"\r", b"").replace(b"###READY\n", b"")
    sys.stdout.write(output.decode(errors="replace"))


def run(path, seconds, command):
    deadline = time.monotonic() + seconds
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(path)
    sock.sendall(command.encode() + b"\n")
    buf = b""
    try:
        while b"\n" not in buf.partition(b"###RC ")[2]:
            sock.settimeout(max(deadline - time.monotonic(), 0.01))
            data = sock.recv(65536)
            if not data:
                raise EOFError
            buf += data
    finally:
        output, _, status = buf.partition(b"###RC ")
        show(output)
    return int(status.split()[0])


try:
    sys.exit(run(sys.argv[1], float(sys.argv[2]), sys.argv[3]))
except TimeoutError:
    print("serial: no answer in %s s" % sys.argv[2], file=sys.stderr)
    sys.exit(124)
except (OSError, EOFError) as error:
    print("serial: %r" % error, file=sys.stderr)
    sys.exit(125)
