/* SPDX-License-Identifier: Apache-2.0
 *
 * The order of the steps, and the checks that make a verdict honest: whatever cannot be inspected is a FAULT with its
 * reason, never an OK.
 */
#include "pipeline/inspect.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/classify.h"
#include "pipeline/compare.h"
#include "pipeline/drift.h"
#include "pipeline/intake.h"
#include "pipeline/judge.h"
#include "pipeline/locate.h"
#include "pipeline/resample.h"
#include "pipeline/tool.h"
#include "pipeline/warp.h"

struct okng_inspector {
	struct okng_recipe recipe;
	const struct okng_kernels *k;
	int32_t width, height;
	bool has_model, has_flat, has_plane;
	struct okng_flat flat;
	struct okng_warp *warp;      /* NULL: no lens */
	struct okng_plane camera;    /* of the undistorted picture, where has_plane */
	struct okng_plane plane;     /* of the aligned picture: what the tools go by; set anew for each part */
	struct okng_image corrected, aligned, mean;
	int32_t (*spans)[2];
	struct okng_locator *locator;
	struct okng_tool_state *tools[OKNG_TOOLS_MAX];
	struct okng_intake intake;
	double sharpness; /* of the reference */
	uint64_t grey;    /* of all its pixels */
	uint64_t patches[OKNG_PATCHES_MAX]; /* taught */
};

/* What a tool's defects are gathered into. */
struct gathering {
	const struct okng_recipe *recipe;
	struct okng_result *result;
	int tool;
	uint64_t area;
};

static bool inside(const struct okng_rect *r, int32_t width, int32_t height)
{
	return r->x >= 0 && r->y >= 0 && r->w > 0 && r->h > 0 && r->x <= width - r->w && r->y <= height - r->h;
}

static int check_optics(const struct okng_recipe *recipe, const struct okng_model *model, const struct okng_optics *optics,
	int32_t width, int32_t height, struct okng_error *err)
{
	const struct okng_flat *flat = optics->flat;
	const struct okng_brown *lens = optics->lens;
	uint32_t id = lens ? okng_brown_id(lens) : 0;
	if (flat && (flat->dark.width != width || flat->dark.height != height))
		return okng_error_set(err, -EINVAL, "", 0, "", "the flat field is of %d×%d, the images are of %d×%d: calibrate again",
			flat->dark.width, flat->dark.height, width, height);
	if (lens && (lens->width != width || lens->height != height))
		return okng_error_set(err, -EINVAL, "", 0, "", "the lens profile is for %d×%d, the images are of %d×%d: calibrate again",
			lens->width, lens->height, width, height);
	/* What only tools were taught, without an image, was taught from pictures as they are. */
	if (model && model->recipe_hash && model->lens != id && (model->lens || model->mean.width))
		return okng_error_set(err, -EINVAL, "", 0, "", "the model was taught %s: teach the recipe again with okng learn",
			!id ? "with a lens profile, and there is none" : model->lens ? "with another lens profile" : "without the lens profile");
	if (optics->plane && recipe->scale.mm_per_pixel > 0)
		return okng_error_set(err, -EINVAL, "", 0, "scale.mm_per_pixel", "the camera's profile has a plane that says what a millimetre "
			"is: take mm_per_pixel out of the recipe");
	return 0;
}

static int check(const struct okng_recipe *recipe, const struct okng_model *model, const struct okng_optics *optics,
	int32_t width, int32_t height, struct okng_error *err)
{
	for (int i = 0; i < recipe->n_tools; i++) {
		const struct okng_tool *t = &recipe->tools[i];
		if (t->region.w && !inside(&t->region, width, height))
			return okng_error_set(err, -EINVAL, "", 0, "tool.region", "tool %s: region [%d, %d, %d, %d] is not inside the image of %d×%d",
				t->name, t->region.x, t->region.y, t->region.w, t->region.h, width, height);
	}
	if (okng_recipe_needs_image(recipe) && !(model && model->mean.width))
		return okng_error_set(err, -EINVAL, "", 0, "", "the recipe compares or locates, but was not taught: run okng learn");
	if (model && model->recipe_hash && model->recipe_hash != okng_recipe_hash(recipe))
		return okng_error_set(err, -EINVAL, "", 0, "",
			"the model was taught with another locate.enabled or image.match_light: teach the recipe again with okng learn");
	if (!okng_recipe_patches_fit(recipe, width, height))
		return okng_error_set(err, -EINVAL, "", 0, "drift.patches", "a patch lies beyond the picture of %d×%d", width, height);
	return check_optics(recipe, model, optics, width, height, err);
}

