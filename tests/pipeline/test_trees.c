/* SPDX-License-Identifier: Apache-2.0
 *
 * The forest: it learns what a hand-made problem shows and says what it looked at, gives the same bytes each time, runs
 * as a plain walk through its bytes would, and takes no damaged or hostile bytes for a forest.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/conductor_judge.h"
#include "pipeline/trees.h"
#include "pipeline/trees_format.h"

#define KIND 0x1234
#define FEATURES 5
#define SAMPLES 2000

static uint32_t seed = 99;

static uint32_t dice(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % below;
}

/* Class 1: the first is large and the second small; class 2: the first is small and third and fourth are alike (which no
 * feature alone shows); the fifth is noise. */
static uint8_t class_of(const int32_t *f)
{
	if (f[0] > 100)
		return f[1] <= -50;
	return (f[2] > 0) == (f[3] > 0) ? 2 : 0;
}

static void draw(int32_t *f)
{
	for (int i = 0; i < FEATURES; i++)
		f[i] = i == 0 ? (int32_t)dice(200) : (int32_t)dice(400) - 200;
}

static const struct okng_trees_teaching teaching = {.kind = KIND, .n_features = FEATURES, .n_classes = 3, .rounds = 40, .leaves = 8, .least = 5,
	.rate = 0.2};

static int teach(const struct okng_trees_teaching *t, size_t n, uint32_t from, uint8_t **bytes, size_t *size)
{
	static int32_t features[SAMPLES][FEATURES];
	static uint8_t labels[SAMPLES];
	seed = from;
	for (size_t i = 0; i < n; i++) {
		draw(features[i]);
		labels[i] = class_of(features[i]);
	}
	return okng_trees_learn(t, features[0], labels, n, bytes, size);
}

static struct okng_trees *parse(const uint8_t *bytes, size_t size)
{
	struct okng_trees *trees;
	struct okng_error err;
	assert_int_equal(okng_trees_parse(&trees, bytes, size, KIND, FEATURES, "test", &err), 0);
	return trees;
}

static void learns_what_decides(void **state)
{
	(void)state;
	uint8_t *bytes;
	size_t size;
	assert_int_equal(teach(&teaching, SAMPLES, 1, &bytes, &size), 0);
	struct okng_trees *trees = parse(bytes, size);
	assert_int_equal(okng_trees_classes(trees), 3);
	int right = 0, explained = 0, asked = 0;
	for (int i = 0; i < 2000; i++) {
		int32_t f[FEATURES];
		double p[3];
		draw(f);
		okng_trees_run(trees, f, p);
		int best = p[1] > p[0] ? p[2] > p[1] ? 2 : 1 : p[2] > p[0] ? 2 : 0, most[2];
		double sum = p[0] + p[1] + p[2];
		assert_true(sum > 1 - 1e-12 && sum < 1 + 1e-12 && p[best] <= 1);
		right += best == class_of(f);
		if (best != 1)
			continue;
		okng_trees_explain(trees, f, 1, most, 2);
		explained += most[0] == 0 || most[0] == 1;
		assert_true(most[0] != 4);
		asked++;
	}
	assert_true(right >= 1940);
	assert_true(asked > 100 && explained * 100 >= asked * 99);
	okng_trees_close(&trees);
	assert_null(trees);
	okng_trees_close(&trees);
	free(bytes);
}

static void same_samples_same_bytes(void **state)
{
	(void)state;
	uint8_t *first, *second, *other;
	size_t size, again, others;
	assert_int_equal(teach(&teaching, SAMPLES, 3, &first, &size), 0);
	assert_int_equal(teach(&teaching, SAMPLES, 3, &second, &again), 0);
	assert_int_equal(teach(&teaching, SAMPLES, 4, &other, &others), 0);
	assert_int_equal(size, again);
	assert_memory_equal(first, second, size);
	assert_true(others != size || memcmp(first, other, size) != 0);
	free(first);
	free(second);
	free(other);
}

