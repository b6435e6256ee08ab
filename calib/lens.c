/* SPDX-License-Identifier: Apache-2.0
 *
 * What a calibration may use. A view is an outlier when its error is over 2.5 times the median of the views and over
 * a quarter of a pixel (a good set has no view beyond twice the median); a corner when its residual is over four times
 * the rms of all and over a pixel. Views go first, the worst alone in each round: one bad view spoils its neighbours.
 */
#include "calib/lens.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define VIEW_FACTOR 2.5
#define VIEW_LEAST 0.25
#define CORNER_FACTOR 4.0
#define CORNER_LEAST 1.0

const char *const okng_lens_param_names[OKNG_LENS_PARAMS] = {"fx", "fy", "cx", "cy", "k1", "k2", "p1", "p2", "k3"};

const char *const okng_lens_dictionary_names[OKNG_LENS_DICTIONARIES] = {"4x4_50", "4x4_100", "4x4_250", "4x4_1000", "5x5_50", "5x5_100", "5x5_250",
	"5x5_1000", "6x6_50", "6x6_100", "6x6_250", "6x6_1000", "7x7_50", "7x7_100", "7x7_250", "7x7_1000", "aruco_original"};

static int used(const struct okng_lens_view *view, int n)
{
	int count = 0;
	for (int i = 0; i < n; i++)
		count += view[i].fate == OKNG_LENS_USED;
	return count;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* The worst view if it is an outlier, else -1. */
static int worst_view(const struct okng_lens_view *view, int n)
{
	double rms[OKNG_LENS_VIEWS_MAX];
	int count = 0, worst = -1;
	for (int i = 0; i < n; i++) {
		if (view[i].fate != OKNG_LENS_USED)
			continue;
		rms[count++] = view[i].rms;
		if (worst < 0 || view[i].rms > view[worst].rms)
			worst = i;
	}
	qsort(rms, (size_t)count, sizeof(rms[0]), ascending);
	double limit = fmax(VIEW_FACTOR * rms[count / 2], VIEW_LEAST);
	return worst >= 0 && view[worst].rms > limit ? worst : -1;
}

/* Drops corners that do not fit; at most a fifth of those a view shows. Returns how many. */
static int drop_corners(const struct okng_lens *lens, struct okng_lens_view *view, int n, int per, const double *residual)
{
	double limit = fmax(CORNER_FACTOR * lens->rms, CORNER_LEAST);
	int dropped = 0;
	for (int i = 0; i < n; i++) {
		if (view[i].fate != OKNG_LENS_USED)
			continue;
		for (int k = 0; k < per && view[i].n_dropped < (per - view[i].n_missing) / 5; k++) {
			if (view[i].dropped[k] || !(residual[(size_t)i * (size_t)per + (size_t)k] > limit))
				continue;
			view[i].dropped[k] = true;
			view[i].n_dropped++;
			dropped++;
		}
	}
	return dropped;
}

static void count_cover(const struct okng_lens *lens, const struct okng_lens_view *view, int n, int per, struct okng_lens_report *report)
{
	int filled = 0;
	for (int i = 0; i < n; i++) {
		for (int k = 0; view[i].fate == OKNG_LENS_USED && k < per; k++) {
			int x = (int)floor(view[i].corner[k].x * OKNG_LENS_COVER_COLS / lens->width);
			int y = (int)floor(view[i].corner[k].y * OKNG_LENS_COVER_ROWS / lens->height);
			if (!view[i].dropped[k] && x >= 0 && x < OKNG_LENS_COVER_COLS && y >= 0 && y < OKNG_LENS_COVER_ROWS)
				report->cover[y][x]++;
		}
	}
	for (int y = 0; y < OKNG_LENS_COVER_ROWS; y++)
		for (int x = 0; x < OKNG_LENS_COVER_COLS; x++)
			filled += report->cover[y][x] > 0;
	report->coverage = filled / (double)(OKNG_LENS_COVER_ROWS * OKNG_LENS_COVER_COLS);
}

static void summarize(struct okng_lens *lens, const struct okng_lens_view *view, int n, int per, struct okng_lens_report *report)
{
	double least = 1;
	for (int i = 0; i < n; i++) {
		report->n_missing += view[i].fate == OKNG_LENS_NO_BOARD;
		report->n_outliers += view[i].fate == OKNG_LENS_OUTLIER;
		if (view[i].fate != OKNG_LENS_USED)
			continue;
		report->n_corners_dropped += view[i].n_dropped;
		lens->views++;
		lens->corners += per - view[i].n_missing - view[i].n_dropped;
		for (int j = 0; j < i; j++) {
			const double *a = view[i].normal, *b = view[j].normal;
			if (view[j].fate == OKNG_LENS_USED)
				least = fmin(least, a[0] * b[0] + a[1] * b[1] + a[2] * b[2]);
		}
	}
	report->tilt_variety = acos(fmax(least, -1)) * 180 / 3.14159265358979323846;
	count_cover(lens, view, n, per, report);
}

static int judge(const struct okng_lens *lens, const struct okng_lens_report *report, struct okng_error *err)
{
	if (lens->views < OKNG_LENS_VIEWS_MIN)
		return okng_error_set(err, -EINVAL, "", 0, "",
			"too few views: %d usable (%d without the board, %d outliers), at least %d are needed; take 15 or more", lens->views,
			report->n_missing, report->n_outliers, OKNG_LENS_VIEWS_MIN);
	if (report->tilt_variety < OKNG_LENS_TILT_MIN)
		return okng_error_set(err, -EINVAL, "", 0, "",
			"the views are too alike: the board's tilt differs by %.1f degrees at most, %.0f are needed; tilt it by 20 to 40 degrees in several directions",
			report->tilt_variety, OKNG_LENS_TILT_MIN);
	if (report->coverage < OKNG_LENS_COVER_MIN)
		return okng_error_set(err, -EINVAL, "", 0, "",
			"the board reaches only %.0f %% of the picture's cells, %.0f %% are needed; take views with the board at the borders and in the corners",
			100 * report->coverage, 100 * OKNG_LENS_COVER_MIN);
	for (int i = 0; i < OKNG_LENS_PARAMS; i++)
		if (!isfinite(lens->param[i]) || !isfinite(lens->sigma[i]))
			return okng_error_set(err, -EINVAL, "", 0, okng_lens_param_names[i], "the solution is not finite; take other views");
	return 0;
}

/* Rounds of solving and rejecting; ends because each round takes something away. */
static int refine(struct okng_lens *lens, const struct okng_lens_solver *solver, const struct okng_lens_board *board,
	struct okng_lens_view *view, int n, double *residual, struct okng_lens_report *report)
{
	int per = board->cols * board->rows;
	for (bool first = true; used(view, n) >= OKNG_LENS_VIEWS_MIN; first = false) {
		int rc = solver->solve(lens, board, view, n, residual);
		if (rc < 0)
			return rc;
		if (first)
			report->rms_first = lens->rms;
		int worst = worst_view(view, n);
		if (worst >= 0)
			view[worst].fate = OKNG_LENS_OUTLIER;
		else if (drop_corners(lens, view, n, per, residual) == 0)
			return 0;
	}
	return 0;
}

static void prepare(struct okng_lens_view *view, int per)
{
	view->n_missing = view->n_dropped = 0;
	for (int k = 0; view->corner && k < per; k++) {
		view->dropped[k] = view->missing && view->missing[k];
		view->n_missing += view->dropped[k];
	}
	int enough = per < OKNG_LENS_SEEN_MIN ? per : OKNG_LENS_SEEN_MIN;
	view->fate = view->corner && per - view->n_missing >= enough ? OKNG_LENS_USED : OKNG_LENS_NO_BOARD;
}

int okng_lens_make(struct okng_lens *lens, const struct okng_lens_solver *solver, const struct okng_lens_board *board,
	struct okng_lens_view *view, int n, struct okng_lens_report *report, struct okng_error *err)
{
	int per = board->cols * board->rows;
	*report = (struct okng_lens_report){0};
	lens->views = lens->corners = 0;
	if (n < 1 || n > OKNG_LENS_VIEWS_MAX || board->cols < 3 || board->rows < 3 || per > OKNG_LENS_CORNERS_MAX || !(board->square > 0))
		return okng_error_set(err, -EINVAL, "", 0, "", "1 to %d views of a board of 3x3 to %d corners are possible", OKNG_LENS_VIEWS_MAX,
			OKNG_LENS_CORNERS_MAX);
	double *residual = calloc((size_t)n * (size_t)per, sizeof(*residual));
	if (!residual)
		return okng_error_set(err, -ENOMEM, "", 0, "", "no memory");
	for (int i = 0; i < n; i++)
		prepare(&view[i], per);
	int rc = refine(lens, solver, board, view, n, residual, report);
	free(residual);
	if (rc < 0)
		return okng_error_set(err, rc, "", 0, "", "no lens fits these views: %s", rc == -ENOMEM ? "no memory" : "the solver refuses them");
	summarize(lens, view, n, per, report);
	return judge(lens, report, err);
}
