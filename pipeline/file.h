/* SPDX-License-Identifier: Apache-2.0
 *
 * How a file that a line depends on is written: a new one beside it, synced, renamed over it. Blocking, any thread.
 */
#ifndef OKNG_PIPELINE_FILE_H
#define OKNG_PIPELINE_FILE_H

#include <stddef.h>

/* Writes path.new and renames it over path; where that fails an old file is untouched. 0 or a negative errno. */
int okng_file_replace(const char *path, const void *bytes, size_t size);

/* The rename itself must survive a power cut: syncs the folder of path. 0 or a negative errno; -EINVAL: a file system that
 * can't. */
int okng_file_sync_folder(const char *path);

#endif
