/* SPDX-License-Identifier: Apache-2.0
 *
 * modbus_receive and modbus_reply, as their manual pages show them; select for many clients, for that is what the library
 * offers.
 */
#include <errno.h>
#include <modbus.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/libmodbus.h"

struct server {
	modbus_t *modbus;
	modbus_mapping_t *map;
	int listen_fd;
	pthread_t thread;
};

static void answer(struct server *s, int *fd)
{
	uint8_t query[MODBUS_TCP_MAX_ADU_LENGTH];
	modbus_set_socket(s->modbus, *fd);
	int n = modbus_receive(s->modbus, query);
	if (n > 0) {
		modbus_reply(s->modbus, query, n, s->map);
	} else if (n < 0) {
		close(*fd);
		*fd = -1;
	}
}

static int take(struct server *s)
{
	const int on = 1;
	int fd = accept(s->listen_fd, NULL, NULL);
	if (fd >= 0)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	return fd;
}

static void *serve_one(void *arg)
{
	struct server *s = arg;
	for (int fd; (fd = take(s)) >= 0;)
		while (fd >= 0)
			answer(s, &fd);
	return NULL;
}

static void *serve_many(void *arg)
{
	struct server *s = arg;
	fd_set all;
	int most = s->listen_fd;
	FD_ZERO(&all);
	FD_SET(s->listen_fd, &all);
	for (;;) {
		fd_set ready = all;
		if (select(most + 1, &ready, NULL, NULL, NULL) < 0)
			return NULL;
		for (int fd = 0; fd <= most; fd++) {
			if (!FD_ISSET(fd, &ready))
				continue;
			int client = fd == s->listen_fd ? take(s) : fd;
			if (client < 0)
				return NULL;
			if (fd == s->listen_fd) {
				FD_SET(client, &all);
				most = client > most ? client : most;
				continue;
			}
			answer(s, &client);
			if (client < 0)
				FD_CLR(fd, &all);
		}
	}
}

static void close_server(void **server)
{
	struct server *s = *server;
	*server = NULL;
	if (!s)
		return;
	shutdown(s->listen_fd, SHUT_RDWR); /* accept fails, the thread ends */
	pthread_join(s->thread, NULL);
	close(s->listen_fd);
	modbus_mapping_free(s->map);
	modbus_free(s->modbus);
	free(s);
}

static int open_server(void **server, uint16_t *port, int clients)
{
	struct sockaddr_in at;
	socklen_t size = sizeof at;
	struct server *s = calloc(1, sizeof *s);
	*server = NULL;
	if (!s)
		return -ENOMEM;
	s->modbus = modbus_new_tcp("127.0.0.1", 0);
	s->map = modbus_mapping_new(16, 32, 26, 100);
	s->listen_fd = s->modbus && s->map ? modbus_tcp_listen(s->modbus, 64) : -1;
	int r = s->listen_fd < 0 ? -EIO : getsockname(s->listen_fd, (struct sockaddr *)&at, &size) < 0 ? -errno : 0;
	if (r == 0)
		r = -pthread_create(&s->thread, NULL, clients == 1 ? serve_one : serve_many, s);
	if (r < 0) {
		if (s->listen_fd >= 0)
			close(s->listen_fd);
		modbus_mapping_free(s->map);
		modbus_free(s->modbus);
		free(s);
		return r;
	}
	*port = ntohs(at.sin_port);
	*server = s;
	return 0;
}

__attribute__((visibility("default"))) extern const struct okng_bench_libmodbus okng_bench_libmodbus;
const struct okng_bench_libmodbus okng_bench_libmodbus = {.version = LIBMODBUS_VERSION_STRING, .open = open_server, .close = close_server};
