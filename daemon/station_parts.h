/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside the station: its threads' messages and the parts under way. Only daemon/ files named station*, capture and
 * worker include this.
 */
#ifndef OKNG_DAEMON_STATION_PARTS_H
#define OKNG_DAEMON_STATION_PARTS_H

#include <pthread.h>

#include "camera/camera.h"
#include "daemon/bell.h"
#include "daemon/drift.h"
#include "daemon/ring.h"
#include "daemon/station.h"
#include "plc/plc.h"
#include "store/store.h"

#define REFUSED_MAX 64 /* the link hands over at most that many refused triggers at once */
#define TIME_BINS 65536 /* of 0.1 ms; the last holds all above */

/* station → camera: expose for that part, wait until then. */
struct exposure {
	uint64_t ticket;
	int64_t until_ns;
};

/* camera → station. ticket 0: free run. */
struct exposed {
	uint64_t ticket;
	struct okng_frame *frame; /* NULL: err and why say why */
	int err;
	char why[160];
};

/* station ↔ worker, by pointer; station owns the pool. frame NULL: a ping that asks whether the worker lives. */
struct job {
	uint64_t ticket;
	int view;
	struct okng_frame *frame;
	struct okng_judging *judging;
	struct okng_tuning tuning; /* limits in force when the part was triggered */
	struct okng_result result;
	struct job *next_free;
};

/* main → station. */
struct order {
	enum { ORDER_SWAP, ORDER_DONE, ORDER_DRAIN } kind;
	struct okng_judging *judging;
	struct okng_station_command command;
	int err, deadline_ms, period_ms;
};

/* A camera with its thread. */
struct view {
	struct okng_station *station;
	int index, bell;
	struct okng_camera *camera;
	int32_t width, height;
	pthread_t thread;
	bool started;
	struct okng_ring from_camera, to_camera;
	struct okng_drift drift;     /* the station thread's from here on; since the recipe came in force */
	bool ok, lost;
	char trouble[sizeof((struct okng_camera_stats *)0)->trouble]; /* why it is lost, as last logged */
};

struct worker {
	struct okng_station *station;
	int index, bell;
	pthread_t thread;
	bool started;
	struct okng_ring todo, done; /* struct job * */
	int under_way;               /* the station's count */
	struct job ping;
	bool pinged;
};

#define MEASURES_MAX 5 /* registers MEASURE_1 to 5 */

/* What one camera saw of a part. */
struct look {
	struct okng_frame *frame; /* held for the picture */
	bool judged;
	uint16_t verdict, reason, class_number, score, limit; /* as in the record */
	uint32_t defects, area;
	struct okng_rect box;
	char class_name[48], decided_by[96];
	int n_measures;
	float measure[MEASURES_MAX];
};

struct part {
	uint64_t ticket;
	int64_t trigger_ns, deadline_ns;
	struct okng_record record;
	uint32_t generation;      /* of the judging that tuning is for; 0: none */
	struct okng_tuning tuning;
	float measures[MEASURES_MAX]; /* those of the cameras one after the other; what was not found is 0 */
	bool judged, answers_plc, recorded;
	struct okng_judging *judging; /* of all its looks, kept from the first frame on; NULL before */
	int decides;              /* the camera whose look is in the record */
	struct look look[OKNG_CAMERAS_MAX];
};

struct okng_station {
	struct okng_station_config config;
	char station_file[512];
	struct view view[OKNG_CAMERAS_MAX];
	int views;
	struct okng_store *store;
	struct okng_plc *plc;  /* of all stations; NULL: no link */
	int unit;              /* ours of plc */
	char subject[64];      /* of our threads' log lines, okng_log_subject */
	int bell, main_bell;
	pthread_t thread;
	bool started, show;
	atomic_bool quit, capture_quit, idle, finished;

	struct okng_ring from_link, from_main, to_main;
	struct worker worker[OKNG_WORKERS_MAX];
	int workers;

	/* The station thread's own from here on. */
	struct okng_tuning tuning;    /* limits in force, of judging */
	struct okng_judging *judging; /* in force; main reads the pointer only while it is the one who swaps */
	struct part *parts;           /* ring of part_room, oldest at first */
	struct okng_recorded_look *recorded; /* what the looks of parts were, views of them for each; NULL: nothing is recorded */
	uint64_t record_dropped;      /* as last logged */
	unsigned part_room, first, count;
	int accepted;                 /* of count: not refused at once */
	uint64_t next_ticket;
	struct job *jobs, *free_jobs;
	uint64_t triggered, parts_wanted;
	int64_t next_timer_ns, next_tick_ns;
	int64_t period_ns;
	bool offline, draining;
	uint16_t last_seq;
	int deadline_ms;
	uint64_t published;
	bool disk_warned, status_due;
	struct okng_judging *replaced; /* still with jobs under way */
	struct okng_judging *newest;   /* the main thread's: what it loaded last */
	struct okng_plc_status status;
	uint32_t *histogram;          /* of times, 0.1 ms a bin */
	uint64_t timed;
	atomic_uint_fast64_t total, ok, ng, review, fault, beats;
};

/* station_parts.c */
struct part *okng_part_open(struct okng_station *s, int64_t now, const struct okng_plc_trigger *trigger, bool from_plc);
struct part *okng_part_find(struct okng_station *s, uint64_t ticket); /* NULL: published already */
void okng_part_fault(struct part *part, uint16_t reason, const char *text);
void okng_parts_publish(struct okng_station *s, int64_t now); /* deadlines, then every judged part at the front */
int64_t okng_parts_deadline(const struct okng_station *s);    /* of the first to expire; -1: none */

/* station_verdict.c */
void okng_verdict_frame(struct part *part, int view, struct okng_frame *frame); /* it came; takes the reference */
void okng_verdict_truth(const struct okng_station *s, struct part *part); /* what the frames that came are known to show */
bool okng_verdict_exposed(const struct okng_station *s, const struct part *part); /* by every camera */
void okng_verdict_look(struct okng_station *s, struct part *part, const struct job *job); /* with the last one the part is judged */

/* station_record.c */
int okng_record_allocate(struct okng_station *s);
int okng_record_judging(const struct okng_station *s, const struct okng_station_config *config, const char *name,
	struct okng_judging **judging); /* loads it, and keeps in the recording what it was loaded from; main thread */
void okng_record_look(struct okng_station *s, const struct part *part, const struct job *job);
void okng_record_part(struct okng_station *s, const struct part *part); /* its verdict is out */
void okng_record_dropped(struct okng_station *s, uint64_t dropped);

/* station_status.c */
void okng_status_limits(struct okng_station *s); /* those of judging, as its file says, are in force and open */
void okng_status_send(struct okng_station *s);
void okng_status_count(struct okng_station *s, const struct okng_record *record);
void okng_status_reset(struct okng_station *s);
void okng_status_show(const struct okng_record *record);

/* capture.c, worker.c */
int okng_capture_start(struct okng_station *s);
void okng_capture_stop(struct okng_station *s);
int okng_workers_start(struct okng_station *s);
void okng_workers_stop(struct okng_station *s);

#endif
