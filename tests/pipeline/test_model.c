/* SPDX-License-Identifier: Apache-2.0
 *
 * A model must come back as it was written, or not at all: cut at every length, with every byte turned, of another
 * version; and a failed save must leave the old file. Recipe hashes belong here too, as they tie model to recipe.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pipeline/model.h"
#include "pipeline/recipe.h"

enum { W = 13, H = 7, TAUGHT = 5, SIZE = 64 + W * H * 4 + 56 + TAUGHT };

static char folder[] = "/tmp/okng-model-XXXXXX";
static char path[64];

static int setup(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof path, "%s/model.okm", folder);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder); /* fails when a save left its new file behind */
}

static struct okng_model *sample(void)
{
	uint8_t grey[W * H];
	for (int i = 0; i < W * H; i++)
		grey[i] = (uint8_t)(i * 37);
	struct okng_image img = okng_image_view(grey, W, H, W, OKNG_PIXEL_MONO8);
	struct okng_model *m;
	assert_int_equal(okng_model_golden(&m, &img), 0);
	m->recipe_hash = 0x12345678;
	m->parts = 20;
	for (int i = 0; i < W * H; i++)
		((uint16_t *)(void *)okng_image_row(&m->sigma, i / W))[i % W] = (uint16_t)(i * 719);
	assert_int_equal(okng_model_set_chunk(m, OKNG_CHUNK_TREES, "board", "wrong", TAUGHT), 0);
	assert_int_equal(okng_model_set_chunk(m, OKNG_CHUNK_TREES, "board", "trees", TAUGHT), 0);
	return m;
}

static void same(const struct okng_model *a, const struct okng_model *b)
{
	assert_int_equal(a->recipe_hash, b->recipe_hash);
	assert_int_equal(a->parts, b->parts);
	assert_int_equal(a->crc, b->crc);
	assert_int_equal(a->mean.width, b->mean.width);
	assert_int_equal(a->mean.height, b->mean.height);
	const struct okng_chunk *c = okng_model_chunk(b, OKNG_CHUNK_TREES, "board");
	assert_int_equal(b->n_chunks, 1);
	assert_non_null(c);
	assert_int_equal(c->size, TAUGHT);
	assert_memory_equal(c->bytes, "trees", TAUGHT);
	assert_null(okng_model_chunk(b, OKNG_CHUNK_TREES, "other"));
	assert_null(okng_model_chunk(b, OKNG_CHUNK_SURFACE, "board"));
	for (int y = 0; y < H; y++) {
		assert_memory_equal(okng_image_row(&a->mean, y), okng_image_row(&b->mean, y), 2 * W);
		assert_memory_equal(okng_image_row(&a->sigma, y), okng_image_row(&b->sigma, y), 2 * W);
	}
}

static void save_sample(uint8_t bytes[SIZE])
{
	struct okng_model *m = sample();
	struct okng_error err;
	assert_int_equal(okng_model_save(m, path, &err), 0);
	FILE *f = fopen(path, "rb");
	assert_non_null(f);
	assert_int_equal(fread(bytes, 1, SIZE, f), SIZE);
	assert_int_equal(fgetc(f), EOF);
	fclose(f);
	okng_model_close(&m);
}

static void round_trip(void **state)
{
	(void)state;
	struct okng_model *m = sample(), *loaded, *parsed;
	struct okng_error err;
	uint8_t bytes[SIZE];
	assert_int_equal(okng_model_save(m, path, &err), 0);
	assert_int_not_equal(m->crc, 0);
	assert_int_equal(okng_model_load(&loaded, path, &err), 0);
	same(m, loaded);
	save_sample(bytes); /* over the old one: the same bytes again */
	assert_int_equal(okng_model_parse(&parsed, bytes, SIZE, "memory", NULL), 0);
	same(m, parsed);
	okng_model_close(&m);
	okng_model_close(&loaded);
	okng_model_close(&parsed);
	assert_null(parsed);
	okng_model_close(&parsed);
	okng_model_close(NULL);
}

