/* SPDX-License-Identifier: Apache-2.0
 *
 * Both servers run all the time; turns of some requests go to one and the other, the order changing from round to round, so
 * that a machine that is busy elsewhere is busy for both. The client is the same plain socket for both.
 */
#include "bench/plc.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "bench/task.h"
#include "plc/plc.h"
#include "plc/regmap.h"

#define WORKERS 2
#define CLIENTS_MAX 32
#define TURN 100         /* requests of one side before the other's */
#define SAMPLES_MAX 2000000

const char *const okng_bench_plc_names[] = {"plc_read", "plc_write", "plc_rate_1", "plc_rate_32", "plc_verdict", NULL};

static const uint8_t read_block[] = {0, 1, 0, 0, 0, 6, 1, 4, 0, OKNG_MAP_BLOCK, 0, OKNG_MAP_BLOCK_END - OKNG_MAP_BLOCK};
static const uint8_t write_beat[] = {0, 1, 0, 0, 0, 6, 1, 6, 0, OKNG_HOLDING_PLC_HEARTBEAT, 0, 1};
#define ANSWER_MAX 260

/* --- two workers at full load --- */

struct load {
	struct okng_bench_task task;
	struct okng_inspector *inspector[WORKERS];
	pthread_t thread[WORKERS];
	int running;
	atomic_bool over;
	atomic_int bad;
};

struct worker {
	struct load *load;
	int index;
};

static void *work(void *arg)
{
	struct worker w = *(struct worker *)arg;
	struct okng_result *result = malloc(sizeof *result);
	free(arg);
	while (result && !atomic_load(&w.load->over)) {
		okng_inspector_run(w.load->inspector[w.index], &w.load->task.scene.frame, result);
		atomic_fetch_add(&w.load->bad, result->verdict != OKNG_NG);
	}
	free(result);
	return NULL;
}

static void load_stop(struct load *l)
{
	atomic_store(&l->over, true);
	for (int i = 0; i < l->running; i++)
		pthread_join(l->thread[i], NULL);
	for (int i = 0; i < WORKERS; i++)
		okng_inspector_close(&l->inspector[i]);
	okng_bench_task_finish(&l->task);
}

static int load_start(struct load *l, const struct okng_bench_setup *setup, struct okng_error *err)
{
	const struct okng_bench_view view = {.width = setup->width, .height = setup->height, .pose = {.dx = -4.2, .dy = 9.7, .angle = -1.1},
		.blobs = OKNG_BENCH_BLOBS, .shaded = true, .seed = 2};
	struct okng_recipe recipe;
	memset(l, 0, sizeof *l);
	int rc = okng_bench_task_init(&l->task, &view);
	if (rc == 0)
		okng_bench_task_recipe(&l->task, &recipe);
	for (int i = 0; rc == 0 && i < WORKERS; i++) {
		struct worker *w = malloc(sizeof *w);
		rc = w ? okng_inspector_open(&l->inspector[i], &recipe, l->task.model, &(struct okng_optics){.flat = &l->task.scene.flat}, 0, 0, err) : -ENOMEM;
		if (rc == 0) {
			*w = (struct worker){l, i};
			rc = -pthread_create(&l->thread[i], NULL, work, w);
		}
		l->running += rc == 0;
		if (rc < 0)
			free(w);
	}
	return rc;
}

/* --- a client --- */

static int dial(uint16_t port)
{
	const struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	const struct timeval patience = {.tv_sec = 20};
	const int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof to) == 0 &&
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0 &&
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0)
		return fd;
	int rc = -errno;
	if (fd >= 0)
		close(fd);
	return rc;
}

static size_t answer_size(const uint8_t *request)
{
	return request[7] == 4 ? 9 + 2 * (size_t)request[11] : 12;
}

static int receive(int fd, const uint8_t *request, uint8_t *answer)
{
	size_t want = answer_size(request);
	ssize_t n = recv(fd, answer, want, MSG_WAITALL);
	return n < 0 ? -errno : n == (ssize_t)want && answer[7] == request[7] ? 0 : -EPROTO;
}

