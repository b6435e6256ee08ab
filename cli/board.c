/* SPDX-License-Identifier: Apache-2.0
 *
 * One way to name a target for all commands, so that what was printed, seen and verified is the same board.
 */
#include "cli/board.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/say.h"

static int dictionary_of(const char *name)
{
	for (int i = 0; i < OKNG_LENS_DICTIONARIES; i++)
		if (!strcmp(name, okng_lens_dictionary_names[i]))
			return i;
	return -1;
}

/* What follows "charuco:": squares, their side, that of the markers, their dictionary. */
static bool parse_charuco(const char *text, struct okng_lens_board *board)
{
	char name[16];
	int used = 0;

	if (sscanf(text, "%2dx%2d:%lf:%lf:%15[a-z0-9_]%n", &board->cols, &board->rows, &board->square, &board->marker, name, &used) != 5 || text[used] != '\0')
		return false;
	board->cols--;
	board->rows--;
	board->dictionary = dictionary_of(name);
	return board->dictionary >= 0 && board->square >= 0.001 && board->square <= 10000 && board->marker > 0 && board->marker < board->square;
}

int okng_board_parse(const struct okng_command *command, const char *text, struct okng_lens_board *board)
{
	static const char charuco[] = "charuco:";
	int used = 0;

	if (!strncmp(text, charuco, strlen(charuco))) {
		if (!parse_charuco(text + strlen(charuco), board))
			return okng_command_misused(command, "--board %s: is not charuco:COLSxROWS:SQUARE:MARKER:DICTIONARY with squares larger than markers "
				"and a dictionary such as 5x5_100", text);
	} else if (sscanf(text, "%2dx%2d%n", &board->cols, &board->rows, &used) != 2 || text[used] != '\0') {
		return okng_command_misused(command, "--board %s: is not COLSxROWS", text);
	}
	if (board->cols < 3 || board->rows < 3 || board->cols * board->rows > OKNG_LENS_CORNERS_MAX || board->cols > 64 || board->rows > 64)
		return okng_command_misused(command, "--board %s: 3x3 to 64x64 inner corners are possible, %d in all", text, OKNG_LENS_CORNERS_MAX);
	return 0;
}

int okng_board_parse_square(const struct okng_command *command, const char *text, double *square)
{
	char *end = NULL;

	*square = strtod(text, &end);
	if (end == text || *end != '\0' || !(*square >= 0.001 && *square <= 10000))
		return okng_command_misused(command, "--square %s: is not a length of 0.001 to 10000 mm", text);
	return 0;
}

int okng_board_finish(const struct okng_command *command, struct okng_lens_board *board, double square)
{
	if (board->cols == 0)
		return okng_command_misused(command, "--board is missing");
	if (board->marker > 0 && square > 0)
		return okng_command_misused(command, "--square goes with a chessboard; of a ChArUco board --board says it");
	if (board->marker > 0)
		return 0;
	board->square = square;
	return square > 0 ? 0 : okng_command_misused(command, "--square MM is missing");
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
	rc = *corner && *missing ? solver->find(img, board, *corner, *missing) : -ENOMEM;
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
	if (rc == -ENOENT && board->marker > 0)
		okng_say("%s: less than three rows and columns of the ChArUco board of %dx%d squares are in the picture", path, board->cols + 1, board->rows + 1);
	else if (rc == -ENOENT)
		okng_say("%s: the whole board of %dx%d corners is not in the picture", path, board->cols, board->rows);
	else
		okng_say("%s: %s", path, okng_board_why(rc));
}

const char *okng_board_why(int rc)
{
	switch (rc) {
	case -ENOMEM: return "no memory";
	case -ENOTSUP: return "ChArUco boards need a module that is built where OpenCV's contrib modules are installed (libopencv-contrib-dev)";
	case -ERANGE: return "the dictionary has fewer markers than the board";
	default: return "no board can be looked for in this picture";
	}
}
