/* SPDX-License-Identifier: Apache-2.0
 *
 * What the station says of itself: the status registers, the counters, the time per part, the line of --show.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "daemon/log.h"
#include "daemon/station_parts.h"

/* The verdicts and reasons of the pipeline are numbers of the PLC interface: one place to notice if they part. */
#define SAME(a, b) _Static_assert((int)(a) == (int)(b), #a)
SAME(OKNG_OK, 1);
SAME(OKNG_NG, 2);
SAME(OKNG_REVIEW, 3);
SAME(OKNG_FAULT, 4);
SAME(OKNG_REASON_MEASURE, 2);
SAME(OKNG_REASON_DEADLINE, 20);
SAME(OKNG_REASON_INTERNAL, 30);

static uint16_t p99(const struct okng_station *s)
{
	uint64_t above = s->timed / 100, n = 0;
	for (int i = TIME_BINS - 1; i > 0; i--) {
		n += s->histogram[i];
		if (n > above)
			return (uint16_t)i;
	}
	return 0;
}

static bool journal_has_room(const struct okng_station *s, const struct okng_store_stats *st)
{
	return st->rows_waiting + s->config.queue + REFUSED_MAX < s->config.store.journal_rows;
}

void okng_status_limits(struct okng_station *s)
{
	const struct okng_judging *j = s->judging;
	s->tuning = j ? okng_judging_tuning(j) : (struct okng_tuning){0};
	if (s->plc)
		okng_plc_limits(s->plc, s->unit, j ? j->generation : 0, j ? j->limit : NULL, j ? j->n_limits : 0);
}

static bool link_is_out(const struct okng_station *s)
{
	struct okng_plc_link links[OKNG_PLC_LINKS_MAX + 1];
	int n = s->plc ? okng_plc_links(s->plc, links) : 0;
	for (int i = 0; i < n; i++)
		if ((links[i].unit < 0 || links[i].unit == s->unit) && links[i].state != OKNG_LINK_UP)
			return true;
	return false;
}

/* A real camera is lost and found whether or not a part is under way. */
static void watch_camera(struct okng_station *s, struct view *v, const struct okng_camera_stats *cam)
{
	const char *name = s->config.view[v->index].camera.name;
	if (cam->lost != v->lost) {
		v->lost = cam->lost;
		v->ok = !cam->lost;
		if (!cam->lost)
			okng_log(LOG_NOTICE, "camera %s: found again and set up", name);
	}
	if (cam->lost && strcmp(cam->trouble, v->trouble) != 0)
		okng_log(LOG_ERR, "camera %s: lost: %s", name, cam->trouble);
	memcpy(v->trouble, cam->lost ? cam->trouble : "", cam->lost ? sizeof v->trouble : 1);
}

/* Of all cameras: counts are sums. */
struct cameras {
	bool ok, simulate, drift;
	uint64_t dropped, incomplete, reconnects;
};

static struct cameras watch_cameras(struct okng_station *s)
{
	struct cameras all = {.ok = true};
	for (int i = 0; i < s->views; i++) {
		struct okng_camera_stats cam;
		okng_camera_stats(s->view[i].camera, &cam);
		watch_camera(s, &s->view[i], &cam);
		all.ok = all.ok && s->view[i].ok;
		all.drift = all.drift || s->view[i].drift.shown;
		all.simulate = all.simulate || okng_camera_simulates(s->view[i].camera);
		all.dropped += cam.dropped;
		all.incomplete += cam.incomplete;
		all.reconnects += cam.reconnects;
	}
	return all;
}

void okng_status_send(struct okng_station *s)
{
	struct okng_store_stats st;
	okng_store_stats(s->store, &st);
	struct cameras cam = watch_cameras(s);
	struct okng_plc_status *x = &s->status;
	x->online = !s->offline && !s->draining;
	x->offline_reason = s->draining ? 2 : s->offline ? 1 : 0;
	x->camera_ok = cam.ok;
	x->recipe_ok = s->judging != NULL;
	bool from_plc = s->config.trigger == OKNG_TRIGGER_PLC;
	bool done = s->parts_wanted && s->triggered >= s->parts_wanted;
	x->room = from_plc && !done && journal_has_room(s, &st) ? s->config.queue : 0;
	x->running = !from_plc;
	x->disk_warn = st.disk_warn;
	x->drift = cam.drift;
	x->simulation = cam.simulate;
	x->error = !s->judging ? OKNG_REASON_RECIPE : !cam.ok ? OKNG_REASON_CAMERA_LOST : 0;
	x->warning = st.disk_warn ? 1 : link_is_out(s) ? 2 : 0;
	x->recipe = s->judging ? (uint16_t)s->judging->number : 0;
	x->config_crc = s->judging ? s->judging->crc : 0;
	const uint64_t c[10] = {atomic_load(&s->total), atomic_load(&s->ok), atomic_load(&s->ng), atomic_load(&s->review),
		atomic_load(&s->fault), 0, cam.dropped, cam.incomplete, cam.reconnects, p99(s)};
	for (int i = 0; i < 10; i++)
		x->counters[i] = (uint32_t)c[i];
	if (s->plc)
		okng_plc_set_status(s->plc, s->unit, x);
	if (st.disk_warn && !s->disk_warned)
		okng_log(LOG_WARNING, "disk: %s", *st.last_error ? st.last_error : "little space left, pictures are not kept");
	s->disk_warned = st.disk_warn;
	okng_record_dropped(s, st.record_dropped);
}

void okng_status_count(struct okng_station *s, const struct okng_record *record)
{
	atomic_uint_fast64_t *of[] = {NULL, &s->ok, &s->ng, &s->review, &s->fault};
	if (record->verdict >= OKNG_OK && record->verdict <= OKNG_FAULT)
		atomic_fetch_add(of[record->verdict], 1);
	uint32_t bin = record->time_us / 100;
	s->histogram[bin < TIME_BINS ? bin : TIME_BINS - 1]++;
	s->timed++;
	s->published++;
	atomic_fetch_add(&s->total, 1);
	if (s->parts_wanted && s->published == s->parts_wanted) {
		atomic_store(&s->finished, true);
		okng_bell_ring(s->main_bell);
	}
}

void okng_status_reset(struct okng_station *s)
{
	atomic_store(&s->total, 0);
	atomic_store(&s->ok, 0);
	atomic_store(&s->ng, 0);
	atomic_store(&s->review, 0);
	atomic_store(&s->fault, 0);
	memset(s->histogram, 0, TIME_BINS * sizeof *s->histogram);
	s->timed = 0;
}

void okng_status_show(const struct okng_record *r)
{
	char defect[160] = "";
	if (r->defects)
		snprintf(defect, sizeof defect, "  %s %" PRIu32 " px at %d,%d %d×%d%s", r->class_name, r->area, r->x, r->y, r->w, r->h,
			r->defects > 1 ? " and more" : "");
	okng_log(OKNG_LOG_SHOW, "%5u  %-6s  %6.1f ms  %s%s%s%s", r->seq, okng_verdict_name((enum okng_verdict)r->verdict),
		r->time_us / 1000.0, r->reason ? okng_reason_text((enum okng_reason)r->reason) : "good",
		r->verdict == OKNG_FAULT && *r->decided_by ? ": " : "", r->verdict == OKNG_FAULT ? r->decided_by : "", defect);
}
