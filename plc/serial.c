/* SPDX-License-Identifier: Apache-2.0
 *
 * The device is taken for ourselves (TIOCEXCL), so that a forgotten getty or a second program shows as an error and not as
 * lost bytes. A driver without RS-485 support is refused when RS-485 was asked for: two talkers on one pair of wires
 * would look like noise.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/major.h>
#include <linux/serial.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

#include "plc/rtu.h"
#include "plc/serial.h"

static const struct {
	int baud;
	speed_t speed;
} speeds[] = {
	{1200, B1200}, {2400, B2400}, {4800, B4800}, {9600, B9600}, {19200, B19200}, {38400, B38400}, {57600, B57600},
	{115200, B115200}, {230400, B230400}, {460800, B460800}, {921600, B921600},
};

static speed_t speed_of(int baud)
{
	for (size_t i = 0; i < sizeof speeds / sizeof *speeds; i++)
		if (speeds[i].baud == baud)
			return speeds[i].speed;
	return B0;
}

int okng_serial_check_baud(int baud)
{
	return speed_of(baud) == B0 ? -EINVAL : 0;
}

int64_t okng_serial_char_ns(const struct okng_serial_params *p)
{
	return okng_rtu_char_ns(p->baud, p->parity != OKNG_PARITY_NONE, p->stop_bits);
}

int64_t okng_serial_silence_ns(const struct okng_serial_params *p)
{
	return p->silence_ms ? p->silence_ms * INT64_C(1000000) : okng_rtu_silence_ns(p->baud, okng_serial_char_ns(p));
}

/* A pseudo-terminal (a serial server's, a test's) has no parity to set, and says EINVAL where nothing else changed. */
static bool is_pty(int fd)
{
	struct stat st;
	return fstat(fd, &st) == 0 && major(st.st_rdev) >= UNIX98_PTY_SLAVE_MAJOR && major(st.st_rdev) < UNIX98_PTY_SLAVE_MAJOR + UNIX98_PTY_MAJOR_COUNT;
}

static int set_line(int fd, const struct okng_serial_params *p)
{
	struct termios t;
	if (tcgetattr(fd, &t) < 0)
		return -errno;
	cfmakeraw(&t);
	t.c_cflag &= ~(tcflag_t)(CSIZE | PARENB | PARODD | CSTOPB | CRTSCTS);
	t.c_cflag |= CS8 | CREAD | CLOCAL;
	t.c_iflag &= ~(tcflag_t)(IXON | IXOFF | IXANY | INPCK);
	if (p->parity != OKNG_PARITY_NONE) {
		t.c_cflag |= PARENB;
		t.c_iflag |= INPCK;
	}
	if (p->parity == OKNG_PARITY_ODD)
		t.c_cflag |= PARODD;
	if (p->stop_bits == 2)
		t.c_cflag |= CSTOPB;
	t.c_cc[VMIN] = 1; /* so that a read without bytes is EAGAIN, and 0 means that the line hung up */
	t.c_cc[VTIME] = 0;
	if (cfsetispeed(&t, speed_of(p->baud)) < 0 || cfsetospeed(&t, speed_of(p->baud)) < 0)
		return -errno;
	return tcsetattr(fd, TCSANOW, &t) < 0 && !(errno == EINVAL && is_pty(fd)) ? -errno : 0;
}

static int set_rs485(int fd, const struct okng_serial_params *p)
{
	struct serial_rs485 r;
	memset(&r, 0, sizeof r);
	r.flags = SER_RS485_ENABLED | (p->rts_on_send ? SER_RS485_RTS_ON_SEND : SER_RS485_RTS_AFTER_SEND);
	r.delay_rts_before_send = (unsigned)p->rts_before_ms;
	r.delay_rts_after_send = (unsigned)p->rts_after_ms;
	return ioctl(fd, TIOCSRS485, &r) < 0 ? -errno : 0;
}

int okng_serial_open(const struct okng_serial_params *p, char *why, size_t why_size)
{
	int fd = open(p->device, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) {
		int err = -errno;
		snprintf(why, why_size, "cannot open %s: %s", p->device, strerror(-err));
		return err;
	}
	int r = isatty(fd) ? set_line(fd, p) : -ENOTTY;
	if (r < 0)
		snprintf(why, why_size, "%s: %s", p->device, r == -ENOTTY ? "is no serial device" : strerror(-r));
	if (r == 0 && ioctl(fd, TIOCEXCL) < 0) {
		r = -errno;
		snprintf(why, why_size, "cannot take %s for ourselves: %s", p->device, strerror(-r));
	}
	if (r == 0 && p->rs485 && (r = set_rs485(fd, p)) < 0)
		snprintf(why, why_size, "the driver of %s has no RS-485 mode (%s); an adapter that switches by itself needs rs485 = false",
			p->device, strerror(-r));
	if (r < 0) {
		close(fd);
		return r;
	}
	okng_serial_drop_input(fd);
	return fd;
}

void okng_serial_drop_input(int fd)
{
	tcflush(fd, TCIFLUSH);
}
