/* SPDX-License-Identifier: Apache-2.0
 *
 * The flat field against its formula at every grey, the gains that round and saturate, and the sizes it refuses; and
 * the words for verdicts and reasons, which must differ from each other.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "pipeline/correct.h"
#include "pipeline/verdict.h"

static void formula(void **state)
{
	(void)state;
	static const struct {
		uint8_t in, dark;
		uint16_t gain;
		uint8_t want;
	} cases[] = {
		{0, 0, 4096, 0},
		{255, 0, 4096, 255},
		{100, 20, 4096, 80},
		{20, 100, 4096, 0},    /* below dark is black, not bright */
		{100, 0, 6144, 150},   /* 1.5 */
		{3, 0, 2048, 2},       /* 1.5 rounds up */
		{1, 0, 2047, 0},
		{1, 0, 2048, 1},
		{200, 0, 8192, 255},   /* saturates */
		{255, 0, 65535, 255},
		{255, 255, 65535, 0},
		{77, 7, 0, 0},
	};
	enum { N = sizeof cases / sizeof cases[0] };
	uint8_t in[N], dark[N], out[N];
	uint16_t gain[N];
	for (int i = 0; i < N; i++) {
		in[i] = cases[i].in;
		dark[i] = cases[i].dark;
		gain[i] = cases[i].gain;
	}
	struct okng_flat flat = {
		.dark = okng_image_view(dark, N, 1, N, OKNG_PIXEL_MONO8),
		.gain = okng_image_view(gain, N, 1, sizeof gain, OKNG_PIXEL_MONO16),
	};
	struct okng_image from = okng_image_view(in, N, 1, N, OKNG_PIXEL_MONO8);
	struct okng_image to = okng_image_view(out, N, 1, N, OKNG_PIXEL_MONO8);
	assert_int_equal(okng_correct(&flat, &from, &to), 0);
	for (int i = 0; i < N; i++)
		assert_int_equal(out[i], cases[i].want);
	assert_int_equal(okng_correct(&flat, &from, &from), 0); /* in place */
	assert_memory_equal(in, out, N);
	okng_flat_finish(&flat);
	assert_null(flat.dark.data);
}

/* A lit white target whose edges are darker becomes even, with rows longer than the picture. */
static void evens_out(void **state)
{
	(void)state;
	enum { W = 37, H = 11 };
	struct okng_flat flat = {0};
	struct okng_image img;
	assert_int_equal(okng_image_init(&flat.dark, W, H, OKNG_PIXEL_MONO8), 0);
	assert_int_equal(okng_image_init(&flat.gain, W, H, OKNG_PIXEL_MONO16), 0);
	assert_int_equal(okng_image_init(&img, W, H, OKNG_PIXEL_MONO8), 0);
	for (int y = 0; y < H; y++) {
		for (int x = 0; x < W; x++) {
			int white = 220 - (x - 18) * (x - 18) / 3 - (y - 5) * (y - 5), dark = 4 + (x + y) % 3;
			okng_image_row(&img, y)[x] = (uint8_t)white;
			okng_image_row(&flat.dark, y)[x] = (uint8_t)dark;
			((uint16_t *)(void *)okng_image_row(&flat.gain, y))[x] = (uint16_t)(200 * 4096 / (white - dark));
		}
	}
	assert_int_equal(okng_correct(&flat, &img, &img), 0);
	for (int y = 0; y < H; y++)
		for (int x = 0; x < W; x++)
			assert_int_equal(okng_image_row(&img, y)[x], 200);
	okng_image_finish(&img);
	okng_flat_finish(&flat);
}

static struct okng_flat even(int w, int h)
{
	struct okng_flat flat = {0};
	assert_int_equal(okng_image_init(&flat.dark, w, h, OKNG_PIXEL_MONO8), 0);
	assert_int_equal(okng_image_init(&flat.gain, w, h, OKNG_PIXEL_MONO16), 0);
	for (int y = 0; y < h; y++)
		for (int x = 0; x < w; x++)
			((uint16_t *)(void *)okng_image_row(&flat.gain, y))[x] = 4096;
	return flat;
}

/* A bad pixel gets the median of good ones: in the middle, in a corner, beside another, between two of different sides. */
static void mends(void **state)
{
	(void)state;
	enum { W = 20, H = 12 };
	static const uint32_t bad[] = {0, 5 * W + 7, 5 * W + 8, 6 * W + 8, 9 * W + 13, 11 * W + 19};
	struct okng_flat flat = even(W, H), copy;
	struct okng_image img, out;
	assert_int_equal(okng_image_init(&img, W, H, OKNG_PIXEL_MONO8), 0);
	assert_int_equal(okng_image_init(&out, W, H, OKNG_PIXEL_MONO8), 0);
	for (int y = 0; y < H; y++)
		for (int x = 0; x < W; x++)
			okng_image_row(&img, y)[x] = x < 13 ? 60 : 180; /* an edge */
	struct okng_image whole = out;
	assert_int_equal(okng_correct(&flat, &img, &whole), 0);
	for (size_t i = 0; i < 6; i++)
		okng_image_row(&img, (int32_t)bad[i] / W)[bad[i] % W] = i % 2 ? 0 : 255;
	assert_int_equal(okng_flat_mark(&flat, bad, 6, NULL), 0);
	assert_int_equal(okng_flat_copy(&copy, &flat), 0);
	okng_flat_finish(&flat);
	assert_null(flat.bad);
	assert_int_equal(okng_correct(&copy, &img, &img), 0);
	for (int y = 0; y < H; y++)
		for (int x = 0; x < W; x++)
			if (okng_image_row(&img, y)[x] != (x < 13 ? 60 : 180))
				fail_msg("(%d, %d) is %d", x, y, okng_image_row(&img, y)[x]);
	okng_flat_finish(&copy);
	okng_image_finish(&img);
	okng_image_finish(&out);
}

