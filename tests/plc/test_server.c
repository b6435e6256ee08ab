/* SPDX-License-Identifier: Apache-2.0
 *
 * The server over real sockets: libmodbus as the honest client, bare sockets as the others. Waiting is always for an
 * event of the peer, never for time.
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
#include <modbus.h>

#include "plc/regmap.h"
#include "tests/plc/station.h"

static modbus_t *client(const struct station *s)
{
	modbus_t *m = modbus_new_tcp("127.0.0.1", okng_plc_port(s->plc));
	assert_non_null(m);
	modbus_set_response_timeout(m, 20, 0);
	if (modbus_connect(m) != 0)
		fail_msg("connect: %s", modbus_strerror(errno));
	return m;
}

static void hang_up(modbus_t *m)
{
	modbus_close(m);
	modbus_free(m);
}

static int bare(const struct station *s)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(okng_plc_port(s->plc)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	const struct timeval patience = {.tv_sec = 20};
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
	return fd;
}

/* The server closes: end of file or a reset, not our patience. */
static void assert_closed(int fd)
{
	char rest[4096];
	ssize_t n;
	while ((n = recv(fd, rest, sizeof rest, 0)) > 0)
		;
	assert_true(n == 0 || errno == ECONNRESET);
	close(fd);
}

/* Reads blocks until one echoes trig. The last block is left in in. */
static void await_echo(modbus_t *m, uint16_t trig, uint16_t in[48])
{
	do {
		assert_int_equal(modbus_read_input_registers(m, 16, 48, in), 48);
		assert_int_equal(in[0], in[47]);
	} while (in[1] != trig);
}

static void every_function(void **state)
{
	struct station *s = *state;
	modbus_t *m = client(s);
	uint8_t bits[32];
	uint16_t r[125], w[2] = {7, 8};
	assert_int_equal(modbus_read_bits(m, 0, 16, bits), 16);
	assert_int_equal(modbus_read_input_bits(m, 0, 32, bits), 32);
	assert_int_equal(bits[OKNG_DISCRETE_READY], 1);
	assert_int_equal(modbus_read_input_registers(m, 0, 100, r), 100);
	assert_int_equal(r[0], 1);
	assert_int_equal(r[64], 0x1234);
	assert_int_equal(modbus_read_registers(m, 1000, 100, r + 1), 100);
	assert_int_equal(r[65], 0x1234);
	assert_int_equal(modbus_write_bit(m, 6, 1), 1);
	assert_int_equal(modbus_read_registers(m, 0, 1, r), 1);
	assert_int_equal(r[0], 1 << 6);
	assert_int_equal(modbus_write_bits(m, 0, 8, (const uint8_t[8]){0}), 8);
	assert_int_equal(modbus_write_register(m, OKNG_HOLDING_PLC_HEARTBEAT, 5), 1);
	assert_int_equal(modbus_write_registers(m, OKNG_HOLDING_PART_ID, 2, w), 2);
	assert_int_equal(modbus_mask_write_register(m, OKNG_HOLDING_PLC_HEARTBEAT, 0xfff8, 2), 1);
	assert_int_equal(modbus_write_and_read_registers(m, OKNG_HOLDING_PART_ID, 1, w + 1, OKNG_HOLDING_PLC_HEARTBEAT, 4, r), 4);
	assert_int_equal(r[0], 2);
	assert_int_equal(r[3], 8); /* the write came first */
	static const struct {
		int address, count, error;
	} bad[] = {{26, 1, EMBXILADD}, {25, 2, EMBXILADD}, {1099, 2, EMBXILADD}, {100, 1, EMBXILADD}};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(modbus_read_registers(m, bad[i].address, bad[i].count, r), -1);
		assert_int_equal(errno, bad[i].error);
	}
	assert_int_equal(modbus_write_register(m, 1000, 1), -1);
	assert_int_equal(errno, EMBXILADD);
	static const struct {
		int unit, works;
	} units[] = {{1, 1}, {2, 1}, {255, 1}, {3, 0}, {247, 0}};
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		modbus_set_slave(m, units[i].unit);
		assert_int_equal(modbus_read_input_registers(m, 0, 1, r), units[i].works ? 1 : -1);
		if (!units[i].works)
			assert_int_equal(errno, EMBXGTAR);
	}
	hang_up(m);
}

/* 10,000 triggers back to back: each result is read with its own echo and verdict, before the next is asked for. */
static void back_to_back(void **state)
{
	struct station *s = *state;
	modbus_t *m = client(s);
	uint16_t in[48];
	for (unsigned i = 1; i <= 10000; i++) {
		assert_int_equal(modbus_write_register(m, OKNG_HOLDING_TRIG_SEQ, (uint16_t)i), 1);
		await_echo(m, (uint16_t)i, in);
		assert_int_equal(in[3], i % 2 ? 2 : 1);
		assert_int_equal(in[0], i);
	}
	hang_up(m);
	assert_int_equal(station_count(s, &s->accepted), 10000);
	assert_int_equal(station_count(s, &s->refused), 0);
	assert_int_equal(okng_plc_missed(s->plc, 0), 0);
}

