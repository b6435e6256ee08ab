/* SPDX-License-Identifier: Apache-2.0
 *
 * An inspector whose limits were moved judges to the last bit as one that was opened with those limits, in any order of
 * movements; and what is listed is what the recipe opens.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <malloc.h>
#include <string.h>

#include "pipeline/inspect.h"

#define SIDE 96

static struct okng_image picture;

static struct okng_recipe recipe_of(bool open)
{
	const struct okng_range any = {-1e9, 1e9};
	struct okng_recipe r = {.name = "r", .number = 1, .image.max_mean = 255, .n_tools = 2, .n_classes = 2,
		.limits = {.area = 20, .plc_writable = open}};
	r.tools[0] = (struct okng_tool){.name = "blobs", .type = OKNG_TOOL_BLOB, .min_area = 1, .threshold = OKNG_THRESHOLD_ABSOLUTE,
		.bright = 200, .dark = 0, .window = 3};
	r.tools[1] = (struct okng_tool){.name = "hole", .type = OKNG_TOOL_MEASURE, .plc_writable = open, .measure = {
		.kind = OKNG_MEASURE_CIRCLE, .breadth = 5, .scans = 1, .centre = {48, 48}, .radius = 20, .reach = 8, .arc = {0, 360}, .rays = 64,
		.pick = OKNG_PICK_STRONGEST, .sigma = 1.5, .contrast = 20, .coverage = 0.7, .nominal = 40, .tolerance = {-1, 1}}};
	for (int i = 0; i < 2; i++) {
		struct okng_class *c = &r.classes[i];
		*c = (struct okng_class){.name = {(char)('a' + i)}, .number = 1 + i, .area = {i ? 0 : 10, 1e9}, .width = any, .height = any,
			.elongation = any, .contrast = any, .fill = any, .x = any, .y = any, .residue = any, .depth = any, .relative_depth = any,
			.radius = any, .conductors = any, .grounds = any, .border = any, .verdict = i ? OKNG_REVIEW : OKNG_NG, .limit_count = -1,
			.plc_writable = open && i == 0};
	}
	return r;
}

static void rect(int x0, int y0, int w, int h, uint8_t value)
{
	for (int y = y0; y < y0 + h; y++)
		memset(okng_image_row(&picture, y) + x0, value, (size_t)w);
}

/* A grey disc, slightly oval, and three bright marks. */
static void draw(void)
{
	for (int y = 0; y < SIDE; y++)
		for (int x = 0; x < SIDE; x++)
			okng_image_row(&picture, y)[x] = (uint8_t)((x - 48) * (x - 48) * 10 + (y - 48) * (y - 48) * 11 < 4300 ? 40 : 120);
	rect(4, 4, 5, 5, 230);
	rect(80, 4, 2, 3, 230);
	rect(4, 80, 8, 4, 230);
}

static void run(const struct okng_recipe *r, const struct okng_tuning *tuning, struct okng_result *out)
{
	struct okng_inspector *s;
	struct okng_error err;
	if (okng_inspector_open(&s, r, NULL, NULL, SIDE, SIDE, &err) < 0)
		fail_msg("%s: %s", err.key, err.text);
	struct okng_tunable list[OKNG_TUNABLES_MAX];
	okng_tunable_list(r, list);
	if (tuning)
		okng_inspector_tune(s, list, tuning);
	memset(out, 0, sizeof *out);
	okng_inspector_run(s, &picture, out);
	okng_inspector_close(&s);
}

/* Between 0 and n - 1. */
static int any_of(uint64_t *seed, int n)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (int)(*seed >> 33) % n;
}

static struct okng_tuning invent(uint64_t *seed)
{
	static const double areas[] = {1, 6, 6.5, 25, 31.99, 32, 33, 1e9}, total[] = {0, 10, 63, 64, 1e9};
	struct okng_tuning t = {.n = 9};
	t.value[0] = areas[any_of(seed, 8)];
	t.value[1] = any_of(seed, 4);
	t.value[2] = total[any_of(seed, 5)];
	t.value[3] = -2 + 0.25 * any_of(seed, 10);
	t.value[4] = t.value[3] + 0.1 + 0.5 * any_of(seed, 6);
	t.value[5] = 0.05 * any_of(seed, 20);
	t.value[6] = 0.02 * any_of(seed, 10);
	t.value[7] = any_of(seed, 3) ? areas[any_of(seed, 8)] : 0;
	t.value[8] = any_of(seed, 4) - 1;
	return t;
}

