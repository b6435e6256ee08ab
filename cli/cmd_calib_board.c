/* SPDX-License-Identifier: Apache-2.0
 *
 * okng calib board: a target to print, in exact millimetres. SVG, because a printer's driver knows what a millimetre of it
 * is; two lines of known length on the sheet show whether it was printed so, and along each axis by itself.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/board.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/say.h"

#define MARGIN 12.0      /* mm of white on all sides, room for lines and text */
#define CELLS_MAX 100    /* of a marker */
#define SIDE_MAX 5000.0  /* mm */

enum { MODULE = 256 };

static const struct okng_option options[] = {
	OKNG_BOARD_OPTIONS,
	{ "out", 'o', "FILE.svg", "file to write" },
	{ "module", MODULE, "FILE", "OpenCV module, for ChArUco (found by itself where it was built)" },
	{ 0 },
};

static int run(int argc, char **argv);

const struct okng_command okng_cmd_calib_board = {
	.name = "calib board",
	.summary = "Draw a calibration target to print",
	.usage = "--board BOARD [--square MM] --out FILE.svg",
	.about =
		"Writes an SVG of the target in exact millimetres. Print it at 100 %, without fitting to\n"
		"the page, on something that stays flat, and measure the two lines beside it: their\n"
		"length is printed there. What they are off by, lengths in mm will be off by.\n"
		"BOARD is 9x6 for a chessboard of 9 by 6 inner corners, or, for one that may be seen in\n"
		"part, charuco:12x9:20:15:5x5_100 for 12 by 9 squares of 20 mm with markers of 15 mm\n"
		"from a dictionary of 5x5 cells and 100 markers.\n"
		"\n"
		"Exit status: 0 written; 2 not.\n"
		"\n"
		"Example:\n"
		"  okng calib board --board charuco:12x9:20:15:5x5_100 --out board.svg\n",
	.options = options,
	.run = run,
};

static void rect(FILE *f, double x, double y, double w, double h)
{
	fprintf(f, "<rect x=\"%.6g\" y=\"%.6g\" width=\"%.6g\" height=\"%.6g\"/>\n", x, y, w, h);
}

static int draw_marker(FILE *f, const struct okng_lens_solver *solver, const struct okng_lens_board *board, int id, double x, double y)
{
	uint8_t black[CELLS_MAX];
	int side = solver->marker(board->dictionary, id, black, CELLS_MAX);

	if (side < 0)
		return side;
	double cell = board->marker / side, inset = (board->square - board->marker) / 2;
	for (int r = 0; r < side; r++)
		for (int c = 0, n; c < side; c += n) {
			for (n = 1; c + n < side && black[r * side + c + n] == black[r * side + c]; n++)
				;
			if (black[r * side + c])
				rect(f, x + inset + c * cell, y + inset + r * cell, n * cell, cell);
		}
	return 0;
}

/* The squares, black at the top left, markers in the white ones. */
static int draw(FILE *f, const struct okng_lens_solver *solver, const struct okng_lens_board *board)
{
	int rc = 0, id = 0;

	for (int r = 0; r <= board->rows; r++)
		for (int c = 0; c <= board->cols && !rc; c++) {
			double x = MARGIN + c * board->square, y = MARGIN + r * board->square;
			if ((r + c) % 2 == 0)
				rect(f, x, y, board->square, board->square);
			else if (board->marker > 0)
				rc = draw_marker(f, solver, board, id++, x, y);
		}
	return rc;
}

static void write_name(const struct okng_lens_board *board, char *text, size_t size)
{
	if (board->marker > 0)
		snprintf(text, size, "--board charuco:%dx%d:%g:%g:%s", board->cols + 1, board->rows + 1, board->square, board->marker,
			okng_lens_dictionary_names[board->dictionary]);
	else
		snprintf(text, size, "--board %dx%d --square %g", board->cols, board->rows, board->square);
}

