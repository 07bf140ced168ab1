// The official client for Node.js, from npm, against a server: node official.js HOST:PORT

import assert from 'node:assert/strict'
import Aerospike from 'aerospike'

const { Key, operations: op, status } = Aerospike
const SET = 'third-party-node'

const key = new Key('test', SET, 'one')
const missing = new Key('test', SET, 'missing')
const keys = [0, 1, 2].map((n) => new Key('test', SET, n))

const fails = (promise, code) => assert.rejects(promise, (error) => error.code === code)
const codes = (results) => results.map((result) => result.status)

const client = await Aerospike.connect({ hosts: process.argv[2], log: { level: Aerospike.log.OFF } })
try {
  for (const known of [key, ...keys]) {
    await client.remove(known).catch((error) => assert.equal(error.code, status.ERR_RECORD_NOT_FOUND))
  }

  const bins = { i: 42, f: 3.5, s: 'text', b: true, raw: Buffer.from([0, 255]), l: [1, 'two', [3]], m: { a: { b: 1 } } }
  await client.put(key, bins)
  let record = await client.get(key)
  assert.deepEqual({ ...record.bins }, bins)
  assert.equal(record.gen, 1)
  assert.deepEqual({ ...(await client.select(key, ['i'])).bins }, { i: 42 })
  assert.equal(await client.exists(key), true)
  assert.equal(await client.exists(missing), false)
  await fails(client.get(missing), status.ERR_RECORD_NOT_FOUND)

  const { exists, gen } = Aerospike.policy
  await fails(client.put(key, { i: 1 }, {}, { exists: exists.CREATE }), status.ERR_RECORD_EXISTS)
  await fails(client.put(missing, { i: 1 }, {}, { exists: exists.UPDATE }), status.ERR_RECORD_NOT_FOUND)
  await fails(client.put(key, { i: 1 }, { gen: 9 }, { gen: gen.EQ }), status.ERR_RECORD_GENERATION)
  await client.put(key, { i: 43 }, { gen: 1 }, { gen: gen.EQ })
  assert.equal((await client.get(key)).gen, 2)

  await client.put(key, { i: 44 }, { ttl: 1000 })
  record = await client.get(key)
  assert.ok(record.ttl >= 990 && record.ttl <= 1000, `ttl ${record.ttl}`)
  await client.operate(key, [op.touch(2000)])
  record = await client.get(key)
  assert.ok(record.ttl >= 1990 && record.ttl <= 2000, `ttl ${record.ttl}`)

  record = await client.operate(key, [op.incr('i', 6), op.append('s', '!'), op.prepend('s', '¡'), op.read('i'), op.read('s')])
  assert.deepEqual({ ...record.bins }, { i: 50, s: '¡text!' })

  const { BATCH_READ, BATCH_WRITE, BATCH_REMOVE } = Aerospike.batchType
  const writes = keys.map((k) => ({ type: BATCH_WRITE, key: k, ops: [op.write('n', k.key), op.incr('views', 1)] }))
  assert.deepEqual(codes(await client.batchWrite(writes)), [0, 0, 0])
  const reads = [...keys, missing].map((k) => ({ type: BATCH_READ, key: k, readAllBins: true }))
  const rows = await client.batchRead(reads)
  assert.deepEqual(codes(rows), [0, 0, 0, status.ERR_RECORD_NOT_FOUND])
  assert.deepEqual(rows.slice(0, 3).map((row) => row.record.bins.n), [0, 1, 2])
  const removes = keys.map((k) => ({ type: BATCH_REMOVE, key: k }))
  assert.deepEqual(codes(await client.batchWrite(removes)), [0, 0, 0])

  await client.remove(key)
  await fails(client.remove(key), status.ERR_RECORD_NOT_FOUND)
  console.log('aerospike for Node.js: all as on the real server')
} finally {
  client.close()
}
