/* SPDX-License-Identifier: Apache-2.0
 *
 * A request is answered in one hold of the lock: parse against the present registers, permission, the write as one event
 * with its calls to the station, then the image for the answer.
 */
#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "plc/units.h"

#define LINES_PER_SECOND 50
#define MOVES_PER_SECOND 200

int64_t okng_units_now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void okng_units_log(struct okng_units *u, int level, const char *format, ...)
{
	char line[256];
	va_list args;
	if (!u->handlers.log)
		return;
	pthread_mutex_lock(&u->log_lock);
	int64_t second = okng_units_now_ms() / 1000;
	if (second != u->log_second) {
		unsigned left_out = u->log_left_out;
		u->log_second = second;
		u->log_lines = u->log_left_out = 0;
		if (left_out) {
			snprintf(line, sizeof line, "%u lines left out", left_out);
			u->handlers.log(u->handlers.user, LOG_WARNING, line);
		}
	}
	if (u->log_lines == LINES_PER_SECOND) {
		u->log_left_out++;
	} else {
		u->log_lines++;
		va_start(args, format);
		vsnprintf(line, sizeof line, format, args);
		va_end(args);
		u->handlers.log(u->handlers.user, level, line);
	}
	pthread_mutex_unlock(&u->log_lock);
}

struct okng_units *okng_units_open(int n, enum okng_word_order order, int writer_s, const struct okng_plc_handlers *handlers)
{
	struct okng_units *u = calloc(1, sizeof *u + (size_t)n * sizeof u->unit[0]);
	if (!u)
		return NULL;
	if (pthread_mutex_init(&u->lock, NULL) != 0) {
		free(u);
		return NULL;
	}
	if (pthread_mutex_init(&u->log_lock, NULL) != 0) {
		pthread_mutex_destroy(&u->lock);
		free(u);
		return NULL;
	}
	u->handlers = *handlers;
	u->writer_silence_ms = writer_s * INT64_C(1000);
	u->order = order;
	u->n = n;
	for (int i = 0; i < n; i++)
		okng_handshake_init(&u->unit[i].handshake, order, okng_units_now_ms());
	return u;
}

void okng_units_close(struct okng_units **units)
{
	struct okng_units *u = *units;
	*units = NULL;
	if (!u)
		return;
	pthread_mutex_destroy(&u->log_lock);
	pthread_mutex_destroy(&u->lock);
	free(u);
}

uint64_t okng_units_new_peer(struct okng_units *u)
{
	return atomic_fetch_add(&u->peers, 1) + 1;
}

void okng_units_listen(struct okng_units *u, int fd, bool changes)
{
	pthread_mutex_lock(&u->lock);
	assert(u->n_listeners < OKNG_PLC_LINKS_MAX + 1);
	u->listeners[u->n_listeners++] = (struct okng_units_listener){fd, changes};
	pthread_mutex_unlock(&u->lock);
}

void okng_units_unlisten(struct okng_units *u, int fd)
{
	pthread_mutex_lock(&u->lock);
	int kept = 0;
	for (int i = 0; i < u->n_listeners; i++)
		if (u->listeners[i].fd != fd)
			u->listeners[kept++] = u->listeners[i];
	u->n_listeners = kept;
	pthread_mutex_unlock(&u->lock);
}

/* Under the lock. trouble: everyone is told, else who listens for changes. */
static void wake(struct okng_units *u, bool trouble)
{
	const uint64_t one = 1;
	for (int i = 0; i < u->n_listeners; i++)
		if ((trouble || u->listeners[i].changes) && write(u->listeners[i].fd, &one, sizeof one) < 0)
			continue; /* the counter is full: it wakes anyway */
}

static void call_station(struct okng_units *u, int i, const struct okng_handshake_actions *a)
{
	const struct okng_plc_handlers *h = &u->handlers;
	if (a->clear_error && h->clear_error)
		h->clear_error(h->user, i);
	if (a->reset_counters && h->reset_counters)
		h->reset_counters(h->user, i);
	if (a->offline_changed && h->offline)
		h->offline(h->user, i, a->offline);
	for (int t = 0; t < a->n_triggers; t++)
		h->trigger(h->user, i, &a->triggers[t]);
	if (a->command)
		h->command(h->user, i, a->code, a->id, a->args);
}

