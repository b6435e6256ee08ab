/* SPDX-License-Identifier: Apache-2.0 */
#include "deeppcb.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "camera/image_file.h"

static char folder[4000];
static char **templates;

int deeppcb_open(void)
{
	const char *shared = getenv("OKNG_SHARED");
	if (!shared)
		shared = getenv("OKNG_SHARED_DEFAULT");
	snprintf(folder, sizeof folder, "%s/data/deeppcb", shared ? shared : "../shared");
	char images[4096];
	snprintf(images, sizeof images, "%s/images", folder);
	int n = okng_image_file_list(&templates, images, "*_temp.jpg", NULL);
	if (n <= 0)
		printf("skipped: no boards in %s (set OKNG_SHARED)\n", images);
	return n < 0 ? 0 : n;
}

static void load(struct okng_image *img, const char *id, const char *kind)
{
	char path[4200];
	struct okng_error err;
	snprintf(path, sizeof path, "%s/images/%s_%s.jpg", folder, id, kind);
	int r = okng_image_file_load(img, path, &err);
	assert(r == 0 && img->width == DEEPPCB_SIDE && img->height == DEEPPCB_SIDE);
}

void deeppcb_load(int i, struct deeppcb_pair *pair)
{
	char path[4200];
	const char *name = strrchr(templates[i], '/') + 1;
	*pair = (struct deeppcb_pair){0};
	snprintf(pair->id, sizeof pair->id, "%.*s", (int)(strlen(name) - strlen("_temp.jpg")), name);
	int r = sscanf(pair->id, "%5d", &pair->group);
	assert(r == 1);
	load(&pair->golden, pair->id, "temp");
	load(&pair->part, pair->id, "test");
	snprintf(path, sizeof path, "%s/boxes/%s.txt", folder, pair->id);
	FILE *f = fopen(path, "r");
	assert(f);
	for (int x0, y0, x1, y1, type; fscanf(f, "%d %d %d %d %d", &x0, &y0, &x1, &y1, &type) == 5; pair->n_boxes++) {
		assert(pair->n_boxes < DEEPPCB_BOXES_MAX);
		pair->box[pair->n_boxes] = (struct okng_conductor_box){{x0, y0, x1 - x0, y1 - y0}, type};
	}
	fclose(f);
}

void deeppcb_finish(struct deeppcb_pair *pair)
{
	okng_image_finish(&pair->golden);
	okng_image_finish(&pair->part);
}
