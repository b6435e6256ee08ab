/* SPDX-License-Identifier: Apache-2.0
 *
 * The shipped recipe for bare boards with nothing taught: its rows alone decide, on every real pair, through the whole
 * inspector. Rows were written by hand, so that no board need be left out. Arguments: the recipe; take every n-th pair only
 * (then nothing is asserted). Exit status 77 (skipped) without the data.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "config/config.h"
#include "deeppcb.h"
#include "pipeline/inspect.h"
#include "score.h"

#define F_FLOOR 0.975

static struct okng_inspector *open_rows(const char *path, const struct okng_image *golden)
{
	struct okng_config_errors errors;
	struct okng_inspector *inspector;
	struct okng_recipe recipe;
	struct okng_model *model;
	struct okng_error err;
	int r = okng_config_load_recipe(&recipe, path, &errors);
	assert(r == 0 && recipe.n_tools == 1);
	recipe.tools[0].decide = OKNG_DECIDE_ROWS;
	r = okng_model_golden(&model, golden);
	assert(r == 0);
	r = okng_inspector_open(&inspector, &recipe, model, NULL, 0, 0, &err);
	assert(r == 0);
	okng_model_close(&model);
	return inspector;
}

int main(int argc, char **argv)
{
	int n = deeppcb_open(), every = argc > 2 ? atoi(argv[2]) : 1, faults = 0;
	assert(argc > 1 && every > 0);
	if (n == 0)
		return 77;
	struct score_box *truth = calloc((size_t)n * DEEPPCB_BOXES_MAX, sizeof *truth);
	struct score_box *found = calloc((size_t)n * OKNG_DEFECTS_MAX, sizeof *found);
	struct okng_inspector *inspector = NULL;
	size_t n_truth = 0, n_found = 0;
	assert(truth && found);
	for (int i = 0; i < n; i += every) {
		struct deeppcb_pair pair;
		struct okng_result result;
		deeppcb_load(i, &pair);
		if (!inspector)
			inspector = open_rows(argv[1], &pair.golden);
		int r = okng_inspector_golden(inspector, &pair.golden);
		assert(r == 0);
		okng_inspector_run(inspector, &pair.part, &result);
		faults += result.verdict == OKNG_FAULT;
		for (int k = 0; k < pair.n_boxes; k++)
			truth[n_truth++] = (struct score_box){i, pair.box[k].class_number, 0, pair.box[k].rect};
		for (int k = 0; k < result.n_candidates; k++)
			if (result.defects[k].verdict == OKNG_NG)
				found[n_found++] = (struct score_box){i, result.defects[k].class_number, result.defects[k].score, result.defects[k].box};
		deeppcb_finish(&pair);
	}
	struct score s;
	score_boxes(truth, n_truth, found, n_found, &s);
	printf("every %d of %d pairs, %zu boxes, %d pairs not aligned\n", every, n, n_truth, faults);
	printf("              boxes   mean AP  open  short  mousebite spur  copper pin-hole  precision recall F\n");
	score_print("rows", &s);
	okng_inspector_close(&inspector);
	free(truth);
	free(found);
	return every > 1 || s.f >= F_FLOOR ? 0 : 1;
}