static void refused(const uint8_t *bytes, size_t size, const char *word)
{
	/* Exactly as large as it is, so that a sanitizer sees a byte too far. */
	uint8_t *copy = malloc(size ? size : 1);
	struct okng_model *m = (struct okng_model *)1;
	struct okng_error err = {0};
	assert_non_null(copy);
	memcpy(copy, bytes, size);
	assert_int_equal(okng_model_parse(&m, copy, size, "x.okm", &err), -EINVAL);
	assert_null(m);
	assert_string_equal(err.file, "x.okm");
	assert_non_null(strstr(err.text, word));
	assert_non_null(strstr(err.text, "okng learn"));
	free(copy);
}

static void damaged(void **state)
{
	(void)state;
	uint8_t bytes[SIZE + 1] = {0};
	save_sample(bytes);
	for (size_t size = 0; size < SIZE; size++)
		refused(bytes, size, size < 64 ? "not an okng model" : "bytes where");
	refused(bytes, SIZE + 1, "bytes where");
	for (size_t i = 0; i < SIZE; i++) {
		for (int bit = 0; bit < 8; bit += 7) {
			bytes[i] ^= (uint8_t)(1 << bit);
			refused(bytes, SIZE, i < 8 ? "not an okng model" : i < 12 ? "version" : "damaged");
			bytes[i] ^= (uint8_t)(1 << bit);
		}
	}
	bytes[8] = OKNG_MODEL_VERSION + 1;
	refused(bytes, SIZE, "version 3, this okng reads version 2");
}

static void on_disk(void **state)
{
	(void)state;
	uint8_t bytes[SIZE];
	struct okng_model *m;
	struct okng_error err;
	save_sample(bytes);
	assert_int_equal(truncate(path, SIZE - 1), 0);
	assert_int_equal(okng_model_load(&m, path, &err), -EINVAL);
	assert_string_equal(err.file, path);
	assert_int_equal(truncate(path, 0), 0);
	assert_int_equal(okng_model_load(&m, path, &err), -EINVAL);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(okng_model_load(&m, path, &err), -ENOENT);
	assert_non_null(strstr(err.text, "okng learn"));
	assert_int_equal(okng_model_load(&m, folder, &err), -EINVAL);
	assert_null(m);
}

/* Only tools were taught: no image, and the chunks limited in number, size and name. */
static void chunks_only(void **state)
{
	(void)state;
	struct okng_model *m, *loaded, *other;
	struct okng_error err;
	char name[OKNG_CHUNK_TOOL_MAX + 1] = {0};
	memset(name, 'n', OKNG_CHUNK_TOOL_MAX);
	assert_int_equal(okng_model_new(&m, 0, 5), -EINVAL);
	assert_int_equal(okng_model_new(&m, 0, 0), 0);
	assert_int_equal(okng_model_set_chunk(m, OKNG_CHUNK_SURFACE, name, "x", 1), -EINVAL);
	assert_int_equal(okng_model_set_chunk(m, OKNG_CHUNK_SURFACE, "a", "", 0), -EINVAL);
	for (int i = 0; i < OKNG_CHUNKS_MAX; i++) {
		snprintf(name, sizeof name, "tool %d", i);
		assert_int_equal(okng_model_set_chunk(m, OKNG_CHUNK_SURFACE, name, name, strlen(name)), 0);
	}
	assert_int_equal(okng_model_set_chunk(m, OKNG_CHUNK_SURFACE, "one more", "x", 1), -ENOSPC);
	assert_int_equal(okng_model_save(m, path, &err), 0);
	assert_int_equal(okng_model_load(&loaded, path, &err), 0);
	assert_int_equal(loaded->mean.width, 0);
	assert_int_equal(loaded->n_chunks, OKNG_CHUNKS_MAX);
	assert_int_equal(okng_model_new(&other, 2, 2), 0);
	assert_int_equal(okng_model_set_chunk(other, OKNG_CHUNK_SURFACE, "tool 3", "mine", 4), 0);
	assert_int_equal(okng_model_copy_chunks(other, loaded), 0);
	assert_int_equal(other->n_chunks, OKNG_CHUNKS_MAX);
	assert_memory_equal(okng_model_chunk(other, OKNG_CHUNK_SURFACE, "tool 3")->bytes, "mine", 4);
	assert_memory_equal(okng_model_chunk(other, OKNG_CHUNK_SURFACE, "tool 7")->bytes, "tool 7", 6);
	okng_model_close(&m);
	okng_model_close(&loaded);
	okng_model_close(&other);
}

