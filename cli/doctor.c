/* SPDX-License-Identifier: Apache-2.0
 *
 * What is asked of the machine itself: files of the station, the disk, the cameras, the port.
 */
#include "cli/doctor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "calib/flat.h"
#include "calib/profile.h"
#include "camera/discover.h"
#include "cli/modbus.h"
#include "cli/stop.h"
#include "pipeline/model.h"

#define FILE_SIZE (16 << 20)
#define ROWS 16           /* that are synced one by one */
#define SLOW_MB_S 20      /* a picture of 5 megapixels in a quarter of a second */
#define SLOW_SYNC_MS 100
#define ASK_MS 1000

void okng_doctor_say(struct okng_doctor *d, enum okng_health health, const char *what, const char *cure, const char *fmt, ...)
{
	struct okng_symptom *s;
	va_list args;

	if (d->n == OKNG_SYMPTOMS_MAX)
		return;
	s = &d->symptom[d->n++];
	s->health = health;
	snprintf(s->what, sizeof(s->what), "%s", what);
	snprintf(s->cure, sizeof(s->cure), "%s", cure);
	va_start(args, fmt);
	vsnprintf(s->text, sizeof(s->text), fmt, args);
	va_end(args);
}

static void check_room(struct okng_doctor *d, const struct okng_station_config *station)
{
	struct statvfs fs;
	double mib;

	if (statvfs(station->store.folder, &fs))
		return;
	mib = (double)fs.f_bavail * (double)fs.f_frsize / (1 << 20);
	if (mib < station->store.min_free_mib)
		okng_doctor_say(d, OKNG_HEALTH_FAIL, "disk room", "", "%.0f MiB are free in %.200s, store.min_free_mib asks for %d: no pictures are kept", mib,
			station->store.folder, station->store.min_free_mib);
	else if (mib < 4.0 * station->store.min_free_mib)
		okng_doctor_say(d, OKNG_HEALTH_WARN, "disk room", "", "%.0f MiB are free in %.200s: soon less than store.min_free_mib (%d)", mib, station->store.folder,
			station->store.min_free_mib);
	else
		okng_doctor_say(d, OKNG_HEALTH_OK, "disk room", "", "%.0f MiB are free in %.200s", mib, station->store.folder);
}

static int write_whole(int fd, const char *bytes, size_t size)
{
	while (size) {
		ssize_t n = write(fd, bytes, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		bytes += n;
		size -= (size_t)n;
	}
	return 0;
}

/* Rates of one large write, and of small ones synced one by one. */
static int measure(int fd, double *mb_s, double *sync_ms)
{
	char *bytes = calloc(1, FILE_SIZE);
	int64_t start = okng_stop_now_ns();
	int rc = bytes ? write_whole(fd, bytes, FILE_SIZE) : -ENOMEM;

	if (!rc && fsync(fd))
		rc = -errno;
	*mb_s = FILE_SIZE / 1e6 / ((double)(okng_stop_now_ns() - start) / 1e9);
	start = okng_stop_now_ns();
	for (int i = 0; i < ROWS && !rc; i++) {
		rc = write_whole(fd, bytes, 4096);
		if (!rc && fdatasync(fd))
			rc = -errno;
	}
	*sync_ms = (double)(okng_stop_now_ns() - start) / 1e6 / ROWS;
	free(bytes);
	return rc;
}

void okng_doctor_disk(struct okng_doctor *d, const struct okng_station_config *station)
{
	const char *folder = station->store.folder;
	char path[512], cure[320];
	double mb_s = 0, sync_ms = 0;
	int fd, rc;

	snprintf(path, sizeof(path), "%s/.doctor-XXXXXX", folder);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0 && errno == ENOENT) {
		okng_doctor_say(d, OKNG_HEALTH_WARN, "disk", "", "%.200s is not there yet; okngd makes it if it may, then ask again", folder);
		return;
	}
	if (fd < 0) {
		snprintf(cure, sizeof(cure), "sudo install -d -o okng -g okng -m 2770 %.240s", folder);
		okng_doctor_say(d, OKNG_HEALTH_FAIL, "disk", errno == EACCES ? "sudo okng doctor" : cure, "%.200s cannot be written: %s%s", folder, strerror(errno),
			errno == EACCES ? " (by you; the service is user okng)" : "");
		return;
	}
	unlink(path);
	rc = measure(fd, &mb_s, &sync_ms);
	close(fd);
	if (rc)
		okng_doctor_say(d, OKNG_HEALTH_FAIL, "disk", "", "%.200s cannot be written: %s", folder, strerror(-rc));
	else
		okng_doctor_say(d, mb_s < SLOW_MB_S || sync_ms > SLOW_SYNC_MS ? OKNG_HEALTH_WARN : OKNG_HEALTH_OK, "disk speed", "",
			"%.200s takes %.0f MB/s, a synced row %.1f ms%s", folder, mb_s, sync_ms,
			mb_s < SLOW_MB_S ? ": pictures will be dropped" : sync_ms > SLOW_SYNC_MS ? ": the record falls behind a fast line" : "");
	check_room(d, station);
}

