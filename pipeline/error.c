/* SPDX-License-Identifier: Apache-2.0
 *
 * One place that fills an okng_error, so that every loader refuses in the same shape and call sites stay one return
 * statement long. A text that is too long is cut, never refused: half a reason is better than none.
 */
#include "pipeline/error.h"

#include <stdarg.h>
#include <stdio.h>

int okng_error_set(struct okng_error *err, int code, const char *file, int line, const char *key, const char *fmt, ...)
{
	if (!err)
		return code;
	snprintf(err->file, sizeof err->file, "%s", file ? file : "");
	err->line = line;
	snprintf(err->key, sizeof err->key, "%s", key ? key : "");
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof err->text, fmt, ap);
	va_end(ap);
	return code;
}
