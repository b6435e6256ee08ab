/* SPDX-License-Identifier: Apache-2.0
 *
 * What a serial line can bring: bytes in pieces with silences between them, to the server's reader and to the master's. The
 * first byte cuts. What is found must be a frame: within the reader, with a right CRC before it was taken.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "plc/rtu.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct okng_rtu *r, const struct okng_rtu_frame *f)
{
	assert(f->size >= 1 && f->size <= OKNG_PDU_MAX);
	assert(f->pdu > r->bytes && f->pdu + f->size + 2 <= r->bytes + sizeof r->bytes);
	uint16_t crc = okng_rtu_crc(f->pdu - 1, f->size + 1);
	assert(f->pdu[f->size] == (crc & 0xff) && f->pdu[f->size + 1] == crc >> 8);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct okng_rtu server, master;
	struct okng_rtu_frame f;
	if (size == 0)
		return 0;
	size_t chunk = data[0] % 64 + 1u;
	uint8_t function = data[0] & 0x80 ? 3 : 16;
	okng_rtu_clear(&server);
	okng_rtu_clear(&master);
	for (size_t at = 1; at < size;) {
		size_t n = size - at < chunk ? size - at : chunk;
		if (data[at] & 1) /* what comes next begins as its echo, or does not */
			okng_rtu_sent(&master, data + at, n < 5 ? n : 5);
		okng_rtu_put(&server, data + at, n);
		okng_rtu_put(&master, data + at, n);
		at += n;
		unsigned found = 0;
		while (okng_rtu_request(&server, 1, 2, &f)) {
			assert(f.unit <= 2 && ++found <= sizeof server.bytes / 4);
			check(&server, &f);
		}
		if (okng_rtu_answer(&master, 1, function, &f)) {
			assert(f.unit == 1 && (f.pdu[0] & 0x7f) == function);
			check(&master, &f);
		}
		assert(server.n <= sizeof server.bytes && master.n <= sizeof master.bytes);
	}
	return 0;
}