void okng_units_event(struct okng_units *u, int unit, struct okng_handshake_event *event)
{
	struct okng_handshake_actions actions;
	if (unit < 0 || unit >= u->n)
		return;
	pthread_mutex_lock(&u->lock);
	event->now_ms = okng_units_now_ms();
	int r = okng_handshake_step(&u->unit[unit].handshake, event, &actions);
	u->unit[unit].wrong_results += r < 0;
	wake(u, r < 0);
	pthread_mutex_unlock(&u->lock);
}

void okng_units_limits(struct okng_units *u, int unit, uint32_t generation, const struct okng_plc_limit *limits, int n)
{
	if (unit < 0 || unit >= u->n)
		return;
	pthread_mutex_lock(&u->lock);
	okng_limits_open(&u->unit[unit].limits, generation, limits, n);
	wake(u, false);
	pthread_mutex_unlock(&u->lock);
}

/* Makes the peer the writer, if the place is free or was left in silence. 0 or an exception. */
static uint8_t claim(struct okng_units *u, int i, const struct okng_units_peer *peer, int64_t now_ms)
{
	struct okng_unit *unit = &u->unit[i];
	if (!peer->may_write)
		return OKNG_PDU_ILLEGAL_FUNCTION;
	if (unit->writer == peer->id)
		return 0;
	if (unit->writer) {
		if (!u->writer_silence_ms || now_ms - unit->writer_ms < u->writer_silence_ms)
			return OKNG_PDU_BUSY;
		struct okng_handshake_actions none;
		okng_handshake_step(&unit->handshake,
			&(struct okng_handshake_event){.kind = OKNG_EVENT_WRITER_GONE, .now_ms = now_ms}, &none);
		okng_units_log(u, LOG_NOTICE, "station %d: the writer was silent and loses its place", i + 1);
	}
	unit->writer = unit->last_writer = peer->id;
	unit->writer_ms = now_ms;
	okng_units_log(u, LOG_NOTICE, "station %d: %s is the writer", i + 1, peer->name);
	return 0;
}

/* write.words is in that order. */
static void take_words(struct okng_units *u, int i, enum okng_word_order order, struct okng_handshake_event write, int64_t now_ms)
{
	uint16_t turned[OKNG_MAP_HOLDINGS];
	struct okng_handshake_actions actions;
	if (order != u->order) {
		memcpy(turned, write.write.words, sizeof turned);
		okng_regmap_turn(OKNG_TABLE_HOLDING, turned, order, u->order);
		write.write.words = turned;
		write.write.written = okng_regmap_whole_values(write.write.written);
	}
	write.kind = OKNG_EVENT_WRITE;
	write.now_ms = now_ms;
	okng_handshake_step(&u->unit[i].handshake, &write, &actions);
	call_station(u, i, &actions);
	wake(u, false);
}

static void make_image(struct okng_units *u, int i, enum okng_word_order order, int64_t now_ms, struct okng_plc_image *image)
{
	struct okng_handshake_actions none;
	okng_handshake_step(&u->unit[i].handshake, &(struct okng_handshake_event){.kind = OKNG_EVENT_TICK, .now_ms = now_ms}, &none);
	okng_handshake_image(&u->unit[i].handshake, now_ms, image);
	image->input[OKNG_INPUT_CONFIG_CRC] = okng_limits_crc(&u->unit[i].limits, image->input[OKNG_INPUT_CONFIG_CRC]);
	okng_limits_words(&u->unit[i].limits, order, image->limits);
	okng_regmap_turn(OKNG_TABLE_INPUT, image->input, u->order, order);
	okng_regmap_turn(OKNG_TABLE_HOLDING, image->holding, u->order, order);
}