static int copy_flat(struct okng_inspector *s, const struct okng_flat *flat)
{
	int r = okng_flat_copy(&s->flat, flat);
	s->has_flat = r == 0;
	return r;
}

static int open_lens(struct okng_inspector *s, const struct okng_brown *lens, struct okng_error *err)
{
	int r = okng_warp_open(&s->warp, lens, err);
	return r == 0 && s->locator ? okng_locator_look_through(s->locator, lens, err) : r;
}

static int open_tools(struct okng_inspector *s, const struct okng_model *model, const struct okng_optics *optics, struct okng_error *err)
{
	s->has_plane = optics->plane != NULL;
	s->camera = s->has_plane ? *optics->plane : okng_plane_scale(s->recipe.scale.mm_per_pixel);
	s->plane = s->camera;
	int r = 0;
	for (int i = 0; r == 0 && i < s->recipe.n_tools; i++) {
		const struct okng_tool_setup setup = {.tool = &s->recipe.tools[i], .model = model, .kernels = s->k, .width = s->width,
			.height = s->height, .err = err, .plane = s->has_plane || s->recipe.scale.mm_per_pixel > 0 ? &s->plane : NULL};
		r = okng_tool_open(&s->tools[i], &setup);
	}
	return r;
}

static int build(struct okng_inspector *s, const struct okng_model *model, const struct okng_optics *optics, struct okng_error *err)
{
	int r = okng_image_init(&s->corrected, s->width, s->height, OKNG_PIXEL_MONO8);
	if (r == 0)
		r = okng_image_init(&s->aligned, s->width, s->height, OKNG_PIXEL_MONO8);
	if (r == 0)
		r = okng_image_init(&s->mean, s->width, s->height, OKNG_PIXEL_MONO8);
	if (r == 0 && !(s->spans = calloc((size_t)s->height, sizeof *s->spans)))
		r = -ENOMEM;
	if (r == 0 && optics->flat)
		r = copy_flat(s, optics->flat);
	if (r == 0 && model && model->mean.width) {
		okng_compare_mean(model, &s->mean);
		struct okng_intake_sums sums;
		okng_intake_run(&(struct okng_intake){.k = s->k, .sharpness = true}, &s->mean, &sums);
		s->sharpness = sums.sharpness;
		s->grey = sums.grey;
		s->has_model = true;
	}
	if (r == 0)
		r = okng_drift_load(s->patches, &s->recipe, model, err);
	if (r == 0 && s->recipe.locate.enabled)
		r = okng_locator_open(&s->locator, &s->mean, s->recipe.locate.search, s->recipe.locate.angle);
	if (r == 0 && optics->lens)
		r = open_lens(s, optics->lens, err);
	if (r == 0)
		r = open_tools(s, model, optics, err);
	s->intake = (struct okng_intake){.k = s->k, .flat = s->has_flat ? &s->flat : NULL, .corrected = &s->corrected,
		.locator = s->locator, .sharpness = s->has_model && (s->recipe.image.min_sharpness > 0 || s->recipe.drift.sharpness > 0)};
	return r;
}

int okng_inspector_open(struct okng_inspector **inspector, const struct okng_recipe *recipe, const struct okng_model *model,
	const struct okng_optics *optics, int32_t width, int32_t height, struct okng_error *err)
{
	static const struct okng_optics nothing;
	*inspector = NULL;
	optics = optics ? optics : &nothing;
	if (model && model->mean.width) {
		width = model->mean.width;
		height = model->mean.height;
	}
	int r = check(recipe, model, optics, width, height, err);
	if (r < 0)
		return r;
	struct okng_inspector *s = calloc(1, sizeof *s);
	if (!s)
		return okng_error_set(err, -ENOMEM, "", 0, "", "out of memory");
	s->recipe = *recipe;
	s->k = okng_kernels_get(okng_cpu_level());
	s->width = width;
	s->height = height;
	r = build(s, model, optics, err);
	if (r == -ENODATA)
		okng_error_set(err, r, "", 0, "locate", "the taught part has nothing to locate it by: set locate.enabled = false or teach another view");
	else if (r < 0 && r != -EINVAL)
		okng_error_set(err, r, "", 0, "", "the inspector could not be built: %s", strerror(-r));
	if (r < 0)
		okng_inspector_close(&s);
	*inspector = s;
	return r;
}

static bool fault(struct okng_result *r, enum okng_reason reason, const char *text)
{
	r->verdict = OKNG_FAULT;
	r->reason = reason;
	memcpy(r->decided_by, text, strlen(text) + 1);
	return false;
}

