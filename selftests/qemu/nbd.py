#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""nbd.py connect|reconnect INDEX HOST PORT, nbd.py disconnect INDEX

Connect /dev/nbdINDEX to a server, as nbd-client does, which the lab does not have. The
kernel asks a silent server again after 3 s and waits 60 s for a new connection, which
"reconnect" makes, before it fails a request.
"""
import socket
import struct
import sys

TIMEOUT, DEAD_CONN_TIMEOUT = 3, 60

NETLINK_GENERIC = 16
GENL_ID_CTRL, CTRL_CMD_GETFAMILY = 16, 3
CTRL_ATTR_FAMILY_ID, CTRL_ATTR_FAMILY_NAME = 1, 2
NLMSG_ERROR = 2
NLM_F_REQUEST, NLM_F_ACK = 1, 4
NLA_F_NESTED = 0x8000

COMMANDS = {"connect": 1, "disconnect": 2, "reconnect": 3}
ATTR_INDEX, ATTR_SIZE, ATTR_BLOCK_SIZE, ATTR_TIMEOUT = 1, 2, 3, 4
ATTR_SERVER_FLAGS, ATTR_SOCKETS, ATTR_DEAD_CONN_TIMEOUT = 5, 7, 8
SOCK_ITEM, SOCK_FD = 1, 1

IHAVEOPT = b"IHAVEOPT"
FIXED_NEWSTYLE, NO_ZEROES = 1, 2
OPT_EXPORT_NAME = 1


def attr(kind, data):
    return struct.pack("=HH", 4 + len(data), kind) + data + b"\0" * (-len(data) % 4)


def u32(kind, value):
    return attr(kind, struct.pack("=I", value))


def u64(kind, value):
    return attr(kind, struct.pack("=Q", value))


def genl(sock, family, command, attrs):
    """send a message; the first answer, without its headers"""
    body = struct.pack("=BBH", command, 1, 0) + attrs
    sock.send(struct.pack("=IHHII", 16 + len(body), family, NLM_F_REQUEST | NLM_F_ACK, 1, 0) + body)
    answer = sock.recv(65536)
    if struct.unpack_from("=H", answer, 4)[0] == NLMSG_ERROR:
        error = struct.unpack_from("=i", answer, 16)[0]
        if error:
            raise OSError(-error, "netlink command %d" % command)
    return answer[20:]


def family_id(sock):
    attrs = genl(sock, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, attr(CTRL_ATTR_FAMILY_NAME, b"nbd\0"))
    while attrs:
        length, kind = struct.unpack_from("=HH", attrs)
        if kind == CTRL_ATTR_FAMILY_ID:
            sock.recv(65536)
            return struct.unpack_from("=H", attrs, 4)[0]
        attrs = attrs[(length + 3) & ~3:]
    raise OSError("no netlink family nbd")


def receive(server, count):
    data = server.recv(count, socket.MSG_WAITALL)
    if len(data) != count:
        raise OSError("the server ended")
    return data


def negotiate(host, port):
    """the connection, the size of the export, and its flags"""
    server = socket.create_connection((host, port), timeout=20)
    magic, option, flags = struct.unpack(">8s8sH", receive(server, 18))
    if magic != b"NBDMAGIC" or option != IHAVEOPT or not flags & NO_ZEROES:
        raise OSError("the server speaks another protocol")
    server.sendall(struct.pack(">I8sII", FIXED_NEWSTYLE | NO_ZEROES, IHAVEOPT, OPT_EXPORT_NAME, 0))
    size, flags = struct.unpack(">QH", receive(server, 10))
    server.settimeout(None)
    return server, size, flags


def main():
    command, index = sys.argv[1], int(sys.argv[2])
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_GENERIC)
    family = family_id(sock)
    attrs = u32(ATTR_INDEX, index)
    if command != "disconnect":
        server, size, flags = negotiate(sys.argv[3], int(sys.argv[4]))
        item = attr(SOCK_ITEM | NLA_F_NESTED, u32(SOCK_FD, server.fileno()))
        attrs += attr(ATTR_SOCKETS | NLA_F_NESTED, item)
        attrs += u64(ATTR_TIMEOUT, TIMEOUT) + u64(ATTR_DEAD_CONN_TIMEOUT, DEAD_CONN_TIMEOUT)
    if command == "connect":
        attrs += u64(ATTR_SIZE, size) + u64(ATTR_BLOCK_SIZE, 512) + u64(ATTR_SERVER_FLAGS, flags)
    genl(sock, family, COMMANDS[command], attrs)


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        sys.exit("nbd: %s" % error)
