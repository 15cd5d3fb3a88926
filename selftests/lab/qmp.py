#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""qmp.py [--fd PATH NAME] [--wait EVENT[:N]] [--then COMMAND JSON] [--get KEY.KEY]
       SOCKET COMMAND [JSON]

Run one QMP command and print its result as JSON, a string as it is; or with --get
one value of it (empty if it is not there). --fd opens PATH read-write and passes the descriptor
to QEMU under NAME first (getfd). --wait stays until EVENT arrives, at most 60 s.
"""
import argparse
import array
import json
import os
import socket
import sys


class Qmp:
    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(path)
        self.buf = b""
        self.events = []
        self.read()
        self.execute("qmp_capabilities", {})

    def read(self):
        while b"\n" not in self.buf:
            data = self.sock.recv(65536)
            if not data:
                raise EOFError("QEMU closed the monitor")
            self.buf += data
        line, _, self.buf = self.buf.partition(b"\n")
        return json.loads(line)

    def execute(self, command, arguments, fd=None):
        msg = json.dumps({"execute": command, "arguments": arguments}).encode()
        rights = []
        if fd is not None:
            rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))]
        self.sock.sendmsg([msg], rights)
        while True:
            reply = self.read()
            if "event" in reply:
                self.events.append(reply["event"])
            elif "error" in reply:
                raise RuntimeError(reply["error"]["desc"])
            elif "return" in reply:
                return reply["return"]

    def wait(self, event, count):
        while self.events.count(event) < count:
            reply = self.read()
            if "event" in reply:
                self.events.append(reply["event"])


def show(result, path):
    if not path:
        print(result if isinstance(result, str) else json.dumps(result))
        return
    for key in path.split("."):
        result = result.get(key, {})
    print("" if result == {} else result)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--fd", nargs=2, metavar=("PATH", "NAME"))
    parser.add_argument("--wait", metavar="EVENT[:N]")
    parser.add_argument("--then", nargs=2, metavar=("COMMAND", "JSON"))
    parser.add_argument("--get", metavar="KEY.KEY")
    parser.add_argument("socket")
    parser.add_argument("command")
    parser.add_argument("json", nargs="?", default="{}")
    args = parser.parse_args()
    qmp = Qmp(args.socket)
    if args.fd:
        fd = os.open(args.fd[0], os.O_RDWR)
        qmp.execute("getfd", {"fdname": args.fd[1]}, fd)
        os.close(fd)
    show(qmp.execute(args.command, json.loads(args.json)), args.get)
    if args.wait:
        event, _, count = args.wait.partition(":")
        qmp.wait(event, int(count or 1))
    if args.then:
        qmp.execute(args.then[0], json.loads(args.then[1]))


if __name__ == "__main__":
    try:
        main()
    except (OSError, EOFError, RuntimeError) as error:
        sys.exit("qmp: %s" % error)
