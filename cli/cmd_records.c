/* SPDX-License-Identifier: Apache-2.0
 *
 * okng records: the record, listed, filtered, exported, counted, or followed while okngd writes it. Reading never
 * locks the writer out (WAL).
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/say.h"
#include "cli/summary.h"
#include "cli/when.h"
#include "config/config.h"
#include "pipeline/verdict.h"
#include "store/records.h"

#define CONFIG_DEFAULT "/etc/okng/okng.toml"
#define POLL_NS 100000000L

enum { SINCE = 256, UNTIL, RECIPE, REASON, CLASS, SEQ, PART_ID, CSV, JSON, COUNT };

static const struct okng_option options[] = {
	{ "store", 's', "DIR", "folder of the record" },
	{ "config", 'c', "FILE", "station file that names it (default " CONFIG_DEFAULT ")" },
	{ "verdict", 'v', "LIST", "ok, ng, review, fault; several with commas" },
	{ "since", SINCE, "TIME", "from this time on" },
	{ "until", UNTIL, "TIME", "before this time" },
	{ "recipe", RECIPE, "N", "judged with this recipe number" },
	{ "reason", REASON, "N", "with this reason number" },
	{ "class", CLASS, "N", "worst defect of this class number" },
	{ "seq", SEQ, "N", "with this sequence number" },
	{ "part-id", PART_ID, "S", "of the part with this id" },
	{ "last", 'n', "N", "the newest N only" },
	{ "csv", CSV, NULL, "print CSV with a header line" },
	{ "json", JSON, NULL, "print one JSON object a line" },
	{ "summary", 'S', NULL, "print totals instead of rows" },
	{ "follow", 'f', NULL, "print new rows as they arrive, until Ctrl-C" },
	{ "count", COUNT, "N", "with --follow: end after N rows" },
	{ 0 },
};

static int run(int argc, char **argv);

const struct okng_command okng_cmd_records = {
	.name = "records",
	.summary = "List, filter, export and count the record of judged parts",
	.usage = "[--store DIR | --config FILE] [FILTER...] [--csv|--json] [--summary | --follow]",
	.about =
		"TIME is 2026-01-31, \"2026-01-31 06:00\", 2026-01-31T06:00:00Z (Z: UTC, else local\n"
		"time), 90s 10m 8h 3d 2w (ago), today, yesterday or now.\n"
		"\n"
		"--summary counts parts per verdict and reason and, where the camera knew the truth\n"
		"(synthetic): defects injected and caught, escapes (a part with a defect called OK),\n"
		"good parts and overkill (a good part not called OK).\n"
		"\n"
		"--follow waits for a record that is not there yet; with --last N it first prints the\n"
		"newest N rows.\n"
		"\n"
		"Exit status: 0 printed, also when no row matches; 2 the record could not be read.\n"
		"\n"
		"Examples:\n"
		"  okng records --last 20\n"
		"  okng records --verdict ng,fault --since today --csv > today.csv\n"
		"  okng records --summary --since 8h\n",
	.options = options,
	.run = run,
};

struct query {
	const char *store, *config;
	char folder[sizeof(((struct okng_store_params *)0)->folder)];
	struct okng_records_filter filter;
	enum okng_records_format format;
	bool summary, follow;
	long count; /* rows that --follow ends after, 0: never */
	/* while reading */
	struct okng_summary totals;
	int64_t printed, last_id;
	bool failed;
};

static int print_row(void *user, const struct okng_record *record)
{
	struct query *q = user;

	q->last_id = record->id;
	if (okng_records_print(stdout, q->format, record, q->printed == 0) || ferror(stdout)) {
		q->failed = true;
		return 1;
	}
	q->printed++;
	return q->count && q->printed == q->count;
}

static int count_row(void *user, const struct okng_record *record)
{
	struct query *q = user;

	okng_summary_add(&q->totals, record);
	return 0;
}

static int note_id(void *user, const struct okng_record *record)
{
	struct query *q = user;

	q->last_id = record->id;
	return 0;
}

/* Where following begins: after the newest row there is. */
static int64_t find_end(struct query *q, char *why, size_t size)
{
	struct okng_records_filter all;

	okng_records_all(&all);
	all.limit = 1;
	return okng_records_read(q->folder, &all, note_id, q, why, size);
}

/* Rows from first on until there are enough or the reader is gone. */
static int follow(struct query *q)
{
	const struct timespec pause = { 0, POLL_NS };
	bool begun = q->filter.limit != 0; /* the newest are wanted first */
	char why[320] = "";
	int64_t n;

	for (;;) {
		n = begun ? okng_records_read(q->folder, &q->filter, print_row, q, why, sizeof(why)) : find_end(q, why, sizeof(why));
		if (q->failed)
			return OKNG_EXIT_FAILED;
		if (n < 0 && n != -ENOENT && n != -EBUSY) {
			okng_say("records: %s", why[0] ? why : strerror((int)-n));
			return OKNG_EXIT_FAILED;
		}
		if (n == -ENOENT || n >= 0) { /* what comes into a record that is not there yet is all new */
			begun = true;
			q->filter.from_id = q->last_id + 1;
			q->filter.limit = n == -ENOENT ? q->filter.limit : 0;
		}
		if (q->count && q->printed >= q->count)
			return OKNG_EXIT_GOOD;
		if (fflush(stdout))
			return OKNG_EXIT_FAILED;
		nanosleep(&pause, NULL);
	}
}

