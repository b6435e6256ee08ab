/* SPDX-License-Identifier: Apache-2.0
 *
 * The one place that writes to standard error. The program is single-threaded; whether a bar stands on the line is
 * the only thing to remember.
 */
#include "cli/say.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool bar_shown;

static void wipe_bar(void)
{
	if (bar_shown)
		fputs("\r\033[K", stderr);
	bar_shown = false;
}

void okng_say(const char *fmt, ...)
{
	va_list args;

	fflush(stdout);
	wipe_bar();
	fputs("okng: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	putc('\n', stderr);
}

const char *okng_say_where(const struct okng_error *err, char *text, size_t size)
{
	char line[16] = "";

	if (err->line > 0)
		snprintf(line, sizeof(line), ":%d", err->line);
	snprintf(text, size, "%s%s%s%s%s%s", err->file, line, err->file[0] ? ": " : "", err->key, err->key[0] ? ": " : "", err->text);
	return text;
}

void okng_say_error(const struct okng_error *err, int code, const char *fallback)
{
	char text[sizeof(*err) + 32];

	if (err->text[0])
		okng_say("%s", okng_say_where(err, text, sizeof(text)));
	else
		okng_say("%s: %s", fallback, strerror(-code));
}

void okng_say_config_errors(const struct okng_config_errors *errors)
{
	char text[sizeof(struct okng_error) + 32];

	for (int i = 0; i < errors->n && i < OKNG_CONFIG_ERRORS_MAX; i++)
		okng_say("%s", okng_say_where(&errors->error[i], text, sizeof(text)));
	if (errors->n > OKNG_CONFIG_ERRORS_MAX)
		okng_say("and %d more", errors->n - OKNG_CONFIG_ERRORS_MAX);
}

void okng_say_progress(const char *what, int done, int total)
{
	enum { WIDTH = 40 };
	int filled = total > 0 ? (int)((long)done * WIDTH / total) : WIDTH;

	if (!isatty(STDERR_FILENO))
		return;
	fprintf(stderr, "\r%s [", what);
	for (int i = 0; i < WIDTH; i++)
		putc(i < filled ? '#' : ' ', stderr);
	fprintf(stderr, "] %d/%d\033[K", done, total);
	bar_shown = true;
	if (done == total)
		wipe_bar();
	fflush(stderr);
}