/* One class alone, no split worth making, constant features: still a forest. */
static void little_to_learn(void **state)
{
	(void)state;
	static int32_t features[40][FEATURES];
	static uint8_t labels[40];
	for (int mixed = 0; mixed < 2; mixed++) {
		uint8_t *bytes;
		size_t size;
		double p[3];
		for (int i = 0; i < 40; i++)
			labels[i] = (uint8_t)(mixed ? i % 2 : 2);
		assert_int_equal(okng_trees_learn(&teaching, features[0], labels, 40, &bytes, &size), 0);
		struct okng_trees *trees = parse(bytes, size);
		okng_trees_run(trees, features[0], p);
		assert_true(mixed ? p[0] > 0.4 && p[1] > 0.4 : p[2] > 0.95);
		okng_trees_close(&trees);
		free(bytes);
	}
}

static void what_cannot_be_taught(void **state)
{
	(void)state;
	int32_t features[40][FEATURES] = {{0}};
	uint8_t labels[40] = {0}, *bytes = NULL;
	size_t size;
	struct okng_trees_teaching wrong[12];
	for (int i = 0; i < 12; i++)
		wrong[i] = teaching;
	wrong[0].n_features = 0;
	wrong[1].n_features = OKNG_TREES_FEATURES_MAX + 1;
	wrong[2].n_classes = 1;
	wrong[3].n_classes = OKNG_TREES_CLASSES_MAX + 1;
	wrong[4].rounds = 0;
	wrong[5].rounds = OKNG_TREES_ROUNDS_MAX + 1;
	wrong[6].leaves = 1;
	wrong[7].leaves = OKNG_TREES_LEAVES_MAX + 1;
	wrong[8].least = 0;
	wrong[9].least = 21; /* of 40 samples */
	wrong[10].rate = 0;
	wrong[11].rate = 1.5;
	for (int i = 0; i < 12; i++) {
		assert_int_equal(okng_trees_learn(&wrong[i], features[0], labels, 40, &bytes, &size), -EINVAL);
		assert_null(bytes);
	}
	labels[39] = 3;
	assert_int_equal(okng_trees_learn(&teaching, features[0], labels, 40, &bytes, &size), -EINVAL);
	assert_int_equal(okng_trees_learn(&teaching, features[0], labels, 9, &bytes, &size), -EINVAL);
}

/* ---- forests of any shape, written here byte by byte */

struct forest {
	uint8_t bytes[8192];
	size_t size;
};

static void put(struct forest *f, uint32_t v)
{
	assert_true(f->size + 4 <= sizeof f->bytes);
	okng_trees_put(f->bytes + f->size, v);
	f->size += 4;
}

static int32_t some_number(void)
{
	switch (dice(6)) {
	case 0: return INT32_MIN;
	case 1: return INT32_MAX;
	case 2: return (int32_t)dice(5) - 2;
	case 3: return (int32_t)(dice(1 << 16) << 16 | dice(1 << 16));
	default: return (int32_t)dice(400000) - 200000;
	}
}

/* A tree of up to `leaves` leaves from a random leaf splitting again and again; returns the nodes. */
static uint32_t some_tree(struct forest *f, uint32_t leaves)
{
	uint8_t child[2 * OKNG_TREES_LEAVES_MAX][2] = {{0}};
	uint32_t n = 1;
	for (uint32_t i = 1; i < leaves; i++) {
		uint32_t at = dice(n);
		while (child[at][0])
			at = child[at][dice(2)];
		child[at][0] = (uint8_t)n++;
		child[at][1] = (uint8_t)n++;
	}
	for (uint32_t i = 0; i < n; i++) {
		bool leaf = !child[i][0];
		f->bytes[f->size++] = (uint8_t)(leaf ? OKNG_TREES_LEAF : dice(FEATURES));
		f->bytes[f->size++] = child[i][0];
		f->bytes[f->size++] = child[i][1];
		f->bytes[f->size++] = 0;
		put(f, leaf ? 0 : (uint32_t)some_number());
		put(f, (uint32_t)some_number());
	}
	return n;
}

static void some_forest(struct forest *f, uint32_t classes, uint32_t rounds, uint32_t most)
{
	uint32_t head[] = {OKNG_TREES_MAGIC, KIND, FEATURES, classes, rounds, 0}, nodes = 0;
	*f = (struct forest){0};
	for (int i = 0; i < 6; i++)
		put(f, head[i]);
	for (uint32_t i = 0; i < classes; i++)
		put(f, (uint32_t)some_number());
	size_t counts = f->size;
	f->size += (size_t)classes * rounds * 4;
	for (uint32_t i = 0; i < classes * rounds; i++) {
		uint32_t n = some_tree(f, 1 + dice(most));
		okng_trees_put(f->bytes + counts + i * 4, n);
		nodes += n;
	}
	okng_trees_put(f->bytes + 20, nodes);
}

