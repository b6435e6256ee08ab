/* SPDX-License-Identifier: Apache-2.0
 *
 * The words of store.record.
 */
#include "store/record_choice.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int okng_record_parse(const char *text, struct okng_record_choice *choice)
{
	static const struct { const char *word; unsigned bit; } words[] = {
		{ "all", OKNG_RECORD_ALL }, { "ng", OKNG_RECORD_NG }, { "fault", OKNG_RECORD_FAULT },
	};

	*choice = (struct okng_record_choice){ .every = 1 };
	if (strcmp(text, "none") == 0)
		return 0;
	for (const char *s = text;; s++) {
		size_t n = strcspn(s, ",");
		unsigned bit = 0;
		char *end;

		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			bit |= strlen(words[i].word) == n && strncmp(s, words[i].word, n) == 0 ? words[i].bit : 0;
		if (!bit && strncmp(s, "every:", 6) == 0 && s[6] >= '1' && s[6] <= '9') {
			choice->every = strtoll(s + 6, &end, 10);
			bit = end == s + n && choice->every <= OKNG_RECORD_EVERY_MAX ? OKNG_RECORD_EVERY : 0;
		}
		if (!bit || choice->parts & bit)
			return -EINVAL;
		choice->parts |= bit;
		s += n;
		if (!*s)
			return 0;
	}
}