/* How the frame compares with the taught ones, whatever the verdict becomes. */
static void watch(const struct okng_inspector *s, const struct okng_image *img, const struct okng_intake_sums *sums, struct okng_result *r)
{
	uint64_t sum[OKNG_PATCHES_MAX];
	if (s->recipe.drift.n_patches) {
		okng_drift_sums(&s->recipe, img, sum);
		r->light = (float)okng_drift_light(&s->recipe, sum, s->patches);
	} else if (s->has_model && s->grey) {
		r->light = (float)((double)sums->grey / (double)s->grey);
	}
	if (s->intake.sharpness && s->sharpness > 0)
		r->sharpness = (float)(sums->sharpness / s->sharpness);
}

static bool image_is_sound(const struct okng_inspector *s, const struct okng_intake_sums *sums, struct okng_result *r)
{
	uint64_t pixels = (uint64_t)s->width * (uint64_t)s->height;
	if (sums->grey < pixels * (uint64_t)s->recipe.image.min_mean)
		return fault(r, OKNG_REASON_IMAGE, "image.min_mean: the image is too dark");
	if (sums->grey > pixels * (uint64_t)s->recipe.image.max_mean)
		return fault(r, OKNG_REASON_IMAGE, "image.max_mean: the image is too bright");
	if (s->intake.sharpness && sums->sharpness < s->recipe.image.min_sharpness * s->sharpness)
		return fault(r, OKNG_REASON_IMAGE, "image.min_sharpness: the image is blurred");
	return true;
}

/* The picture as the tools see it: where nothing moves and no light is matched, it is img itself. NULL: a fault. */
static const struct okng_image *align(struct okng_inspector *s, const struct okng_image *img, struct okng_result *r)
{
	bool lit = s->has_model && s->recipe.image.match_light;
	if (s->locator) {
		int err = okng_locator_find(s->locator, &r->pose);
		if (err == -ENOENT || r->pose.score < s->recipe.locate.min_score) {
			fault(r, OKNG_REASON_NOT_FOUND, "locate.min_score: the part was not found");
			return NULL;
		}
		if (err < 0) {
			fault(r, OKNG_REASON_NOT_ALIGNED, "locate: the part was found but could not be aligned");
			return NULL;
		}
		r->found = true;
	} else if (!lit && !s->warp) {
		for (int32_t y = 0; y < s->height; y++) {
			s->spans[y][0] = 0;
			s->spans[y][1] = s->width;
		}
		return img;
	}
	const struct okng_image *light = lit ? &s->mean : NULL;
	if ((s->warp ? okng_warp_run(s->warp, s->k, &r->pose, img, light, &s->aligned, s->spans) :
		okng_resample(s->k, &r->pose, img, light, &s->aligned, s->spans)) < 0) {
		fault(r, OKNG_REASON_NOT_ALIGNED, "locate: the pose is out of range");
		return NULL;
	}
	return &s->aligned;
}

static void gather(void *user, const struct okng_defect *found)
{
	struct gathering *g = user;
	struct okng_defect d = *found;
	d.tool = g->tool;
	okng_classify(g->recipe, &d);
	if (d.verdict != OKNG_OK)
		g->area += d.area;
	okng_judge_add(g->result, &d);
}

static void gather_measures(struct okng_tool_state *tool, int index, struct okng_result *r)
{
	int n;
	const struct okng_measurement *values = okng_tool_measures(tool, &n);
	for (int i = 0; i < n && r->n_measures < OKNG_MEASURES_MAX; i++) {
		r->measures[r->n_measures] = values[i];
		r->measures[r->n_measures++].tool = index;
	}
}

int okng_inspector_golden(struct okng_inspector *s, const struct okng_image *golden)
{
	if (golden->pixel != OKNG_PIXEL_MONO8 || golden->width != s->width || golden->height != s->height)
		return -EINVAL;
	if (s->locator || s->has_flat || s->warp || s->recipe.image.match_light || s->recipe.image.min_sharpness > 0)
		return -ENOTSUP;
	for (int i = 0; i < s->recipe.n_tools; i++)
		if (s->recipe.tools[i].type != OKNG_TOOL_CONDUCTOR)
			return -ENOTSUP;
	struct okng_intake_sums sums;
	okng_intake_run(&(struct okng_intake){.k = s->k}, golden, &sums);
	s->grey = sums.grey;
	for (int i = 0; i < s->recipe.n_tools; i++)
		okng_tool_golden(s->tools[i], golden);
	return 0;
}

