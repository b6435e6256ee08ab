/* SPDX-License-Identifier: Apache-2.0
 *
 * What /proc and /sys tell. A file that is not there is a machine without the thing, and no fault.
 */
#include "cli/doctor.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SOCKET_KIB 8192    /* a frame of 5 megapixels is 5 MiB; the kernel must hold it while the reader is elsewhere */
#define JUMBO_MTU 8000
#define USB_MIB 256
#define ARPHRD_ETHER 1

/* The first line of a file below the root, without its end. false: it cannot be read. */
static bool read_line(const struct okng_doctor *d, const char *path, char *line, size_t size)
{
	char full[1024];
	FILE *f;
	bool good;

	snprintf(full, sizeof(full), "%s%s", d->root, path);
	f = fopen(full, "re");
	good = f && fgets(line, (int)size, f);
	if (good)
		line[strcspn(line, "\n")] = '\0';
	if (f)
		fclose(f);
	return good;
}

static bool read_number(const struct okng_doctor *d, const char *path, long *value)
{
	char line[64], *end;

	if (!read_line(d, path, line, sizeof(line)))
		return false;
	*value = strtol(line, &end, 10);
	return end != line;
}

static int count_type(const struct okng_machine_config *m, enum okng_camera_type type)
{
	int n = 0;

	for (int i = 0; i < m->n; i++)
		for (int k = 0; k < m->station[i].n_views; k++)
			n += m->station[i].view[k].camera.type == type;
	return n;
}

static void check_processor(struct okng_doctor *d, const struct okng_machine_config *m)
{
	char line[64];
	int workers = 0, cores = 0;

	for (int i = 0; i < m->n; i++)
		workers += m->station[i].workers;
	for (char path[96]; cores < 1024; cores++) {
		struct stat st;

		snprintf(path, sizeof(path), "%s/sys/devices/system/cpu/cpu%d", d->root, cores);
		if (stat(path, &st))
			break;
	}
	if (cores && workers > cores)
		okng_doctor_say(d, OKNG_HEALTH_WARN, "workers", "", "%d workers in all share %d cores; station.workers should not be more, in all stations together", workers,
			cores);
	else if (cores)
		okng_doctor_say(d, OKNG_HEALTH_OK, "workers", "", "%d for %d cores", workers, cores);
	if (read_line(d, "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", line, sizeof(line)))
		okng_doctor_say(d, strcmp(line, "performance") ? OKNG_HEALTH_WARN : OKNG_HEALTH_OK, "cpu frequency",
			strcmp(line, "performance") ? "echo performance | sudo tee /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor" : "",
			strcmp(line, "performance") ? "the governor is %s: a part after a pause takes longer" : "the governor is %s", line);
	if (read_line(d, "/sys/devices/system/clocksource/clocksource0/current_clocksource", line, sizeof(line))) {
		bool fast = !strcmp(line, "tsc") || !strcmp(line, "kvm-clock") || !strcmp(line, "arch_sys_counter");

		okng_doctor_say(d, fast ? OKNG_HEALTH_OK : OKNG_HEALTH_WARN, "clock", "",
			fast ? "clock source %s" : "clock source %s is slow to read; the kernel gave up on the processor's own (see dmesg | grep clocksource)", line);
	}
}

static void check_sockets(struct okng_doctor *d, const struct okng_machine_config *m)
{
	long bytes, kib = SOCKET_KIB;
	char cure[320];

	for (int i = 0; i < m->n; i++)
		for (int k = 0; k < m->station[i].n_views; k++) {
			const struct okng_camera_params *p = &m->station[i].view[k].camera;

			if (p->type == OKNG_CAMERA_ARAVIS && p->aravis.socket_buffer_kib > kib)
				kib = p->aravis.socket_buffer_kib;
		}
	if (!read_number(d, "/proc/sys/net/core/rmem_max", &bytes))
		return;
	snprintf(cure, sizeof(cure), "echo net.core.rmem_max=%ld | sudo tee /etc/sysctl.d/60-okng.conf && sudo sysctl --system", kib * 1024);
	if (bytes < kib * 1024)
		okng_doctor_say(d, OKNG_HEALTH_WARN, "socket buffers", cure, "net.core.rmem_max allows %ld KiB; a GigE camera wants %ld, or packets are lost", bytes / 1024,
			kib);
	else
		okng_doctor_say(d, OKNG_HEALTH_OK, "socket buffers", "", "net.core.rmem_max allows %ld KiB", bytes / 1024);
}

