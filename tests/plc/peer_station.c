/* SPDX-License-Identifier: Apache-2.0
 *
 * The tests' station as a program, for peers in other languages: prints its port, ends when its input ends. Arguments:
 * the word order, how many may connect.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/plc/station.h"

int main(int argc, char **argv)
{
	static struct station s;
	struct okng_plc_params p = station_params();
	p.word_order = (enum okng_word_order)(argc > 1 ? atoi(argv[1]) : 0);
	p.clients = argc > 2 ? atoi(argv[2]) : p.clients;
	station_open(&s, &p);
	printf("%u\n", okng_plc_port(s.plc));
	fflush(stdout);
	while (getchar() != EOF)
		;
	station_close(&s);
	return 0;
}