static int ask(int fd, const uint8_t *request, uint8_t *answer)
{
	return send(fd, request, 12, MSG_NOSIGNAL) == 12 ? receive(fd, request, answer) : -EIO;
}

/* --- both servers --- */

struct side {
	int fd[CLIENTS_MAX];
	uint16_t port;
	double *ms;      /* samples */
	int n;
	double seconds;  /* spent in the last turn */
	double round[OKNG_BENCH_ROUNDS_MAX]; /* each turn's median, ms, or rate */
};

struct bench {
	const struct okng_bench_libmodbus *libmodbus;
	struct okng_plc *plc;
	void *bare;
	int clients;
	struct side side[2]; /* ours, libmodbus's */
	int sides;
};

static void on_trigger(void *user, int unit, const struct okng_plc_trigger *trigger)
{
	(void)user, (void)unit, (void)trigger;
}

static void on_command(void *user, int unit, uint16_t code, uint16_t id, uint32_t args)
{
	(void)user, (void)unit, (void)code, (void)id, (void)args;
}

static void bench_close(struct bench *b)
{
	for (int s = 0; s < 2; s++) {
		for (int i = 0; i < CLIENTS_MAX; i++)
			if (b->side[s].fd[i] >= 0)
				close(b->side[s].fd[i]);
		free(b->side[s].ms);
	}
	okng_plc_close(&b->plc);
	if (b->libmodbus)
		b->libmodbus->close(&b->bare);
}

static int bench_open(struct bench *b, const struct okng_bench_libmodbus *libmodbus, int clients, struct okng_error *err)
{
	const struct okng_plc_params params = {.enabled = true, .bind = "127.0.0.1", .clients = CLIENTS_MAX};
	const struct okng_plc_handlers handlers = {.trigger = on_trigger, .command = on_command};
	const struct okng_plc_status up = {.online = 1, .camera_ok = 1, .recipe_ok = 1, .room = 8};
	char why[200] = "";
	memset(b, 0, sizeof *b);
	b->libmodbus = libmodbus;
	b->clients = clients;
	b->sides = libmodbus ? 2 : 1;
	for (int i = 0; i < CLIENTS_MAX; i++)
		b->side[0].fd[i] = b->side[1].fd[i] = -1;
	int rc = okng_plc_open(&b->plc, &params, 1, &handlers, why, sizeof why);
	if (rc < 0)
		return okng_error_set(err, rc, "", 0, "plc", "%s", why);
	okng_plc_set_status(b->plc, 0, &up);
	b->side[0].port = okng_plc_port(b->plc);
	if (libmodbus)
		rc = libmodbus->open(&b->bare, &b->side[1].port, clients);
	for (int s = 0; rc == 0 && s < b->sides; s++) {
		b->side[s].ms = malloc(SAMPLES_MAX * sizeof(double));
		rc = b->side[s].ms ? 0 : -ENOMEM;
		for (int i = 0; rc == 0 && i < clients; i++) {
			int fd = dial(b->side[s].port);
			b->side[s].fd[i] = fd;
			rc = fd < 0 ? fd : 0;
		}
	}
	return rc < 0 ? okng_error_set(err, rc, "", 0, "plc", "the servers do not come up: %s", strerror(-rc)) : 0;
}

/* One after the other on one connection; each is a sample. */
static int turn_single(struct side *s, const uint8_t *request)
{
	uint8_t answer[ANSWER_MAX];
	int64_t before = okng_bench_now();
	for (int i = 0; i < TURN && s->n < SAMPLES_MAX; i++) {
		int rc = ask(s->fd[0], request, answer);
		if (rc < 0)
			return rc;
		int64_t now = okng_bench_now();
		s->ms[s->n++] = (double)(now - before) * 1e-6;
		before = now;
	}
	return 0;
}

