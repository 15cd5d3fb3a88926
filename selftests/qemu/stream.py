#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Senders for the migration tests; each prints the SHA-256 of what it sent.

stream.py paced HOST PORT STOPFILE RATE  send RATE bytes/s until STOPFILE exists
stream.py queue HOST PORT BYTES GOFILE   send BYTES, wait until the peer's kernel
                                         acknowledged all, create GOFILE, wait
                                         until it is removed, close
"""
import fcntl
import hashlib
import os
import socket
import struct
import sys
import termios
import time


def connect(host, port):
    for _ in range(100):
        try:
            return socket.create_connection((host, int(port)), 60)
        except OSError:
            time.sleep(0.2)
    sys.exit("stream: no connection to %s port %s" % (host, port))


def unacknowledged(sock):
    buf = fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, b"\0" * 4)
    return struct.unpack("i", buf)[0]


def paced(host, port, stopfile, rate):
    sock, digest = connect(host, port), hashlib.sha256()
    while not os.path.exists(stopfile):
        block = os.urandom(int(rate) // 10)
        sock.sendall(block)
        digest.update(block)
        time.sleep(0.1)
    sock.close()
    return digest


def queue(host, port, size, gofile):
    sock = connect(host, port)
    data = os.urandom(int(size))
    sock.sendall(data)
    while unacknowledged(sock):
        time.sleep(0.05)
    open(gofile, "w").close()
    while os.path.exists(gofile):
        time.sleep(0.1)
    sock.close()
    return hashlib.sha256(data)


print({"paced": paced, "queue": queue}[sys.argv[1]](*sys.argv[2:]).hexdigest())
