// The clock, faults, nodes, the journal, snapshots and fixtures, with a client.

import assert from 'node:assert/strict'
import fs from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import test from 'node:test'
import { AssertionError, Server } from 'spikelet'
import { Key, connect, status } from './client.mjs'

const code = (code) => (error) => (assert.equal(error.code, code, String(error)), true)

async function start(t, options) {
  const server = await Server.start(options)
  t.after(() => server.close())
  return server
}

test('records expire when the clock advances', async (t) => {
  const server = await start(t)
  const client = await connect(t, server)
  const key = new Key('test', 'sessions', 's1')
  server.clock.freeze()
  assert.equal(server.clock.isFrozen, true)
  const before = server.clock.now
  await client.put(key, { user: 'Alice' }, { ttl: 300 })
  assert.equal(server.record('test', 'sessions', 's1').ttl, 300)

  server.clock.advance({ minutes: 4, seconds: 60 })
  assert.equal(server.clock.now.getTime(), before.getTime() + 300_000)
  assert.equal((await client.get(key)).bins.user, 'Alice')

  server.clock.advance(1000)
  await assert.rejects(client.get(key), code(status.ERR_RECORD_NOT_FOUND))
  assert.equal(server.record('test', 'sessions', 's1'), null)
})

test('the clock is set, resumed and reset', async (t) => {
  const { clock } = await start(t)
  const date = new Date('2030-01-01T00:00:00Z')
  clock.freeze()
  clock.set(date)
  assert.deepEqual(clock.now, date)
  clock.set(date.getTime() + 1)
  assert.equal(clock.now - date, 1)
  clock.resume()
  assert.equal(clock.isFrozen, false)
  assert.ok(clock.now >= date)
  clock.reset()
  assert.ok(Math.abs(clock.now - Date.now()) < 10_000)
  for (const wrong of [-1, NaN, '5', {}.x, { weeks: 1 }]) assert.throws(() => clock.advance(wrong), { name: 'ArgumentError' })
  for (const wrong of [new Date(NaN), '2030', undefined]) assert.throws(() => clock.set(wrong), { name: 'ArgumentError' })
})

test('expired records are removed by nsup', async (t) => {
  const server = await start(t, { namespaces: [{ name: 'test', defaultTtl: 10, nsupPeriod: 0 }] })
  server.insert('test', '', 1, { a: 1 })
  server.clock.advance({ seconds: 20 })
  assert.equal(server.count(), 0)
  assert.deepEqual([server.runNsup(), server.runNsup()], [1, 0])
})

test('a fault replies with a result code, as often as it may', async (t) => {
  const server = await start(t)
  const client = await connect(t, server)
  const once = { maxRetries: 0 }
  const fault = server.faults.on('write', { set: 'demo' }).times(2).result(18)
  await client.put(new Key('test', 'other', 1), { a: 1 }, {}, once)
  for (let n = 0; n < 2; n++) {
    await assert.rejects(client.put(new Key('test', 'demo', 1), { a: 1 }, {}, once), code(status.ERR_DEVICE_OVERLOAD))
  }
  await client.put(new Key('test', 'demo', 1), { a: 1 }, {}, once)
  assert.deepEqual([fault.fired, fault.matched], [2, 2])
  assert.equal(String(fault), `id=${fault.id}:command=write:set=demo:times=2:result=18`)

  const named = server.faults.on('read').key(1).set('demo').result('KEY_BUSY')
  await assert.rejects(client.get(new Key('test', 'demo', 1), once), code(14))
  named.remove()
  await client.get(new Key('test', 'demo', 1), once)
})

