/* SPDX-License-Identifier: Apache-2.0
 *
 * A third of the letters may differ; beyond that a guess confuses more than it helps.
 */
#include "config/suggest.h"

#include <stdio.h>
#include <string.h>

#include "config/rows.h"

#define LONGEST 48

static int distance(const char *a, const char *b)
{
	int row[LONGEST + 1], n = (int)strlen(a), m = (int)strlen(b);
	if (n > LONGEST || m > LONGEST)
		return LONGEST;
	for (int j = 0; j <= m; j++)
		row[j] = j;
	for (int i = 1; i <= n; i++) {
		int diagonal = row[0];
		row[0] = i;
		for (int j = 1; j <= m; j++) {
			int change = diagonal + (a[i - 1] != b[j - 1]);
			int least = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
			diagonal = row[j];
			row[j] = change < least ? change : least;
		}
	}
	return row[m];
}

static void consider(const char *key, const char *candidate, const char **best, int *least)
{
	int d = distance(key, candidate);
	if (d < *least) {
		*least = d;
		*best = candidate;
	}
}

/* Tables at the root of a file that have rows of their own. */
static const char *const arrays[][2] = {{"station", "camera"}, {"station", "link"}, {"recipe", "tool"}, {"recipe", "class"}};

void okng_suggest(const char *what, const char *table, const char *key, char *out, size_t size)
{
	int count, least = (int)strlen(key) / 3 + 2;
	const char *best = NULL, *elsewhere = NULL;
	const struct okng_row *rows = okng_rows(what, &count);
	for (int i = 0; i < count; i++) {
		if (strcmp(rows[i].table, table) == 0)
			consider(key, rows[i].key, &best, &least);
		if (*table == '\0' && *rows[i].table)
			consider(key, rows[i].table, &best, &least);
		if (strcmp(rows[i].key, key) == 0)
			elsewhere = rows[i].table;
	}
	for (size_t a = 0; a < sizeof arrays / sizeof *arrays; a++) {
		if (strcmp(arrays[a][0], what) != 0)
			continue;
		if (*table == '\0')
			consider(key, arrays[a][1], &best, &least);
		rows = okng_rows(arrays[a][1], &count);
		for (int i = 0; i < count && !elsewhere; i++)
			if (strcmp(rows[i].key, key) == 0)
				elsewhere = rows[i].table;
	}
	*out = '\0';
	if (best)
		snprintf(out, size, "; did you mean \"%s\"?", best);
	else if (elsewhere && *elsewhere)
		snprintf(out, size, "; it belongs into [%s]", elsewhere);
}