/* As the format's header says it: from the root to a leaf, all leaves of a class added. */
static void walk(const struct forest *f, const int32_t *features, double *p)
{
	uint32_t classes = okng_trees_get(f->bytes + 12), rounds = okng_trees_get(f->bytes + 16);
	const uint8_t *counts = f->bytes + OKNG_TREES_HEADER + classes * 4, *tree = counts + (size_t)classes * rounds * 4;
	int64_t sum[OKNG_TREES_CLASSES_MAX] = {0};
	for (uint32_t i = 0; i < classes * rounds; i++) {
		const uint8_t *at = tree;
		while (at[0] != OKNG_TREES_LEAF)
			at = tree + OKNG_TREES_NODE * (features[at[0]] <= (int32_t)okng_trees_get(at + 4) ? at[1] : at[2]);
		sum[i % classes] += (int32_t)okng_trees_get(at + 8);
		tree += okng_trees_get(counts + (size_t)i * 4) * OKNG_TREES_NODE;
	}
	for (uint32_t k = 0; k < classes; k++)
		p[k] = (double)(int32_t)okng_trees_get(f->bytes + OKNG_TREES_HEADER + k * 4) / OKNG_TREES_ONE + (double)sum[k] / OKNG_TREES_ONE;
	okng_trees_softmax(p, (int)classes);
}

/* Also with the largest of numbers, which a damaged file may hold: a probability is a probability. */
static void runs_as_a_walk_would(void **state)
{
	(void)state;
	static struct forest f;
	seed = 5;
	for (int round = 0; round < 300; round++) {
		some_forest(&f, 2 + dice(OKNG_TREES_CLASSES_MAX - 1), 1 + dice(2), OKNG_TREES_LEAVES_MAX);
		struct okng_trees *trees = parse(f.bytes, f.size);
		int classes = okng_trees_classes(trees);
		for (int i = 0; i < 20; i++) {
			int32_t features[FEATURES];
			double have[OKNG_TREES_CLASSES_MAX], want[OKNG_TREES_CLASSES_MAX], sum = 0;
			for (int k = 0; k < FEATURES; k++)
				features[k] = some_number();
			okng_trees_run(trees, features, have);
			walk(&f, features, want);
			assert_memory_equal(have, want, (size_t)classes * sizeof *have);
			for (int k = 0; k < classes; k++) {
				assert_true(have[k] >= 0 && have[k] <= 1);
				sum += have[k];
			}
			assert_true(sum > 1 - 1e-9 && sum < 1 + 1e-9);
			int most[3];
			okng_trees_explain(trees, features, (int)dice((uint32_t)classes), most, 3);
			for (int k = 0; k < 3; k++)
				assert_in_range(most[k] + 1, 0, FEATURES);
		}
		okng_trees_close(&trees);
	}
}

/* ---- bytes that are no forest */

static void assert_refused(const uint8_t *bytes, size_t size)
{
	struct okng_trees *trees;
	struct okng_error err = {0};
	assert_int_equal(okng_trees_parse(&trees, bytes, size, KIND, FEATURES, "test", &err), -EINVAL);
	assert_null(trees);
	assert_string_equal(err.file, "test");
	assert_non_null(strstr(err.text, "okng learn --pairs"));
}

static void cut_or_longer(void **state)
{
	(void)state;
	static struct forest f;
	seed = 6;
	some_forest(&f, 3, 2, 4);
	for (size_t size = 0; size < f.size; size++) {
		/* Exactly as large, so that a sanitizer sees the first byte past it. */
		uint8_t *cut = malloc(size + !size);
		assert_non_null(cut);
		memcpy(cut, f.bytes, size);
		assert_refused(cut, size);
		free(cut);
	}
	for (size_t more = 1; more < 40; more++)
		assert_refused(f.bytes, f.size + more);
}

