#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""serial.py SOCKET SECONDS COMMAND: run a command line in a guest.

Talks to the command server of guest-init, prints the output and exits with the
status of the command; 124 when no answer came in time.
"""
import socket
import sys
import time


def run(path, seconds, command):
    deadline = time.monotonic() + seconds
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(path)
    sock.sendall(command.encode() + b"\n")
    buf = b""
    while True:
        pos = buf.find(b"###RC ")
        if pos >= 0 and b"\n" in buf[pos:]:
            break
        sock.settimeout(max(deadline - time.monotonic(), 0.01))
        data = sock.recv(65536)
        if not data:
            raise EOFError
        buf += data
    output, _, status = buf.partition(b"###RC ")
    output = output.replace(b"\r", b"").replace(b"###READY\n", b"")
    sys.stdout.write(output.decode(errors="replace"))
    return int(status.split()[0])


try:
    sys.exit(run(sys.argv[1], float(sys.argv[2]), sys.argv[3]))
except TimeoutError:
    sys.exit(124)
except (OSError, EOFError) as error:
    print("serial: %r" % error, file=sys.stderr)
    sys.exit(125)
