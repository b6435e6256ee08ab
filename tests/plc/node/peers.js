// SPDX-License-Identifier: Apache-2.0
//
// modbus-serial and jsmodbus against a running station of the tests: peers.js PORT ORDER, ORDER 0 to 3 as in
// enum okng_word_order. Ends with 0, or says what was not as it should be.
"use strict";
const assert = require("assert");
const net = require("net");
const ModbusRTU = require("modbus-serial");
const jsmodbus = require("jsmodbus");

const port = Number(process.argv[2]), order = Number(process.argv[3]);
const D = { READY: 0, TRIG_ACK: 2, EXPOSURE_DONE: 3, VALID: 5, OK: 6, NG: 7 };

async function serial(unit = 1) {
  const c = new ModbusRTU();
  await c.connectTCP("127.0.0.1", { port });
  c.setID(unit);
  c.setTimeout(20000);
  return c;
}

// A value of 32 bits from two registers, as a PLC of this word order has it.
function bytes(words) {
  const [first, second] = order & 1 ? [words[1], words[0]] : words;
  const b = Buffer.alloc(4);
  b.writeUInt16BE(first, 0);
  b.writeUInt16BE(second, 2);
  return order & 2 ? b.swap16() : b;
}

async function refused(code, request) {
  try {
    await request;
  } catch (e) {
    const got = e.modbusCode !== undefined ? e.modbusCode : e.response && e.response.body && e.response.body.code;
    assert.strictEqual(got, code, String(e && e.message));
    return;
  }
  assert.fail("was not refused with " + code);
}

async function functions() {
  const c = await serial();
  const test = (await c.readInputRegisters(64, 6)).data;
  assert.strictEqual(bytes(test.slice(0, 2)).readUInt32BE(0), 0x12345678);
  assert(Math.abs(bytes(test.slice(2, 4)).readFloatBE(0) - 123.45) < 1e-5);
  assert.strictEqual((await c.readCoils(0, 16)).data.slice(0, 16).some(Boolean), false);
  assert.strictEqual((await c.readDiscreteInputs(0, 32)).data[D.READY], true);
  await c.writeCoil(6, true);
  assert.deepStrictEqual((await c.readHoldingRegisters(0, 1)).data, [0x40]);
  await c.writeCoils(0, [false, false, false, false, false, false, false, false]);
  await c.writeRegister(7, 0x1234);
  await c.maskWriteRegister(7, 0xff00, 0x0055);
  await c.writeRegisters(10, Array.from({ length: 16 }, (_, i) => 0x4141 + i));
  assert.deepStrictEqual((await c.readHoldingRegisters(7, 1)).data, [0x1255]);
  assert.deepStrictEqual((await c.readWriteRegisters(7, 3, 9, 1, [5000])).data, [0x1255, 0, 5000]);
  for (let n = 1; n <= 100; n++) {
    const a = (await c.readInputRegisters(100 - n, n)).data, b = (await c.readHoldingRegisters(1100 - n, n)).data;
    assert.strictEqual(a.length, n);
    assert.strictEqual(b.length, n);
  }
  for (let n = 1; n <= 26; n++)
    assert.strictEqual((await c.readHoldingRegisters(26 - n, n)).data.length, n);
  await refused(2, c.readInputRegisters(0, 101));
  await refused(2, c.readInputRegisters(0, 125));
  await refused(3, c.readInputRegisters(0, 126));
  await refused(2, c.readHoldingRegisters(0, 27));
  await refused(2, c.readHoldingRegisters(100, 2));
  await refused(2, c.writeRegisters(100, [0, 0]));
  await refused(2, c.writeRegisters(20, new Array(123).fill(0)));
  await refused(2, c.readCoils(0, 17));
  await refused(3, c.readCoils(0, 2001));
  await refused(2, c.readDiscreteInputs(1, 32));
  await refused(2, c.writeCoils(9, new Array(8).fill(true)));
  await refused(1, c.readDeviceIdentification(1, 0));
  const nobody = await serial(9);
  await refused(11, nobody.readInputRegisters(0, 1));
  const other = await serial();
  await refused(6, other.writeRegister(7, 1));
  await new Promise((done) => nobody.close(done));
  await new Promise((done) => other.close(done));
  await new Promise((done) => c.close(done));
}

