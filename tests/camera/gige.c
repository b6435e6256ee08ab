/* SPDX-License-Identifier: Apache-2.0
 *
 * The camera forks off before Aravis runs in the test's process, and is told over pipes: a child of a process with
 * threads could not.
 */
#include "gige.h"

#include <arpa/inet.h>
#include <assert.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <arv.h>

static int order_fd = -1, answer_fd = -1; /* of the nursery, which starts cameras */

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0) {
		ssize_t n = write(fd, text, strlen(text));
		(void)n; /* what follows fails then, and says so */
		close(fd);
	}
}

static bool own_network(void)
{
	char map[48];
	uid_t uid = getuid();
	gid_t gid = getgid();
	if (unshare(CLONE_NEWNET) != 0) {
		if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
			return false;
		write_file("/proc/self/setgroups", "deny");
		snprintf(map, sizeof map, "0 %u 1", (unsigned)uid);
		write_file("/proc/self/uid_map", map);
		snprintf(map, sizeof map, "0 %u 1", (unsigned)gid);
		write_file("/proc/self/gid_map", map);
	}
	struct ifreq r = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool up = s >= 0 && ioctl(s, SIOCSIFFLAGS, &r) == 0;
	if (s >= 0)
		close(s);
	return up;
}

static void fill(ArvBuffer *buffer, void *data, guint32 exposure, guint32 gain, ArvPixelFormat format)
{
	static unsigned number;
	size_t size;
	(void)data;
	(void)exposure;
	(void)gain;
	(void)format;
	memset((void *)(uintptr_t)arv_buffer_get_data(buffer, &size), (int)(++number % 251),
		(size_t)arv_buffer_get_image_width(buffer) * (size_t)arv_buffer_get_image_height(buffer));
}

static void run_camera(int lost, int ready)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	ArvGvFakeCamera *camera = arv_gv_fake_camera_new_full("lo", GIGE_SERIAL, NULL);
	if (!camera || !arv_gv_fake_camera_is_running(camera))
		_exit(1);
	arv_fake_camera_set_fill_pattern(arv_gv_fake_camera_get_fake_camera(camera), fill, NULL);
	g_object_set(camera, "gvsp-lost-ratio", lost / 1000.0, NULL);
	if (write(ready, "r", 1) != 1)
		_exit(1);
	close(ready);
	for (;;)
		pause();
}

static pid_t start_camera(int lost)
{
	int ready[2];
	char c;
	if (pipe2(ready, O_CLOEXEC) != 0)
		return -1;
	pid_t pid = fork();
	if (pid == 0) {
		close(ready[0]);
		run_camera(lost, ready[1]);
	}
	close(ready[1]);
	if (read(ready[0], &c, 1) != 1)
		pid = -1;
	close(ready[0]);
	return pid;
}

/* An order is a ratio: start a camera with it; or the negative number of a process: see it end. */
static void nurse(int orders, int answers)
{
	int order;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (read(orders, &order, sizeof order) == sizeof order) {
		int answer = order >= 0 ? start_camera(order) : (kill(-order, SIGKILL), waitpid(-order, NULL, 0));
		if (write(answers, &answer, sizeof answer) != sizeof answer)
			break;
	}
	_exit(0);
}

bool gige_alone(void)
{
	int orders[2], answers[2];
	if (!own_network() || pipe2(orders, O_CLOEXEC) != 0 || pipe2(answers, O_CLOEXEC) != 0)
		return false;
	pid_t pid = fork();
	if (pid == 0) {
		close(orders[1]);
		close(answers[0]);
		nurse(orders[0], answers[1]);
	}
	close(orders[0]);
	close(answers[1]);
	order_fd = orders[1];
	answer_fd = answers[0];
	return pid > 0;
}

static int order(int what)
{
	int answer = -1;
	ssize_t n = write(order_fd, &what, sizeof what);
	assert(n == sizeof what);
	n = read(answer_fd, &answer, sizeof answer);
	assert(n == sizeof answer && answer > 0);
	return answer;
}

pid_t gige_start(int lost)
{
	return order(lost);
}

void gige_kill(pid_t *camera)
{
	if (*camera > 0)
		order(-*camera);
	*camera = 0;
}