/* Every connection has one request under way until its share is done. */
static int turn_many(struct side *s, const uint8_t *request, int clients)
{
	struct pollfd fds[CLIENTS_MAX];
	uint8_t answer[ANSWER_MAX];
	int left[CLIENTS_MAX], open = clients;
	int64_t began = okng_bench_now();
	for (int i = 0; i < clients; i++) {
		left[i] = TURN - 1;
		fds[i] = (struct pollfd){.fd = s->fd[i], .events = POLLIN};
		if (send(s->fd[i], request, 12, MSG_NOSIGNAL) != 12)
			return -EIO;
	}
	while (open) {
		if (poll(fds, (nfds_t)clients, 20000) <= 0)
			return -ETIMEDOUT;
		for (int i = 0; i < clients; i++) {
			if (!fds[i].revents)
				continue;
			int rc = receive(s->fd[i], request, answer);
			if (rc == 0 && left[i] > 0 && send(s->fd[i], request, 12, MSG_NOSIGNAL) != 12)
				rc = -EIO;
			if (rc < 0)
				return rc;
			if (left[i]-- == 0) {
				fds[i].fd = -1;
				open--;
			}
		}
	}
	s->seconds = (double)(okng_bench_now() - began) * 1e-9;
	return 0;
}

static void conclude(struct bench *b, int rounds, bool rates, struct okng_bench_plc_row *row)
{
	static double ratio[OKNG_BENCH_ROUNDS_MAX];
	double *of[2][3] = {{&row->ms, &row->p99_ms, &row->per_s}, {&row->libmodbus_ms, &row->libmodbus_p99_ms, &row->libmodbus_per_s}};
	for (int i = 0; b->sides == 2 && i < rounds; i++)
		ratio[i] = rates ? b->side[0].round[i] / b->side[1].round[i] : b->side[1].round[i] / b->side[0].round[i];
	if (b->sides == 2) {
		row->spread = okng_bench_spread(ratio, rounds);
		row->ratio = okng_bench_quantile(ratio, rounds, 0.5);
	}
	for (int s = 0; s < b->sides; s++) {
		struct side *x = &b->side[s];
		if (rates) {
			*of[s][2] = okng_bench_quantile(x->round, rounds, 0.5);
			continue;
		}
		*of[s][0] = okng_bench_quantile(x->ms, x->n, 0.5);
		*of[s][1] = okng_bench_quantile(x->ms, x->n, 0.99);
	}
	row->rounds = rounds;
	row->requests = rates ? rounds * TURN * b->clients : b->side[0].n;
	row->p99_ratio = row->p99_ms / row->libmodbus_p99_ms;
}

static double turn_median(const struct side *s)
{
	double ms[TURN];
	int n = s->n < TURN ? s->n : TURN;
	memcpy(ms, s->ms + s->n - n, (size_t)n * sizeof *ms);
	return okng_bench_quantile(ms, n, 0.5);
}

static int measure(struct bench *b, const struct okng_bench_setup *setup, const uint8_t *request, bool rates, struct okng_bench_plc_row *row)
{
	int64_t end = okng_bench_now() + (int64_t)(setup->seconds * 1e9);
	int rounds = 0;
	while (rounds < OKNG_BENCH_ROUNDS_MAX && (rounds < setup->rounds || okng_bench_now() < end)) {
		for (int i = 0; i < b->sides; i++) {
			struct side *s = &b->side[(i + rounds) % b->sides];
			int rc = rates ? turn_many(s, request, b->clients) : turn_single(s, request);
			if (rc < 0)
				return rc;
			s->round[rounds] = rates ? TURN * b->clients / s->seconds : turn_median(s);
		}
		rounds++;
	}
	conclude(b, rounds, rates, row);
	return 0;
}

/* --- from the verdict to the register --- */

struct poller {
	int fd, rc;
	sem_t news;
	unsigned seen;   /* the newest SEQ_HEAD; read after news */
	int64_t seen_ns; /* when it was there */
	atomic_bool over;
};

static void *poll_block(void *arg)
{
	struct poller *p = arg;
	uint8_t answer[ANSWER_MAX];
	while (!atomic_load(&p->over) && (p->rc = ask(p->fd, read_block, answer)) == 0) {
		unsigned head = (unsigned)answer[9] << 8 | answer[10];
		if (head != p->seen) {
			p->seen_ns = okng_bench_now();
			p->seen = head;
			sem_post(&p->news);
		}
	}
	atomic_store(&p->over, true);
	sem_post(&p->news);
	return NULL;
}