test('every reaction can be armed', async (t) => {
  const server = await start(t)
  const on = () => server.faults.on('delete').namespace('test').node('A1').nth(2).times(1).probability(0.5, 7)
  const faults = [
    on().result(5),
    on().deviceOverload(),
    on().keyBusy(),
    on().delay({ seconds: 1 }),
    on().ignore(),
    on().cutBefore(),
    on().cutAfter(),
    on().silenceAfter(),
    on().truncate(10),
    on().stall(12),
    on().corrupt(),
    on().refuseConnections()
  ]
  const reactions = faults.map((fault) => /seed=7:times=1:(.*)$/.exec(String(fault))?.[1])
  assert.deepEqual(reactions, [
    'result=5',
    'result=18',
    'result=14',
    'delay-ms=1000',
    'reaction=ignore',
    'reaction=cut-before',
    'reaction=cut-after',
    'reaction=silence-after',
    'reaction=truncate:bytes=10',
    'reaction=stall:bytes=12',
    'reaction=corrupt',
    'reaction=refuse-connections'
  ])
  assert.deepEqual(server.faults.list().map(({ id }) => id), faults.map(({ id }) => id))
  faults[0].remove()
  assert.equal(server.faults.list().length, faults.length - 1)
  server.faults.clear()
  assert.deepEqual(server.faults.list(), [])
  for (const [wrong, message] of [
    [() => server.faults.on('put').keyBusy(), /command.*any, everything, read.*'put'/],
    [() => server.faults.on('write', { sets: 'x' }).keyBusy(), /unknown parameter of a fault 'sets': did you mean 'set'\?/],
    [() => server.faults.on('write', 'demo'), /selector: expected an object, got "demo"/],
    [() => server.faults.on('write').result(300), /result.*300/],
    [() => server.faults.on('write').result('NO_SUCH'), /NO_SUCH/],
    [() => server.faults.on('write').probability(2).keyBusy(), /probability.*2/],
    [() => server.faults.on('write').digest('abc').keyBusy(), /digest.*abc/],
    [() => server.faults.on('write').times(-1).keyBusy(), /times: expected an integer from 1, got -1/]
  ]) {
    assert.throws(wrong, { name: 'ArgumentError', message }, String(wrong))
  }
  assert.deepEqual(server.faults.list(), [])
})

test('a write whose reply is lost was executed', async (t) => {
  const server = await start(t)
  const client = await connect(t, server)
  const key = new Key('test', 'demo', 1)
  server.faults.on('write').times(1).silenceAfter()
  const policy = { maxRetries: 0, totalTimeout: 200, socketTimeout: 200 }
  await assert.rejects(client.put(key, { a: 1 }, {}, policy), (error) => {
    assert.equal(error.code, status.ERR_TIMEOUT)
    assert.equal(error.inDoubt, true)
    return true
  })
  assert.equal(server.record('test', 'demo', 1).bins.a, 1)
})