static void check_interface(struct okng_doctor *d, const char *name)
{
	char path[400], state[32], cure[320];
	long mtu, type;

	snprintf(path, sizeof(path), "/sys/class/net/%s/type", name);
	if (!read_number(d, path, &type) || type != ARPHRD_ETHER)
		return;
	snprintf(path, sizeof(path), "/sys/class/net/%s/operstate", name);
	if (!read_line(d, path, state, sizeof(state)) || !strcmp(state, "down"))
		return;
	snprintf(path, sizeof(path), "/sys/class/net/%s/mtu", name);
	if (!read_number(d, path, &mtu))
		return;
	snprintf(cure, sizeof(cure), "sudo ip link set dev %.40s mtu 9000", name);
	if (mtu < JUMBO_MTU)
		okng_doctor_say(d, OKNG_HEALTH_WARN, "network", cure, "%.40s has an MTU of %ld: a camera there sends six times the packets", name, mtu);
	else
		okng_doctor_say(d, OKNG_HEALTH_OK, "network", "", "%.40s has an MTU of %ld", name, mtu);
}

static void check_network(struct okng_doctor *d)
{
	char path[1024];
	struct dirent **names = NULL;
	int n;

	snprintf(path, sizeof(path), "%s/sys/class/net", d->root);
	n = scandir(path, &names, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		if (names[i]->d_name[0] != '.')
			check_interface(d, names[i]->d_name);
		free(names[i]);
	}
	free(names);
}

static void check_usb(struct okng_doctor *d)
{
	long mib;

	if (!read_number(d, "/sys/module/usbcore/parameters/usbfs_memory_mb", &mib))
		return;
	if (mib && mib < USB_MIB)
		okng_doctor_say(d, OKNG_HEALTH_WARN, "usb memory", "echo 1000 | sudo tee /sys/module/usbcore/parameters/usbfs_memory_mb",
			"usbfs_memory_mb is %ld; a USB3 Vision camera wants some frames at once, %d and more", mib, USB_MIB);
	else
		okng_doctor_say(d, OKNG_HEALTH_OK, "usb memory", "", mib ? "usbfs_memory_mb is %ld" : "usbfs_memory_mb is %ld, without limit", mib);
}

/* Whether systemd runs it. What okngd locks in memory, a journal of some MiB, the default limit allows. */
static void check_service(struct okng_doctor *d)
{
	static const char *const places[] = { "/etc/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system" };
	char path[1024];
	struct stat st;
	const char *found = NULL;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) && !found; i++) {
		snprintf(path, sizeof(path), "%s%s/okngd.service", d->root, places[i]);
		found = stat(path, &st) == 0 ? places[i] : NULL;
	}
	snprintf(path, sizeof(path), "%s/sys/fs/cgroup/system.slice/okngd.service", d->root);
	if (!found)
		okng_doctor_say(d, OKNG_HEALTH_WARN, "service", "sudo meson install -C build", "okngd.service is not installed: nothing starts the station with the machine");
	else if (stat(path, &st))
		okng_doctor_say(d, OKNG_HEALTH_WARN, "service", "sudo systemctl enable --now okngd", "okngd.service is installed in %s and does not run", found);
	else
		okng_doctor_say(d, OKNG_HEALTH_OK, "service", "", "okngd.service runs");
}

static void check_realtime(struct okng_doctor *d)
{
	long runtime;
	char line[256];

	if (!read_number(d, "/proc/sys/kernel/sched_rt_runtime_us", &runtime))
		return;
	if (read_line(d, "/sys/kernel/realtime", line, sizeof(line)) && line[0] == '1')
		okng_doctor_say(d, OKNG_HEALTH_OK, "real time", "", "the kernel is a real-time one");
	else if (runtime == 0)
		okng_doctor_say(d, OKNG_HEALTH_WARN, "real time", "sudo sysctl kernel.sched_rt_runtime_us=950000",
			"real-time scheduling is switched off: network and camera drivers cannot have it either");
	else
		okng_doctor_say(d, OKNG_HEALTH_OK, "real time", "", "real-time tasks may take %.0f %% of a core; okngd asks for none", (double)(runtime < 0 ? 1000000 : runtime) / 1e4);
}

void okng_doctor_system(struct okng_doctor *d, const struct okng_machine_config *m)
{
	check_processor(d, m);
	check_realtime(d);
	if (count_type(m, OKNG_CAMERA_ARAVIS)) {
		check_sockets(d, m);
		check_network(d);
		check_usb(d);
	}
	check_service(d);
}