static void as_if_opened_so(void **state)
{
	(void)state;
	static struct okng_result tuned, opened;
	static const double filed[] = {20, 0, 0, -1, 1, 0, 0, 0, -1};
	struct okng_recipe r = recipe_of(true);
	struct okng_tunable list[OKNG_TUNABLES_MAX];
	struct okng_inspector *s;
	struct okng_error err;
	uint64_t seed = 5;
	int verdicts[5] = {0};
	assert_int_equal(okng_tunable_list(&r, list), 9);
	for (int i = 0; i < 9; i++)
		assert_true(okng_tunable_get(&r, list[i]) >= filed[i] && okng_tunable_get(&r, list[i]) <= filed[i]);
	assert_int_equal(okng_inspector_open(&s, &r, NULL, NULL, SIDE, SIDE, &err), 0);
	for (int i = 0; i < 500; i++) {
		struct okng_tuning t = invent(&seed);
		struct okng_recipe other = recipe_of(true);
		for (int k = 0; k < t.n; k++)
			okng_tunable_set(&other, list[k], t.value[k]);
		run(&other, NULL, &opened);
		okng_inspector_tune(s, list, &t); /* on top of all before */
		memset(&tuned, 0, sizeof tuned);
		okng_inspector_run(s, &picture, &tuned);
		assert_memory_equal(&tuned, &opened, sizeof tuned);
		verdicts[tuned.verdict]++;
	}
	okng_inspector_close(&s);
	for (int v = OKNG_OK; v <= OKNG_REVIEW; v++) /* else it proved little */
		assert_true(verdicts[v] > 20);
}

static void opened_or_not(void **state)
{
	(void)state;
	static struct okng_result a, b;
	struct okng_recipe closed = recipe_of(false), open = recipe_of(true);
	struct okng_tunable list[OKNG_TUNABLES_MAX];
	assert_int_equal(okng_tunable_list(&closed, list), 0);
	run(&closed, &(struct okng_tuning){0}, &a);
	run(&open, NULL, &b);
	assert_memory_equal(&a, &b, sizeof a); /* to be open changes nothing */
	assert_int_equal(okng_recipe_hash(&closed), okng_recipe_hash(&open)); /* nor does it ask to teach again */
	open.tools[1].measure.kind = OKNG_MEASURE_WIDTH;
	assert_int_equal(okng_tunable_list(&open, list), 7);
	open.tools[1].type = OKNG_TOOL_SURFACE;
	assert_int_equal(okng_tunable_list(&open, list), 6);
	assert_int_equal(list[3].kind, OKNG_TUNABLE_UNLIKE);
	assert_int_equal(list[3].index, 1);
	assert_int_equal(list[5].kind, OKNG_TUNABLE_CLASS_COUNT);
	for (int i = 0; i < 20; i++)
		open.classes[i].plc_writable = true;
	open.n_classes = 25;
	assert_int_equal(okng_tunable_list(&open, list), 44);
	for (int i = 0; i < 25; i++)
		open.classes[i].plc_writable = true;
	assert_int_equal(okng_tunable_list(&open, list), 54); /* told, though there is room for 48 */
}

static void takes_no_memory(void **state)
{
	(void)state;
	struct okng_recipe r = recipe_of(true);
	struct okng_tunable list[OKNG_TUNABLES_MAX];
	struct okng_inspector *s;
	struct okng_error err;
	static struct okng_result out;
	uint64_t seed = 9;
	okng_tunable_list(&r, list);
	assert_int_equal(okng_inspector_open(&s, &r, NULL, NULL, SIDE, SIDE, &err), 0);
	okng_inspector_run(s, &picture, &out);
	struct mallinfo2 before = mallinfo2();
	for (int i = 0; i < 100; i++) {
		struct okng_tuning t = invent(&seed);
		okng_inspector_tune(s, list, &t);
		okng_inspector_run(s, &picture, &out);
	}
	assert_int_equal(mallinfo2().uordblks, before.uordblks);
	okng_inspector_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_if_opened_so), cmocka_unit_test(opened_or_not), cmocka_unit_test(takes_no_memory),
	};
	if (okng_image_init(&picture, SIDE, SIDE, OKNG_PIXEL_MONO8) < 0)
		return 1;
	draw();
	int r = cmocka_run_group_tests(tests, NULL, NULL);
	okng_image_finish(&picture);
	return r;
}
