/* SPDX-License-Identifier: Apache-2.0
 *
 * Pictures from disk: JPEG (TurboJPEG) and PNG (libpng), told apart by content, decoded to MONO8; colour becomes
 * luminance (BT.601), 16 bits become the upper 8, palette and alpha are resolved (alpha on black). Hostile files are
 * refused: size over OKNG_IMAGE_SIDE_MAX a side or 256 megapixels, truncation, trailing damage that the decoder reports.
 */
#ifndef OKNG_CAMERA_IMAGE_FILE_H
#define OKNG_CAMERA_IMAGE_FILE_H

#include "pipeline/error.h"
#include "pipeline/image.h"

/* New image in *img (caller finishes it). 0; -ENOENT, -EINVAL with *err saying what is wrong, -EFBIG, -ENOMEM. */
int okng_image_file_load(struct okng_image *img, const char *path, struct okng_error *err);
int okng_image_file_parse(struct okng_image *img, const void *bytes, size_t size, const char *name, struct okng_error *err);

/* As load, into an image the caller already has: -EINVAL when the size differs. No heap call of ours. */
int okng_image_file_load_into(struct okng_image *img, const char *path, struct okng_error *err);

/* Lossless PNG, path.new then rename. */
int okng_image_file_save_png(const struct okng_image *img, const char *path, struct okng_error *err);

/* Sorted paths of the .jpg, .jpeg and .png files in folder whose name matches pattern (NULL: all). Caller frees with
 * okng_image_file_list_free. Count, or negative errno: -ENOENT, -ENODATA none. */
int okng_image_file_list(char ***paths, const char *folder, const char *pattern, struct okng_error *err);
void okng_image_file_list_free(char ***paths);

#endif
