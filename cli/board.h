/* SPDX-License-Identifier: Apache-2.0
 *
 * The calibration target and what goes with it, as options say them; shared by the calib commands.
 */
#ifndef OKNG_CLI_BOARD_H
#define OKNG_CLI_BOARD_H

#include "calib/profile.h"
#include "cli/command.h"

/* Each 0, or OKNG_EXIT_FAILED after saying what is wrong. */
int okng_board_parse(const struct okng_command *command, const char *text, struct okng_lens_board *board);
int okng_board_parse_square(const struct okng_command *command, const char *text, double *square);
/* Board and square (0: not given) together. */
int okng_board_finish(const struct okng_command *command, struct okng_lens_board *board, double square);
int okng_board_parse_serial(const struct okng_command *command, const char *text, struct okng_profile *profile);

/* The corners of the board in a picture: new *corner and *missing (cols × rows, the caller's to free). 0; -ENOENT: not
 * there; other negative errno. */
int okng_board_find(const struct okng_lens_solver *solver, const struct okng_image *img, const struct okng_lens_board *board,
	struct okng_lens_point **corner, bool **missing);

/* Says why there is no board to go by: rc of okng_board_find. */
void okng_board_say_none(const char *path, const struct okng_lens_board *board, int rc);

/* The same as a text, for all but -ENOENT. */
const char *okng_board_why(int rc);

#define OKNG_BOARD_OPTIONS \
	{ "board", 'b', "BOARD", "chessboard 9x6 (inner corners), or charuco:12x9:20:15:5x5_100" }, \
	{ "square", 's', "MM", "side of a chessboard's square in millimetres" }

#endif