static void hostile_numbers(void **state)
{
	(void)state;
	enum { TREE = OKNG_TREES_HEADER + 2 * 4 + 2 * 4 }; /* the first of two trees, one root and two leaves each */
	static const struct {
		size_t at;
		uint32_t value;
		int bytes;
	} cases[] = {
		{0, 0, 4}, {4, KIND + 1, 4}, {8, FEATURES - 1, 4}, {8, FEATURES + 1, 4},
		{12, 0, 4}, {12, 1, 4}, {12, 3, 4}, {12, OKNG_TREES_CLASSES_MAX + 1, 4}, {12, 0x80000000u, 4}, {12, UINT32_MAX, 4},
		{16, 0, 4}, {16, 2, 4}, {16, OKNG_TREES_ROUNDS_MAX + 1, 4}, {16, 0x40000000u, 4}, {16, UINT32_MAX, 4},
		{20, 0, 4}, {20, 5, 4}, {20, 7, 4}, {20, 0x15555556u, 4}, {20, UINT32_MAX, 4}, /* 0x15555556 · 12 wraps to 8 */
		{32, 0, 4}, {32, 1, 4}, {32, 2, 4}, {32, 4, 4}, {32, 6, 4}, {32, 31, 4}, {32, 32, 4}, {32, UINT32_MAX, 4},
		{TREE + 0, FEATURES, 1}, {TREE + 0, 254, 1}, {TREE + 0, OKNG_TREES_LEAF, 1}, /* a leaf with children */
		{TREE + 1, 0, 1}, {TREE + 2, 0, 1}, /* its own child: a loop */
		{TREE + 1, 2, 1}, {TREE + 2, 1, 1}, /* one child twice, the other nobody's */
		{TREE + 1, 3, 1}, {TREE + 2, 3, 1}, {TREE + 1, 255, 1}, {TREE + 2, 255, 1}, /* the next tree's, and beyond */
		{TREE + 3, 1, 1},
		{TREE + 12, 0, 1}, {TREE + 13, 1, 1}, {TREE + 14, 2, 1}, {TREE + 15, 1, 1}, {TREE + 24, 1, 1},
	};
	static const uint8_t tree[3][4] = {{1, 1, 2, 0}, {OKNG_TREES_LEAF, 0, 0, 0}, {OKNG_TREES_LEAF, 0, 0, 0}};
	struct forest f = {0};
	const uint32_t head[] = {OKNG_TREES_MAGIC, KIND, FEATURES, 2, 1, 6, 0, 0, 3, 3};
	for (size_t i = 0; i < sizeof head / sizeof *head; i++)
		put(&f, head[i]);
	for (int i = 0; i < 6; i++) {
		memcpy(f.bytes + f.size, tree[i % 3], 4);
		f.size += 4;
		put(&f, 7);
		put(&f, 1000);
	}
	struct okng_trees *trees = parse(f.bytes, f.size);
	okng_trees_close(&trees);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct forest damaged = f;
		if (cases[i].bytes == 4)
			okng_trees_put(damaged.bytes + cases[i].at, cases[i].value);
		else
			damaged.bytes[cases[i].at] = (uint8_t)cases[i].value;
		assert_refused(damaged.bytes, damaged.size);
	}
}

/* Every byte of a forest with every value: refused, or still a forest that a walk agrees with. */
static void any_byte_changed(void **state)
{
	(void)state;
	static struct forest f;
	int refused = 0, taken = 0;
	seed = 8;
	some_forest(&f, 2, 2, 5);
	for (size_t at = 0; at < f.size; at++)
		for (int value = 0; value < 256; value += at % 4 ? 15 : 1) {
			struct okng_trees *trees;
			struct okng_error err;
			uint8_t was = f.bytes[at];
			f.bytes[at] = (uint8_t)value;
			if (okng_trees_parse(&trees, f.bytes, f.size, KIND, FEATURES, "test", &err) == 0) {
				double have[2], want[2];
				const int32_t features[FEATURES] = {0, -1, 1, INT32_MIN, INT32_MAX};
				okng_trees_run(trees, features, have);
				walk(&f, features, want);
				assert_memory_equal(have, want, sizeof have);
				okng_trees_close(&trees);
				taken++;
			} else {
				assert_null(trees);
				refused++;
			}
			f.bytes[at] = was;
		}
	assert_true(refused > 1000 && taken > 1000);
}

