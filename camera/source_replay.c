/* SPDX-License-Identifier: Apache-2.0
 *
 * A folder of pictures played as a camera, so that a station can be tried, and a fault reproduced, with what was
 * really seen. The first readable picture fixes the size; the sizes of all are compared at open, since a mixed folder is
 * a mistake to hear of before the line runs. A damaged picture stays in its place and comes as a damaged exposure.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "camera/decode.h"
#include "camera/image_file.h"
#include "camera/source.h"

struct replay {
	char **paths;
	int n, next;
	bool loop;
};

static int common_size(const struct replay *r, int32_t *width, int32_t *height, struct okng_error *err)
{
	*width = *height = 0;
	const char *first = "";
	for (int i = 0; i < r->n; i++) {
		int32_t w, h;
		struct okng_error ignored;
		if (okng_image_file_size(r->paths[i], &w, &h, &ignored) < 0)
			continue;
		if (!*width) {
			*width = w;
			*height = h;
			first = strrchr(r->paths[i], '/') + 1;
		} else if (w != *width || h != *height)
			return okng_error_set(err, -EINVAL, r->paths[i], 0, "", "%d x %d pixels, but %s has %d x %d: all pictures of a folder must "
				"have one size", (int)w, (int)h, first, (int)*width, (int)*height);
	}
	return *width ? 0 : -ENODATA;
}

static void replay_close(void **source)
{
	struct replay *r = *source;
	*source = NULL;
	if (!r)
		return;
	okng_image_file_list_free(&r->paths);
	free(r);
}

static int replay_open(void **source, const struct okng_camera_params *p, int32_t *width, int32_t *height, struct okng_error *err)
{
	struct replay *r = calloc(1, sizeof *r);
	*source = r;
	if (!r)
		return okng_error_set(err, -ENOMEM, "", 0, "camera", "no memory");
	r->loop = p->loop;
	int n = okng_image_file_list(&r->paths, p->folder, p->pattern, err);
	if (n < 0)
		return n;
	r->n = n;
	int rc = common_size(r, width, height, err);
	if (rc == -ENODATA)
		return okng_error_set(err, rc, p->folder, 0, "", "none of the %d pictures in it can be read", n);
	return rc;
}

static bool replay_exhausted(const void *source)
{
	const struct replay *r = source;
	return !r->loop && r->next >= r->n;
}

static void replay_skip(void *source, uint64_t exposures)
{
	struct replay *r = source;
	if (r->loop)
		r->next = (int)(((uint64_t)r->next + exposures) % (uint64_t)r->n);
	else
		r->next = exposures > (uint64_t)(r->n - r->next) ? r->n : r->next + (int)exposures;
}

static int replay_expose(void *source, struct okng_frame *frame, struct okng_error *err)
{
	struct replay *r = source;
	const char *path = r->paths[r->next];
	replay_skip(r, 1);
	frame->truths = -1;
	frame->source = strrchr(path, '/') + 1;
	int rc = okng_image_file_load_into(&frame->image, path, err);
	return rc < 0 ? -EIO : 0;
}

const struct okng_source_ops okng_source_replay = {
	.simulates = true,
	.skips = false,
	.open = replay_open,
	.exhausted = replay_exhausted,
	.expose = replay_expose,
	.skip = replay_skip,
	.close = replay_close,
};