test('a fault that must fire throws if it never did', async (t) => {
  const server = await start(t)
  const client = await connect(t, server)
  const unused = server.faults.on('write', { set: 'demo' }).keyBusy().mustFire()
  assert.throws(() => unused[Symbol.dispose](), (error) => {
    assert.ok(error instanceof AssertionError)
    assert.equal(error.code, 'ERR_SPIKELET_ASSERTION')
    assert.match(error.message, /^the fault never fired: no request matched it \(id=1:command=write:set=demo:/)
    assert.match(error.message, /the fault was armed here\n.*controls\.test\.mjs/)
    return true
  })
  assert.deepEqual(server.faults.list(), [])
  unused.check()

  const late = server.faults.on('write').nth(2).keyBusy().mustFire()
  await client.put(new Key('test', 'demo', 1), { a: 1 })
  assert.throws(() => late.check(), /it fired on none of the 1 requests that it matched/)

  const used = server.faults.on('read').keyBusy().mustFire()
  await assert.rejects(client.get(new Key('test', 'demo', 1), { maxRetries: 0 }), code(14))
  assert.equal(used.fired, 1)
  used.check()
})

test('partitions are unavailable or dead by the roster', async (t) => {
  const namespaces = [{ name: 'test', strongConsistency: true, replicationFactor: 2 }]
  const server = await start(t, { nodes: 3, edition: 'enterprise', namespaces, withoutRosters: true })
  assert.deepEqual(server.roster('test'), [])
  assert.deepEqual(server.outage('B1', 'test'), { unavailable: 4096, dead: 0 })
  server.setRoster('test', ['B1', 'B2', 'B3'])
  assert.deepEqual(server.roster('test'), ['B3', 'B2', 'B1'])
  server.killTogether(['B1', 'B2'])
  server.restart('B1')
  server.restart('B2')
  assert.ok(server.outage('B3', 'test').dead > 1000)
  server.revive('test')
  assert.deepEqual(server.outage('B3', 'test'), { unavailable: 0, dead: 0 })
  assert.throws(() => server.revive('bar'), /no namespace 'bar' with strong-consistency/)
})

test('a killed node is replaced by its copies', async (t) => {
  const server = await start(t, { nodes: 3, replicationFactor: 2 })
  const client = await connect(t, server, { tenderInterval: 250 })
  const keys = Array.from({ length: 30 }, (_, n) => new Key('test', 'demo', n))
  await Promise.all(keys.map((key) => client.put(key, { a: 1 })))
  server.kill('B2')
  assert.deepEqual(server.nodes.map(({ state }) => state), ['up', 'down', 'up'])
  assert.equal(server.count(), 30)
  const read = await Promise.all(keys.map((key) => client.get(key, { maxRetries: 20, sleepBetweenRetries: 50, totalTimeout: 5000 })))
  assert.equal(read.length, 30)
  server.restart(0xb2)
  assert.equal(server.addNode(), 'B4')
  server.quiesce('B1')
  assert.deepEqual(server.nodes.map(({ id, state }) => `${id} ${state}`), ['B1 quiesced', 'B2 up', 'B3 up', 'B4 up'])
  server.quiesceUndo('B1')
  for (const [wrong, message] of [
    [() => server.kill('B9'), /B9/],
    [() => server.restart('B1'), /B1/]
  ]) {
    assert.throws(wrong, { name: 'TopologyError', code: 'ERR_SPIKELET_TOPOLOGY', message })
  }
})

test('a partitioned network heals', async (t) => {
  const server = await start(t, { nodes: 3, replicationFactor: 2 })
  server.partition('B1', ['B2', 'B3'])
  assert.deepEqual(server.subclusters.map((ids) => ids.length).sort(), [1, 2])
  server.insert('test', 'demo', 1, { a: 1 })
  assert.equal(server.recordAt('B1', 'test', 'demo', 1).bins.a, 1)
  assert.equal(server.recordAt('B3', 'test', 'demo', 1), null)
  server.heal()
  assert.equal(server.recordAt('B3', 'test', 'demo', 1).bins.a, 1)
  assert.throws(() => server.partition(['B1'], ['B1']), { name: 'TopologyError' })
})

test('slow migrations wait', async (t) => {
  const server = await start(t, { nodes: 2, replicationFactor: 2, slowMigrations: true })
  server.addNode()
  assert.ok(server.migrate(10) > 0)
  server.migrate()
  assert.equal(server.migrate(), 0)
})

test('nodes announce other addresses', async (t) => {
  const server = await start(t, { nodes: 2 })
  server.advertise('B1', '10.0.0.1:3000')
  server.advertiseAlternate('B2', '10.0.0.2:3000')
  const client = await connect(t, await start(t))
  assert.ok(client.isConnected())
  assert.throws(() => server.advertise('B1', 'nowhere'), { name: 'ArgumentError', message: /nowhere/ })
  server.advertise('B1', null)
})

test('the journal has the requests with their outcomes', async (t) => {
  const server = await start(t, { journal: 100 })
  const client = await connect(t, server)
  const key = new Key('test', 'demo', 'user1')
  await client.put(key, { name: 'Alice', n: 5n }, { ttl: 60 })
  await client.get(key)
  await client.remove(key)

  assert.deepEqual([...server.journal].map(({ command }) => command), ['write', 'read', 'delete'])
  const entry = server.journal.writes().last()
  assert.equal(entry.namespace, 'test')
  assert.equal(entry.set, 'demo')
  assert.equal(entry.digest.length, 20)
  assert.deepEqual(entry.operations.map(({ name, bin, value }) => [name, bin, value]), [['write', 'name', 'Alice'], ['write', 'n', 5]])
  assert.equal(entry.policies.ttl, 60)
  assert.equal(entry.ended, 'answered')
  assert.equal(entry.result, 0)
  assert.equal(entry.node, 'A1')
  assert.ok(entry.time instanceof Date)
  assert.match(String(entry), /^#\d+ .*write.*"Alice"/)
  assert.equal(server.journal.toString().trim().split('\n').length, 3)
  assert.equal(server.journal.filter({ command: 'read', key: 'user1', set: 'demo', result: 'OK' }).count(), 1)
  assert.equal(server.journal.since(server.journal.nextNumber).count(), 0)
  assert.equal(server.journal.set('other').count(), 0)
  assert.equal(server.journal.digest(entry.digest).count(), 3)

  server.journal.assertCount(3)
  server.journal.set('demo').assertSequence(['write', ['read', 'user1'], { command: 'delete', result: 0 }])
  assert.throws(() => server.journal.writes().assertCount(2), {
    name: 'AssertionError',
    message: /^expected 2 × write, found 1\nthe last 3 of 3 entries:\n {2}#/
  })
  assert.throws(() => server.journal.assertSequence(['write', ['read', 'user2'], 'delete']), (error) => {
    assert.equal(error.code, 'ERR_SPIKELET_ASSERTION')
    assert.match(error.message, /! expected read key "user2"\n {5}found #/)
    return true
  })
  server.journal.clear()
  server.journal.assertCount(0)
})

test('waiting for the journal leaves the event loop free', async (t) => {
  const server = await start(t, { journal: 100 })
  const client = await connect(t, server)
  let ticks = 0
  const timer = setInterval(() => ticks++, 5)
  t.after(() => clearInterval(timer))
  setTimeout(() => client.put(new Key('test', 'demo', 1), { a: 1 }), 100)
  const entries = await server.journal.writes().set('demo').waitFor(1)
  assert.equal(entries.length, 1)
  assert.ok(ticks >= 5, `${ticks} ticks`)

  await assert.rejects(server.journal.writes().waitFor(2, { timeout: 50 }), {
    name: 'TimeoutError',
    message: /^expected 2 × write within 50ms, found 1\nthe last/
  })
  await assert.rejects(server.journal.waitFor(1, { time: 5 }), { name: 'ArgumentError', message: "unknown option 'time': expected timeout" })
  const waiting = assert.rejects(server.journal.waitFor(99, { timeout: { minutes: 5 } }), { name: 'ClosedError' })
  await server.close()
  await waiting
})

test('a hundred waits at once do not get in the way of files', async (t) => {
  const server = await start(t, { journal: 100 })
  const waits = Array.from({ length: 100 }, () => server.journal.writes().waitFor(1, { timeout: 10_000 }))
  await fs.readFile(new URL(import.meta.url))
  const client = await connect(t, server)
  await client.put(new Key('test', 'demo', 1), { a: 1 })
  assert.equal((await Promise.all(waits)).length, 100)
})

test('a server without a journal says so', async (t) => {
  const { journal } = await start(t, { journal: false })
  for (const use of [() => journal.count(), () => journal.assertCount(0), () => journal.assertSequence([])]) {
    assert.throws(use, { name: 'ArgumentError', message: /keeps no journal/ })
  }
  await assert.rejects(journal.waitFor(1), { name: 'ArgumentError', message: /keeps no journal/ })
})

test('a batch is one entry with rows', async (t) => {
  const server = await start(t, { journal: 100 })
  const client = await connect(t, server)
  server.insert('test', 'demo', 1, { a: 1 })
  await client.batchRead([{ key: new Key('test', 'demo', 1), readAllBins: true }, { key: new Key('test', 'demo', 2), readAllBins: true }])
  const [entry] = server.journal.command('batch').entries()
  assert.deepEqual(entry.rows.map(({ index, command, set, result }) => [index, command, set, result]), [[0, 'read', 'demo', 0], [1, 'read', 'demo', 2]])
})

test('snapshots are restored, also into another server', async (t) => {
  const server = await start(t)
  server.insert('test', 'demo', 1, { name: 'Alice' })
  const snapshot = server.snapshot()
  assert.equal(snapshot.records, 1)
  server.insert('test', 'demo', 2, { name: 'Bob' })
  server.restore(snapshot)
  assert.deepEqual(server.records().map(({ key }) => key), [1])
  server.reset()
  assert.equal(server.count(), 0)
  const other = await start(t)
  other.restore(snapshot)
  assert.equal(other.record('test', 'demo', 1).bins.name, 'Alice')
  const third = await start(t, { namespaces: ['elsewhere'] })
  assert.throws(() => third.restore(snapshot), { name: 'RestoreError', code: 'ERR_SPIKELET_RESTORE', message: /namespace/ })
  assert.throws(() => server.restore({}), { name: 'ArgumentError', message: /server\.snapshot\(\)/ })
})

test('fixtures are loaded and saved', async (t) => {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'spikelet-'))
  t.after(() => fs.rm(folder, { recursive: true }))
  const document = { namespaces: { test: { records: [{ set: 'users', key: 'alice', bins: { age: 30 } }] } } }
  const file = path.join(folder, 'users.json')
  await fs.writeFile(file, JSON.stringify(document))

  for (const fixture of [document, file, pathToFileURL(file), Buffer.from(JSON.stringify(document))]) {
    const server = await start(t, { fixtures: [fixture] })
    assert.equal(server.record('test', 'users', 'alice').bins.age, 30)
  }
  const server = await start(t)
  assert.deepEqual(await server.load(document), { records: 1, expired: 0, indexes: 0, modules: 0 })
  assert.deepEqual(server.fixture().namespaces.test.records[0].bins, { age: 30 })
  await server.saveJson(path.join(folder, 'saved.json'))
  await server.saveBackup('test', path.join(folder, 'saved.asb'))
  for (const saved of ['saved.json', 'saved.asb']) {
    const other = await start(t)
    assert.equal((await other.load(path.join(folder, saved))).records, 1)
  }

  const wrong = [
    [path.join(folder, 'absent.json'), /absent\.json/],
    [Buffer.from('{"namespaces": {'), /./],
    [{ namespaces: { nowhere: { records: [{ key: 1, bins: { a: 1 } }] } } }, /nowhere/]
  ]
  for (const [fixture, message] of wrong) {
    await assert.rejects(server.load(fixture), { name: 'FixtureError', code: 'ERR_SPIKELET_FIXTURE', message })
  }
  await assert.rejects(server.load({ records: [] }), { name: 'FixtureError', message: /records/ })
  await assert.rejects(server.load(5), { name: 'ArgumentError', message: /fixture: expected an object, got 5/ })
  await assert.rejects(Server.start({ fixtures: [path.join(folder, 'absent.json')] }), { name: 'FixtureError' })
  await assert.rejects(server.saveJson(path.join(folder, 'no', 'such', 'folder.json')), { name: 'FixtureError', message: /folder\.json/ })
})

test('clients control a server that allows it', async (t) => {
  const server = await start(t, { controls: true })
  const client = await connect(t, server)
  server.clock.freeze()
  const before = server.clock.now
  assert.match(await client.infoAny('spikelet/clock/advance:ms=5000'), /ok|\t/)
  assert.equal(server.clock.now - before, 5000)
})
