/* SPDX-License-Identifier: Apache-2.0
 *
 * The same frame gives the same result to the last bit: on every level of kernels that this machine has, and with one,
 * two and four threads that work on a list side by side, each with an inspector of its own on a shared model. Over
 * synthetic parts, all DeepPCB pairs and all magnetic tiles (the latter two where the data lies beside the source).
 * Argument: take every n-th only.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "camera/image_file.h"
#include "camera/synthetic.h"
#include "config/config.h"
#include "deeppcb.h"
#include "disturb.h"
#include "pipeline/cpu.h"
#include "pipeline/fingerprint.h"
#include "pipeline/inspect.h"
#include "pipeline/learn.h"

#define BATCH 24    /* pictures held at a time */
#define WORKERS 4
#define TILES_TAUGHT 40

static int every = 1;

struct item {
	struct okng_image frame, golden; /* golden: data NULL for none */
	uint64_t print;                  /* of the first level */
};

/* What is judged, how. */
struct subject {
	struct okng_recipe recipe;
	struct okng_model *model;
	bool sizes;                      /* pictures differ in size: an inspector each */
	struct okng_inspector *level[OKNG_CPU_LEVELS], *worker[WORKERS];
	struct item item[BATCH];
	int n;
	long judged, verdicts[5], results;
	uint64_t all;                    /* of everything */
};

static void set_level(enum okng_cpu level)
{
	assert_int_equal(setenv("OKNG_CPU", okng_cpu_name(level), 1), 0);
}

static struct okng_inspector *open_for(const struct subject *s, int32_t width, int32_t height)
{
	struct okng_inspector *inspector;
	struct okng_error err;
	int r = okng_inspector_open(&inspector, &s->recipe, s->model, NULL, width, height, &err);
	if (r < 0)
		printf("%s\n", err.text);
	assert_int_equal(r, 0);
	return inspector;
}

static void open_all(struct subject *s)
{
	for (enum okng_cpu level = OKNG_CPU_C; level < OKNG_CPU_LEVELS && !s->sizes; level++) {
		if (!okng_cpu_has(level))
			continue;
		set_level(level);
		s->level[level] = open_for(s, 0, 0);
		assert_string_equal(okng_inspector_cpu(s->level[level]), okng_cpu_name(level));
	}
	unsetenv("OKNG_CPU");
	for (int i = 0; i < WORKERS && !s->sizes; i++)
		s->worker[i] = open_for(s, 0, 0);
}

static void close_all(struct subject *s)
{
	for (int i = 0; i < OKNG_CPU_LEVELS; i++)
		okng_inspector_close(&s->level[i]);
	for (int i = 0; i < WORKERS; i++)
		okng_inspector_close(&s->worker[i]);
	okng_model_close(&s->model);
}

/* Judges with the inspector, NULL: with one of its own. */
static uint64_t judge(const struct subject *s, struct okng_inspector *inspector, const struct item *item, enum okng_verdict *verdict, int *found)
{
	struct okng_result result;
	struct okng_inspector *own = inspector ? NULL : open_for(s, item->frame.width, item->frame.height);
	memset(&result, 0x5a, sizeof result);
	if (item->golden.data)
		assert_int_equal(okng_inspector_golden(inspector, &item->golden), 0);
	okng_inspector_run(own ? own : inspector, &item->frame, &result);
	okng_inspector_close(&own);
	*verdict = result.verdict;
	*found = result.n_found + result.n_measures;
	return okng_result_fingerprint(&result);
}

struct job {
	const struct subject *subject;
	struct okng_inspector *inspector;
	atomic_int *next;
	int wrong;
};

static void *work(void *user)
{
	struct job *job = user;
	for (int i; (i = atomic_fetch_add(job->next, 1)) < job->subject->n;) {
		enum okng_verdict verdict;
		int found;
		const struct item *item = &job->subject->item[i];
		job->wrong += judge(job->subject, job->inspector, item, &verdict, &found) != item->print;
	}
	return NULL;
}

static void judge_side_by_side(const struct subject *s, int threads)
{
	struct job job[WORKERS];
	pthread_t thread[WORKERS];
	atomic_int next = 0;
	for (int i = 0; i < threads; i++) {
		job[i] = (struct job){s, s->worker[i], &next, 0};
		assert_int_equal(pthread_create(&thread[i], NULL, work, &job[i]), 0);
	}
	for (int i = 0; i < threads; i++)
		assert_int_equal(pthread_join(thread[i], NULL), 0);
	for (int i = 0; i < threads; i++)
		assert_int_equal(job[i].wrong, 0);
}

