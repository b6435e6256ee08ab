/* SPDX-License-Identifier: Apache-2.0
 *
 * Clients that break the rules: each is closed or held back alone, and an honest client beside it notices nothing.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#include "plc/regmap.h"
#include "tests/plc/station.h"

static const uint8_t read_one[] = {0, 1, 0, 0, 0, 6, 1, 4, 0, 0, 0, 1};
static const uint8_t answer_one[] = {0, 1, 0, 0, 0, 5, 1, 4, 2, 0, 1};

static int bare(const struct station *s)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(okng_plc_port(s->plc)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	const struct timeval patience = {.tv_sec = 30};
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
	return fd;
}

static void assert_closed(int fd)
{
	char rest[4096];
	ssize_t n;
	while ((n = recv(fd, rest, sizeof rest, 0)) > 0)
		;
	assert_true(n == 0 || errno == ECONNRESET);
	close(fd);
}

static bool served(int fd)
{
	uint8_t got[sizeof answer_one];
	if (send(fd, read_one, sizeof read_one, MSG_NOSIGNAL) != sizeof read_one ||
		recv(fd, got, sizeof got, MSG_WAITALL) != sizeof got)
		return false;
	assert_memory_equal(got, answer_one, sizeof got);
	return true;
}

static void garbage(void **state)
{
	struct station *s = *state;
	static const struct {
		const char *bytes;
		size_t size;
	} cases[] = {
		{"GET / HTTP/1.1\r\n\r\n", 18}, {"\0\1\0\0\0\1\1", 7}, {"\0\1\0\0\0\377\1", 7}, {"\0\1\0\0\1\6\1", 7}, {"\0\1\0\1\0\6\1\4\0\0\0\1", 12},
		{"\0\1\0\0\0\5\1\4\0\0\0", 11}, {"\0\1\0\0\0\11\1\20\0\1\0\2\4\0\11", 15},
	};
	int honest = bare(s);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int fd = bare(s);
		assert_true(served(fd)); /* what came before is answered */
		assert_int_equal(send(fd, cases[i].bytes, cases[i].size, 0), cases[i].size);
		assert_closed(fd);
		assert_true(served(honest));
	}
	close(honest);
}

static void pieces(void **state)
{
	struct station *s = *state;
	int fd = bare(s);
	uint8_t many[50 * sizeof read_one], got[sizeof answer_one];
	for (size_t i = 0; i < sizeof read_one; i++)
		assert_int_equal(send(fd, read_one + i, 1, 0), 1);
	assert_int_equal(recv(fd, got, sizeof got, MSG_WAITALL), sizeof got);
	assert_memory_equal(got, answer_one, sizeof got);
	/* Fifty requests in one segment: fifty answers in their order. */
	for (uint8_t i = 0; i < 50; i++) {
		memcpy(many + i * sizeof read_one, read_one, sizeof read_one);
		many[i * sizeof read_one + 1] = i;
	}
	assert_int_equal(send(fd, many, sizeof many, 0), sizeof many);
	for (uint8_t i = 0; i < 50; i++) {
		assert_int_equal(recv(fd, got, sizeof got, MSG_WAITALL), sizeof got);
		assert_int_equal(got[1], i);
	}
	close(fd);
}

static void storm(void **state)
{
	struct station *s = *state;
	int honest = bare(s);
	assert_true(served(honest));
	for (int i = 0; i < 500; i++) {
		int fd = bare(s);
		if (i % 3 == 0)
			assert_int_equal(send(fd, read_one, (size_t)(i % 12), MSG_NOSIGNAL), i % 12);
		close(fd);
	}
	assert_true(served(honest));
	close(honest);
	assert_true(station_count(s, &s->logged) < 500); /* the log is not flooded */
}

