/* SPDX-License-Identifier: Apache-2.0
 *
 * A line that is not a box is refused with its number, not skipped: teaching on less than was drawn would pass unseen.
 */
#include "cli/boxes.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/text_file.h"

#define FILE_MAX (1u << 20) /* bytes */
#define LINE_MAX_BYTES 200

/* Five whole numbers and nothing else. */
static int parse_line(const char *line, struct okng_conductor_box *box)
{
	long v[5];
	char *end;

	for (int i = 0; i < 5; i++) {
		errno = 0;
		v[i] = strtol(line, &end, 10);
		if (end == line || errno || v[i] < 0 || v[i] > OKNG_IMAGE_SIDE_MAX)
			return -EINVAL;
		line = end;
	}
	if (line[strspn(line, " \t\r")] || v[2] <= v[0] || v[3] <= v[1] || v[4] < 1 || v[4] > 999)
		return -EINVAL;
	*box = (struct okng_conductor_box){ { (int32_t)v[0], (int32_t)v[1], (int32_t)(v[2] - v[0]), (int32_t)(v[3] - v[1]) }, (int)v[4] };
	return 0;
}

static int add_line(struct okng_boxes *boxes, const char *line, size_t length, const char *name, int number, struct okng_error *err)
{
	char text[LINE_MAX_BYTES + 1];
	size_t from = 0;

	while (from < length && strchr(" \t\r", line[from]))
		from++;
	if (from == length || line[from] == '#')
		return 0;
	if (length > LINE_MAX_BYTES || memchr(line, '\0', length))
		return okng_error_set(err, -EINVAL, name, number, "", "a line is \"x1 y1 x2 y2 class\"");
	if (boxes->n == OKNG_BOXES_MAX)
		return okng_error_set(err, -EOVERFLOW, name, number, "", "more than %d boxes", OKNG_BOXES_MAX);
	memcpy(text, line, length);
	text[length] = '\0';
	if (parse_line(text, &boxes->box[boxes->n]))
		return okng_error_set(err, -EINVAL, name, number, "",
			"a line is \"x1 y1 x2 y2 class\": whole pixels, x1 below x2, y1 below y2, class 1 to 999");
	boxes->line[boxes->n++] = number;
	return 0;
}

int okng_boxes_parse(struct okng_boxes *boxes, const char *bytes, size_t size, const char *name, struct okng_error *err)
{
	int rc = 0, number = 1;

	*boxes = (struct okng_boxes){ 0 };
	if (size > FILE_MAX)
		return okng_error_set(err, -EFBIG, name, 0, "", "a file of boxes is at most %u MiB", FILE_MAX >> 20);
	boxes->box = calloc(OKNG_BOXES_MAX, sizeof(*boxes->box));
	boxes->line = calloc(OKNG_BOXES_MAX, sizeof(*boxes->line));
	if (!boxes->box || !boxes->line) {
		okng_boxes_finish(boxes);
		return okng_error_set(err, -ENOMEM, name, 0, "", "out of memory");
	}
	for (size_t at = 0; at < size && !rc; number++) {
		const char *end = memchr(bytes + at, '\n', size - at);
		size_t length = end ? (size_t)(end - bytes) - at : size - at;

		rc = add_line(boxes, bytes + at, length, name, number, err);
		at += length + 1;
	}
	if (rc)
		okng_boxes_finish(boxes);
	return rc;
}

int okng_boxes_load(struct okng_boxes *boxes, const char *path, struct okng_error *err)
{
	size_t size;
	char *bytes;
	int rc;

	*boxes = (struct okng_boxes){ 0 };
	rc = okng_text_file_load(path, FILE_MAX, &bytes, &size, err);
	if (!rc)
		rc = okng_boxes_parse(boxes, bytes, size, path, err);
	free(bytes);
	return rc;
}

static bool known(int number, const int *classes, int n)
{
	for (int i = 0; i < n; i++)
		if (classes[i] == number)
			return true;
	return false;
}

static const char *list(const int *classes, int n, char *text, size_t size)
{
	size_t at = 0;

	text[0] = '\0';
	for (int i = 0; i < n && at < size; i++)
		at += (size_t)snprintf(text + at, size - at, "%s%d", i ? ", " : "", classes[i]);
	return text;
}

int okng_boxes_check(const struct okng_boxes *boxes, const char *name, int32_t width, int32_t height, const int *classes, int n,
	struct okng_error *err)
{
	char text[160];

	for (int i = 0; i < boxes->n; i++) {
		const struct okng_conductor_box *b = &boxes->box[i];

		if (b->rect.x + b->rect.w > width || b->rect.y + b->rect.h > height)
			return okng_error_set(err, -EINVAL, name, boxes->line[i], "", "the box reaches to %d, %d, the picture to %d, %d",
				b->rect.x + b->rect.w, b->rect.y + b->rect.h, width, height);
		if (!known(b->class_number, classes, n))
			return okng_error_set(err, -EINVAL, name, boxes->line[i], "", "no [[class]] row has the number %d, they have %s",
				b->class_number, list(classes, n, text, sizeof(text)));
	}
	return 0;
}

int okng_boxes_find(const char *folder, const char *picture, char *path, size_t size, struct okng_error *err)
{
	const char *name = strrchr(picture, '/') ? strrchr(picture, '/') + 1 : picture;
	const char *dot = strrchr(name, '.'), *line = strrchr(name, '_');
	int length = (int)(dot ? (size_t)(dot - name) : strlen(name));
	int n = snprintf(path, size, "%s/%.*s.txt", folder, length, name);

	if (n > 0 && (size_t)n < size && access(path, F_OK) == 0)
		return 0;
	if (line && line > name) {
		n = snprintf(path, size, "%s/%.*s.txt", folder, (int)(line - name), name);
		if (n > 0 && (size_t)n < size && access(path, F_OK) == 0)
			return 0;
	}
	return okng_error_set(err, -ENOENT, folder, 0, "", "has no boxes for %s: no %.*s.txt%s%.*s%s", name, length, name,
		line && line > name ? " and no " : "", (int)(line && line > name ? line - name : 0), name, line && line > name ? ".txt" : "");
}

void okng_boxes_finish(struct okng_boxes *boxes)
{
	free(boxes->box);
	free(boxes->line);
	*boxes = (struct okng_boxes){ 0 };
}
