/* SPDX-License-Identifier: Apache-2.0
 *
 * One way to name a target for all commands, so that what was printed, seen and verified is the same board.
 */
#include "cli/board.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/say.h"

int okng_board_parse(const struct okng_command *command, const char *text, struct okng_lens_board *board)
{
	int used = 0;

	if (sscanf(text, "%2dx%2d%n", &board->cols, &board->rows, &used) != 2 || text[used] != '\0' || board->cols < 3 || board->rows < 3
		|| board->cols * board->rows > OKNG_LENS_CORNERS_MAX || board->cols > 64 || board->rows > 64)
		return okng_command_misused(command, "--board %s: is not COLSxROWS with 3 to 64 corners each", text);
	return 0;
}

int okng_board_parse_square(const struct okng_command *command, const char *text, struct okng_lens_board *board)
{
	char *end = NULL;

	board->square = strtod(text, &end);
	if (end == text || *end != '\0' || !(board->square >= 0.001 && board->square <= 10000))
		return okng_command_misused(command, "--square %s: is not a length of 0.001 to 10000 mm", text);
	return 0;
}

int okng_board_check(const struct okng_command *command, const struct okng_lens_board *board)
{
	if (board->cols == 0)
		return okng_command_misused(command, "--board COLSxROWS is missing");
	if (!(board->square > 0))
		return okng_command_misused(command, "--square MM is missing");
	return 0;
}

int okng_board_parse_serial(const struct okng_command *command, const char *text, struct okng_profile *profile)
{
	if (snprintf(profile->serial, sizeof(profile->serial), "%s", text) >= (int)sizeof(profile->serial))
		return okng_command_misused(command, "--serial: at most %d characters", OKNG_PROFILE_SERIAL_MAX - 1);
	return 0;
}

int okng_board_find(const struct okng_lens_solver *solver, const struct okng_image *img, const struct okng_lens_board *board,
	struct okng_lens_point **corner, bool **missing)
{
	size_t per = (size_t)board->cols * (size_t)board->rows;
	int rc;

	*corner = calloc(per, sizeof(**corner));
	*missing = calloc(per, sizeof(**missing));
	rc = *corner && *missing ? solver->find(img, board, *corner) : -ENOMEM;
	if (rc) {
		free(*corner);
		free(*missing);
		*corner = NULL;
		*missing = NULL;
	}
	return rc;
}

void okng_board_say_none(const char *path, const struct okng_lens_board *board, int rc)
{
	if (rc == -ENOENT)
		okng_say("%s: the whole board of %dx%d corners is not in the picture", path, board->cols, board->rows);
	else
		okng_say("%s: %s", path, rc == -ENOMEM ? "no memory" : "no board can be looked for in this picture");
}