static void check_recipe(struct okng_doctor *d, const struct okng_station_config *station, int view)
{
	struct okng_config_errors *errors = calloc(1, sizeof(*errors));
	struct okng_recipe *recipe = calloc(1, sizeof(*recipe));
	struct okng_model *model = NULL;
	struct okng_error err = { 0 };
	const char *name = station->view[view].view;
	char folder[400], path[420], cure[320];

	snprintf(folder, sizeof(folder), "%s/%s%s%s", station->recipes, station->recipe, *name ? "/" : "", name);
	snprintf(path, sizeof(path), "%s/model.okm", folder);
	if (errors && recipe && okng_config_load_recipe(recipe, folder, errors)) {
		snprintf(cure, sizeof(cure), "okng check %.280s", folder);
		okng_doctor_say(d, OKNG_HEALTH_FAIL, "recipe", cure, "%.160s: %.140s", folder, errors->error[0].text);
	} else if (errors && recipe && okng_recipe_needs_model(recipe) && okng_model_load(&model, path, &err)) {
		snprintf(cure, sizeof(cure), "okng learn --recipe %.240s GOOD_PICTURES", folder);
		okng_doctor_say(d, OKNG_HEALTH_FAIL, "recipe", cure, "%.160s: %.140s", path, err.text);
	} else if (errors && recipe) {
		okng_doctor_say(d, OKNG_HEALTH_OK, "recipe", "", "%.200s, number %d", folder, recipe->number);
	}
	okng_model_close(&model);
	free(recipe);
	free(errors);
}

static bool is_it(const struct okng_camera_found *f, const char *id)
{
	return !*id || !strcmp(f->id, id) || !strcmp(f->serial, id) || !strcmp(f->address, id);
}

static void check_camera(struct okng_doctor *d, const struct okng_camera_params *p)
{
	struct okng_camera_found found[64];
	struct okng_error err = { 0 };
	bool aravis = p->type == OKNG_CAMERA_ARAVIS;
	const char *id = aravis ? p->aravis.id : p->type == OKNG_CAMERA_V4L2 ? p->v4l2.id : "";
	int n, at = -1;

	if (!aravis && p->type != OKNG_CAMERA_V4L2) {
		okng_doctor_say(d, OKNG_HEALTH_WARN, "camera", "", "%.47s is %s, which is no camera: never ship on this", p->name,
			p->type == OKNG_CAMERA_REPLAY ? "a folder of pictures" : "rendered");
		return;
	}
	n = aravis ? okng_camera_discover(found, 64, &err) : okng_camera_discover_v4l2(found, 64);
	for (int i = 0; i < n && i < 64 && at < 0; i++)
		at = is_it(&found[i], id) ? i : -1;
	if (at >= 0)
		okng_doctor_say(d, OKNG_HEALTH_OK, "camera", "", "%.47s is %.60s %.60s, %.60s", p->name, found[at].vendor, found[at].model, found[at].address);
	else if (aravis && !strncmp(id, "Fake_", 5))
		okng_doctor_say(d, OKNG_HEALTH_WARN, "camera", "", "%.47s is simulated: never ship on this", p->name);
	else
		okng_doctor_say(d, OKNG_HEALTH_FAIL, "camera", "okng camera list", "%.47s%s%.60s does not answer%s%.120s", p->name, *id ? ", id " : "", id, n < 0 ? ": " : "",
			n < 0 ? err.text : "");
}

