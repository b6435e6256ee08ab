/* SPDX-License-Identifier: Apache-2.0
 *
 * Per pixel the count, the sum and the sum of squares of the good parts: integers, so that the model does not depend
 * on the order in which the parts came. A pixel that hardly any part showed (it lay beyond the frame's border in the
 * others) has no spread of its own and takes the mean spread of the rest, so that the border is not judged harder.
 */
#include "pipeline/learn.h"

#include <errno.h>
#include <stdlib.h>

#include "pipeline/drift.h"
#include "pipeline/locate.h"
#include "pipeline/resample.h"
#include "pipeline/surface.h"
#include "pipeline/warp.h"

#define PARTS_MAX 65000 /* 255² · n fits 32 bits */

struct okng_learner {
	struct okng_recipe recipe;
	struct okng_brown lens;
	struct okng_warp *warp;       /* NULL: no lens */
	struct okng_locator *locator; /* NULL: locate is off, or no part yet */
	struct okng_image aligned;    /* MONO8; zeroed until the first part */
	struct okng_image first;      /* the reference, for the brightness */
	int32_t (*spans)[2];
	uint16_t *count;              /* [width × height] each */
	uint32_t *sum, *square;
	uint32_t parts;
	uint64_t patches[OKNG_PATCHES_MAX]; /* sums over the parts */
	struct okng_surface_teacher *surface[OKNG_TOOLS_MAX]; /* NULL: not such a tool */
	bool has_surface;
};

int okng_learner_open(struct okng_learner **learner, const struct okng_recipe *recipe)
{
	*learner = calloc(1, sizeof **learner);
	if (!*learner)
		return -ENOMEM;
	(*learner)->recipe = *recipe;
	int rc = 0;
	for (int i = 0; i < recipe->n_tools && !rc; i++)
		if (recipe->tools[i].type == OKNG_TOOL_SURFACE) {
			(*learner)->has_surface = true;
			rc = okng_surface_teacher_open(&(*learner)->surface[i], &recipe->tools[i]);
		}
	if (rc)
		okng_learner_close(learner);
	return rc;
}

static void forget(struct okng_learner *l)
{
	okng_locator_close(&l->locator);
	okng_image_finish(&l->aligned);
	okng_image_finish(&l->first);
	free(l->spans);
	free(l->count);
	free(l->sum);
	free(l->square);
	l->locator = NULL;
	l->spans = NULL;
	l->count = NULL;
	l->sum = l->square = NULL;
}

void okng_learner_close(struct okng_learner **learner)
{
	if (!learner || !*learner)
		return;
	forget(*learner);
	okng_warp_close(&(*learner)->warp);
	for (int i = 0; i < OKNG_TOOLS_MAX; i++)
		okng_surface_teacher_close(&(*learner)->surface[i]);
	free(*learner);
	*learner = NULL;
}

int okng_learner_look_through(struct okng_learner *l, const struct okng_brown *lens, struct okng_error *err)
{
	struct okng_warp *warp;
	if (l->parts)
		return okng_error_set(err, -EBUSY, "", 0, "lens", "parts were taught without it");
	int rc = okng_warp_open(&warp, lens, err);
	if (rc)
		return rc;
	okng_warp_close(&l->warp);
	l->warp = warp;
	l->lens = *lens;
	return 0;
}

static int resample(struct okng_learner *l, const struct okng_pose *pose, const struct okng_image *img, const struct okng_image *light)
{
	const struct okng_kernels *k = okng_kernels_get(okng_cpu_level());
	return l->warp ? okng_warp_run(l->warp, k, pose, img, light, &l->aligned, l->spans) :
		okng_resample(k, pose, img, light, &l->aligned, l->spans);
}

