/* SPDX-License-Identifier: Apache-2.0
 *
 * Lens profiles: what is written comes back to the last bit; a damaged, changed or foreign one is refused with the
 * reason, and so is the right one for another camera or size.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "calib/profile.h"

static struct okng_error err;

static struct okng_profile sample(void)
{
	return (struct okng_profile){
		.serial = "CAM-0042",
		.has_lens = true,
		.board = {.cols = 9, .rows = 6, .square = 25.4},
		.lens = {.width = 2448, .height = 2048, .param = {3456.789012345678, 3457.1, 1224.3, 1023.9, -0.21, 0.1, 1e-4, -2e-5, 1.0 / 3},
			.sigma = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9}, .rms = 0.1234, .views = 15, .corners = 800},
	};
}

static struct okng_profile with_plane(void)
{
	struct okng_profile p = sample();
	p.has_planar = true;
	p.planar = (struct okng_planar){
		.board = {.cols = 11, .rows = 8, .square = 4.9997, .marker = 3.5, .dictionary = 5},
		.plane = {{0.1 / 3, 1e-4, -40, 2e-4, 0.0333, -31, 1e-6, -2e-6, 1.0008}},
		.scale = 0.03333, .tilt = 3.25, .coverage = 0.61, .rms = 0.07, .sigma = {1e-4, 3e-4, 4e-4, 5e-4, 6e-4}, .corners = 71};
	return p;
}

static void test_plane_round_trip(void **state)
{
	char text[OKNG_PROFILE_SIZE_MAX];
	(void)state;
	for (int lens = 0; lens < 2; lens++) {
		struct okng_profile p = with_plane(), back;
		p.has_lens = lens;
		int n = okng_profile_print(&p, text, sizeof text);
		assert_true(n > 0);
		assert_int_equal(okng_profile_parse(&back, text, (size_t)n, "p", &err), 0);
		assert_true(back.has_planar && back.has_lens == lens && back.lens.width == 2448);
		assert_true(back.lens.views == (lens ? 15 : 0) && back.board.cols == (lens ? 9 : 0));
		assert_memory_equal(&back.planar, &p.planar, sizeof p.planar);
		struct okng_plane plane = okng_profile_plane(&back);
		assert_memory_equal(&plane, &p.planar.plane, sizeof plane);
	}
	struct okng_profile none = with_plane();
	none.has_lens = none.has_planar = false;
	assert_int_equal(okng_profile_print(&none, text, sizeof text), -EINVAL);
}

/* As version 1 was written. */
static void test_version_1(void **state)
{
	static const char head[] = "# okng lens profile, made by okng calib lens; a file changed by hand is refused\nversion = 1\nkind = \"lens\"\n";
	char text[OKNG_PROFILE_SIZE_MAX], old[OKNG_PROFILE_SIZE_MAX];
	struct okng_profile p = sample(), back;
	(void)state;
	assert_true(okng_profile_print(&p, text, sizeof text) > 0);
	*strstr(text, "marker_mm = ") = '\0';
	int n = snprintf(old, sizeof old, "%s%s", head, strstr(text, "serial = "));
	n += sprintf(old + n, "checksum = \"%08lx\"\n", crc32_z(0, (const Bytef *)old, (size_t)n));
	assert_int_equal(okng_profile_parse(&back, old, (size_t)n, "p", &err), 0);
	assert_true(back.has_lens && !back.has_planar && back.board.marker == 0);
	assert_memory_equal(&back.lens, &p.lens, sizeof p.lens);
	char *kind = strstr(old, "\"lens\"\n");
	memmove(kind + 7, kind + 6, strlen(kind + 6) + 1);
	memcpy(kind, "\"plane\"", 7);
	*strstr(old, "checksum = ") = '\0';
	n = (int)strlen(old);
	n += sprintf(old + n, "checksum = \"%08lx\"\n", crc32_z(0, (const Bytef *)old, (size_t)n));
	assert_int_equal(okng_profile_parse(&back, old, (size_t)n, "p", &err), -EINVAL);
	assert_string_equal(err.key, "kind");
}