/* Judges what is held in every way, and lets it go. */
static void judge_batch(struct subject *s)
{
	for (enum okng_cpu level = OKNG_CPU_C; level < OKNG_CPU_LEVELS; level++) {
		if (!okng_cpu_has(level))
			continue;
		set_level(level);
		for (int i = 0; i < s->n; i++) {
			enum okng_verdict verdict;
			int found;
			uint64_t print = judge(s, s->level[level], &s->item[i], &verdict, &found);
			if (level == OKNG_CPU_C) {
				s->item[i].print = print;
				s->all = (s->all ^ print) * UINT64_C(0x9e3779b97f4a7c15);
				s->verdicts[verdict]++;
				s->results += found;
				s->judged++;
			}
			assert_true(print == s->item[i].print);
		}
	}
	unsetenv("OKNG_CPU");
	for (int threads = 1; threads <= WORKERS; threads *= 2)
		judge_side_by_side(s, threads);
	for (int i = 0; i < s->n; i++) {
		okng_image_finish(&s->item[i].frame);
		okng_image_finish(&s->item[i].golden);
	}
	s->n = 0;
}

static struct item *add(struct subject *s)
{
	if (s->n == BATCH)
		judge_batch(s);
	return &s->item[s->n++];
}

static void end(struct subject *s, const char *name)
{
	judge_batch(s);
	close_all(s);
	print_message("%s: %ld frames, %ld OK, %ld NG, %ld REVIEW, %ld FAULT, %ld findings and values: all the same (%016llx)\n", name, s->judged,
		s->verdicts[OKNG_OK], s->verdicts[OKNG_NG], s->verdicts[OKNG_REVIEW], s->verdicts[OKNG_FAULT], s->results, (unsigned long long)s->all);
	assert_true(s->judged > 0 && s->results > 0 && s->verdicts[OKNG_NONE] == 0);
}

static struct okng_recipe recipe_of(const char *name)
{
	static struct okng_config_errors errors;
	struct okng_recipe recipe;
	char path[4096];
	snprintf(path, sizeof path, "%s/%s", getenv("OKNG_RECIPES"), name);
	assert_int_equal(okng_config_load_recipe(&recipe, path, &errors), 0);
	return recipe;
}

/* ---- synthetic parts: compare and measure */

static const char measures[] =
	"[[tool]]\nname = \"width\"\ntype = \"measure\"\nmeasure = \"distance\"\nfrom = [20, 320]\nto = [52, 320]\nfrom2 = [618, 320]\n"
	"to2 = [583, 320]\nbreadth = 60\nscans = 9\ntransition = \"rise\"\nnominal = 560.0\ntolerance = [-5.0, 5.0]\n"
	"[[tool]]\nname = \"label\"\ntype = \"measure\"\nmeasure = \"width\"\nfrom = [60, 115]\nto = [220, 121]\nbreadth = 40\nscans = 5\n"
	"transition = \"rise\"\npick = \"outer\"\nnominal = 132.0\ntolerance = [-3.0, 3.0]\n"
	"[[tool]]\nname = \"hole\"\ntype = \"measure\"\nmeasure = \"circle\"\ncentre = [66.0, 62.5]\nradius = 9.0\nreach = 4.0\nbreadth = 5\n"
	"transition = \"rise\"\nnominal = 18.0\ntolerance = [-0.6, 0.6]\n"
	"[[tool]]\nname = \"bright\"\ntype = \"blob\"\nthreshold = \"local\"\nwindow = 31\nbright = 90\ndark = 90\nmin_area = 30\n"
	"[[class]]\nname = \"told\"\nnumber = 9\ntool = \"bright\"\nverdict = \"ignore\"\n";

static void synthetic_parts(void **state)
{
	(void)state;
	static struct subject s;
	static struct okng_recipe more;
	static struct okng_config_errors errors;
	const struct okng_camera_params teach = {.width = 640, .height = 480, .seed = 1, .shift = 5, .angle = 1, .light = 0.05, .noise = 2};
	struct okng_camera_params params = teach;
	struct okng_truth truth[OKNG_TRUTH_MAX];
	struct okng_learner *learner;
	struct okng_error err;
	int truths;
	s.recipe = recipe_of("demo");
	if (okng_config_parse_recipe(&more, measures, sizeof measures - 1, "measures", &errors) < 0)
		print_message("%s: %s\n", errors.error[0].key, errors.error[0].text);
	assert_int_equal(errors.n, 0);
	for (int i = 0; i < more.n_tools; i++)
		s.recipe.tools[s.recipe.n_tools++] = more.tools[i];
	memmove(&s.recipe.classes[1], s.recipe.classes, (size_t)s.recipe.n_classes++ * sizeof s.recipe.classes[0]);
	s.recipe.classes[0] = more.classes[0];
	assert_int_equal(okng_learner_open(&learner, &s.recipe), 0);
	for (uint64_t i = 1; i <= 12; i++) {
		struct okng_image img;
		assert_int_equal(okng_synthetic_render(&teach, i, OKNG_SYNTHETIC_GOOD, &img, truth, &truths, &err), 0);
		assert_int_equal(okng_learner_add(learner, &img, NULL), 0);
		okng_image_finish(&img);
	}
	assert_int_equal(okng_learner_model(learner, &s.model), 0);
	okng_learner_close(&learner);
	open_all(&s);
	struct disturber *disturber = disturber_open(teach.width, teach.height, teach.width, teach.height);
	params.seed = 7;
	for (uint64_t i = 1; i <= 200; i += (uint64_t)every) {
		struct okng_image img;
		struct disturb d = disturb_draw((enum disturb_kind)(i % DISTURB_KINDS), i);
		assert_int_equal(okng_synthetic_render(&params, i, i % 2 ? OKNG_SYNTHETIC_DEFECT : OKNG_SYNTHETIC_GOOD, &img, truth, &truths, &err), 0);
		struct item *item = add(&s);
		assert_int_equal(okng_image_init(&item->frame, teach.width, teach.height, OKNG_PIXEL_MONO8), 0);
		disturber_run(disturber, &d, i, &img, &item->frame);
		okng_image_finish(&img);
	}
	disturber_close(&disturber);
	end(&s, "synthetic parts");
	assert_true(s.verdicts[OKNG_NG] > 0 && (every > 1 || s.verdicts[OKNG_OK] > 0));
}