/* Everything of the size of the first part, which is the reference. */
static int begin(struct okng_learner *l, const struct okng_image *img, bool teaches)
{
	size_t pixels = (size_t)img->width * (size_t)img->height;
	int rc = okng_image_init(&l->aligned, img->width, img->height, OKNG_PIXEL_MONO8);
	if (!rc)
		rc = okng_image_init(&l->first, img->width, img->height, OKNG_PIXEL_MONO8);
	if (!rc) {
		l->spans = calloc((size_t)img->height, sizeof *l->spans);
		l->count = calloc(pixels, sizeof *l->count);
		l->sum = calloc(pixels, sizeof *l->sum);
		l->square = calloc(pixels, sizeof *l->square);
		if (!l->spans || !l->count || !l->sum || !l->square)
			rc = -ENOMEM;
	}
	if (!rc)
		rc = resample(l, &(struct okng_pose){0}, img, NULL);
	if (!rc)
		rc = okng_image_copy(&l->first, &l->aligned);
	if (!rc && teaches && l->recipe.locate.enabled)
		rc = okng_locator_open(&l->locator, &l->first, l->recipe.locate.search, l->recipe.locate.angle);
	if (!rc && l->locator && l->warp)
		rc = okng_locator_look_through(l->locator, &l->lens, NULL);
	if (rc)
		forget(l);
	return rc == -ENODATA ? -EDOM : rc;
}

static void accumulate(struct okng_learner *l, const struct okng_image *img)
{
	for (int32_t y = 0; y < img->height; y++) {
		const uint8_t *row = okng_image_row(img, y);
		size_t at = (size_t)y * (size_t)img->width;
		for (int32_t x = l->spans[y][0]; x < l->spans[y][1]; x++) {
			l->count[at + x]++;
			l->sum[at + x] += row[x];
			l->square[at + x] += (uint32_t)(row[x] * row[x]);
		}
	}
	l->parts++;
}

/* Aligns img onto the reference; the first part is the reference. */
static int align(struct okng_learner *l, const struct okng_image *img, struct okng_pose *pose)
{
	*pose = (struct okng_pose){.score = 1};
	if (l->parts && l->locator) {
		int rc = okng_locator_run(l->locator, img, pose);
		if (rc || pose->score < l->recipe.locate.min_score)
			return rc == -EINVAL ? rc : -EDOM;
	}
	const struct okng_image *light = l->parts && l->recipe.image.match_light ? &l->first : NULL;
	return resample(l, pose, img, light);
}

/* The surface tools learn from a part before it is counted: one that they can't use is left out. */
static int teach_surfaces(struct okng_learner *l, const struct okng_image *img, const int32_t (*spans)[2])
{
	int rc = 0;
	for (int i = 0; i < l->recipe.n_tools && !rc; i++)
		if (l->surface[i])
			rc = okng_surface_teacher_add(l->surface[i], img, spans);
	return rc;
}

static bool teaches_image(const struct okng_learner *l)
{
	return !l->has_surface || okng_recipe_needs_image(&l->recipe);
}

static void add_patches(struct okng_learner *l, const struct okng_image *img)
{
	uint64_t sum[OKNG_PATCHES_MAX];
	okng_drift_sums(&l->recipe, img, sum);
	for (int i = 0; i < l->recipe.drift.n_patches; i++)
		l->patches[i] += sum[i];
}

int okng_learner_add(struct okng_learner *l, const struct okng_image *img, struct okng_pose *pose)
{
	struct okng_pose own;
	pose = pose ? pose : &own;
	*pose = (struct okng_pose){0};
	bool image = teaches_image(l);
	if (!img->data || img->pixel != OKNG_PIXEL_MONO8 || img->width < 1 || img->height < 1 ||
	    (image && l->parts && (img->width != l->aligned.width || img->height != l->aligned.height)) ||
	    (l->warp && (img->width != l->lens.width || img->height != l->lens.height)))
		return -EINVAL;
	if (l->parts >= PARTS_MAX)
		return -EOVERFLOW;
	if (!okng_recipe_patches_fit(&l->recipe, img->width, img->height))
		return -ERANGE;
	bool resamples = image || l->warp;
	int rc = !resamples || l->parts ? 0 : begin(l, img, image);
	if (!rc && resamples)
		rc = image ? align(l, img, pose) : resample(l, &(struct okng_pose){0}, img, NULL);
	if (!rc)
		rc = resamples ? teach_surfaces(l, &l->aligned, (const int32_t (*)[2])l->spans) : teach_surfaces(l, img, NULL);
	if (!rc)
		add_patches(l, img);
	if (!rc && image)
		accumulate(l, &l->aligned);
	else if (!rc)
		l->parts++;
	else if (!l->parts)
		forget(l);
	return rc;
}

