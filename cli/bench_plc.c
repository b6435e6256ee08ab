/* SPDX-License-Identifier: Apache-2.0
 *
 * A figure is printed as soon as it is there, as cmd_bench.c does.
 */
#include "cli/bench_plc.h"

#include <math.h>
#include <string.h>

#include "bench/plc.h"
#include "bench/rival.h"
#include "cli/command.h"
#include "cli/json.h"
#include "cli/say.h"

bool okng_bench_plc_known(const char *name)
{
	bool known = strcmp(name, "plc") == 0;

	for (int i = 0; okng_bench_plc_names[i]; i++)
		known = known || strcmp(name, okng_bench_plc_names[i]) == 0;
	return known;
}

static void figure(double value, int width, int digits)
{
	if (isnan(value))
		printf(" %*s", width, "-");
	else
		printf(" %*.*f", width, digits, value);
}

static void print_text(const struct okng_bench_plc_row *r)
{
	printf("%-12s", r->name);
	figure(r->ms, 8, 4);
	figure(r->p99_ms, 8, 4);
	figure(r->libmodbus_ms, 9, 4);
	figure(r->libmodbus_p99_ms, 8, 4);
	figure(r->ratio, 6, 2);
	figure(r->spread * 100, 5, 0);
	printf(isnan(r->spread) ? " " : "%%");
	figure(r->p99_ratio, 6, 2);
	figure(r->per_s, 9, 0);
	figure(r->libmodbus_per_s, 9, 0);
	printf("  %s\n", r->what);
	fflush(stdout);
}

static void print_json(const struct okng_bench_plc_row *r, const char *libmodbus)
{
	struct okng_json json;

	okng_json_init(&json, stdout);
	okng_json_object(&json, NULL);
	okng_json_string(&json, "name", r->name);
	okng_json_number(&json, "ms", r->ms, 6);
	okng_json_number(&json, "p99_ms", r->p99_ms, 6);
	okng_json_number(&json, "libmodbus_ms", r->libmodbus_ms, 6);
	okng_json_number(&json, "libmodbus_p99_ms", r->libmodbus_p99_ms, 6);
	okng_json_number(&json, "ratio", r->ratio, 4);
	okng_json_number(&json, "spread", r->spread, 4);
	okng_json_number(&json, "p99_ratio", r->p99_ratio, 4);
	okng_json_number(&json, "per_s", r->per_s, 1);
	okng_json_number(&json, "libmodbus_per_s", r->libmodbus_per_s, 1);
	okng_json_int(&json, "clients", r->clients);
	okng_json_int(&json, "workers", r->workers);
	okng_json_int(&json, "requests", r->requests);
	okng_json_int(&json, "rounds", r->rounds);
	if (libmodbus && !isnan(r->ratio))
		okng_json_string(&json, "libmodbus", libmodbus);
	else
		okng_json_null(&json, "libmodbus");
	okng_json_end_object(&json);
	fflush(stdout);
}

int okng_bench_plc(const struct okng_bench_setup *setup, const char *name, bool json)
{
	const struct okng_bench_libmodbus *libmodbus = okng_bench_rival_symbol(OKNG_BENCH_LIBMODBUS_FILE, OKNG_BENCH_LIBMODBUS_SYMBOL);
	int status = OKNG_EXIT_GOOD;

	if (!json) {
		printf("libmodbus %s; times are medians and 99th percentiles in ms on the wall\n", libmodbus ? libmodbus->version : "is not there");
		printf("%-12s %8s %8s %9s %8s %6s %6s %6s %9s %9s  %s\n", "name", "ms", "p99", "libmodbus", "p99", "ratio", "spread", "p99/", "per s",
			"libmodbus", "what");
	}
	for (int i = 0; okng_bench_plc_names[i]; i++) {
		struct okng_error err = { 0 };
		struct okng_bench_plc_row row;
		int rc;

		if (strcmp(name, "plc") != 0 && strcmp(name, okng_bench_plc_names[i]) != 0)
			continue;
		rc = okng_bench_plc_run(setup, libmodbus, okng_bench_plc_names[i], &row, &err);
		if (rc) {
			okng_say_error(&err, rc, okng_bench_plc_names[i]);
			status = OKNG_EXIT_FAILED;
		} else if (json) {
			print_json(&row, libmodbus ? libmodbus->version : NULL);
		} else {
			print_text(&row);
		}
	}
	return status;
}