void okng_inspector_tune(struct okng_inspector *s, const struct okng_tunable *list, const struct okng_tuning *tuning)
{
	for (int i = 0; i < tuning->n; i++)
		okng_tunable_set(&s->recipe, list[i], tuning->value[i]);
	for (int i = 0; tuning->n && i < s->recipe.n_tools; i++)
		if (s->recipe.tools[i].plc_writable)
			okng_tool_tune(s->tools[i], &s->recipe.tools[i]);
}

void okng_inspector_run(struct okng_inspector *s, const struct okng_image *frame, struct okng_result *result)
{
	memset(result, 0, sizeof *result);
	result->worst = -1;
	result->limit = 0.5f;
	if (frame->pixel != OKNG_PIXEL_MONO8 || frame->width != s->width || frame->height != s->height) {
		fault(result, OKNG_REASON_IMAGE, "the frame has another size or format than the taught part");
		return;
	}
	struct okng_intake_sums sums;
	const struct okng_image *img = okng_intake_run(&s->intake, frame, &sums);
	watch(s, img, &sums, result);
	if (!image_is_sound(s, &sums, result) || !(img = align(s, img, result)))
		return;
	if (s->has_plane)
		s->plane = okng_plane_posed(&s->camera, &result->pose, s->width, s->height);
	struct gathering g = {.recipe = &s->recipe, .result = result};
	for (g.tool = 0; g.tool < s->recipe.n_tools; g.tool++) {
		int n = okng_tool_run(s->tools[g.tool], img, (const int32_t (*)[2])s->spans, gather, &g);
		if (n < 0) {
			fault(result, OKNG_REASON_NOT_ALIGNED, n == -EDOM ? "a tool's region lies outside the frame" :
				n == -ENOENT ? "could not be aligned with the golden image" :
				"more differs than can be told apart: not this part, or not aligned");
			return;
		}
		gather_measures(s->tools[g.tool], g.tool, result);
	}
	okng_judge(&s->recipe, g.area, result);
}

struct okng_rect okng_inspect_box_in_frame(const struct okng_pose *pose, const struct okng_brown *lens, struct okng_rect box,
	int32_t width, int32_t height)
{
	const int steps = lens ? 8 : 1; /* along a side: a lens bends it */
	double x0 = width, y0 = height, x1 = -1, y1 = -1;
	for (int i = 0; i < (steps + 1) * (steps + 1); i++) {
		struct okng_point p = {box.x + (box.w - 1) * (double)(i % (steps + 1)) / steps, box.y + (box.h - 1) * (double)(i / (steps + 1)) / steps};
		p = okng_pose_map(pose, width, height, p);
		if (lens)
			okng_brown_at(lens, p.x, p.y, &p.x, &p.y);
		x0 = p.x < x0 ? p.x : x0;
		x1 = p.x > x1 ? p.x : x1;
		y0 = p.y < y0 ? p.y : y0;
		y1 = p.y > y1 ? p.y : y1;
	}
	/* Whole pixels that the corners touch, clipped to the frame. */
	int32_t left = x0 < 0.5 ? 0 : (int32_t)(x0 + 0.5), top = y0 < 0.5 ? 0 : (int32_t)(y0 + 0.5);
	int32_t right = x1 < 0 ? 0 : (int32_t)(x1 + 0.5), bottom = y1 < 0 ? 0 : (int32_t)(y1 + 0.5);
	left = left > width - 1 ? width - 1 : left;
	top = top > height - 1 ? height - 1 : top;
	right = right > width - 1 ? width - 1 : right < left ? left : right;
	bottom = bottom > height - 1 ? height - 1 : bottom < top ? top : bottom;
	return (struct okng_rect){left, top, right - left + 1, bottom - top + 1};
}

const char *okng_inspector_cpu(const struct okng_inspector *inspector)
{
	return okng_cpu_name(inspector->k->cpu);
}

void okng_inspector_close(struct okng_inspector **inspector)
{
	struct okng_inspector *s = *inspector;
	*inspector = NULL;
	if (!s)
		return;
	okng_image_finish(&s->corrected);
	okng_image_finish(&s->aligned);
	okng_image_finish(&s->mean);
	okng_flat_finish(&s->flat);
	okng_warp_close(&s->warp);
	okng_locator_close(&s->locator);
	for (int i = 0; i < OKNG_TOOLS_MAX; i++)
		okng_tool_close(&s->tools[i]);
	free(s->spans);
	free(s);
}