// The place of the writer is free as soon as the station saw the one before go.
async function until(what) {
  for (;;) {
    try {
      return await what();
    } catch (e) {
      if (e.modbusCode !== 6 && !(e.response && e.response.body && e.response.body.code === 6)) throw e;
    }
  }
}

async function sequence() {
  const c = await serial();
  for (let n = 1; n <= 100; n++) {
    await until(() => c.writeRegister(1, n));
    for (;;) {
      const b = (await c.readInputRegisters(16, 48)).data;
      assert.strictEqual(b[0], b[47]);
      if (b[1] !== n) continue;
      assert.strictEqual(b[3], n % 2 ? 2 : 1);
      break;
    }
  }
  await new Promise((done) => c.close(done));
}

function js() {
  return new Promise((resolve, reject) => {
    const socket = new net.Socket(), client = new jsmodbus.client.TCP(socket, 1, 20000);
    socket.on("error", reject);
    socket.connect({ host: "127.0.0.1", port }, () => resolve({ socket, client }));
  });
}

async function bit(client, n) {
  return (await client.readDiscreteInputs(n, 1)).response.body.valuesAsArray[0] === 1;
}

async function bitStyle() {
  const { socket, client } = await js();
  await until(() => client.writeSingleCoil(0, true));
  for (let n = 0; n < 20; n++) {
    while (!(await bit(client, D.READY)));
    await client.writeSingleCoil(1, true);
    assert(await bit(client, D.TRIG_ACK));
    await client.writeSingleCoil(1, false);
    for (const wanted of [D.EXPOSURE_DONE, D.VALID]) while (!(await bit(client, wanted)));
    assert.deepStrictEqual([await bit(client, D.OK), await bit(client, D.NG)], [true, false]);
    await client.writeSingleCoil(2, true);
    assert.strictEqual(await bit(client, D.VALID), false);
    await client.writeSingleCoil(2, false);
  }
  await client.writeMultipleCoils(0, [false, false, false]);
  await client.writeMultipleRegisters(10, [0x3031, 0x3233]);
  assert.deepStrictEqual((await client.readHoldingRegisters(10, 2)).response.body.valuesAsArray, [0x3031, 0x3233]);
  await client.writeSingleRegister(7, 77);
  assert.strictEqual((await client.readCoils(0, 8)).response.body.valuesAsArray.slice(0, 8).some(Boolean), false);
  const test = (await client.readInputRegisters(64, 2)).response.body.valuesAsArray;
  assert.strictEqual(bytes(test).readUInt32BE(0), 0x12345678);
  await refused(2, client.readInputRegisters(90, 11));
  // Many asked at once on one connection: each gets its own answer.
  const many = await Promise.all(Array.from({ length: 50 }, (_, i) => client.readHoldingRegisters(10 + (i % 2), 1)));
  many.forEach((m, i) => assert.strictEqual(m.response.body.valuesAsArray[0], i % 2 ? 0x3233 : 0x3031));
  socket.end();
  await new Promise((done) => socket.on("close", done));
}

// One writes, the others read: nobody ever sees half a block.
async function crowd() {
  const readers = await Promise.all(Array.from({ length: 31 }, () => serial()));
  let busy = true, reads = 0;
  const reading = readers.map(async (c) => {
    while (busy) {
      const b = (await c.readInputRegisters(16, 48)).data;
      assert.strictEqual(b[0], b[47]);
      assert(b[0] === 0 ? b.every((w) => w === 0) : [1, 2, 4].includes(b[3]));
      reads++;
    }
  });
  await sequence();
  busy = false;
  await Promise.all(reading);
  assert(reads > 31);
  await Promise.all(readers.map((c) => new Promise((done) => c.close(done))));
}

(async () => {
  await functions();
  await sequence();
  await bitStyle();
  await crowd();
})().then(() => process.exit(0), (e) => {
  console.error(e);
  process.exit(1);
});
