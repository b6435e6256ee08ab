/* SPDX-License-Identifier: Apache-2.0
 *
 * Paths and retention of pictures. Everything is relative to the store's open folder, so that a changed working
 * directory or a renamed parent does no harm; symbolic links are never followed when something is removed.
 */
#include "store/archive.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/calendar.h"

#define IMAGES "images"

static const char *const verdict_in_name[] = { "NONE", "OK", "NG", "REVIEW", "FAULT" };

void okng_archive_path(char path[64], const struct okng_record *record, enum okng_picture format)
{
	struct okng_date d = okng_date_of(record->utc_us);
	const char *verdict = record->verdict <= 4 ? verdict_in_name[record->verdict] : "OTHER";

	snprintf(path, 64, IMAGES "/%04d/%02d/%02d/%lld-%u-%s.%s", d.year % 10000, d.month % 100, d.day % 100, (long long)record->id,
		record->seq, verdict, format == OKNG_PICTURE_PNG ? "png" : "jpg");
}

int okng_archive_make(int folder, const char *path)
{
	char part[64];

	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		snprintf(part, sizeof(part), "%.*s", (int)(slash - path), path);
		if (mkdirat(folder, part, 0755) && errno != EEXIST)
			return -errno;
	}
	return 0;
}

/* Number of exactly that many digits, or -1. */
static int digits(const char *name, size_t n)
{
	int value = 0;

	if (strlen(name) != n)
		return -1;
	for (; *name; name++) {
		if (*name < '0' || *name > '9')
			return -1;
		value = value * 10 + (*name - '0');
	}
	return value;
}

static DIR *open_dir(int at, const char *name)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (fd >= 0 && !dir)
		close(fd);
	return dir;
}

static int remove_day(int month, const char *name)
{
	DIR *dir = open_dir(month, name);
	struct dirent *entry;

	if (!dir)
		return -errno;
	while ((entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			(void)unlinkat(dirfd(dir), entry->d_name, 0); /* what stays makes rmdir fail */
	}
	closedir(dir);
	return unlinkat(month, name, AT_REMOVEDIR) ? -errno : 0;
}

struct expiry {
	int year, month, day; /* first day kept */
	int removed, error;
};

/* level 0: years, 1: months, 2: days; before: the date down to here lies before the kept one already. */
static void expire_level(struct expiry *e, int at, const char *name, int level, bool before)
{
	const int kept = level == 0 ? e->year : level == 1 ? e->month : e->day;
	DIR *dir = open_dir(at, name);
	struct dirent *entry;

	if (!dir) {
		e->error = errno == ENOENT ? e->error : -errno;
		return;
	}
	while ((entry = readdir(dir)) != NULL) {
		int value = digits(entry->d_name, level == 0 ? 4 : 2);

		if (value < 0 || (!before && value > kept) || (level == 2 && !before && value == kept))
			continue;
		if (level < 2) {
			expire_level(e, dirfd(dir), entry->d_name, level + 1, before || value < kept);
			(void)unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR); /* only when it is empty now */
		} else {
			int ret = remove_day(dirfd(dir), entry->d_name);

			e->error = ret ? ret : e->error;
			e->removed += !ret;
		}
	}
	closedir(dir);
}

int okng_archive_expire(int folder, int max_days, int64_t now_us, char before[64])
{
	struct okng_date d = okng_date_of(now_us - (int64_t)max_days * 86400000000LL);
	struct expiry e = { .year = d.year, .month = d.month, .day = d.day };

	snprintf(before, 64, IMAGES "/%04d/%02d/%02d", d.year % 10000, d.month % 100, d.day % 100);
	expire_level(&e, folder, IMAGES, 0, false);
	return e.error ? e.error : e.removed;
}