/* One line for each, apart from the limited ones, so that no storm of connections hides who moved what. */
static void log_moved(struct okng_units *u, int i, const struct okng_units_peer *peer, const double *next)
{
	const struct okng_limits *l = &u->unit[i].limits;
	char line[320];
	for (int k = 0; k < l->n && u->handlers.log; k++) {
		if (!(next[k] < l->value[k] || next[k] > l->value[k]))
			continue;
		snprintf(line, sizeof line, "station %d: %s moves %s from %.7g to %.7g", i + 1, peer->name, l->row[k].name, l->value[k], next[k]);
		u->handlers.log(u->handlers.user, LOG_WARNING, line);
	}
}

/* No limit changes without its line in the log: past MOVES_PER_SECOND, or when the station's ring is full, the PLC is told to
 * come again. 0 or an exception; nothing is changed but by 0. */
static uint8_t move_limits(struct okng_units *u, int i, const struct okng_units_peer *peer, const double *next, int changes)
{
	struct okng_limits *l = &u->unit[i].limits;
	const struct okng_plc_handlers *h = &u->handlers;
	int64_t second = okng_units_now_ms() / 1000;
	if (changes == 0)
		return 0;
	if (second != u->moves_second)
		u->moves = 0;
	if (u->moves + changes > MOVES_PER_SECOND || !h->limits || h->limits(h->user, i, l->generation, next, l->n) < 0)
		return OKNG_PDU_BUSY;
	u->moves_second = second;
	u->moves += changes;
	log_moved(u, i, peer, next);
	memcpy(l->value, next, (size_t)l->n * sizeof *next);
	wake(u, false); /* CONFIG_CRC is another */
	return 0;
}

/* Who may, what may, then the change. */
static void write_locked(struct okng_units *u, int i, const struct okng_units_peer *peer, int64_t now_ms, struct okng_pdu *pdu)
{
	struct okng_unit *unit = &u->unit[i];
	double next[OKNG_PLC_LIMITS_MAX];
	int changes = pdu->limit_count ? okng_limits_next(&unit->limits, pdu->limit_at, pdu->limit_count, pdu->limits,
		peer->order, next) : 0;
	if (changes < 0 && peer->may_write)
		pdu->exception = OKNG_PDU_ILLEGAL_VALUE;
	else
		pdu->exception = claim(u, i, peer, now_ms);
	if (!pdu->exception)
		pdu->exception = move_limits(u, i, peer, next, changes);
	if (!pdu->exception && pdu->written)
		take_words(u, i, peer->order, (struct okng_handshake_event){.write = {.written = pdu->written, .words = pdu->words}}, now_ms);
}

static size_t answer_locked(struct okng_units *u, int i, const struct okng_units_peer *peer, int64_t now_ms,
	struct okng_pdu *pdu, uint8_t *answer)
{
	struct okng_unit *unit = &u->unit[i];
	struct okng_plc_image image;
	if (unit->writer == peer->id)
		unit->writer_ms = now_ms;
	if (okng_pdu_writes(pdu))
		write_locked(u, i, peer, now_ms, pdu);
	if (!pdu->exception && !pdu->echo_size)
		make_image(u, i, peer->order, now_ms, &image);
	return okng_pdu_answer(pdu, &image, answer);
}

int okng_units_request(struct okng_units *u, const struct okng_units_peer *peer, uint8_t number, const uint8_t *request,
	size_t size, uint8_t answer[OKNG_PDU_MAX])
{
	struct okng_pdu pdu;
	uint16_t holding[OKNG_MAP_HOLDINGS];
	int i = number == 0 || number == 255 ? 0 : number - 1;
	bool known = i < u->n;
	pthread_mutex_lock(&u->lock);
	memcpy(holding, u->unit[known ? i : 0].handshake.holding, sizeof holding);
	okng_regmap_turn(OKNG_TABLE_HOLDING, holding, u->order, peer->order);
	int r = okng_pdu_parse(request, size, holding, u->unit[known ? i : 0].limits.n, &pdu);
	if (r == 0) {
		if (!known)
			pdu.exception = OKNG_PDU_GATEWAY_TARGET;
		r = (int)answer_locked(u, known ? i : 0, peer, okng_units_now_ms(), &pdu, answer);
	}
	pthread_mutex_unlock(&u->lock);
	return r;
}

