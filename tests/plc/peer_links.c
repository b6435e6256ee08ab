/* SPDX-License-Identifier: Apache-2.0
 *
 * The tests' station with the links of a station file, for peers in other languages. Says every line of its log, its
 * ports as "port NAME N", and after a word on its input what happened. Ends when its input ends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "config/config.h"
#include "tests/plc/station.h"

static struct station s;
static struct okng_config_errors errors;

static void say_links(void)
{
	static const char *const names[] = {"DOWN", "CONNECTING", "UP"};
	struct okng_plc_link links[OKNG_PLC_LINKS_MAX + 1];
	int n = okng_plc_links(s.plc, links);
	for (int i = 0; i < n; i++)
		printf("link %d %s %u %u\n", i, names[links[i].state], links[i].port, links[i].losses);
	printf("link end\n");
}

/* hold and release: whether triggers are answered; hardware: a result nobody asked for; count; links. */
static void obey(const char *word)
{
	if (strcmp(word, "hold\n") == 0 || strcmp(word, "release\n") == 0) {
		station_hold(&s, *word == 'h');
	} else if (strcmp(word, "hardware\n") == 0) {
		station_publish(&s, 0, 1);
	} else if (strcmp(word, "links\n") == 0) {
		say_links();
	} else {
		pthread_mutex_lock(&s.lock);
		printf("count %u %u %u %u\n", s.accepted, s.refused, s.published, s.commands);
		pthread_mutex_unlock(&s.lock);
	}
	fflush(stdout);
}

int main(int argc, char **argv)
{
	static struct okng_station_config config;
	char word[64];
	if (argc != 2 || okng_config_load_station(&config, argv[1], &errors) < 0) {
		fprintf(stderr, "%s:%d: %s: %s\n", errors.error[0].file, errors.error[0].line, errors.error[0].key, errors.error[0].text);
		return 2;
	}
	station_log_to(stdout);
	station_open(&s, &config.plc);
	say_links();
	fflush(stdout);
	while (fgets(word, sizeof word, stdin))
		obey(word);
	station_close(&s);
	return 0;
}