/* ---- DeepPCB */

static void boards(void **state)
{
	(void)state;
	static struct subject s;
	struct okng_model *taught;
	struct okng_error err;
	char path[4096];
	int n = deeppcb_open();
	if (n == 0)
		skip();
	s.recipe = recipe_of("bare-board");
	snprintf(path, sizeof path, "%s/bare-board/model.okm", getenv("OKNG_RECIPES"));
	assert_int_equal(okng_model_load(&taught, path, &err), 0);
	struct okng_image blank;
	assert_int_equal(okng_image_init(&blank, DEEPPCB_SIDE, DEEPPCB_SIDE, OKNG_PIXEL_MONO8), 0);
	assert_int_equal(okng_model_golden(&s.model, &blank), 0);
	assert_int_equal(okng_model_copy_chunks(s.model, taught), 0);
	okng_model_close(&taught);
	okng_image_finish(&blank);
	open_all(&s);
	for (int i = 0; i < n; i += every) {
		struct deeppcb_pair pair;
		deeppcb_load(i, &pair);
		struct item *item = add(&s);
		item->golden = pair.golden;
		item->frame = pair.part;
	}
	end(&s, "boards");
	assert_true(s.verdicts[OKNG_NG] > 0);
}

/* ---- magnetic tiles */

static int list_tiles(char ***paths, const char *kind)
{
	const char *shared = getenv("OKNG_SHARED");
	char folder[4096];
	if (!shared)
		shared = getenv("OKNG_SHARED_DEFAULT");
	snprintf(folder, sizeof folder, "%s/data/mtd/MT_%s", shared ? shared : "../shared", kind);
	int n = okng_image_file_list(paths, folder, "*.jpg", NULL);
	if (n <= 0)
		print_message("skipped: no tiles in %s (set OKNG_SHARED)\n", folder);
	return n;
}

static void teach_tiles(struct subject *s, char **paths, int n)
{
	struct okng_learner *learner;
	int tiles = every > 1 ? TILES_TAUGHT / 4 : TILES_TAUGHT;
	s->recipe.learn.min_images = 2;
	assert_int_equal(okng_learner_open(&learner, &s->recipe), 0);
	for (int i = 0; i < tiles; i++) {
		struct okng_image img;
		assert_int_equal(okng_image_file_load(&img, paths[i * n / tiles], NULL), 0);
		assert_int_equal(okng_learner_add(learner, &img, NULL), 0);
		okng_image_finish(&img);
	}
	assert_int_equal(okng_learner_model(learner, &s->model), 0);
	okng_learner_close(&learner);
}

static void tiles(void **state)
{
	(void)state;
	static struct subject s;
	static const char *const kinds[] = {"Free", "Blowhole", "Break", "Crack", "Fray", "Uneven"};
	s.recipe = recipe_of("surface");
	s.sizes = true;
	for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
		char **paths;
		int n = list_tiles(&paths, kinds[k]);
		if (n <= 0 && !s.model)
			skip();
		assert_true(n > 0);
		if (!s.model)
			teach_tiles(&s, paths, n);
		for (int i = 0; i < n; i += every)
			assert_int_equal(okng_image_file_load(&add(&s)->frame, paths[i], NULL), 0);
		okng_image_file_list_free(&paths);
	}
	end(&s, "tiles");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(synthetic_parts),
		cmocka_unit_test(boards),
		cmocka_unit_test(tiles),
	};
	every = argc > 1 ? atoi(argv[1]) : 1;
	if (every < 1 || !getenv("OKNG_RECIPES"))
		return 2;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