static int write_svg(FILE *f, const struct okng_lens_solver *solver, const struct okng_lens_board *board)
{
	double width = (board->cols + 1) * board->square, height = (board->rows + 1) * board->square;
	double right = MARGIN + width, bottom = MARGIN + height;
	char name[128];
	int rc;

	write_name(board, name, sizeof(name));
	fprintf(f, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.6gmm\" height=\"%.6gmm\" viewBox=\"0 0 %.6g %.6g\" "
		"shape-rendering=\"crispEdges\">\n<title>okng %s</title>\n<rect fill=\"white\" width=\"100%%\" height=\"100%%\"/>\n<g id=\"target\">\n",
		width + 2 * MARGIN, height + 2 * MARGIN, width + 2 * MARGIN, height + 2 * MARGIN, name);
	rc = draw(f, solver, board);
	fprintf(f, "</g>\n<g id=\"lines\" stroke=\"black\" stroke-width=\"0.2\">\n"
		"<path fill=\"none\" d=\"M%.6g %.6gH%.6gM%.6g %.6gv2M%.6g %.6gv2\"/>\n<path fill=\"none\" d=\"M%.6g %.6gV%.6gM%.6g %.6gh2M%.6g %.6gh2\"/>\n</g>\n",
		MARGIN, bottom + 5, right, MARGIN, bottom + 4, right, bottom + 4, right + 5, MARGIN, bottom, right + 4, MARGIN, right + 4, bottom);
	fprintf(f, "<text x=\"%.6g\" y=\"%.6g\" font-family=\"sans-serif\" font-size=\"3\">%s: lines are %.6g and %.6g mm</text>\n</svg>\n", MARGIN, bottom + 10,
		name, width, height);
	return rc;
}

static int save(const struct okng_lens_board *board, const char *out, const char *module)
{
	const struct okng_lens_solver *solver = NULL;
	struct okng_error err = { 0 };
	int rc = board->marker > 0 ? okng_lens_load(&solver, module, &err) : 0;

	if (rc) {
		okng_say_error(&err, rc, "calib board");
		return OKNG_EXIT_FAILED;
	}
	FILE *f = fopen(out, "w");
	if (!f) {
		okng_say("%s: %s", out, strerror(errno));
		return OKNG_EXIT_FAILED;
	}
	rc = write_svg(f, solver, board);
	if (ferror(f) && !rc)
		rc = -EIO;
	if (fclose(f) && !rc)
		rc = -errno;
	if (!rc)
		return OKNG_EXIT_GOOD;
	unlink(out);
	okng_say("%s: %s", out, rc == -ENOTSUP || rc == -ERANGE ? okng_board_why(rc) : strerror(-rc));
	return OKNG_EXIT_FAILED;
}

static int run(int argc, char **argv)
{
	struct okng_lens_board board = { 0 };
	const char *out = NULL, *module = NULL;
	double square = 0;
	int id, wrong = 0;

	while (!wrong && (id = okng_command_option(&okng_cmd_calib_board, argc, argv)) > 0) {
		switch (id) {
		case 'b': wrong = okng_board_parse(&okng_cmd_calib_board, optarg, &board); break;
		case 's': wrong = okng_board_parse_square(&okng_cmd_calib_board, optarg, &square); break;
		case 'o': out = optarg; break;
		case MODULE: module = optarg; break;
		}
	}
	if (wrong)
		return wrong;
	if (id)
		return okng_command_leave(id);
	if (okng_board_finish(&okng_cmd_calib_board, &board, square))
		return OKNG_EXIT_FAILED;
	if (!out)
		return okng_command_misused(&okng_cmd_calib_board, "--out FILE.svg is missing");
	if (optind < argc)
		return okng_command_misused(&okng_cmd_calib_board, "unexpected word '%s'", argv[optind]);
	if ((board.cols + 1) * board.square > SIDE_MAX || (board.rows + 1) * board.square > SIDE_MAX)
		return okng_command_misused(&okng_cmd_calib_board, "the board is larger than %.0f mm", SIDE_MAX);
	return save(&board, out, module);
}
