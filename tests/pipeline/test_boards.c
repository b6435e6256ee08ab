/* SPDX-License-Identifier: Apache-2.0
 *
 * The locator on real bare boards, where the data lies beside the source (OKNG_SHARED): each template is shifted,
 * turned and relit by known amounts and must be found there; each part must be found near its template, and no part
 * may be found on another board's template. Skips without the data.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "camera/image_file.h"
#include "pipeline/locate.h"

#define EVERY 25 /* of the boards: enough for a test that runs at every build */

static char **templates;
static int n_templates;

static int setup(void **state)
{
	(void)state;
	const char *shared = getenv("OKNG_SHARED");
	if (!shared)
		shared = getenv("OKNG_SHARED_DEFAULT");
	char folder[4096];
	snprintf(folder, sizeof folder, "%s/data/deeppcb/images", shared ? shared : "../shared");
	n_templates = okng_image_file_list(&templates, folder, "*_temp.jpg", NULL);
	if (n_templates <= 0)
		print_message("skipped: no boards in %s (set OKNG_SHARED)\n", folder);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	if (n_templates > 0)
		okng_image_file_list_free(&templates);
	return 0;
}

static struct okng_image load(const char *path)
{
	struct okng_image img;
	assert_int_equal(okng_image_file_load(&img, path, NULL), 0);
	return img;
}

static struct okng_image load_part(const char *path)
{
	char part[4096];
	snprintf(part, sizeof part, "%.*s_test.jpg", (int)(strlen(path) - strlen("_temp.jpg")), path);
	return load(part);
}

/* The frame in which the picture lies at the pose: resampled by the inverse pose. */
static struct okng_image moved(const struct okng_image *img, const struct okng_pose *pose, double gain, double vignette)
{
	struct okng_image out;
	double s, c, w = img->width / 2.0, h = img->height / 2.0;
	okng_locate_sincos(pose->angle, &s, &c);
	struct okng_pose inverse = {.dx = -(c * pose->dx - s * pose->dy), .dy = -(s * pose->dx + c * pose->dy),
		.angle = -pose->angle};
	assert_int_equal(okng_image_init(&out, img->width, img->height, OKNG_PIXEL_MONO8), 0);
	assert_int_equal(okng_locate_resample(&inverse, img, &out, NULL), 0);
	for (int y = 0; y < out.height; y++) {
		uint8_t *row = okng_image_row(&out, y);
		for (int x = 0; x < out.width; x++) {
			double r = ((x - w) * (x - w) + (y - h) * (y - h)) / (w * w + h * h);
			row[x] = (uint8_t)fmin(255, (row[x] * 0.75 + 20) * gain * (1 - vignette * r));
		}
	}
	return out;
}

static void moved_and_relit(void **state)
{
	(void)state;
	static const struct {
		struct okng_pose pose;
		double gain, vignette;
	} cases[] = {
		{{3.3, -4.8, 0.2, 0}, 1, 0},
		{{-11.6, 9.1, -0.9, 0}, 0.8, 0},
		{{14.4, 12.7, 1.7, 0}, 1.2, 0.2},
	};
	if (n_templates <= 0)
		skip();
	int blank = 0, missed = 0, tried = 0;
	for (int i = 0; i < n_templates; i += EVERY) {
		struct okng_image ref = load(templates[i]);
		struct okng_locator *loc;
		int rc = okng_locator_open(&loc, &ref, 16, 2);
		for (size_t k = 0; k < sizeof cases / sizeof cases[0] && rc == 0; k++, tried++) {
			struct okng_image frame = moved(&ref, &cases[k].pose, cases[k].gain, cases[k].vignette);
			struct okng_pose pose;
			int found = okng_locator_run(loc, &frame, &pose);
			double off = fmax(fabs(pose.dx - cases[k].pose.dx), fabs(pose.dy - cases[k].pose.dy));
			if (found || off > 0.1 || fabs(pose.angle - cases[k].pose.angle) > 0.03) {
				print_message("%s case %zu: %d off by %.3f px, %.3f degrees\n", strrchr(templates[i], '/') + 1, k,
					found, off, fabs(pose.angle - cases[k].pose.angle));
				missed++;
			}
			okng_image_finish(&frame);
		}
		blank += rc == -ENODATA;
		okng_locator_close(&loc);
		okng_image_finish(&ref);
	}
	print_message("%d poses tried, %d missed, %d templates blank\n", tried, missed, blank);
	assert_true(tried > 0);
	assert_true(missed * 50 <= tried);
}

static void parts_and_strangers(void **state)
{
	(void)state;
	if (n_templates <= 0)
		skip();
	int own = 0, found = 0, strangers = 0;
	for (int i = 0; i < n_templates; i += EVERY) {
		struct okng_image ref = load(templates[i]), part = load_part(templates[i]);
		struct okng_image stranger = load_part(templates[(i + n_templates / 2) % n_templates]);
		struct okng_locator *loc;
		struct okng_pose pose;
		if (okng_locator_open(&loc, &ref, 20, 1) == 0) {
			own++;
			found += okng_locator_run(loc, &part, &pose) == 0 && pose.score > 0.8;
			strangers += okng_locator_run(loc, &stranger, &pose) == 0 && pose.score > 0.5;
		}
		okng_locator_close(&loc);
		okng_image_finish(&ref);
		okng_image_finish(&part);
		okng_image_finish(&stranger);
	}
	print_message("%d boards, %d parts found, %d strangers found\n", own, found, strangers);
	assert_true(own > 0 && found * 20 >= own * 19);
	assert_int_equal(strangers, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moved_and_relit),
		cmocka_unit_test(parts_and_strangers),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
