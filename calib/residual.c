/* SPDX-License-Identifier: Apache-2.0
 *
 * Both sides have a plane of their own: without the lens the best that a homography can do, so that what is left is
 * the distortion alone.
 */
#include "calib/residual.h"

#include <errno.h>
#include <stdlib.h>

#include "calib/planar_fit.h"

static struct okng_point place_of(const struct okng_planar_fit *fit, const struct okng_lens *lens, struct okng_point mm)
{
	double x = (mm.x - fit->mm.x) / fit->mm.size, y = (mm.y - fit->mm.y) / fit->mm.size, w = fit->h[6] * x + fit->h[7] * y + 1;
	struct okng_point p = {fit->px.x + fit->px.size * ((fit->h[0] * x + fit->h[1] * y + fit->h[2]) / w),
		fit->px.y + fit->px.size * ((fit->h[3] * x + fit->h[4] * y + fit->h[5]) / w)};
	return okng_planar_bend(lens, p);
}

int okng_residuals(const struct okng_lens *lens, const struct okng_lens_board *board, const struct okng_lens_point *corner,
	const bool *missing, struct okng_residual *residual)
{
	struct okng_planar_pair *pair = calloc((size_t)board->cols * (size_t)board->rows, sizeof *pair);
	struct okng_planar_fit fit;
	int n = 0, rc = 0;
	if (!pair)
		return -ENOMEM;
	for (int i = 0; i < board->cols * board->rows; i++)
		if (!missing || !missing[i])
			pair[n++] = (struct okng_planar_pair){.mm = {board->square * (i % board->cols), board->square * (i / board->cols)},
				.seen = {corner[i].x, corner[i].y}};
	if (n < 6)
		rc = -EDOM;
	for (int after = 0; after < 2 && !rc; after++) {
		const struct okng_lens *through = after ? lens : NULL;
		rc = okng_planar_fit(&fit, through, pair, n);
		for (int i = 0; i < n && !rc; i++) {
			struct okng_point p = place_of(&fit, through, pair[i].mm), off = {pair[i].seen.x - p.x, pair[i].seen.y - p.y};
			residual[i].at = pair[i].seen;
			*(after ? &residual[i].after : &residual[i].before) = off;
		}
	}
	free(pair);
	return rc ? rc : n;
}
