/* SPDX-License-Identifier: Apache-2.0
 *
 * Any text, read as a station file and as a recipe: it is taken, or refused with at least one error.
 */
#include <stdint.h>
#include <stdlib.h>

#include "config/check.h"
#include "config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct okng_config_errors errors;
	static struct okng_station_config station;
	struct okng_recipe recipe;
	if ((okng_config_parse_station(&station, (const char *)data, size, "a/okng.toml", &errors) == 0) != (errors.n == 0))
		abort();
	if ((okng_config_parse_further(&station, (const char *)data, size, "a/left.toml", "a/okng.toml", &errors) == 0) != (errors.n == 0))
		abort();
	if ((okng_config_parse_recipe(&recipe, (const char *)data, size, "recipe.toml", &errors) == 0) != (errors.n == 0))
		abort();
	return 0;
}