static void test_round_trip(void **state)
{
	char dir[] = "/tmp/okng-profile-XXXXXX", path[64];
	struct okng_profile p = sample(), back;
	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/a.toml", dir);
	assert_int_equal(okng_profile_load(&back, path, &err), -ENOENT);
	assert_int_equal(okng_profile_save(&p, path, &err), 0);
	assert_int_equal(okng_profile_load(&back, path, &err), 0);
	assert_memory_equal(back.lens.param, p.lens.param, sizeof p.lens.param);
	assert_memory_equal(back.lens.sigma, p.lens.sigma, sizeof p.lens.sigma);
	assert_string_equal(back.serial, p.serial);
	assert_true(back.lens.width == 2448 && back.lens.height == 2048 && back.lens.views == 15 && back.lens.corners == 800);
	assert_true(back.board.cols == 9 && back.board.rows == 6 && back.board.square == 25.4 && back.lens.rms == p.lens.rms);
	strcpy(p.serial, "a\"b");
	assert_int_equal(okng_profile_save(&p, path, &err), -EINVAL);
	assert_int_equal(okng_profile_load(&back, path, &err), 0);
	unlink(path);
	rmdir(dir);
}

static void test_every_changed_byte_is_refused(void **state)
{
	char text[OKNG_PROFILE_SIZE_MAX];
	struct okng_profile p = with_plane(), back;
	int n = okng_profile_print(&p, text, sizeof text);
	(void)state;
	assert_true(n > 0);
	for (int i = 0; i < n; i++) {
		text[i] ^= 1;
		assert_int_equal(okng_profile_parse(&back, text, (size_t)n, "p", &err), -EINVAL);
		text[i] ^= 1;
		assert_int_equal(okng_profile_parse(&back, text, (size_t)i, "p", &err), -EINVAL);
	}
	assert_int_equal(okng_profile_parse(&back, text, (size_t)n, "p", &err), 0);
}

/* With the checksum put right again. */
static void test_wrong_values(void **state)
{
	static const struct {
		const char *from, *to, *key;
	} rows[] = {
		{"version = 2", "version = 3", "version"}, {"kind = \"lens and plane\"", "kind = \"flat\"", "kind"}, {"width = 2448", "width = 0", "width"},
		{"views = 15", "views = 1", "views"}, {"height = 2048", "height = 1.5", "height"}, {"cols = 9", "cols = x", "board_cols"},
		{"marker_mm = 0", "marker_mm = 30", "marker_mm"}, {"dictionary = 0", "dictionary = 17", "dictionary"},
		{"plane_m33 = 1", "plane_m33 = -1", "plane_m33"}, {"plane_m22 = 3", "plane_m22 = -3", "plane_m33"}, {"plane_tilt = ", "plane_tilt = -", "plane_tilt"},
		{"plane_marker_mm = 3", "plane_marker_mm = 5", "plane_marker_mm"}, {"plane_corners = 71", "plane_corners = 11", "plane_corners"},
		{"rms = 1", "rms = -1", "rms"}, {"fx = ", "fx = -", "fx"}, {"CAM-0042", "CAM 0042", "serial"}, {"cy = ", "cz = ", "cy"},
	};
	(void)state;
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
		char text[OKNG_PROFILE_SIZE_MAX], changed[2 * OKNG_PROFILE_SIZE_MAX];
		struct okng_profile p = with_plane(), back;
		assert_true(okng_profile_print(&p, text, sizeof text) > 0);
		*strstr(text, "checksum = ") = '\0';
		char *at = strstr(text, rows[r].from);
		assert_non_null(at);
		int n = snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - text), text, rows[r].to, at + strlen(rows[r].from));
		n += sprintf(changed + n, "checksum = \"%08lx\"\n", crc32_z(0, (const Bytef *)changed, (size_t)n));
		assert_int_equal(okng_profile_parse(&back, changed, (size_t)n, "p", &err), -EINVAL);
		assert_string_equal(err.key, rows[r].key);
		assert_int_equal(back.lens.width, 0);
	}
}

static void test_match(void **state)
{
	static const struct {
		const char *serial;
		int32_t w, h;
		int rc;
	} rows[] = {{"CAM-0042", 2448, 2048, 0}, {NULL, 2448, 2048, 0}, {"", 2448, 2048, 0}, {"CAM-0043", 2448, 2048, -EINVAL},
		{"CAM-0042", 2048, 2448, -EINVAL}, {NULL, 2448, 2047, -EINVAL}};
	struct okng_profile p = sample();
	(void)state;
	for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
		assert_int_equal(okng_profile_match(&p, rows[r].serial, rows[r].w, rows[r].h, &err), rows[r].rc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_plane_round_trip),
		cmocka_unit_test(test_version_1),
		cmocka_unit_test(test_every_changed_byte_is_refused),
		cmocka_unit_test(test_wrong_values),
		cmocka_unit_test(test_match),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