static int list(struct query *q)
{
	char why[320] = "";
	int64_t n;

	n = okng_records_read(q->folder, &q->filter, q->summary ? count_row : print_row, q, why, sizeof(why));
	if (n < 0) {
		okng_say("records: %s", why[0] ? why : strerror((int)-n));
		return OKNG_EXIT_FAILED;
	}
	if (q->summary)
		okng_summary_print(stdout, &q->totals, q->format == OKNG_RECORDS_JSON);
	return q->failed ? OKNG_EXIT_FAILED : OKNG_EXIT_GOOD;
}

static int parse_verdicts(const char *list, unsigned *bits)
{
	*bits = 0;
	for (const char *s = list; *s;) {
		size_t length = strcspn(s, ",");
		bool known = false;

		for (int v = OKNG_OK; v <= OKNG_FAULT; v++) {
			const char *name = okng_verdict_name((enum okng_verdict)v);

			if (strlen(name) == length && strncasecmp(name, s, length) == 0) {
				*bits |= 1u << v;
				known = true;
			}
		}
		if (!known)
			return okng_command_misused(&okng_cmd_records, "--verdict takes ok, ng, review and fault, not '%.*s'", (int)length, s);
		s += length;
		s += *s == ',';
	}
	return *bits ? 0 : okng_command_misused(&okng_cmd_records, "--verdict is empty");
}

static int parse_time(const char *name, const char *text, int64_t *us)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (okng_when_parse(text, (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000, us) == 0)
		return 0;
	return okng_command_misused(&okng_cmd_records, "--%s: '%s' is no time", name, text);
}

static int parse_number(const char *name, long min, long max, int *value)
{
	long n;

	if (okng_command_number(&okng_cmd_records, name, optarg, min, max, &n))
		return -EINVAL;
	*value = (int)n;
	return 0;
}

static int parse_part_id(struct query *q)
{
	if (strlen(optarg) >= sizeof(q->filter.part_id))
		return okng_command_misused(&okng_cmd_records, "--part-id has at most %zu characters", sizeof(q->filter.part_id) - 1);
	memcpy(q->filter.part_id, optarg, strlen(optarg) + 1);
	return 0;
}

static int set(struct query *q, int id)
{
	long n = 0;
	int rc;

	switch (id) {
	case 's': q->store = optarg; return 0;
	case 'c': q->config = optarg; return 0;
	case 'v': return parse_verdicts(optarg, &q->filter.verdicts);
	case SINCE: return parse_time("since", optarg, &q->filter.since_us);
	case UNTIL: return parse_time("until", optarg, &q->filter.until_us);
	case RECIPE: return parse_number("recipe", 0, 65535, &q->filter.recipe);
	case REASON: return parse_number("reason", 0, 65535, &q->filter.reason);
	case CLASS: return parse_number("class", 0, 999, &q->filter.class_number);
	case SEQ: return parse_number("seq", 1, 65535, &q->filter.seq);
	case PART_ID: return parse_part_id(q);
	case 'n':
		rc = okng_command_number(&okng_cmd_records, "last", optarg, 1, 1000000000, &n);
		q->filter.limit = n;
		return rc;
	case COUNT: return okng_command_number(&okng_cmd_records, "count", optarg, 1, 1000000000, &q->count);
	case CSV: q->format = OKNG_RECORDS_CSV; return 0;
	case JSON: q->format = OKNG_RECORDS_JSON; return 0;
	case 'S': q->summary = true; return 0;
	default: q->follow = true; return 0;
	}
}

static int find_folder(struct query *q)
{
	struct okng_config_errors *errors;
	struct okng_station_config *config;
	int rc = -ENOMEM;

	if (q->store) {
		if (strlen(q->store) >= sizeof(q->folder)) {
			okng_say("records: %s: name too long", q->store);
			return -ENAMETOOLONG;
		}
		memcpy(q->folder, q->store, strlen(q->store) + 1);
		return 0;
	}
	errors = calloc(1, sizeof(*errors));
	config = calloc(1, sizeof(*config));
	if (errors && config) {
		rc = okng_config_load_station(config, q->config ? q->config : CONFIG_DEFAULT, errors);
		if (rc)
			okng_say_config_errors(errors);
		else
			memcpy(q->folder, config->store.folder, sizeof(q->folder));
	}
	free(errors);
	free(config);
	return rc;
}

static int run(int argc, char **argv)
{
	struct query q = { 0 };
	int id;

	okng_records_all(&q.filter);
	while ((id = okng_command_option(&okng_cmd_records, argc, argv)) > 0) {
		if (set(&q, id))
			return OKNG_EXIT_FAILED;
	}
	if (id)
		return okng_command_leave(id);
	if (optind < argc)
		return okng_command_misused(&okng_cmd_records, "unexpected word '%s'", argv[optind]);
	if (q.store && q.config)
		return okng_command_misused(&okng_cmd_records, "--store or --config, not both");
	if (q.summary && q.follow)
		return okng_command_misused(&okng_cmd_records, "--summary or --follow, not both");
	if (q.summary && q.format == OKNG_RECORDS_CSV)
		return okng_command_misused(&okng_cmd_records, "--summary is text or --json, not --csv");
	if (q.count && !q.follow)
		return okng_command_misused(&okng_cmd_records, "--count goes with --follow");
	if (find_folder(&q))
		return OKNG_EXIT_FAILED;
	return q.follow ? follow(&q) : list(&q);
}
