// Values and keys, to and from the server.

import assert from 'node:assert/strict'
import test from 'node:test'
import { Double, GeoJSON, HyperLogLog, Server } from 'spikelet'
import { Aerospike, Key, connect } from './client.mjs'

const server = Server.startSync()
test.after(() => server.close())

const roundTrip = (value) => {
  server.insert('test', 'values', 'k', { value })
  return server.record('test', 'values', 'k').bins.value
}

test('values come back as they were written', () => {
  const values = [
    true,
    0,
    -1,
    Number.MAX_SAFE_INTEGER,
    2n ** 63n - 1n,
    -(2n ** 63n),
    1.5,
    -1e300,
    'text',
    '',
    'ä\0🙂',
    Buffer.from([0, 255]),
    [],
    [1, 'two', [3, null]],
    {},
    { a: { b: [1.5, { c: Buffer.from('x') }] } },
    new Map([[1, 'one'], ['two', 2]]),
    new GeoJSON({ type: 'Point', coordinates: [1.5, 2] })
  ]
  for (const value of values) assert.deepEqual(roundTrip(value), value)
})

test('numbers and bigints that are safe integers are the same', () => {
  assert.equal(roundTrip(5n), 5)
  assert.equal(roundTrip(new Double(2)), 2)
  assert.ok(Object.is(roundTrip(-0), -0))
  assert.ok(Number.isNaN(roundTrip(NaN)))
  assert.equal(roundTrip(Infinity), Infinity)
  assert.deepEqual(roundTrip(new Uint8Array([1, 2])), Buffer.from([1, 2]))
})

test('a map with a key that objects cannot have is a Map', () => {
  const read = roundTrip(new Map([['__proto__', 1]]))
  assert.ok(read instanceof Map)
  assert.equal(read.get('__proto__'), 1)
  assert.equal({}.polluted, undefined)
})

test('the client reads what was inserted, and the other way round', async (t) => {
  const client = await connect(t, server)
  const bins = { i: 42, big: 2n ** 60n, f: 1.5, d: new Double(1), s: 'text', b: true, raw: Buffer.from([0]), l: [1, 'x'], m: { a: 1 } }
  server.insert('test', 'values', 'client', bins)
  const key = new Key('test', 'values', 'client')
  const read = await client.get(key)
  assert.deepEqual({ ...read.bins }, { ...bins, d: 1 })

  const geo = new Aerospike.GeoJSON({ type: 'Point', coordinates: [1, 2] })
  await client.put(key, { d: new Aerospike.Double(3), geo, i: 7 })
  const record = server.record('test', 'values', 'client')
  assert.equal(record.bins.d, 3)
  assert.deepEqual(record.bins.geo.toJSON(), { type: 'Point', coordinates: [1, 2] })

  // The client's own classes can be inserted, too. An integer can be added to d only if it is a double.
  server.insert('test', 'values', 'client', { d: new Aerospike.Double(3), geo })
  await client.add(key, { d: new Aerospike.Double(0.5) })
  assert.equal(server.record('test', 'values', 'client').bins.d, 3.5)
})

test('a HyperLogLog is copied', async (t) => {
  const client = await connect(t, server)
  const key = new Key('test', 'values', 'hll')
  await client.operate(key, [Aerospike.hll.add('h', ['a', 'b', 'c'], 8)])
  const { h } = server.record('test', 'values', 'hll')?.bins ?? server.records().find(({ bins }) => bins.h).bins
  assert.ok(h instanceof HyperLogLog)
  server.insert('test', 'values', 'copy', { h })
  const { bins } = await client.operate(new Key('test', 'values', 'copy'), [Aerospike.hll.getCount('h')])
  assert.equal(bins.h, 3)
})

test('keys of every type are different', () => {
  server.truncate()
  for (const key of ['1', 1, Buffer.from('1'), 2n ** 62n]) server.insert('test', 'keys', key, { of: typeof key })
  assert.equal(server.count(), 4)
  assert.equal(server.record('test', 'keys', '1').bins.of, 'string')
  assert.equal(server.record('test', 'keys', 1).bins.of, 'number')
  assert.equal(server.record('test', 'keys', 2n ** 62n).key, 2n ** 62n)
  assert.deepEqual(server.record('test', 'keys', Buffer.from('1')).key, Buffer.from('1'))
  assert.equal(server.record('test', 'keys', 'absent'), null)
})

test('what is no value is refused, with the place where it is', () => {
  const circular = []
  circular.push(circular)
  const wrong = [
    [{ a: Symbol('x') }, /bins\.a: a symbol is not a value/],
    [{ a: () => 1 }, /bins\.a: a function is not a value/],
    [{ a: [1, { b: new Date() }] }, /bins\.a\[1\]\.b: an object of class Date is not a value/],
    [{ a: 2 ** 60 }, /bins\.a: the number 1152921504606847000 is above Number\.MAX_SAFE_INTEGER: write a bigint/],
    [{ a: 2n ** 63n }, /bins\.a: 9223372036854775808 does not fit into 64 bits/],
    [{ a: 'x\ud800' }, /bins\.a: a string with a lone surrogate is not Unicode: "x\\ud800"/],
    [{ a: circular }, /nested more than 256 deep, or an object that contains itself/],
    [[1], /bins: expected an object/],
    ['a', /bins: expected an object/]
  ]
  for (const [bins, message] of wrong) {
    assert.throws(() => server.insert('test', 'values', 'k', bins), { name: 'ArgumentError', message })
  }
  for (const key of [1.5, null, undefined, {}, true]) {
    assert.throws(() => server.record('test', 'values', key), { name: 'ArgumentError', message: /key: expected a key: a string, an integer or bytes/ })
  }
  assert.throws(() => server.record(1, 'values', 'k'), { name: 'ArgumentError', message: /namespace: expected a string, got 1/ })
})

test('a record has bins', () => {
  assert.throws(() => server.insert('test', 'demo', 1, {}), { name: 'ArgumentError', message: /at least one bin/ })
})

test('what the server refuses has its result code', () => {
  const refused = [
    [['nowhere', 'demo', 1, { a: 1 }], 20],
    [['test', 'demo', 1, { 'a-name-of-more-than-15-bytes': 1 }], 21],
    [['test', 'demo', 1, { a: 'x'.repeat(9 << 20) }], 13]
  ]
  for (const [parameters, resultCode] of refused) {
    assert.throws(() => server.insert(...parameters), { name: 'RefusedError', code: 'ERR_SPIKELET_REFUSED', resultCode })
  }
  assert.throws(() => server.insert('nowhere', '', 1, { a: 1 }), /there is no namespace 'nowhere': the server has test, bar/)
})