/* Root of v, rounded down: bit by bit, integers only. */
static uint32_t root(uint64_t v)
{
	uint64_t r = 0;
	for (uint64_t bit = (uint64_t)1 << 31; bit; bit >>= 1)
		if ((r + bit) * (r + bit) <= v)
			r += bit;
	return (uint32_t)r;
}

/* Mean and sample standard deviation of one pixel, 8.8. */
static uint16_t mean_of(uint32_t n, uint32_t sum)
{
	return (uint16_t)(((uint64_t)sum * 512 + n) / (2 * (uint64_t)n));
}

static uint16_t sigma_of(uint32_t n, uint32_t sum, uint32_t square)
{
	uint64_t spread = (uint64_t)n * square - (uint64_t)sum * sum; /* n(n - 1) times the variance */
	uint64_t pairs = (uint64_t)n * (n - 1), whole = spread / pairs;
	return (uint16_t)root(whole * 65536 + (spread % pairs) * 65536 / pairs);
}

/* The taught image. */
static int image_model(const struct okng_learner *l, struct okng_model **model)
{
	struct okng_model *m;
	int rc = okng_model_golden(&m, &l->aligned); /* of the right size; every pixel is set below */
	if (rc)
		return rc;
	uint64_t total = 0, known = 0;
	uint32_t enough = l->parts < 2 ? 2 : (l->parts + 1) / 2 < 2 ? 2 : (l->parts + 1) / 2;
	for (int pass = 0; pass < 2; pass++) {
		uint16_t usual = (uint16_t)(known ? (total + known / 2) / known : 0);
		for (int32_t y = 0; y < m->mean.height; y++) {
			uint16_t *mean = (uint16_t *)(void *)okng_image_row(&m->mean, y);
			uint16_t *sigma = (uint16_t *)(void *)okng_image_row(&m->sigma, y);
			size_t at = (size_t)y * (size_t)m->mean.width;
			for (int32_t x = 0; x < m->mean.width; x++) {
				uint32_t n = l->count[at + x];
				if (pass == 0) {
					mean[x] = mean_of(n, l->sum[at + x]);
					sigma[x] = n > 1 ? sigma_of(n, l->sum[at + x], l->square[at + x]) : 0;
					total += n >= enough ? sigma[x] : 0;
					known += n >= enough;
				} else if (n < enough && sigma[x] < usual) {
					sigma[x] = usual;
				}
			}
		}
	}
	*model = m;
	return 0;
}

static int add_surfaces(const struct okng_learner *l, struct okng_model *m)
{
	int rc = 0;
	for (int i = 0; i < l->recipe.n_tools && !rc; i++) {
		uint8_t *bytes = NULL;
		size_t size = 0;
		if (!l->surface[i])
			continue;
		rc = okng_surface_teacher_bytes(l->surface[i], &bytes, &size);
		if (!rc)
			rc = okng_model_set_chunk(m, OKNG_CHUNK_SURFACE, l->recipe.tools[i].name, bytes, size);
		free(bytes);
	}
	return rc;
}

int okng_learner_model(const struct okng_learner *l, struct okng_model **model)
{
	struct okng_model *m = NULL;
	*model = NULL;
	if (l->parts < 1 || (int64_t)l->parts < l->recipe.learn.min_images)
		return -ENODATA;
	int rc = teaches_image(l) ? image_model(l, &m) : okng_model_new(&m, 0, 0);
	if (!rc)
		rc = add_surfaces(l, m);
	if (!rc)
		rc = okng_drift_teach(m, &l->recipe, l->patches, l->parts);
	if (rc) {
		okng_model_close(&m);
		return rc;
	}
	m->recipe_hash = okng_recipe_hash(&l->recipe);
	m->parts = l->parts;
	m->lens = l->warp ? okng_brown_id(&l->lens) : 0;
	*model = m;
	return 0;
}
