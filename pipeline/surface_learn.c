/* SPDX-License-Identifier: Apache-2.0
 *
 * Teaching a surface: gather the patches of all good parts, scale each channel by its spread among them, keep a bounded
 * choice that leaves none far from a kept one, and fit the limit to what good parts look like to the others.
 */
#include "pipeline/surface.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/surface_model.h"
#include "pipeline/surface_patch.h"

#define TEACH_MAX 262144 /* patches gathered, 20 MiB of answers */
#define SPREAD_MIN 128   /* 1/1024 of a doubling: answers differ by less from noise alone */
#define SPREAD_MAX 4096
#define GUMBEL_MEAN 0.57721566490153286 /* of the standard Gumbel distribution: Euler's constant */
#define GUMBEL_TAIL 6.9072550944430225  /* its quantile of 0.999 */
#define SQRT6_OVER_PI 0.77969680123368

struct okng_surface_teacher {
	struct okng_tool tool;
	struct okng_surface_patches patches; /* opened for the last part's size; width 0: none */
	int16_t *answers;                    /* [room × CHANNELS] */
	uint32_t *owner;                     /* [room]: which part a patch is of */
	uint32_t n, room, parts;
};

static int32_t cells_of(int pixels)
{
	return (pixels + OKNG_SURFACE_CELL / 2) / OKNG_SURFACE_CELL;
}

int okng_surface_teacher_open(struct okng_surface_teacher **teacher, const struct okng_tool *tool)
{
	*teacher = calloc(1, sizeof **teacher);
	if (!*teacher)
		return -ENOMEM;
	(*teacher)->tool = *tool;
	return 0;
}

void okng_surface_teacher_close(struct okng_surface_teacher **teacher)
{
	struct okng_surface_teacher *t = teacher ? *teacher : NULL;
	if (!t)
		return;
	okng_surface_patches_finish(&t->patches);
	free(t->answers);
	free(t->owner);
	free(t);
	*teacher = NULL;
}

static int make_room(struct okng_surface_teacher *t, uint32_t more)
{
	if (more > TEACH_MAX - t->n)
		return -EOVERFLOW;
	if (t->n + more <= t->room)
		return 0;
	uint32_t room = t->room ? t->room : 1024;
	while (room < t->n + more)
		room *= 2;
	int16_t *answers = realloc(t->answers, (size_t)room * OKNG_SURFACE_CHANNELS * sizeof *answers);
	if (!answers)
		return -ENOMEM;
	t->answers = answers;
	uint32_t *owner = realloc(t->owner, (size_t)room * sizeof *owner);
	if (!owner)
		return -ENOMEM;
	t->owner = owner;
	t->room = room;
	return 0;
}

int okng_surface_teacher_add(struct okng_surface_teacher *t, const struct okng_image *img, const int32_t (*spans)[2])
{
	const struct okng_rect *region = &t->tool.region;
	if (region->w && (region->x > img->width - region->w || region->y > img->height - region->h))
		return -EINVAL;
	int r = 0;
	if (t->patches.width != img->width || t->patches.height != img->height) {
		okng_surface_patches_finish(&t->patches);
		r = okng_surface_patches_open(&t->patches, &t->tool, cells_of(t->tool.patch), cells_of(t->tool.margin), img->width, img->height);
	}
	int32_t count = t->patches.across * t->patches.down;
	if (r == 0)
		r = make_room(t, (uint32_t)count);
	if (r == 0)
		r = okng_surface_patches_run(&t->patches, img, spans);
	if (r < 0)
		return r;
	uint32_t before = t->n;
	for (int32_t i = 0; i < count; i++)
		if (okng_surface_patch_answers(&t->patches, i, t->answers + (size_t)t->n * OKNG_SURFACE_CHANNELS))
			t->owner[t->n++] = t->parts;
	if (t->n == before)
		return -EDOM;
	t->parts++;
	return 0;
}

static int by_value(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
	return (x > y) - (x < y);
}

/* A channel's spread: from the middle of the good patches to the strongest tenth. */
static int weigh(const struct okng_surface_teacher *t, struct okng_surface_model *m)
{
	int32_t *v = malloc((size_t)t->n * sizeof *v);
	if (!v)
		return -ENOMEM;
	for (int c = 0; c < OKNG_SURFACE_CHANNELS; c++) {
		for (uint32_t i = 0; i < t->n; i++)
			v[i] = okng_surface_log((uint32_t)t->answers[(size_t)i * OKNG_SURFACE_CHANNELS + (size_t)c] + 16, 4);
		qsort(v, t->n, sizeof *v, by_value);
		int32_t spread = v[(uint64_t)t->n * 9 / 10] - v[t->n / 2];
		spread = spread < SPREAD_MIN ? SPREAD_MIN : spread > SPREAD_MAX ? SPREAD_MAX : spread;
		m->weight[c] = (uint16_t)(64 * 4096 / spread);
	}
	free(v);
	return 0;
}

