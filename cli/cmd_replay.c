/* SPDX-License-Identifier: Apache-2.0
 *
 * okng replay: the parts of a recording judged again, so that a verdict of last night can be looked into on any machine, and
 * a changed recipe be tried on what the line really saw.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "camera/image_file.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/replay.h"
#include "cli/replay_report.h"
#include "cli/say.h"
#include "pipeline/fingerprint.h"

enum { FLAT = 256, CALIB, JSON, CHANGED, PART, EXPORT };

static const struct okng_option options[] = {
	{ "recipe", 'r', "DIR", "judge with this recipe instead" },
	{ "flat", FLAT, "FILE", "with --recipe: and with this flat field" },
	{ "calib", CALIB, "FILE", "with --recipe: and with this lens profile" },
	{ "part", PART, "ROW", "only the part of this row of the record" },
	{ "changed", CHANGED, NULL, "list only parts that are not the same" },
	{ "export", EXPORT, "DIR", "write the frames of the parts listed as PNG files" },
	{ "json", JSON, NULL, "print one JSON object a line" },
	{ 0 },
};

static int run(int argc, char **argv);

const struct okng_command okng_cmd_replay = {
	.name = "replay",
	.summary = "Judge the parts of a recording again: as then, or with another recipe",
	.usage = "[OPTION...] FOLDER",
	.about =
		"FOLDER is a folder recording that okngd wrote (store.record in the station file), or the\n"
		"store's folder that holds it. It needs nothing else and may be copied to another machine.\n"
		"\n"
		"Without --recipe every frame is judged with the recipe, model, flat field and limits that\n"
		"were in force, and must come out the same to the last bit. With --recipe verdicts are\n"
		"compared; FOLDER/setups/NAME holds recipe and model to begin with:\n"
		"  cp -r recording/setups/1b2c3d4e mine; edit mine/recipe.toml\n"
		"  okng replay --recipe mine --changed recording\n"
		"\n"
		"Parts that nobody looked at (FAULT: late, camera lost, ...) are listed and not compared.\n"
		"With --json the last line is the totals.\n"
		"\n"
		"Exit status: 0 all the same; 1 some are not; 2 some could not be judged or the recording\n"
		"is damaged. A part cut off at the end of a file, by a crash or an okngd that still runs,\n"
		"is told and does no harm; so are parts missing because the disk did not keep up.\n",
	.options = options,
	.run = run,
};

struct request {
	const char *recipe, *flat, *calib, *export;
	int64_t part;          /* 0: all */
	struct okng_recording *recording;
	struct okng_replayer replayer;
	struct okng_replay_report report;
	struct okng_replay_look look[OKNG_RECORDED_FRAMES_MAX];
	bool versions_told, failed;
};

/* FAULT, NG, REVIEW, OK: the worst look is the part's verdict. */
static int rank(int verdict)
{
	static const int ranks[] = { [OKNG_NONE] = 5, [OKNG_OK] = 1, [OKNG_REVIEW] = 2, [OKNG_NG] = 3, [OKNG_FAULT] = 4 };

	return ranks[verdict];
}

static bool is_worse(const struct okng_result *a, const struct okng_result *b)
{
	return a->verdict != b->verdict ? rank((int)a->verdict) > rank((int)b->verdict) :
		(double)a->score * (double)b->limit > (double)b->score * (double)a->limit;
}

/* The verdict then is what the looks say, all of them: not the station's own. */
static bool was_judged(const struct okng_recorded_part *part)
{
	int worst = OKNG_NONE;
	bool reason = false;

	for (int i = 0; i < part->n_frames; i++) {
		const struct okng_recorded_look *l = &part->frames[i].look;

		if (!l->judged)
			return false;
		if (i == 0 || rank(l->verdict) > rank(worst))
			worst = l->verdict;
	}
	for (int i = 0; i < part->n_frames; i++)
		reason = reason || part->frames[i].look.reason == part->record.reason;
	return part->n_frames && worst == part->record.verdict && reason;
}

static void tell_version(struct request *q, const struct okng_recorded_frame *f)
{
	const struct okng_recorded_setup *setup = okng_recording_setup(q->recording, f->look.setup);

	if (!setup || q->versions_told || strcmp(setup->version, OKNG_VERSION) == 0)
		return;
	q->versions_told = true;
	okng_say("recorded by okng %s, replayed by okng " OKNG_VERSION ": results may differ where the inspection was changed", setup->version);
}

/* Every frame now; how many could not be judged although they should. */
static int look_at(struct request *q, const struct okng_recorded_part *part)
{
	int failed = 0;

	for (int i = 0; i < part->n_frames; i++) {
		const struct okng_recorded_frame *f = &part->frames[i];
		struct okng_replay_look *look = &q->look[i];
		const struct okng_recipe *recipe;
		int rc;

		tell_version(q, f);
		if (!f->look.judged && !f->look.setup[0] && !q->recipe) { /* nothing was in force */
			look->judged = false;
			continue;
		}
		rc = okng_replayer_look(&q->replayer, f, &look->result, &recipe);
		look->judged = rc == 0;
		look->has_lens = rc == 0 && q->replayer.lens;
		if (look->has_lens)
			look->lens = *q->replayer.lens;
		look->same = rc == 0 && f->look.judged && okng_result_fingerprint(&look->result) == f->look.fingerprint;
		failed += rc < 0 && rc != -ENODATA;
	}
	return failed;
}

