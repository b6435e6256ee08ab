/* SPDX-License-Identifier: Apache-2.0
 *
 * One table of keys drives writer and reader, so that they can't differ.
 */
#include "calib/profile.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define HEAD_1 "# okng lens profile, made by okng calib lens; a file changed by hand is refused\n"
#define HEAD "# okng camera profile, made by okng calib; a file changed by hand is refused\n"
#define CRC_KEY "checksum = \""

enum kind { WHOLE, SIDE, REAL };
enum part { ALWAYS, IN_LENS, IN_PLANE };

struct row {
	const char *key;
	enum kind kind;
	enum part part;
	int since; /* version */
	size_t at;
	double least, most;
};

#define AT(field) offsetof(struct okng_profile, field)
#define PARAM(i) IN_LENS, 1, AT(lens.param) + (i) * sizeof(double)
#define SIGMA(i) IN_LENS, 1, AT(lens.sigma) + (i) * sizeof(double)
#define PLANE(field) IN_PLANE, 2, AT(planar.field)
#define CELL(i) IN_PLANE, 2, AT(planar.plane.m) + (i) * sizeof(double)
#define PLACE(i) IN_PLANE, 2, AT(planar.sigma) + (i) * sizeof(double)

static const struct row rows[] = {
	{"width", SIDE, ALWAYS, 1, AT(lens.width), 1, OKNG_IMAGE_SIDE_MAX},
	{"height", SIDE, ALWAYS, 1, AT(lens.height), 1, OKNG_IMAGE_SIDE_MAX},
	{"fx", REAL, PARAM(0), 1, 1e7},
	{"fy", REAL, PARAM(1), 1, 1e7},
	{"cx", REAL, PARAM(2), -1e5, 1e5},
	{"cy", REAL, PARAM(3), -1e5, 1e5},
	{"k1", REAL, PARAM(4), -1e6, 1e6},
	{"k2", REAL, PARAM(5), -1e6, 1e6},
	{"p1", REAL, PARAM(6), -1e6, 1e6},
	{"p2", REAL, PARAM(7), -1e6, 1e6},
	{"k3", REAL, PARAM(8), -1e9, 1e9},
	{"fx_sigma", REAL, SIGMA(0), 0, 1e9},
	{"fy_sigma", REAL, SIGMA(1), 0, 1e9},
	{"cx_sigma", REAL, SIGMA(2), 0, 1e9},
	{"cy_sigma", REAL, SIGMA(3), 0, 1e9},
	{"k1_sigma", REAL, SIGMA(4), 0, 1e9},
	{"k2_sigma", REAL, SIGMA(5), 0, 1e9},
	{"p1_sigma", REAL, SIGMA(6), 0, 1e9},
	{"p2_sigma", REAL, SIGMA(7), 0, 1e9},
	{"k3_sigma", REAL, SIGMA(8), 0, 1e9},
	{"rms", REAL, IN_LENS, 1, AT(lens.rms), 0, 1e6},
	{"views", WHOLE, IN_LENS, 1, AT(lens.views), OKNG_LENS_VIEWS_MIN, OKNG_LENS_VIEWS_MAX},
	{"corners", WHOLE, IN_LENS, 1, AT(lens.corners), 1, OKNG_LENS_VIEWS_MAX * OKNG_LENS_CORNERS_MAX},
	{"board_cols", WHOLE, IN_LENS, 1, AT(board.cols), 3, 64},
	{"board_rows", WHOLE, IN_LENS, 1, AT(board.rows), 3, 64},
	{"square_mm", REAL, IN_LENS, 1, AT(board.square), 1e-6, 1e6},
	{"marker_mm", REAL, IN_LENS, 2, AT(board.marker), 0, 1e6},
	{"dictionary", WHOLE, IN_LENS, 2, AT(board.dictionary), 0, OKNG_LENS_DICTIONARIES - 1},
	{"plane_m11", REAL, CELL(0), -1e9, 1e9},
	{"plane_m12", REAL, CELL(1), -1e9, 1e9},
	{"plane_m13", REAL, CELL(2), -1e9, 1e9},
	{"plane_m21", REAL, CELL(3), -1e9, 1e9},
	{"plane_m22", REAL, CELL(4), -1e9, 1e9},
	{"plane_m23", REAL, CELL(5), -1e9, 1e9},
	{"plane_m31", REAL, CELL(6), -1e9, 1e9},
	{"plane_m32", REAL, CELL(7), -1e9, 1e9},
	{"plane_m33", REAL, CELL(8), -1e9, 1e9},
	{"plane_mm_per_pixel", REAL, PLANE(scale), 1e-9, 1e9},
	{"plane_tilt", REAL, PLANE(tilt), 0, 90},
	{"plane_coverage", REAL, PLANE(coverage), 0, 1},
	{"plane_rms", REAL, PLANE(rms), 0, 1e6},
	{"plane_sigma_centre_mm", REAL, PLACE(0), 0, 1e9},
	{"plane_sigma_top_left_mm", REAL, PLACE(1), 0, 1e9},
	{"plane_sigma_top_right_mm", REAL, PLACE(2), 0, 1e9},
	{"plane_sigma_bottom_left_mm", REAL, PLACE(3), 0, 1e9},
	{"plane_sigma_bottom_right_mm", REAL, PLACE(4), 0, 1e9},
	{"plane_corners", WHOLE, PLANE(corners), OKNG_PLANAR_CORNERS_MIN, OKNG_LENS_CORNERS_MAX},
	{"plane_board_cols", WHOLE, PLANE(board.cols), 3, 64},
	{"plane_board_rows", WHOLE, PLANE(board.rows), 3, 64},
	{"plane_square_mm", REAL, PLANE(board.square), 1e-6, 1e6},
	{"plane_marker_mm", REAL, PLANE(board.marker), 0, 1e6},
	{"plane_dictionary", WHOLE, PLANE(board.dictionary), 0, OKNG_LENS_DICTIONARIES - 1},
};