/* Moves the patches to keep to the front: each the farthest from those kept so far (k-centre, greedy). */
static int choose(int16_t *z, uint32_t *owner, uint32_t n, uint32_t keep)
{
	const size_t size = OKNG_SURFACE_CHANNELS * sizeof *z;
	uint32_t *far = malloc((size_t)n * sizeof *far);
	if (!far)
		return -ENOMEM;
	memset(far, 0xff, (size_t)n * sizeof *far);
	for (uint32_t k = 0; k < keep; k++) {
		uint32_t at = k;
		for (uint32_t i = k; i < n; i++) {
			if (k > 0) {
				uint32_t d = okng_surface_nearest(z + (size_t)(k - 1) * OKNG_SURFACE_CHANNELS, 1, z + (size_t)i * OKNG_SURFACE_CHANNELS, NULL);
				far[i] = d < far[i] ? d : far[i];
			}
			at = far[i] > far[at] ? i : at;
		}
		int16_t swap[OKNG_SURFACE_CHANNELS];
		memcpy(swap, z + (size_t)k * OKNG_SURFACE_CHANNELS, size);
		memmove(z + (size_t)k * OKNG_SURFACE_CHANNELS, z + (size_t)at * OKNG_SURFACE_CHANNELS, size);
		memcpy(z + (size_t)at * OKNG_SURFACE_CHANNELS, swap, size);
		uint32_t o = owner[k], f = far[k];
		owner[k] = owner[at];
		far[k] = far[at];
		owner[at] = o;
		far[at] = f;
	}
	free(far);
	return 0;
}

/* The squared distance of a patch to the nearest kept one of another part. */
static uint32_t from_others(const struct okng_surface_model *m, const uint32_t *owner, uint32_t i)
{
	const int16_t *z = m->profile + (size_t)i * OKNG_SURFACE_CHANNELS;
	uint32_t best = UINT32_MAX;
	for (uint32_t k = 0; k < m->n;) {
		uint32_t end = k;
		while (end < m->n && owner[end] != owner[i])
			end++;
		if (end > k) {
			uint32_t d = okng_surface_nearest(m->profile + (size_t)k * OKNG_SURFACE_CHANNELS, end - k, z, NULL);
			best = d < best ? d : best;
		}
		k = end;
		while (k < m->n && owner[k] == owner[i])
			k++;
	}
	return best;
}

/* Mean and spread of each part's worst patch give the Gumbel distribution whose tail is the limit. */
static int fit_limit(struct okng_surface_model *m, const uint32_t *owner, uint32_t n)
{
	uint32_t *worst = calloc(m->parts, sizeof *worst);
	if (!worst)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t d = from_others(m, owner, i);
		if (d != UINT32_MAX && d > worst[owner[i]])
			worst[owner[i]] = d;
	}
	double sum = 0, square = 0;
	for (uint32_t i = 0; i < m->parts; i++) {
		sum += sqrt((double)worst[i]);
		square += (double)worst[i];
	}
	free(worst);
	double mean = sum / m->parts, variance = (square - sum * mean) / (m->parts - 1);
	double scale = SQRT6_OVER_PI * (variance > 0 ? sqrt(variance) : 0);
	double limit = mean + (GUMBEL_TAIL - GUMBEL_MEAN) * scale;
	m->limit = limit < 64 ? 64 : (uint32_t)(limit + 0.5);
	return 0;
}

int okng_surface_teacher_bytes(const struct okng_surface_teacher *t, uint8_t **bytes, size_t *size)
{
	if (t->parts < 2)
		return -ENODATA;
	struct okng_surface_model m = {.patch = cells_of(t->tool.patch), .margin = cells_of(t->tool.margin), .parts = t->parts,
		.n = t->n < OKNG_SURFACE_PATCHES_MAX ? t->n : OKNG_SURFACE_PATCHES_MAX};
	m.profile = malloc((size_t)t->n * OKNG_SURFACE_CHANNELS * sizeof *m.profile);
	uint32_t *owner = malloc((size_t)t->n * sizeof *owner);
	int r = m.profile && owner ? weigh(t, &m) : -ENOMEM;
	if (r == 0) {
		memcpy(owner, t->owner, (size_t)t->n * sizeof *owner);
		for (size_t i = 0; i < (size_t)t->n * OKNG_SURFACE_CHANNELS; i++)
			m.profile[i] = okng_surface_model_number(&m, (int)(i % OKNG_SURFACE_CHANNELS), t->answers[i]);
		if (m.n < t->n)
			r = choose(m.profile, owner, t->n, m.n);
	}
	if (r == 0)
		r = fit_limit(&m, owner, t->n);
	if (r == 0)
		r = okng_surface_model_write(&m, bytes, size);
	free(owner);
	okng_surface_model_finish(&m);
	return r;
}
