// SPDX-License-Identifier: GPL-2.0
/*
 * myvhost top on a screen.  Keys: see screen_help.
 */
#include <ncurses.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "error.h"
#include "top.h"

static const char screen_help[] =
	"q quit   s sort by the next key   / filter   left, right: scroll   space: now";

/**
 * struct screen - what is shown
 * @top: what is wanted
 * @left: first column of the rows that is shown
 */
struct screen {
	struct top *top;
	int left;
};

static void screen_line(const struct screen *s, int y, const char *line)
{
	int left = (size_t)s->left < strlen(line) ? s->left : (int)strlen(line);

	mvaddnstr(y, 0, line + left, COLS);
}

static void screen_title(const struct screen *s, const struct rows *rows)
{
	char clock[16];
	time_t now = time(NULL);

	strftime(clock, sizeof(clock), "%H:%M:%S", localtime(&now));
	mvprintw(0, 0, "myvhost top %s  %u queues  by %s%s%s", clock, rows->n,
		 row_keys[s->top->sort], s->top->text[0] ? "  with " : "",
		 s->top->text);
}

static void screen_draw(const struct screen *s, const struct rows *rows)
{
	char line[TOP_LINE], *advice = rows_advice(rows);
	unsigned int i;

	erase();
	screen_title(s, rows);
	if (advice)
		mvaddnstr(1, 0, advice, COLS);
	free(advice);
	attron(A_REVERSE);
	top_header(line, sizeof(line));
	screen_line(s, 2, line);
	attroff(A_REVERSE);
	for (i = 0; i < rows->n && (int)i < LINES - 4; i++) {
		bool bold = row_waits(&rows->row[i]) >= BLAME_WHOLE / 10;

		attrset(bold ? A_BOLD : A_NORMAL);
		top_line(line, sizeof(line), &rows->row[i]);
		screen_line(s, 3 + i, line);
	}
	attrset(A_NORMAL);
	mvaddnstr(LINES - 1, 0, screen_help, COLS);
	refresh();
}

static void screen_ask_filter(struct top *top)
{
	move(LINES - 1, 0);
	clrtoeol();
	addstr("filter: ");
	echo();
	timeout(-1);
	getnstr(top->text, sizeof(top->text) - 1);
	noecho();
}

/* Returns false at the end. */
static bool screen_key(struct screen *s, int key)
{
	switch (key) {
	case 'q':
		return false;
	case 's':
		s->top->sort = (s->top->sort + 1) % ROW_KEYS;
		break;
	case '/':
		screen_ask_filter(s->top);
		break;
	case KEY_RIGHT:
		s->left += 8;
		break;
	case KEY_LEFT:
		s->left = s->left > 8 ? s->left - 8 : 0;
		break;
	}
	return true;
}

/* Show an interval until a key ends it or the next one.  Returns the key. */
static int screen_interval(struct screen *s, struct sample *old)
{
	struct sample new;
	struct rows rows;
	int key;

	top_take(&new, s->top);
	top_rows(&rows, s->top, old, &new);
	screen_draw(s, &rows);
	rows_free(&rows);
	timeout(s->top->nsecs / 1000000);
	key = getch();
	devices_free(&old->devices);
	*old = new;
	return key;
}

static void screen_leave(void)
{
	endwin();
}

/**
 * screen_run() - show rows until q is pressed
 * @top: what is wanted
 *
 * Return: exit status of the program.
 */
int screen_run(struct top *top)
{
	struct screen s = { .top = top };
	struct sample old;
	uint64_t i;
	int r;

	top_take(&old, top);
	r = devices_status(&old.devices, top->filter);
	if (r) {
		devices_free(&old.devices);
		return r;
	}
	if (!initscr())
		fail("top: cannot use this terminal; try: myvhost top -b");
	atexit(screen_leave);
	cbreak();
	noecho();
	curs_set(0);
	keypad(stdscr, TRUE);
	timeout(100);
	getch();
	for (i = 0; !top->count || i < top->count; i++)
		if (!screen_key(&s, screen_interval(&s, &old)))
			break;
	devices_free(&old.devices);
	return CTL_OK;
}
