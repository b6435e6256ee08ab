/* SPDX-License-Identifier: Apache-2.0
 *
 * The tests' station as a program, for peers in other languages: prints its port, ends when its input ends. Arguments:
 * the word order, how many may connect, where it listens, dead_s. Lines on its input are orders, each answered by a line:
 * hold, go (whether triggers are answered), counts (accepted, refused, published).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/plc/station.h"

int main(int argc, char **argv)
{
	static struct station s;
	struct okng_plc_params p = station_params();
	p.word_order = (enum okng_word_order)(argc > 1 ? atoi(argv[1]) : 0);
	p.clients = argc > 2 ? atoi(argv[2]) : p.clients;
	if (argc > 3)
		snprintf(p.bind, sizeof p.bind, "%s", argv[3]);
	p.dead_s = argc > 4 ? atoi(argv[4]) : 0;
	station_open(&s, &p);
	printf("%u\n", okng_plc_port(s.plc));
	fflush(stdout);
	char line[32];
	while (fgets(line, sizeof line, stdin)) {
		if (strcmp(line, "counts\n") != 0)
			station_hold(&s, strcmp(line, "hold\n") == 0);
		printf("%u %u %u\n", station_count(&s, &s.accepted), station_count(&s, &s.refused), station_count(&s, &s.published));
		fflush(stdout);
	}
	station_close(&s);
	return 0;
}
