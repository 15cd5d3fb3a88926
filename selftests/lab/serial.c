// SPDX-License-Identifier: GPL-2.0
/*
 * serial SOCKET SECONDS COMMAND: run a command line in a guest.
 *
 * Talks to the command server of guest-init, prints the output and exits with the status
 * of the command; 124 when no answer came in time, 125 when there is no connection.
 *
 * Not a script: where the machine is emulated an interpreter takes most of a second to
 * start, and the tests call this a thousand times.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define NO_ANSWER	124
#define NO_CONNECTION	125

/* What the server prints when it starts, and before the status of a command. */
static const char ready[] = "###READY\n";
static const char status[] = "###RC ";

static long long msecs(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static int open_socket(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (fd < 0 || strlen(path) >= sizeof(addr.sun_path))
		errx(NO_CONNECTION, "%s: no such socket", path);
	strcpy(addr.sun_path, path);
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		err(NO_CONNECTION, "%s", path);
	return fd;
}

static void send_line(int fd, const char *command)
{
	char *line;
	int len = asprintf(&line, "%s\n", command), sent, n;

	for (sent = 0; sent < len; sent += n) {
		n = send(fd, line + sent, len - sent, MSG_NOSIGNAL);
		if (n < 0)
			err(NO_CONNECTION, "send");
	}
	free(line);
}

/* Print output without carriage returns, and without the server's greeting. */
static void show(const char *p, const char *end)
{
	while (p < end) {
		if (end - p >= (long)strlen(ready) &&
		    !memcmp(p, ready, strlen(ready)))
			p += strlen(ready);
		else if (*p++ != '\r')
			putchar(p[-1]);
	}
	fflush(stdout);
}

/* Read until there is a status, print what is before it.  Returns the status. */
static int answer(int fd, double seconds)
{
	long long end = msecs() + (long long)(seconds * 1000), left;
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	size_t len = 0, room = 0;
	char *buf = NULL, *mark;
	ssize_t n;

	for (;;) {
		mark = len ? memmem(buf, len, status, strlen(status)) : NULL;
		if (mark && memchr(mark, '\n', buf + len - mark))
			break;
		left = end - msecs();
		n = poll(&wait, 1, left > 0 ? left : 0);
		if (!n) {
			show(buf, buf + len);
			errx(NO_ANSWER, "no answer in %g s", seconds);
		}
		if (room - len < 65536) {
			room = 2 * room + 65536;
			buf = realloc(buf, room);
			if (!buf)
				err(NO_CONNECTION, "memory");
		}
		n = n < 0 ? -1 : read(fd, buf + len, room - len);
		if (n <= 0) {
			show(buf, buf + len);
			errx(NO_CONNECTION, "%s", n ? strerror(errno) : "QEMU closed the connection");
		}
		len += n;
	}
	show(buf, mark);
	return atoi(mark + strlen(status));
}

int main(int argc, char **argv)
{
	int fd;

	if (argc != 4)
		errx(NO_CONNECTION, "usage: serial SOCKET SECONDS COMMAND");
	fd = open_socket(argv[1]);
	send_line(fd, argv[3]);
	return answer(fd, atof(argv[2]));
}