/* The new file cannot be written: the old one stays, and so does the model's checksum. */
static void failed_save(void **state)
{
	(void)state;
	uint8_t bytes[SIZE];
	char fresh[80];
	struct okng_error err;
	save_sample(bytes);
	snprintf(fresh, sizeof fresh, "%s.new", path);
	assert_int_equal(mkdir(fresh, 0755), 0);
	struct okng_model *m = sample(), *old;
	m->parts = 99;
	assert_int_equal(okng_model_save(m, path, &err), -EISDIR);
	assert_string_equal(err.file, path);
	assert_int_equal(m->crc, 0);
	assert_int_equal(rmdir(fresh), 0);
	assert_int_equal(okng_model_load(&old, path, NULL), 0);
	assert_int_equal(old->parts, 20);
	assert_int_equal(okng_model_save(m, "/nowhere/at/all/model.okm", &err), -ENOENT);
	okng_model_close(&m);
	okng_model_close(&old);
}

static void golden(void **state)
{
	(void)state;
	uint8_t grey[6] = {0, 1, 127, 128, 254, 255};
	struct okng_image img = okng_image_view(grey, 3, 2, 3, OKNG_PIXEL_MONO8);
	struct okng_model *m;
	assert_int_equal(okng_model_golden(&m, &img), 0);
	assert_int_equal(m->recipe_hash, 0);
	assert_int_equal(m->parts, 1);
	assert_int_equal(m->crc, 0);
	for (int i = 0; i < 6; i++) {
		assert_int_equal(((uint16_t *)(void *)okng_image_row(&m->mean, i / 3))[i % 3], grey[i] * 256);
		assert_int_equal(((uint16_t *)(void *)okng_image_row(&m->sigma, i / 3))[i % 3], 0);
	}
	okng_model_close(&m);
	img.pixel = OKNG_PIXEL_MONO16;
	assert_int_equal(okng_model_golden(&m, &img), -EINVAL);
	img = (struct okng_image){0};
	assert_int_equal(okng_model_golden(&m, &img), -EINVAL);
	assert_null(m);
}

static void recipe_hash(void **state)
{
	(void)state;
	struct okng_recipe r, other[2];
	memset(&r, 0, sizeof r);
	r.locate.enabled = true;
	uint32_t base = okng_recipe_hash(&r);
	assert_int_equal(base, okng_recipe_hash(&r));
	assert_int_not_equal(base, 0);

	other[0] = other[1] = r;
	other[0].locate.enabled = false;
	other[1].image.match_light = true;
	assert_int_not_equal(okng_recipe_hash(&other[0]), base);
	assert_int_not_equal(okng_recipe_hash(&other[1]), base);
	assert_int_not_equal(okng_recipe_hash(&other[0]), okng_recipe_hash(&other[1]));

	/* What is tuned without teaching again, and bytes that are no field at all. */
	struct okng_recipe tuned;
	memset(&tuned, 0xff, sizeof tuned);
	tuned.locate.enabled = true;
	tuned.image.match_light = false;
	assert_int_equal(okng_recipe_hash(&tuned), base);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(damaged),
		cmocka_unit_test(on_disk),
		cmocka_unit_test(chunks_only),
		cmocka_unit_test(failed_save),
		cmocka_unit_test(golden),
		cmocka_unit_test(recipe_hash),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