/* A PLC polls without pause; each verdict is published when the one before was read. */
static int measure_verdict(struct bench *b, const struct okng_bench_setup *setup, struct okng_bench_plc_row *row)
{
	struct poller p = {.fd = b->side[0].fd[0]};
	struct side *s = &b->side[0];
	pthread_t thread;
	int64_t end = okng_bench_now() + (int64_t)(setup->seconds * 1e9);
	sem_init(&p.news, 0, 0);
	int rc = -pthread_create(&thread, NULL, poll_block, &p);
	if (rc < 0)
		return rc;
	while (s->n < SAMPLES_MAX && (s->n < setup->rounds || okng_bench_now() < end) && !atomic_load(&p.over)) {
		struct okng_plc_result r = {.seq = (uint16_t)(s->n % UINT16_MAX + 1), .verdict = OKNG_PLC_VERDICT_NG, .reason = 1};
		int64_t at = okng_bench_now();
		okng_plc_publish(b->plc, 0, &r);
		while (sem_wait(&p.news) < 0)
			;
		if (!atomic_load(&p.over) && p.seen != r.seq)
			p.rc = -EPROTO;
		s->ms[s->n++] = (double)(p.seen_ns - at) * 1e-6;
	}
	atomic_store(&p.over, true);
	pthread_join(thread, NULL);
	sem_destroy(&p.news);
	row->ms = okng_bench_quantile(s->ms, s->n, 0.5);
	row->p99_ms = okng_bench_quantile(s->ms, s->n, 0.99);
	row->requests = s->n;
	return p.rc;
}

int okng_bench_plc_run(const struct okng_bench_setup *setup, const struct okng_bench_libmodbus *libmodbus, const char *name,
	struct okng_bench_plc_row *row, struct okng_error *err)
{
	static const char *const whats[] = {"request to response: the result block, 48 input registers", "request to response: one register written",
		"the result block read by 1 client", "the result block read by 32 clients", "verdict published to response with it, polled without pause"};
	static const bool loaded[] = {true, true, false, false, true};
	int i = 0;
	while (okng_bench_plc_names[i] && strcmp(okng_bench_plc_names[i], name) != 0)
		i++;
	if (!okng_bench_plc_names[i])
		return okng_error_set(err, -EINVAL, "", 0, name, "there is no such benchmark");
	*row = (struct okng_bench_plc_row){.name = okng_bench_plc_names[i], .what = whats[i], .ms = NAN, .p99_ms = NAN, .libmodbus_ms = NAN,
		.libmodbus_p99_ms = NAN, .ratio = NAN, .p99_ratio = NAN, .spread = NAN, .per_s = NAN, .libmodbus_per_s = NAN, .clients = i == 3 ? CLIENTS_MAX : 1,
		.workers = loaded[i] ? WORKERS : 0};
	struct load *load = loaded[i] ? calloc(1, sizeof *load) : NULL;
	struct bench *b = calloc(1, sizeof *b);
	int rc = b && (load || !loaded[i]) ? 0 : -ENOMEM;
	bool opened = rc == 0;
	if (rc == 0)
		rc = bench_open(b, i == 4 ? NULL : libmodbus, row->clients, err);
	if (rc == 0 && load)
		rc = load_start(load, setup, err);
	if (rc == 0) {
		rc = i == 4 ? measure_verdict(b, setup, row) : measure(b, setup, i == 1 ? write_beat : read_block, i == 2 || i == 3, row);
		if (rc < 0)
			okng_error_set(err, rc, "", 0, name, "a server answers wrongly or not at all: %s", strerror(-rc));
	}
	if (rc == 0 && load && atomic_load(&load->bad))
		rc = okng_error_set(err, -EPROTO, "", 0, name, "%d parts with defects were not NG", atomic_load(&load->bad));
	if (load)
		load_stop(load);
	if (opened)
		bench_close(b);
	free(load);
	free(b);
	return rc;
}
