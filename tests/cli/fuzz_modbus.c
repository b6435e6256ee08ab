/* SPDX-License-Identifier: Apache-2.0
 *
 * Whatever a server answers, the command's client ends each call with data of the size asked for, an exception or an
 * error, and after an error it is closed. The first byte chooses the calls; the rest is what the server sends.
 */
#include <assert.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/modbus.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int call(struct okng_modbus *m, unsigned which)
{
	uint16_t words[126], written[2] = { 7, 9 };
	uint32_t bits = 0;
	int code;

	memset(words, 0xee, sizeof(words));
	switch (which & 3) {
	case 0:
		code = okng_modbus_read_words(m, OKNG_TABLE_INPUT, 0, 100, words);
		assert(words[100] == 0xeeee && (code == 0 || words[0] == 0xeeee));
		return code;
	case 1:
		code = okng_modbus_read_bits(m, OKNG_TABLE_DISCRETE, 0, 20, &bits);
		assert(bits >> 20 == 0 && (code == 0 || bits == 0));
		return code;
	case 2:
		return okng_modbus_write_words(m, 1, which & 4 ? 2 : 1, written);
	default:
		return okng_modbus_write_coil(m, 1, which & 4);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct okng_modbus m;
	int pair[2], code = 0;

	if (size < 1 || size > 8192 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair))
		return 0;
	memset(&m, 0, sizeof(m));
	m.fd = pair[0];
	m.unit = 1;
	m.response_ms = 1000;
	assert(size == 1 || send(pair[1], data + 1, size - 1, MSG_NOSIGNAL) == (ssize_t)(size - 1));
	shutdown(pair[1], SHUT_WR); /* so that no call has to wait */
	for (unsigned i = 0; i < 64 && code >= 0; i++) {
		code = call(&m, data[0] >> i % 6);
		assert(code < 256);
	}
	assert(code < 0 || m.transaction == 64);
	okng_modbus_close(&m);
	assert(m.fd == -1);
	close(pair[1]);
	return 0;
}
