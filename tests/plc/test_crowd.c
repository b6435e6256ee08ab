/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests of every size over real sockets, transaction ids used again and again, and 32 clients at once: one that writes,
 * readers, one that reads slowly, one that sends halves and garbage, one that only connects and leaves.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#include "plc/regmap.h"
#include "tests/plc/station.h"

#define CLIENTS 32
#define PARTS 2000

static int dial(const struct station *s)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(okng_plc_port(s->plc)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	const struct timeval patience = {.tv_sec = 60};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Sends a PDU with this transaction id. */
static bool put(int fd, uint16_t id, const uint8_t *pdu, size_t size)
{
	uint8_t adu[260] = {(uint8_t)(id >> 8), (uint8_t)(id & 0xff), 0, 0, (uint8_t)((size + 1) >> 8), (uint8_t)((size + 1) & 0xff), 1};
	memcpy(adu + 7, pdu, size);
	return send(fd, adu, size + 7, MSG_NOSIGNAL) == (ssize_t)(size + 7);
}

/* The next answer's PDU size, 0: the connection is gone or the answer broken. */
static size_t get(int fd, uint16_t *id, uint8_t pdu[253])
{
	uint8_t head[7];
	if (recv(fd, head, 7, MSG_WAITALL) != 7 || head[2] || head[3] || head[4] || head[5] < 2 || head[6] != 1)
		return 0;
	*id = (uint16_t)(head[0] << 8 | head[1]);
	size_t size = head[5] - 1u;
	return recv(fd, pdu, size, MSG_WAITALL) == (ssize_t)size ? size : 0;
}

/* -1: broken; else the exception, 0 none, and the PDU in answer. */
static int ask(int fd, const uint8_t *pdu, size_t size, uint8_t answer[253], size_t *n)
{
	static _Thread_local uint16_t ids;
	uint16_t id;
	if (!put(fd, ++ids, pdu, size) || !(*n = get(fd, &id, answer)) || id != ids || (answer[0] & 0x7f) != pdu[0])
		return -1;
	return answer[0] & 0x80 ? *n == 2 ? answer[1] : -1 : 0;
}

/* What the specification says, from the map alone. */
static int expected(unsigned function, unsigned at, unsigned count)
{
	static const unsigned most[] = {0, 2000, 2000, 125, 125}, room[] = {0, OKNG_MAP_COILS, OKNG_MAP_DISCRETES, OKNG_MAP_HOLDINGS, OKNG_MAP_INPUTS};
	if (count == 0 || count > most[function])
		return 3;
	bool copy = function == 3 && at >= OKNG_MAP_COPY && at + count <= OKNG_MAP_COPY + OKNG_MAP_INPUTS;
	return copy || at + count <= room[function] ? 0 : 2;
}

static void every_size(void **state)
{
	struct station *s = *state;
	static const unsigned starts[] = {0, 1, 15, 16, 17, 25, 26, 31, 99, 100, 101, 999, 1000, 1001, 1099, 1100, 32768, 65535};
	int fd = dial(s);
	uint8_t answer[253];
	size_t n;
	for (unsigned function = 1; function <= 4; function++)
		for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
			for (unsigned count = 0; count <= 260; count++) {
				unsigned asked = count < 200 ? count : count == 260 ? 65535 : count - 200 + 1960; /* also around 2000 bits */
				const uint8_t pdu[] = {(uint8_t)function, (uint8_t)(starts[i] >> 8), (uint8_t)starts[i], (uint8_t)(asked >> 8), (uint8_t)asked};
				int want = expected(function, starts[i], asked), r = ask(fd, pdu, sizeof pdu, answer, &n);
				if (r != want)
					fail_msg("function %u, %u from %u: %d, not %d", function, asked, starts[i], r, want);
				if (r == 0)
					assert_int_equal(n, 2 + (function <= 2 ? (asked + 7) / 8 : 2 * asked));
			}
	/* Writes: up to the limit of the PDU, in and beyond the map. */
	for (unsigned count = 0; count <= 124; count++) {
		uint8_t pdu[253] = {16, 0, OKNG_HOLDING_PART_ID, 0, (uint8_t)count, (uint8_t)(2 * count)};
		int want = count == 0 || count > 123 ? 3 : count > 16 ? 2 : 0;
		if (count > 123)
			continue; /* would not fit */
		assert_int_equal(ask(fd, pdu, 6 + 2 * count, answer, &n), want);
	}
	for (unsigned count = 1; count <= 1968; count++) {
		uint8_t pdu[253] = {15, 0, 0, (uint8_t)(count >> 8), (uint8_t)count, (uint8_t)((count + 7) / 8)};
		assert_int_equal(ask(fd, pdu, 6 + (count + 7) / 8, answer, &n), count > 16 ? 2 : 0);
	}
	close(fd);
}

/* The same id for every request, and ids that jump: each answer carries its own request's, in order. */
static void ids_again(void **state)
{
	struct station *s = *state;
	static const uint16_t ids[] = {7, 7, 7, 0, 65535, 7, 0, 0};
	int fd = dial(s);
	uint8_t answer[253];
	uint16_t id;
	for (int round = 0; round < 100; round++) {
		for (uint8_t i = 0; i < 8; i++)
			assert_true(put(fd, ids[i], (const uint8_t[]){4, 0, 64, 0, (uint8_t)(1 + i)}, 5));
		for (uint8_t i = 0; i < 8; i++) {
			assert_int_equal(get(fd, &id, answer), 4 + 2 * i);
			assert_int_equal(id, ids[i]);
			assert_int_equal(answer[2], 0x12);
		}
	}
	/* A trigger with the id of the one before is still a trigger: ids mean nothing to the handshake. */
	for (uint8_t i = 1; i <= 3; i++) {
		assert_true(put(fd, 9, (const uint8_t[]){6, 0, OKNG_HOLDING_TRIG_SEQ, 0, i}, 5));
		assert_int_equal(get(fd, &id, answer), 5);
	}
	assert_int_equal(s->accepted, 3);
	close(fd);
}

struct crowd {
	struct station *s;
	atomic_bool over;
	atomic_int broken, reads, dials;
};

static void *reader(void *arg)
{
	struct crowd *c = arg;
	static const uint8_t block[] = {4, 0, OKNG_MAP_BLOCK, 0, OKNG_MAP_BLOCK_END - OKNG_MAP_BLOCK};
	int fd = dial(c->s);
	uint16_t last = 0;
	while (fd >= 0 && !atomic_load(&c->over)) {
		uint8_t a[253];
		size_t n;
		bool good = ask(fd, block, sizeof block, a, &n) == 0 && n == 2 + 96;
		uint16_t head = good ? (uint16_t)(a[2] << 8 | a[3]) : 0, echo = good ? (uint16_t)(a[4] << 8 | a[5]) : 0;
		uint16_t tail = good ? (uint16_t)(a[96] << 8 | a[97]) : 0, verdict = good ? (uint16_t)(a[8] << 8 | a[9]) : 0;
		good = good && head == tail && (head == 0 ? verdict == 0 && echo == 0 : head >= last && verdict == (echo % 2 ? 2 : 1));
		last = head ? head : last;
		atomic_fetch_add(good ? &c->reads : &c->broken, 1);
		if (!good)
			break;
	}
	close(fd);
	return NULL;
}

/* Sends a hundred requests before it reads their answers, a few bytes at a time. */
static void *slow(void *arg)
{
	struct crowd *c = arg;
	int fd = dial(c->s);
	uint8_t some[3];
	while (fd >= 0 && !atomic_load(&c->over)) {
		for (int i = 0; i < 20; i++)
			put(fd, (uint16_t)i, (const uint8_t[]){4, 0, 0, 0, 100}, 5);
		for (size_t left = 20 * 209; left;) {
			ssize_t n = recv(fd, some, left < sizeof some ? left : sizeof some, 0);
			if (n <= 0) {
				atomic_fetch_add(&c->broken, 1);
				close(fd);
				return NULL;
			}
			left -= (size_t)n;
		}
	}
	close(fd);
	return NULL;
}

/* Connects and leaves: at once, after half a request, after garbage, after a request whose answer it does not take. */
static void *storm(void *arg)
{
	struct crowd *c = arg;
	static const uint8_t request[] = {0, 1, 0, 0, 0, 6, 1, 4, 0, 0, 0, 100};
	for (unsigned i = 0; !atomic_load(&c->over); i++) {
		int fd = dial(c->s);
		uint8_t junk[64];
		memset(junk, (int)(i * 37), sizeof junk);
		if (i % 4 == 1)
			send(fd, request, i % 12, MSG_NOSIGNAL);
		else if (i % 4 == 2)
			send(fd, junk, sizeof junk, MSG_NOSIGNAL);
		else if (i % 4 == 3)
			send(fd, request, sizeof request, MSG_NOSIGNAL);
		close(fd);
		atomic_fetch_add(&c->dials, 1);
	}
	return NULL;
}

static void crowd(void **state)
{
	struct crowd c = {.s = *state};
	pthread_t threads[CLIENTS - 1];
	for (int i = 0; i < CLIENTS - 1; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, i == 0 ? storm : i == 1 ? slow : reader, &c), 0);
	int fd = dial(c.s);
	assert_true(fd >= 0);
	uint8_t a[253];
	size_t n;
	unsigned part = 0;
	/* At least so many parts, and until everyone had a hand in. */
	while (++part < 60000 && !atomic_load(&c.broken) && (part <= PARTS || atomic_load(&c.reads) < 50 * CLIENTS || atomic_load(&c.dials) < 50)) {
		const uint8_t trigger[] = {6, 0, OKNG_HOLDING_TRIG_SEQ, (uint8_t)(part >> 8), (uint8_t)part};
		static const uint8_t block[] = {4, 0, OKNG_MAP_BLOCK, 0, 4};
		assert_int_equal(ask(fd, trigger, sizeof trigger, a, &n), 0);
		do
			assert_int_equal(ask(fd, block, sizeof block, a, &n), 0);
		while ((unsigned)(a[4] << 8 | a[5]) != part);
		assert_int_equal(a[9], part % 2 ? 2 : 1);
	}
	atomic_store(&c.over, true);
	for (int i = 0; i < CLIENTS - 1; i++)
		pthread_join(threads[i], NULL);
	close(fd);
	assert_int_equal(atomic_load(&c.broken), 0);
	assert_int_equal(c.s->accepted, part - 1);
	assert_int_equal(c.s->refused, 0);
	assert_true(atomic_load(&c.reads) >= 50 * CLIENTS && atomic_load(&c.dials) >= 50);
}

static int open_station(void **state)
{
	static struct station s;
	struct okng_plc_params p = station_params();
	p.clients = 64; /* the storm's connections linger for a moment */
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
	const struct CMUnitTest tests[] = {ON_STATION(every_size), ON_STATION(ids_again), ON_STATION(crowd)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