void okng_units_gone(struct okng_units *u, const struct okng_units_peer *peer)
{
	pthread_mutex_lock(&u->lock);
	for (int i = 0; i < u->n; i++) {
		struct okng_handshake_actions none;
		if (u->unit[i].writer != peer->id)
			continue;
		u->unit[i].writer = 0;
		okng_handshake_step(&u->unit[i].handshake,
			&(struct okng_handshake_event){.kind = OKNG_EVENT_WRITER_GONE, .now_ms = okng_units_now_ms()}, &none);
		okng_units_log(u, LOG_NOTICE, "station %d: the writer %s is gone", i + 1, peer->name);
	}
	pthread_mutex_unlock(&u->lock);
}

void okng_units_image(struct okng_units *u, int unit, enum okng_word_order order, struct okng_plc_image *image)
{
	pthread_mutex_lock(&u->lock);
	make_image(u, unit, order, okng_units_now_ms(), image);
	pthread_mutex_unlock(&u->lock);
}

static bool is_foreign(const struct okng_units *u, const struct okng_units_peer *peer, int unit)
{
	return u->unit[unit].last_writer && u->unit[unit].last_writer != peer->id;
}

bool okng_units_foreign(struct okng_units *u, const struct okng_units_peer *peer, int unit)
{
	pthread_mutex_lock(&u->lock);
	bool foreign = is_foreign(u, peer, unit);
	pthread_mutex_unlock(&u->lock);
	return foreign;
}

int okng_units_control(struct okng_units *u, const struct okng_units_peer *peer, int unit,
	const uint16_t words[OKNG_MAP_HOLDINGS], uint32_t written, bool stale)
{
	pthread_mutex_lock(&u->lock);
	int64_t now_ms = okng_units_now_ms();
	bool foreign = stale && is_foreign(u, peer, unit);
	int r = claim(u, unit, peer, now_ms) ? -EBUSY : 0;
	if (r == 0) {
		u->unit[unit].writer_ms = now_ms;
		if (written)
			take_words(u, unit, peer->order, (struct okng_handshake_event){.write = {written, words, stale, foreign}}, now_ms);
	}
	pthread_mutex_unlock(&u->lock);
	return r;
}

void okng_units_lost(struct okng_units *u, const struct okng_units_peer *peer, uint16_t delivered)
{
	pthread_mutex_lock(&u->lock);
	for (int i = 0; i < u->n; i++) {
		struct okng_handshake_actions none;
		if (u->unit[i].writer == peer->id)
			okng_handshake_step(&u->unit[i].handshake, &(struct okng_handshake_event){.kind = OKNG_EVENT_LINK_LOST,
				.now_ms = okng_units_now_ms(), .delivered = delivered}, &none);
	}
	wake(u, false);
	pthread_mutex_unlock(&u->lock);
	okng_units_gone(u, peer);
}

int64_t okng_units_tick(struct okng_units *u)
{
	int64_t next = -1;
	pthread_mutex_lock(&u->lock);
	int64_t now_ms = okng_units_now_ms();
	for (int i = 0; i < u->n; i++) {
		struct okng_unit *unit = &u->unit[i];
		struct okng_handshake_actions none;
		okng_handshake_step(&unit->handshake, &(struct okng_handshake_event){.kind = OKNG_EVENT_TICK, .now_ms = now_ms}, &none);
		if (unit->handshake.plc_lost != unit->lost_told) {
			unit->lost_told = unit->handshake.plc_lost;
			okng_units_log(u, unit->lost_told ? LOG_WARNING : LOG_NOTICE, unit->lost_told ?
				"station %d: the heartbeat of the PLC stopped" : "station %d: the heartbeat of the PLC is back", i + 1);
		}
		if (unit->wrong_results) {
			okng_units_log(u, LOG_ERR, "station %d: %u results or command answers did not fit what was asked", i + 1,
				unit->wrong_results);
			unit->wrong_results = 0;
		}
		int64_t due = okng_handshake_due(&unit->handshake);
		if (due >= 0 && (next < 0 || due < next))
			next = due;
	}
	pthread_mutex_unlock(&u->lock);
	return next;
}