/* Faster than the station can answer: what is not accepted is answered as refused or counted, and nothing is lost. */
static void flood(void **state)
{
	struct station *s = *state;
	modbus_t *m = client(s);
	station_hold(s, true);
	for (uint16_t i = 1; i <= 200; i++)
		assert_int_equal(modbus_write_register(m, OKNG_HOLDING_TRIG_SEQ, i), 1);
	assert_int_equal(station_count(s, &s->accepted), 32);
	assert_int_equal(station_count(s, &s->refused), 64);
	assert_int_equal(okng_plc_missed(s->plc, 0), 168);
	station_hold(s, false);
	uint16_t in[48];
	await_echo(m, 96, in);
	assert_int_equal(in[3], 4);
	assert_int_equal(in[4], 25);
	assert_int_equal(modbus_write_register(m, OKNG_HOLDING_TRIG_SEQ, 1000), 1);
	await_echo(m, 1000, in);
	assert_int_equal(in[0], 97);
	hang_up(m);
}

static void two_stations(void **state)
{
	struct station *s = *state;
	modbus_t *a = client(s), *b = client(s);
	uint16_t in[48];
	modbus_set_slave(b, 2);
	for (uint16_t i = 1; i <= 100; i++) {
		assert_int_equal(modbus_write_register(a, OKNG_HOLDING_TRIG_SEQ, i), 1);
		assert_int_equal(modbus_write_register(b, OKNG_HOLDING_TRIG_SEQ, (uint16_t)(1000 + i)), 1);
		await_echo(a, i, in);
		await_echo(b, (uint16_t)(1000 + i), in);
	}
	hang_up(a);
	hang_up(b);
}

static void one_writer(void **state)
{
	struct station *s = *state;
	modbus_t *a = client(s), *b = client(s);
	uint16_t r[1];
	/* A refused request does not take the place. */
	assert_int_equal(modbus_write_register(b, 500, 1), -1);
	assert_int_equal(modbus_write_register(a, OKNG_HOLDING_TRIG_SEQ, 5), 1);
	assert_int_equal(modbus_write_register(b, OKNG_HOLDING_TRIG_SEQ, 6), -1);
	assert_int_equal(errno, EMBXSBUSY);
	assert_int_equal(modbus_read_registers(b, OKNG_HOLDING_TRIG_SEQ, 1, r), 1);
	assert_int_equal(r[0], 5);
	hang_up(a);
	while (modbus_write_register(b, OKNG_HOLDING_TRIG_SEQ, 5) < 0)
		assert_int_equal(errno, EMBXSBUSY); /* until the server saw it go */
	assert_int_equal(station_count(s, &s->accepted), 1); /* a repeat after a reconnect is harmless */
	hang_up(b);
}

static void commands(void **state)
{
	struct station *s = *state;
	modbus_t *m = client(s);
	uint16_t r[3];
	assert_int_equal(modbus_write_registers(m, OKNG_HOLDING_CMD_CODE, 4, (const uint16_t[]){3, 77, 0, 1}), 4);
	do
		assert_int_equal(modbus_read_input_registers(m, OKNG_INPUT_CMD_CODE_ECHO, 3, r), 3);
	while (r[1] != 77);
	assert_int_equal(r[0], 3);
	assert_int_equal(r[2], 0);
	assert_int_equal(s->commands, 1);
	hang_up(m);
}

static void allow_lists(void **state)
{
	(void)state;
	static const struct {
		const char *allow, *write_allow;
		bool connects, writes;
	} cases[] = {
		{"127.0.0.0/8", "127.0.0.1", true, true}, {"127.0.0.1/32", "10.0.0.0/8", true, false}, {"10.0.0.0/8", "", false, false},
		{"::ffff:127.0.0.1", "0.0.0.0/0", true, true}, {"::1", "", false, false},
	};
	static const char *const wrong[] = {"127.0.0.0/33", "127.0.0.0/x", "host", "", "1.2.3.4/", "127.0.0.0/-1", "::/129"};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct station s;
		struct okng_plc_params p = station_params();
		p.n_allow = 1;
		p.n_write_allow = *cases[i].write_allow != 0;
		strcpy(p.allow[0], cases[i].allow);
		strcpy(p.write_allow[0], cases[i].write_allow);
		station_open(&s, &p);
		if (!cases[i].connects) {
			assert_closed(bare(&s));
		} else {
			modbus_t *m = client(&s);
			int n = modbus_write_register(m, OKNG_HOLDING_PLC_HEARTBEAT, 1);
			assert_int_equal(n, cases[i].writes ? 1 : -1);
			if (n < 0)
				assert_int_equal(errno, EMBXILFUN);
			hang_up(m);
		}
		station_close(&s);
	}
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct okng_plc *plc;
		struct okng_plc_params p = station_params();
		char why[200] = "";
		p.n_allow = 1;
		strcpy(p.allow[0], wrong[i]);
		assert_int_equal(okng_plc_open(&plc, &p, 1, station_handlers(), why, sizeof why), -EINVAL);
		assert_null(plc);
		assert_non_null(strstr(why, "address range"));
	}
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
		ON_STATION(every_function), ON_STATION(back_to_back), ON_STATION(flood), ON_STATION(two_stations), ON_STATION(one_writer),
		ON_STATION(commands), cmocka_unit_test(allow_lists),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
