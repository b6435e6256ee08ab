/* SPDX-License-Identifier: Apache-2.0
 *
 * Names a defect by the recipe's [[class]] rows: the first row whose every range holds wins. A defect that no row
 * matches is "unclassified" and rejects: what nobody thought of is not good. A defect that its tool was taught to name
 * takes the row of that number, whatever its ranges.
 */
#ifndef OKNG_PIPELINE_CLASSIFY_H
#define OKNG_PIPELINE_CLASSIFY_H

#include "pipeline/recipe.h"

/* Sets class_index, class_number, verdict and limit_area of a defect whose features and tool are set. Pure. */
void okng_classify(const struct okng_recipe *recipe, struct okng_defect *defect);

#endif