#define N_ROWS ((int)(sizeof(rows) / sizeof(rows[0])))

static const char *const kinds[] = {"", "\"lens\"", "\"plane\"", "\"lens and plane\""};

static bool has(const struct okng_profile *p, const struct row *row, int version)
{
	bool part = row->part == ALWAYS || (row->part == IN_LENS ? p->has_lens : p->has_planar);
	return part && row->since <= version;
}

static double get(const struct okng_profile *p, const struct row *row)
{
	const char *at = (const char *)p + row->at;
	if (row->kind == REAL)
		return *(const double *)(const void *)at;
	return row->kind == SIDE ? *(const int32_t *)(const void *)at : *(const int *)(const void *)at;
}

static void put(struct okng_profile *p, const struct row *row, double value)
{
	char *at = (char *)p + row->at;
	if (row->kind == REAL)
		*(double *)(void *)at = value;
	else if (row->kind == SIDE)
		*(int32_t *)(void *)at = (int32_t)value;
	else
		*(int *)(void *)at = (int)value;
}

static bool good_serial(const char *serial)
{
	size_t n = strlen(serial);
	return n < OKNG_PROFILE_SERIAL_MAX
		&& strspn(serial, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:") == n;
}

static __attribute__((format(printf, 4, 5))) void add(char *text, size_t size, size_t *n, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int more = vsnprintf(text + (*n < size ? *n : size - 1), *n < size ? size - *n : 1, fmt, args);
	va_end(args);
	*n += more > 0 ? (size_t)more : 0;
}

int okng_profile_print(const struct okng_profile *p, char *text, size_t size)
{
	size_t n = 0;
	if (size < 1)
		return -ENOSPC;
	if (!good_serial(p->serial) || !(p->has_lens || p->has_planar))
		return -EINVAL;
	add(text, size, &n, HEAD "version = %d\nkind = %s\nserial = \"%s\"\n", OKNG_PROFILE_VERSION, kinds[p->has_lens + 2 * p->has_planar],
		p->serial);
	for (int i = 0; i < N_ROWS; i++)
		if (has(p, &rows[i], OKNG_PROFILE_VERSION))
			add(text, size, &n, rows[i].kind == REAL ? "%s = %.16e\n" : "%s = %.0f\n", rows[i].key, get(p, &rows[i]));
	if (n >= size)
		return -ENOSPC;
	add(text, size, &n, CRC_KEY "%08lx\"\n", crc32_z(0, (const Bytef *)text, n));
	return n < size ? (int)n : -ENOSPC;
}

static int refuse(struct okng_error *err, const char *name, const char *key, const char *why)
{
	return okng_error_set(err, -EINVAL, name, 0, key, "%s", why);
}

/* The text after "key = " if the line is key's, *line then at the next line; else NULL. */
static char *value_of(char **line, const char *key)
{
	size_t n = strlen(key);
	char *end = strchr(*line, '\n'), *value = *line + n + 3;
	if (!end || strncmp(*line, key, n) != 0 || strncmp(*line + n, " = ", 3) != 0)
		return NULL;
	*end = '\0';
	*line = end + 1;
	return value;
}

static bool good_board(const struct okng_lens_board *board)
{
	return board->marker < board->square && board->cols * board->rows <= OKNG_LENS_CORNERS_MAX;
}

/* What no single row shows. */
static int check(const struct okng_profile *p, const char *name, struct okng_error *err)
{
	if (p->has_lens && !good_board(&p->board))
		return refuse(err, name, "marker_mm", "no such board: markers are smaller than squares, and of corners there are 2048 at most");
	if (p->has_planar && !good_board(&p->planar.board))
		return refuse(err, name, "plane_marker_mm", "no such board: markers are smaller than squares, and of corners there are 2048 at most");
	if (p->has_planar && !okng_planar_sound(&p->planar.plane, p->lens.width, p->lens.height))
		return refuse(err, name, "plane_m33", "these numbers are no plane that a camera sees");
	return 0;
}

static int read_rows(struct okng_profile *p, char *line, int version, const char *name, struct okng_error *err)
{
	char *value = value_of(&line, "serial");
	size_t n = value ? strlen(value) : 0;
	if (n < 2 || value[0] != '"' || value[n - 1] != '"')
		return refuse(err, name, "serial", "is missing or not a text");
	value[n - 1] = '\0';
	if (!good_serial(value + 1))
		return refuse(err, name, "serial", "may hold letters, digits and -_.: only, 63 at most");
	memcpy(p->serial, value + 1, n - 1);
	for (int i = 0; i < N_ROWS; i++) {
		char *end = NULL;
		if (!has(p, &rows[i], version))
			continue;
		value = value_of(&line, rows[i].key);
		if (!value)
			return refuse(err, name, rows[i].key, "is missing");
		double v = strtod(value, &end);
		if (end == value || *end != '\0' || !(v >= rows[i].least && v <= rows[i].most) || (rows[i].kind != REAL && v != floor(v)))
			return okng_error_set(err, -EINVAL, name, 0, rows[i].key, "is not a number from %g to %g", rows[i].least, rows[i].most);
		put(p, &rows[i], v);
	}
	return *line == '\0' ? check(p, name, err) : refuse(err, name, "", "has lines that no profile has");
}

/* Version and kind, *line then behind them. Returns the version. */
static int read_start(struct okng_profile *p, char **line, int written, const char *name, struct okng_error *err)
{
	char *version = value_of(line, "version"), want[8];
	snprintf(want, sizeof want, "%d", written);
	if (!version || strcmp(version, want) != 0)
		return okng_error_set(err, -EINVAL, name, 0, "version", "is %.16s; this program reads version %d and before: calibrate again",
			version ? version : "missing", OKNG_PROFILE_VERSION);
	char *kind = value_of(line, "kind");
	int most = written < 2 ? 1 : 3;
	for (int i = 1; kind && i <= most; i++) {
		if (strcmp(kind, kinds[i]) != 0)
			continue;
		p->has_lens = i & 1;
		p->has_planar = i & 2;
		return written;
	}
	return refuse(err, name, "kind", most == 1 ? "is not \"lens\"" : "is not \"lens\", \"plane\" or \"lens and plane\"");
}

int okng_profile_parse(struct okng_profile *profile, const void *bytes, size_t size, const char *name, struct okng_error *err)
{
	char text[OKNG_PROFILE_SIZE_MAX + 1], crc[32];
	*profile = (struct okng_profile){0};
	if (size > OKNG_PROFILE_SIZE_MAX)
		return refuse(err, name, "", "not a camera profile");
	memcpy(text, bytes, size);
	text[size] = '\0';
	bool first = strncmp(text, HEAD_1, strlen(HEAD_1)) == 0;
	if (!first && strncmp(text, HEAD, strlen(HEAD)) != 0)
		return refuse(err, name, "", "not a camera profile");
	char *line = text + strlen(first ? HEAD_1 : HEAD), *sum = strstr(text, "\n" CRC_KEY);
	if (strlen(text) != size || !sum)
		return refuse(err, name, "checksum", "damaged: the end is missing; calibrate again");
	sum++;
	snprintf(crc, sizeof crc, CRC_KEY "%08lx\"\n", crc32_z(0, (const Bytef *)text, (size_t)(sum - text)));
	if (strcmp(sum, crc) != 0)
		return refuse(err, name, "checksum", "damaged or changed by hand: the checksum is wrong; calibrate again");
	*sum = '\0';
	struct okng_profile p = {0};
	int rc = read_start(&p, &line, first ? 1 : OKNG_PROFILE_VERSION, name, err);
	if (rc > 0)
		rc = read_rows(&p, line, rc, name, err);
	if (rc == 0)
		*profile = p;
	return rc;
}

struct okng_plane okng_profile_plane(const struct okng_profile *profile)
{
	return profile->planar.plane;
}

int okng_profile_match(const struct okng_profile *profile, const char *serial, int32_t width, int32_t height, struct okng_error *err)
{
	const struct okng_lens *lens = &profile->lens;
	if (lens->width != width || lens->height != height)
		return okng_error_set(err, -EINVAL, "", 0, "", "the profile is for pictures of %dx%d, this one is of %dx%d: calibrate with this camera and size",
			(int)lens->width, (int)lens->height, (int)width, (int)height);
	if (serial && *serial && *profile->serial && strcmp(serial, profile->serial) != 0)
		return okng_error_set(err, -EINVAL, "", 0, "serial", "the profile is of camera %s, this is %.64s: calibrate this camera", profile->serial, serial);
	return 0;
}
