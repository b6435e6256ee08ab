/* SPDX-License-Identifier: Apache-2.0
 *
 * Classified defects and the recipe's limits make the verdict. A defect's score is area / (area + limit area): 0.5 at
 * its limit, towards 1 above. Per class, more defects at or above the limit than tolerated decide; the sum of all areas
 * may decide too. The result says which row and limit it was.
 */
#ifndef OKNG_PIPELINE_JUDGE_H
#define OKNG_PIPELINE_JUDGE_H

#include "pipeline/recipe.h"

/* Puts one classified defect among the result's candidates, worst first; when they are full the least is dropped.
 * Sets its score; counts n_found, n_candidates. */
void okng_judge_add(struct okng_result *result, const struct okng_defect *defect);

/* Sets verdict, reason, score, limit, worst, n_defects and decided_by from the candidates. total_area: of every
 * defect that is not ignored, also those no longer among the candidates. Pure. */
void okng_judge(const struct okng_recipe *recipe, uint64_t total_area, struct okng_result *result);

#endif