/* What the camera is corrected with, as far as a file alone tells. */
static void check_calibration(struct okng_doctor *d, const struct okng_view_config *view)
{
	struct okng_profile profile;
	struct okng_flat flat = { 0 };
	struct okng_error err = { 0 };

	if (*view->flat && okng_flat_load(&flat, view->flat, &err))
		okng_doctor_say(d, OKNG_HEALTH_FAIL, "flat field", "okng calib flat --help", "%.160s: %.140s", view->flat, err.text);
	else if (*view->flat)
		okng_doctor_say(d, OKNG_HEALTH_OK, "flat field", "", "%.200s", view->flat);
	if (*view->calibration && okng_profile_load(&profile, view->calibration, &err))
		okng_doctor_say(d, OKNG_HEALTH_FAIL, "calibration", "okng calib lens --help", "%.160s: %.140s", view->calibration, err.text);
	else if (*view->calibration)
		okng_doctor_say(d, OKNG_HEALTH_OK, "calibration", "", "%.200s", view->calibration);
	okng_flat_finish(&flat);
}

void okng_doctor_station(struct okng_doctor *d, const struct okng_station_config *station, const char *file)
{
	okng_doctor_say(d, OKNG_HEALTH_OK, "station", "", "%s, %.200s", station->name, file);
	for (int i = 0; i < station->n_views; i++) {
		check_recipe(d, station, i);
		check_camera(d, &station->view[i].camera);
		check_calibration(d, &station->view[i]);
	}
}

/* 0, or the errno of binding there. */
static int try_port(const struct okng_plc_params *plc)
{
	struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_PASSIVE, .ai_socktype = SOCK_STREAM }, *at = NULL;
	char port[8];
	int fd, rc = EINVAL;

	snprintf(port, sizeof(port), "%u", plc->port);
	if (getaddrinfo(plc->bind, port, &hints, &at))
		return rc;
	fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0) {
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
		rc = bind(fd, at->ai_addr, at->ai_addrlen) || listen(fd, 1) ? errno : 0;
		close(fd);
	}
	freeaddrinfo(at);
	return rc;
}

static bool okngd_answers(const struct okng_plc_params *plc)
{
	bool any = !strcmp(plc->bind, "0.0.0.0") || !strcmp(plc->bind, "::");
	struct okng_modbus m = { .fd = -1 };
	uint16_t version = 0;
	bool is;

	if (okng_modbus_open(&m, any ? "127.0.0.1" : plc->bind, plc->port, 1, ASK_MS, ASK_MS, NULL))
		return false;
	is = okng_modbus_read_words(&m, OKNG_TABLE_INPUT, OKNG_INPUT_MAP_VERSION, 1, &version) == 0 && version == 1;
	okng_modbus_close(&m);
	return is;
}

void okng_doctor_port(struct okng_doctor *d, const struct okng_plc_params *plc)
{
	char cure[320];
	int rc;

	if (!plc->enabled || !plc->port)
		return;
	rc = try_port(plc);
	snprintf(cure, sizeof(cure), "sudo ss -ltnp 'sport = :%u'", plc->port);
	if (rc == EADDRINUSE && okngd_answers(plc))
		okng_doctor_say(d, OKNG_HEALTH_OK, "port", "", "okngd answers on %s:%u", plc->bind, plc->port);
	else if (rc == EADDRINUSE)
		okng_doctor_say(d, OKNG_HEALTH_FAIL, "port", cure, "another program has %s:%u", plc->bind, plc->port);
	else if (rc == EADDRNOTAVAIL)
		okng_doctor_say(d, OKNG_HEALTH_FAIL, "port", "ip address", "plc.bind %s is no address of this machine", plc->bind);
	else if (rc == EACCES)
		okng_doctor_say(d, OKNG_HEALTH_WARN, "port", "sudo okng doctor", "ports below 1024, such as %u, are for the service and root: not tried", plc->port);
	else
		okng_doctor_say(d, rc ? OKNG_HEALTH_FAIL : OKNG_HEALTH_OK, "port", "", rc ? "%s:%u: %s" : "%s:%u is free%s", plc->bind, plc->port, rc ? strerror(rc) : "");
}