/* ---- the judge's chunk: class numbers, then the forest */

static void judge_reads_its_classes(void **state)
{
	(void)state;
	static const struct {
		uint32_t n, number[3];
		int rc;
	} cases[] = {
		{2, {1, 2, 0}, 0}, {2, {7, 999, 0}, 0}, {2, {2, 1, 0}, -EINVAL}, {2, {1, 1, 0}, -EINVAL}, {2, {0, 1, 0}, -EINVAL},
		{2, {1, 1000, 0}, -EINVAL}, {2, {1, UINT32_MAX, 0}, -EINVAL}, {0, {1, 2, 0}, -EINVAL}, {1, {1, 0, 0}, -EINVAL},
		{3, {1, 2, 3}, -EINVAL}, /* the forest knows two and none */
		{16, {1, 2, 3}, -EINVAL}, {UINT32_MAX, {1, 2, 3}, -EINVAL},
	};
	const struct okng_trees_teaching t = {.kind = okng_conductor_feature_kind(), .n_features = OKNG_CONDUCTOR_FEATURES, .n_classes = 3,
		.rounds = 10, .leaves = 4, .least = 5, .rate = 0.3};
	static int32_t features[300][OKNG_CONDUCTOR_FEATURES];
	uint8_t labels[300], *forest, chunk[8192];
	size_t size;
	for (int i = 0; i < 300; i++) {
		labels[i] = (uint8_t)(i % 3);
		for (int k = 0; k < OKNG_CONDUCTOR_FEATURES; k++)
			features[i][k] = (int32_t)dice(1000000);
		features[i][OKNG_CONDUCTOR_relative_depth] = i % 3 == 1 ? 900 : 100;
		features[i][OKNG_CONDUCTOR_around_other] = i % 3 == 2 ? 1234567 : 0;
	}
	assert_int_equal(okng_trees_learn(&t, features[0], labels, 300, &forest, &size), 0);
	assert_true(size + 16 < sizeof chunk);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct okng_conductor_judge *judge;
		struct okng_error err = {0};
		size_t n = cases[i].n <= 3 ? cases[i].n : 3;
		okng_trees_put(chunk, cases[i].n);
		for (size_t k = 0; k < n; k++)
			okng_trees_put(chunk + 4 + 4 * k, cases[i].number[k]);
		memcpy(chunk + 4 + 4 * n, forest, size);
		assert_int_equal(okng_conductor_judge_parse(&judge, chunk, 4 + 4 * n + size, "chunk", &err), cases[i].rc);
		if (cases[i].rc) {
			assert_null(judge);
			assert_true(err.text[0]);
			continue;
		}
		for (int k = 0; k < 3; k++) {
			struct okng_conductor_finding finding = {0};
			float score;
			char why[40];
			memcpy(finding.feature, features[k], sizeof finding.feature);
			int number = okng_conductor_judge_run(judge, &finding, &score, why, sizeof why);
			assert_true(k ? score >= 0.5f && score <= 1 : score < 0.5f);
			if (k) {
				assert_int_equal(number, cases[i].number[k - 1]);
				assert_non_null(strstr(why, k == 1 ? "relative_depth 900" : "around_other 1234567"));
			}
			assert_int_equal(okng_conductor_judge_run(judge, &finding, &score, NULL, 0), number);
		}
		okng_conductor_judge_close(&judge);
		assert_null(judge);
	}
	for (size_t cut = 0; cut < 16; cut++) {
		struct okng_conductor_judge *judge;
		struct okng_error err;
		assert_int_equal(okng_conductor_judge_parse(&judge, chunk, cut, "chunk", &err), -EINVAL);
	}
	free(forest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(learns_what_decides),
		cmocka_unit_test(same_samples_same_bytes),
		cmocka_unit_test(little_to_learn),
		cmocka_unit_test(what_cannot_be_taught),
		cmocka_unit_test(runs_as_a_walk_would),
		cmocka_unit_test(cut_or_longer),
		cmocka_unit_test(hostile_numbers),
		cmocka_unit_test(any_byte_changed),
		cmocka_unit_test(judge_reads_its_classes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