/* Eight places: the ninth is closed at once, and a place that was left is free again. */
static void too_many(void **state)
{
	struct station *s = *state;
	int fds[8];
	for (int i = 0; i < 8; i++) {
		fds[i] = bare(s);
		assert_true(served(fds[i]));
	}
	assert_closed(bare(s));
	for (int i = 0; i < 8; i++)
		assert_true(served(fds[i]));
	close(fds[0]);
	int again = bare(s);
	while (!served(again)) { /* until the server saw the other go */
		close(again);
		again = bare(s);
	}
	close(again);
	for (int i = 1; i < 8; i++)
		close(fds[i]);
}

/* Sends requests and reads nothing, until the server gives it up; beside it all goes on. */
static void slow_reader(void **state)
{
	struct station *s = *state;
	static const uint8_t big[] = {0, 1, 0, 0, 0, 6, 1, 4, 0, 0, 0, 100};
	uint8_t many[100 * sizeof big];
	int honest = bare(s), slow = bare(s);
	for (size_t i = 0; i < 100; i++)
		memcpy(many + i * sizeof big, big, sizeof big);
	ssize_t n;
	while ((n = send(slow, many, sizeof many, MSG_NOSIGNAL)) > 0)
		assert_true(served(honest));
	assert_true(errno == ECONNRESET || errno == EPIPE);
	close(slow);
	assert_true(served(honest));
	close(honest);
}

static void silence(void **state)
{
	(void)state;
	struct station s;
	struct okng_plc_params p = station_params();
	p.idle_s = 1;
	station_open(&s, &p);
	int silent = bare(&s), half = bare(&s);
	assert_true(served(half));
	assert_int_equal(send(half, read_one, 9, 0), 9);
	assert_closed(half);
	assert_closed(silent);
	station_close(&s);
}

/* A silent writer loses its place to the next that writes; its connection stays. */
static void silent_writer(void **state)
{
	(void)state;
	static const uint8_t write_one[] = {0, 1, 0, 0, 0, 6, 1, 6, 0, 7, 0, 1};
	struct station s;
	struct okng_plc_params p = station_params();
	uint8_t got[12];
	p.writer_s = 1;
	station_open(&s, &p);
	int first = bare(&s), second = bare(&s);
	assert_int_equal(send(first, write_one, sizeof write_one, 0), sizeof write_one);
	assert_int_equal(recv(first, got, 12, MSG_WAITALL), 12);
	unsigned refused = 0;
	for (;; refused++) {
		assert_int_equal(send(second, write_one, sizeof write_one, 0), sizeof write_one);
		assert_int_equal(recv(second, got, 9, MSG_WAITALL), 9);
		if (got[7] == 6)
			break;
		assert_int_equal(got[7], 0x86);
		assert_int_equal(got[8], 6);
	}
	assert_true(refused > 0);
	assert_true(served(first));
	close(first);
	close(second);
	station_close(&s);
}

static void port_in_use(void **state)
{
	struct station *s = *state;
	struct okng_plc_params p = station_params();
	struct okng_plc *plc;
	char why[200] = "";
	p.port = okng_plc_port(s->plc);
	assert_int_equal(okng_plc_open(&plc, &p, 1, station_handlers(), why, sizeof why), -EADDRINUSE);
	assert_null(plc);
	assert_non_null(strstr(why, "listen"));
	p.port = 0;
	strcpy(p.bind, "localhost"); /* numeric only */
	assert_int_equal(okng_plc_open(&plc, &p, 1, station_handlers(), why, sizeof why), -EINVAL);
}

static int open_station(void **state)
{
	static struct station s;
	struct okng_plc_params p = station_params();
	station_open(&s, &p);
	*state = &s;
	return 0;
}

static int close_station(void **state)
{
	station_close(*state);
	return 0;
}

int main(void)
{
#define ON_STATION(test) cmocka_unit_test_setup_teardown(test, open_station, close_station)
	const struct CMUnitTest tests[] = {
		ON_STATION(garbage), ON_STATION(pieces), ON_STATION(storm), ON_STATION(too_many), ON_STATION(slow_reader),
		cmocka_unit_test(silence), cmocka_unit_test(silent_writer), ON_STATION(port_in_use),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
