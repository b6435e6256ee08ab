/* SPDX-License-Identifier: Apache-2.0
 *
 * The columns of the table record, one row per field of struct okng_record, in order. The schema, insert, select, CSV
 * and the tests come from these rows. A change of them is a new OKNG_DATABASE_VERSION.
 */
#ifndef OKNG_STORE_COLUMNS_H
#define OKNG_STORE_COLUMNS_H

/* NUM(type, field, column), TEXT(field, column) */
#define OKNG_RECORD_COLUMNS(NUM, TEXT) \
	NUM(int64_t, id, "id") \
	NUM(uint16_t, seq, "seq") \
	NUM(uint16_t, trig_seq, "trig_seq") \
	NUM(int64_t, utc_us, "utc_us") \
	NUM(uint16_t, verdict, "verdict") \
	NUM(uint16_t, reason, "reason") \
	NUM(uint16_t, recipe, "recipe") \
	NUM(uint16_t, class_number, "class_number") \
	NUM(uint32_t, acq_id, "acq_id") \
	NUM(uint32_t, defects, "defects") \
	NUM(uint16_t, score, "score") \
	NUM(uint16_t, limit, "score_limit") \
	NUM(int32_t, x, "x") \
	NUM(int32_t, y, "y") \
	NUM(int32_t, w, "w") \
	NUM(int32_t, h, "h") \
	NUM(uint32_t, area, "area") \
	NUM(uint32_t, time_us, "time_us") \
	TEXT(recipe_name, "recipe_name") \
	TEXT(class_name, "class_name") \
	TEXT(decided_by, "decided_by") \
	TEXT(part_id, "part_id") \
	TEXT(truth, "truth") \
	TEXT(picture, "picture")

#endif