static void judge(struct request *q, const struct okng_recorded_part *part, struct okng_replay_part *p)
{
	int failed = look_at(q, part);
	bool all = part->n_frames > 0, same = true;

	*p = (struct okng_replay_part){ .part = part, .look = q->look };
	for (int i = 0; i < part->n_frames; i++) {
		all = all && q->look[i].judged;
		same = same && q->look[i].same;
		if (q->look[i].judged && (!q->look[p->decides].judged || is_worse(&q->look[i].result, &q->look[p->decides].result)))
			p->decides = i;
	}
	if (all) {
		p->now = q->look[p->decides].result.verdict;
		p->reason = q->look[p->decides].result.reason;
	}
	if (failed)
		p->state = OKNG_REPLAY_FAILED;
	else if (!part->n_frames)
		p->state = OKNG_REPLAY_NO_FRAME;
	else if (!all || !was_judged(part))
		p->state = OKNG_REPLAY_UNJUDGED;
	else if ((int)p->now != part->record.verdict)
		p->state = OKNG_REPLAY_CHANGED;
	else
		p->state = same || q->recipe ? OKNG_REPLAY_SAME : OKNG_REPLAY_DIFFERS;
}

static void export_frames(struct request *q, const struct okng_recorded_part *part)
{
	for (int i = 0; i < part->n_frames; i++) {
		const struct okng_recorded_frame *f = &part->frames[i];
		struct okng_image image = okng_image_view((void *)(uintptr_t)f->pixels, f->width, f->height, f->stride, OKNG_PIXEL_MONO8);
		struct okng_error err = { 0 };
		char path[4096];
		int rc = -ENOTSUP;

		snprintf(path, sizeof(path), "%s/%08" PRId64 "-%s-camera%d.png", q->export, part->record.id,
			okng_verdict_name((enum okng_verdict)part->record.verdict), f->camera);
		if (f->pixel == OKNG_RECORDED_MONO8)
			rc = okng_image_file_save_png(&image, path, &err);
		if (rc)
			okng_say_error(&err, rc, path);
		q->failed = q->failed || rc;
	}
}

static int replay_all(struct request *q)
{
	struct okng_recorded_part part;
	struct okng_replay_part p;
	int rc;

	while ((rc = okng_recording_next(q->recording, &part)) > 0) {
		uint64_t printed = q->report.printed;

		if (q->part && part.record.id != q->part)
			continue;
		judge(q, &part, &p);
		okng_replay_report_part(&q->report, &p);
		if (q->export && q->report.printed > printed)
			export_frames(q, &part);
		if (ferror(q->report.out))
			return -EIO;
	}
	return rc;
}

static void tell_notes(const struct okng_recording_notes *n)
{
	if (n->dropped)
		okng_say("%" PRIu64 " parts are missing in the recording: the disk did not keep up or was full", n->dropped);
	if (n->damaged)
		okng_say("the recording is damaged in %" PRIu64 " places; last: %s", n->damaged, n->last);
	else if (n->cut)
		okng_say("cut in the middle of a part, as by a crash, in %" PRIu64 " files; last: %s", n->cut, n->last);
}

static int replay(struct request *q, const char *folder)
{
	struct okng_recording_notes notes;
	const uint64_t *n = q->report.state;
	char why[512] = "";
	int rc;

	if (okng_recording_open(&q->recording, folder, why, sizeof(why))) {
		okng_say("%s", why);
		return OKNG_EXIT_FAILED;
	}
	if (q->export && mkdir(q->export, 0755) && errno != EEXIST) {
		okng_say("%s: %s", q->export, strerror(errno));
		return OKNG_EXIT_FAILED;
	}
	q->replayer = (struct okng_replayer){ .recording = q->recording, .recipe = q->recipe, .flat = q->flat, .calib = q->calib };
	q->report.out = stdout;
	q->report.other_recipe = q->recipe != NULL;
	rc = replay_all(q);
	okng_recording_notes(q->recording, &notes);
	okng_replay_report_total(&q->report, &notes);
	tell_notes(&notes);
	if (rc < 0)
		okng_say("%s: %s", folder, strerror(-rc));
	if (!rc && !q->report.parts)
		okng_say(q->part ? "%s: no part of that row in it" : "%s: no part in it", folder);
	if (rc < 0 || !q->report.parts || q->failed || notes.damaged || n[OKNG_REPLAY_FAILED])
		return OKNG_EXIT_FAILED;
	return n[OKNG_REPLAY_CHANGED] || n[OKNG_REPLAY_DIFFERS] ? OKNG_EXIT_BAD : OKNG_EXIT_GOOD;
}

static int run(int argc, char **argv)
{
	static struct request q; /* sixteen results are too much for the stack */
	long row = 0;
	int id, status;

	while ((id = okng_command_option(&okng_cmd_replay, argc, argv)) > 0) {
		switch (id) {
		case 'r': q.recipe = optarg; break;
		case FLAT: q.flat = optarg; break;
		case CALIB: q.calib = optarg; break;
		case CHANGED: q.report.changed_only = true; break;
		case JSON: q.report.json = true; break;
		case EXPORT: q.export = optarg; break;
		case PART:
			if (okng_command_number(&okng_cmd_replay, "part", optarg, 1, 1000000000, &row))
				return OKNG_EXIT_FAILED;
			q.part = row;
			break;
		}
	}
	if (id)
		return okng_command_leave(id);
	if (optind + 1 != argc)
		return okng_command_misused(&okng_cmd_replay, optind < argc ? "one FOLDER at a time" : "FOLDER is missing");
	if ((q.flat || q.calib) && !q.recipe)
		return okng_command_misused(&okng_cmd_replay, "--flat and --calib go with --recipe");
	status = replay(&q, argv[optind]);
	okng_replayer_close(&q.replayer);
	okng_recording_close(&q.recording);
	return status;
}
