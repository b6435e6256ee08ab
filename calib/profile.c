/* SPDX-License-Identifier: Apache-2.0
 *
 * One table of keys drives writer and reader, so that they can't differ.
 */
#include "calib/profile.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define HEAD "# okng lens profile, made by okng calib lens; a file changed by hand is refused\n"
#define CRC_KEY "checksum = \""

enum kind { WHOLE, SIDE, REAL };

struct row {
	const char *key;
	enum kind kind;
	size_t at;
	double least, most;
};

#define LENS(field) (offsetof(struct okng_profile, lens) + offsetof(struct okng_lens, field))
#define BOARD(field) (offsetof(struct okng_profile, board) + offsetof(struct okng_lens_board, field))
#define PARAM(i) (LENS(param) + (i) * sizeof(double))
#define SIGMA(i) (LENS(sigma) + (i) * sizeof(double))

static const struct row rows[] = {
	{"width", SIDE, LENS(width), 1, OKNG_IMAGE_SIDE_MAX},
	{"height", SIDE, LENS(height), 1, OKNG_IMAGE_SIDE_MAX},
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
	{"rms", REAL, LENS(rms), 0, 1e6},
	{"views", WHOLE, LENS(views), OKNG_LENS_VIEWS_MIN, OKNG_LENS_VIEWS_MAX},
	{"corners", WHOLE, LENS(corners), 1, OKNG_LENS_VIEWS_MAX * OKNG_LENS_CORNERS_MAX},
	{"board_cols", WHOLE, BOARD(cols), 3, 64},
	{"board_rows", WHOLE, BOARD(rows), 3, 64},
	{"square_mm", REAL, BOARD(square), 1e-6, 1e6},
};

#define N_ROWS ((int)(sizeof(rows) / sizeof(rows[0])))

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
	if (!good_serial(p->serial))
		return -EINVAL;
	add(text, size, &n, HEAD "version = %d\nkind = \"lens\"\nserial = \"%s\"\n", OKNG_PROFILE_VERSION, p->serial);
	for (int i = 0; i < N_ROWS; i++)
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

static int read_rows(struct okng_profile *p, char *line, const char *name, struct okng_error *err)
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
		value = value_of(&line, rows[i].key);
		if (!value)
			return refuse(err, name, rows[i].key, "is missing");
		double v = strtod(value, &end);
		if (end == value || *end != '\0' || !(v >= rows[i].least && v <= rows[i].most) || (rows[i].kind != REAL && v != floor(v)))
			return okng_error_set(err, -EINVAL, name, 0, rows[i].key, "is not a number from %g to %g", rows[i].least, rows[i].most);
		put(p, &rows[i], v);
	}
	return *line == '\0' ? 0 : refuse(err, name, "", "has lines that no profile has");
}

int okng_profile_parse(struct okng_profile *profile, const void *bytes, size_t size, const char *name, struct okng_error *err)
{
	char text[OKNG_PROFILE_SIZE_MAX + 1], crc[32];
	*profile = (struct okng_profile){0};
	if (size > OKNG_PROFILE_SIZE_MAX || size < strlen(HEAD) || memcmp(bytes, HEAD, strlen(HEAD)) != 0)
		return refuse(err, name, "", "not a lens profile");
	memcpy(text, bytes, size);
	text[size] = '\0';
	char *line = text + strlen(HEAD), *sum = strstr(text, "\n" CRC_KEY);
	if (strlen(text) != size || !sum)
		return refuse(err, name, "checksum", "damaged: the end is missing; calibrate again");
	sum++;
	snprintf(crc, sizeof crc, CRC_KEY "%08lx\"\n", crc32_z(0, (const Bytef *)text, (size_t)(sum - text)));
	if (strcmp(sum, crc) != 0)
		return refuse(err, name, "checksum", "damaged or changed by hand: the checksum is wrong; calibrate again");
	*sum = '\0';
	char *version = value_of(&line, "version");
	if (!version || strcmp(version, "1") != 0)
		return okng_error_set(err, -EINVAL, name, 0, "version", "is %.16s; this program reads version %d: calibrate again", version ? version : "missing",
			OKNG_PROFILE_VERSION);
	char *kind = value_of(&line, "kind");
	if (!kind || strcmp(kind, "\"lens\"") != 0)
		return refuse(err, name, "kind", "is not \"lens\"");
	struct okng_profile p = {0};
	int rc = read_rows(&p, line, name, err);
	if (rc == 0)
		*profile = p;
	return rc;
}

int okng_profile_load(struct okng_profile *profile, const char *path, struct okng_error *err)
{
	char bytes[OKNG_PROFILE_SIZE_MAX + 1];
	size_t n = 0;
	*profile = (struct okng_profile){0};
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int rc = fd < 0 ? -errno : 0;
	while (rc == 0 && n < sizeof bytes) {
		ssize_t got = read(fd, bytes + n, sizeof bytes - n);
		if (got == 0)
			break;
		if (got > 0)
			n += (size_t)got;
		else if (errno != EINTR)
			rc = -errno;
	}
	if (fd >= 0)
		close(fd);
	if (rc < 0)
		return okng_error_set(err, rc, path, 0, "", "cannot be read: %s", strerror(-rc));
	return okng_profile_parse(profile, bytes, n, path, err);
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

static int write_temp(const char *temp, const char *text, size_t size)
{
	int fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	int rc = fd < 0 ? -errno : 0;
	for (size_t n = 0; rc == 0 && n < size;) {
		ssize_t put_now = write(fd, text + n, size - n);
		if (put_now >= 0)
			n += (size_t)put_now;
		else if (errno != EINTR)
			rc = -errno;
	}
	if (rc == 0 && fsync(fd) != 0)
		rc = -errno;
	if (fd >= 0 && close(fd) != 0 && rc == 0)
		rc = -errno;
	return rc;
}

int okng_profile_save(const struct okng_profile *profile, const char *path, struct okng_error *err)
{
	char text[OKNG_PROFILE_SIZE_MAX], temp[4096];
	struct okng_profile back;
	if (snprintf(temp, sizeof temp, "%s.new", path) >= (int)sizeof temp)
		return okng_error_set(err, -ENAMETOOLONG, path, 0, "", "the path is too long");
	int n = okng_profile_print(profile, text, sizeof text);
	if (n < 0)
		return okng_error_set(err, n, path, 0, "serial", "may hold letters, digits and -_.: only, 63 at most");
	int rc = okng_profile_parse(&back, text, (size_t)n, path, err);
	if (rc < 0)
		return rc;
	rc = write_temp(temp, text, (size_t)n);
	if (rc == 0 && rename(temp, path) != 0)
		rc = -errno;
	if (rc < 0) {
		unlink(temp);
		return okng_error_set(err, rc, path, 0, "", "cannot be written: %s", strerror(-rc));
	}
	return 0;
}