static void marks(void **state)
{
	(void)state;
	enum { W = 20, H = 12 };
	static const uint32_t row_of_three[] = {W + 1, W + 2, W + 3}, same[] = {4, 4}, back[] = {5, 4}, outside[] = {W * H};
	/* all within two of (0, 0) but two */
	static const uint32_t corner[] = {0, 1, 2, W, W + 1, 2 * W, 2 * W + 1};
	static const uint32_t many[17] = {0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 40, 42, 44, 46, 48, 50, 52};
	static const struct {
		const uint32_t *at;
		int32_t n;
		int want;
	} rows[] = {{row_of_three, 3, 0}, {same, 2, -EINVAL}, {back, 2, -EINVAL}, {outside, 1, -EINVAL}, {corner, 7, -EDOM}, {many, 17, -EINVAL},
		{many, 16, 0}, {many, -1, -EINVAL}, {many, 0, 0}};
	struct okng_flat flat = even(W, H);
	for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
		uint32_t where = 99;
		int32_t before = flat.n_bad;
		assert_int_equal(okng_flat_mark(&flat, rows[r].at, rows[r].n, &where), rows[r].want);
		assert_int_equal(flat.n_bad, rows[r].want ? before : rows[r].n);
		assert_int_equal(where, rows[r].want == -EDOM ? 0 : 99);
	}
	assert_int_equal(okng_flat_bad_max(2448, 2048), 5013);
	okng_flat_finish(&flat);
}

static void refuses(void **state)
{
	(void)state;
	uint16_t mem[64] = {0};
	struct okng_image m8 = okng_image_view(mem, 4, 4, 8, OKNG_PIXEL_MONO8);
	struct okng_image m16 = okng_image_view(mem, 4, 4, 8, OKNG_PIXEL_MONO16);
	struct okng_image narrow = okng_image_view(mem, 3, 4, 8, OKNG_PIXEL_MONO8);
	struct okng_image low16 = okng_image_view(mem, 4, 3, 8, OKNG_PIXEL_MONO16);
	const struct {
		struct okng_flat flat;
		struct okng_image in, out;
		int want;
	} cases[] = {
		{{m8, m16, NULL, 0}, m8, m8, 0},
		{{narrow, m16, NULL, 0}, m8, m8, -EINVAL},
		{{m8, low16, NULL, 0}, m8, m8, -EINVAL},
		{{m8, m8, NULL, 0}, m8, m8, -EINVAL},
		{{m16, m16, NULL, 0}, m8, m8, -EINVAL},
		{{m8, m16, NULL, 0}, narrow, m8, -EINVAL},
		{{m8, m16, NULL, 0}, m8, narrow, -EINVAL},
		{{m8, m16, NULL, 0}, m16, m16, -EINVAL},
		{{{0}, {0}, NULL, 0}, m8, m8, -EINVAL},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct okng_image out = cases[i].out;
		assert_int_equal(okng_correct(&cases[i].flat, &cases[i].in, &out), cases[i].want);
	}
}

static void words(void **state)
{
	(void)state;
	const char *seen[40];
	int n = 0;
	for (int r = 0; r < 40; r++) {
		const char *text = okng_reason_text((enum okng_reason)r);
		assert_non_null(text);
		if (strcmp(text, "unknown reason") == 0)
			continue;
		for (int i = 0; i < n; i++)
			assert_string_not_equal(text, seen[i]);
		seen[n++] = text;
	}
	assert_int_equal(n, 16);
	assert_string_equal(okng_verdict_name(OKNG_NONE), "NONE");
	assert_string_equal(okng_verdict_name(OKNG_OK), "OK");
	assert_string_equal(okng_verdict_name(OKNG_NG), "NG");
	assert_string_equal(okng_verdict_name(OKNG_REVIEW), "REVIEW");
	assert_string_equal(okng_verdict_name(OKNG_FAULT), "FAULT");
	assert_string_equal(okng_verdict_name((enum okng_verdict)99), "NONE");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formula),
		cmocka_unit_test(evens_out),
		cmocka_unit_test(mends),
		cmocka_unit_test(marks),
		cmocka_unit_test(refuses),
		cmocka_unit_test(words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
