/* SPDX-License-Identifier: Apache-2.0
 *
 * JPEG by TurboJPEG. Its warnings (premature end, corrupt data) mean that pixels were made up; an inspection must not
 * judge those, so a warning refuses the picture. Scans are limited, as progressive files can be made to decode for
 * minutes. Greyscale output is the luminance of YCbCr as stored, or computed by BT.601 for RGB files.
 */
#include <errno.h>
#include <turbojpeg.h>

#include "camera/decode.h"

static bool jpeg_is(const uint8_t *bytes, size_t size)
{
	return size >= 3 && bytes[0] == 0xff && bytes[1] == 0xd8 && bytes[2] == 0xff;
}

static int jpeg_head(const uint8_t *bytes, size_t size, const char *name, int32_t *width, int32_t *height, struct okng_error *err)
{
	tjhandle tj = tjInitDecompress();
	if (!tj)
		return okng_error_set(err, -ENOMEM, name, 0, "", "no memory for the JPEG decoder");
	int w = 0, h = 0, sampling = 0, space = 0, rc = 0;
	if (tjDecompressHeader3(tj, bytes, (unsigned long)size, &w, &h, &sampling, &space) != 0)
		rc = okng_error_set(err, -EINVAL, name, 0, "", "damaged JPEG: %s", tjGetErrorStr2(tj));
	else if (space == TJCS_CMYK || space == TJCS_YCCK)
		rc = okng_error_set(err, -EINVAL, name, 0, "", "this JPEG has print colours (CMYK): save it as grey or RGB");
	tjDestroy(tj);
	*width = w;
	*height = h;
	return rc;
}

/* An 8×8 block of the first component takes at least one bit. */
static uint64_t jpeg_most(size_t size)
{
	return (uint64_t)size * 8 * 64;
}

static int jpeg_decode(struct okng_image *img, const uint8_t *bytes, size_t size, const char *name, struct okng_error *err)
{
	tjhandle tj = tjInitDecompress();
	if (!tj)
		return okng_error_set(err, -ENOMEM, name, 0, "", "no memory for the JPEG decoder");
	int rc = 0;
	if (tjDecompress2(tj, bytes, (unsigned long)size, img->data, img->width, (int)img->stride, img->height, TJPF_GRAY,
			TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS | TJFLAG_ACCURATEDCT) != 0)
		rc = okng_error_set(err, -EINVAL, name, 0, "", "damaged JPEG: %s", tjGetErrorStr2(tj));
	tjDestroy(tj);
	return rc;
}

const struct okng_decoder okng_decoder_jpeg = {"JPEG", jpeg_is, jpeg_head, jpeg_most, jpeg_decode};
