/* SPDX-License-Identifier: Apache-2.0
 *
 * See station.h. The verdict of trigger n is OK for even n, so that a client can tell a right echo from a right verdict.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "tests/plc/station.h"

static FILE *log_to;

void station_log_to(FILE *out)
{
	log_to = out;
}

static void push(struct station *s, const struct station_item *item)
{
	pthread_mutex_lock(&s->lock);
	if (s->tail - s->head == STATION_ROOM)
		fail_msg("the link handed over more triggers than it may");
	s->items[s->tail++ % STATION_ROOM] = *item;
	s->commands += item->is_command;
	s->accepted += !item->is_command && !item->trigger.refused;
	s->refused += !item->is_command && item->trigger.refused;
	pthread_cond_broadcast(&s->news);
	pthread_mutex_unlock(&s->lock);
}

static void on_trigger(void *user, int unit, const struct okng_plc_trigger *t)
{
	push(user, &(struct station_item){.unit = unit, .trigger = *t});
}

static void on_command(void *user, int unit, uint16_t code, uint16_t id, uint32_t args)
{
	(void)code;
	(void)args;
	push(user, &(struct station_item){.unit = unit, .is_command = true, .id = id});
}

static void on_log(void *user, int level, const char *text)
{
	struct station *s = user;
	(void)level;
	pthread_mutex_lock(&s->lock);
	snprintf(s->log[s->logged++ % 64], sizeof s->log[0], "%s", text);
	snprintf(s->last_log, sizeof s->last_log, "%s", text);
	if (log_to) {
		fprintf(log_to, "log: %s\n", text);
		fflush(log_to);
	}
	pthread_cond_broadcast(&s->news);
	pthread_mutex_unlock(&s->lock);
}

static uint16_t next_seq(struct station *s, int unit)
{
	pthread_mutex_lock(&s->lock);
	uint16_t seq = s->seq[unit] = (uint16_t)(s->seq[unit] == UINT16_MAX ? 1 : s->seq[unit] + 1);
	pthread_mutex_unlock(&s->lock);
	return seq;
}

static void answer(struct station *s, const struct station_item *i)
{
	if (i->is_command) {
		okng_plc_command_done(s->plc, i->unit, i->id, 0);
		return;
	}
	struct okng_plc_result r = {.seq = next_seq(s, i->unit), .trig_seq = i->trigger.trig_seq, .answers_plc = 1,
		.verdict = i->trigger.refused ? 4 : i->trigger.trig_seq % 2 ? 2 : 1, .reason = i->trigger.refused};
	memcpy(r.part_id, i->trigger.part_id, sizeof r.part_id);
	if (!i->trigger.refused)
		okng_plc_exposed(s->plc, i->unit);
	okng_plc_publish(s->plc, i->unit, &r);
}

static void *run(void *arg)
{
	struct station *s = arg;
	pthread_mutex_lock(&s->lock);
	while (!s->quit) {
		if (s->head == s->tail || s->hold) {
			pthread_cond_wait(&s->news, &s->lock);
			continue;
		}
		struct station_item i = s->items[s->head++ % STATION_ROOM];
		pthread_mutex_unlock(&s->lock);
		answer(s, &i);
		pthread_mutex_lock(&s->lock);
		s->published += !i.is_command;
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

struct okng_plc_params station_params(void)
{
	return (struct okng_plc_params){.enabled = true, .bind = "127.0.0.1", .clients = 8};
}

const struct okng_plc_handlers *station_handlers(void)
{
	static const struct okng_plc_handlers handlers = {.trigger = on_trigger, .command = on_command};
	return &handlers;
}

void station_open(struct station *s, const struct okng_plc_params *params)
{
	char why[256] = "";
	const struct okng_plc_handlers handlers = {.user = s, .trigger = on_trigger, .command = on_command, .log = on_log};
	const struct okng_plc_status up = {.online = 1, .camera_ok = 1, .recipe_ok = 1, .room = 32};
	memset(s, 0, sizeof *s);
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->news, NULL);
	if (okng_plc_open(&s->plc, params, STATION_UNITS, &handlers, why, sizeof why) < 0)
		fail_msg("open: %s", why);
	for (int i = 0; i < STATION_UNITS; i++)
		okng_plc_set_status(s->plc, i, &up);
	assert_int_equal(pthread_create(&s->thread, NULL, run, s), 0);
}

void station_close(struct station *s)
{
	pthread_mutex_lock(&s->lock);
	s->quit = true;
	pthread_cond_broadcast(&s->news);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->thread, NULL);
	okng_plc_close(&s->plc);
	assert_null(s->plc);
	okng_plc_close(&s->plc);
	pthread_cond_destroy(&s->news);
	pthread_mutex_destroy(&s->lock);
}

void station_publish(struct station *s, int unit, uint16_t verdict)
{
	struct okng_plc_result r = {.seq = next_seq(s, unit), .verdict = verdict};
	okng_plc_publish(s->plc, unit, &r);
}

void station_hold(struct station *s, bool hold)
{
	pthread_mutex_lock(&s->lock);
	s->hold = hold;
	pthread_cond_broadcast(&s->news);
	pthread_mutex_unlock(&s->lock);
}

unsigned station_count(struct station *s, const unsigned *counter)
{
	pthread_mutex_lock(&s->lock);
	unsigned n = *counter;
	pthread_mutex_unlock(&s->lock);
	return n;
}

void station_await_log(struct station *s, const char *part, unsigned n)
{
	struct timespec end;
	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += 60;
	pthread_mutex_lock(&s->lock);
	for (;;) {
		unsigned found = 0, kept = s->logged < 64 ? s->logged : 64;
		for (unsigned i = 0; i < kept; i++)
			found += strstr(s->log[i], part) != NULL;
		if (found >= n)
			break;
		if (pthread_cond_timedwait(&s->news, &s->lock, &end) != 0)
			fail_msg("\"%s\" was not logged %u times; last: %s", part, n, s->last_log);
	}
	pthread_mutex_unlock(&s->lock);
}
