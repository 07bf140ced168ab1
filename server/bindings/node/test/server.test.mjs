// Starting, configuring and closing servers.

import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import net from 'node:net'
import test from 'node:test'
import tls from 'node:tls'
import * as spikelet from 'spikelet'
import { Server } from 'spikelet'
import { Aerospike, Key, connect } from './client.mjs'

const isListening = (port) =>
  new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.end(() => resolve(true)))
    socket.on('error', () => resolve(false))
  })

test('a client connects to each form of the address', async (t) => {
  const server = await Server.start({ nodes: 2 })
  t.after(() => server.close())
  assert.match(server.hosts, /^127\.0\.0\.1:\d+,127\.0\.0\.1:\d+$/)
  assert.deepEqual(server.addresses[0], { addr: '127.0.0.1', port: server.port })
  for (const hosts of [server.hosts, `${server.host}:${server.port}`, server.addresses]) {
    const client = await Aerospike.connect({ hosts, log: { level: Aerospike.log.OFF } })
    await client.put(new Key('test', 'demo', 1), { a: 1 })
    client.close()
  }
})

test('options reach the server', async (t) => {
  const options = {
    nodes: 3,
    nodeId: 0xc1,
    replicationFactor: 2,
    racks: [1, 2],
    clusterName: 'staging',
    version: '7.0.0.0',
    edition: 'community',
    namespaces: ['one', { name: 'two', defaultTtl: { hours: 1 }, nsupPeriod: 120, parameters: { 'stop-writes-sys-memory-pct': 80 }, conflictResolutionPolicy: 'last-update-time' }]
  }
  const server = await Server.start(options)
  t.after(() => server.close())
  assert.deepEqual(server.nodes.map(({ id, rack, state }) => [id, rack, state]), [['C1', 1, 'up'], ['C2', 2, 'up'], ['C3', 0, 'up']])
  assert.deepEqual(server.snapshot().namespaces, ['one', 'two'])
  server.insert('two', null, 'a', { a: 1 })
  assert.equal(server.record('two', null, 'a').ttl, 3600)
  const client = await connect(t, server, { clusterName: 'staging' })
  assert.match(await client.infoAny('build'), /7\.0\.0\.0/)
  const parameters = await client.infoAny('get-config:context=namespace;id=two')
  assert.match(parameters, /stop-writes-sys-memory-pct=80/)
})

test('a port that is in use is named', async () => {
  const server = Server.startSync()
  await assert.rejects(Server.start({ port: server.port }), (error) => {
    assert.ok(error instanceof spikelet.StartError && error instanceof spikelet.SpikeletError)
    assert.equal(error.code, 'ERR_SPIKELET_START')
    assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${server.port}`))
    return true
  })
  server.closeSync()
})

test('wrong options are refused, with what is wrong', async () => {
  const wrong = [
    [{ node: 3 }, /unknown option 'node': did you mean 'nodes'\?/],
    [{ default_ttl: 3 }, /unknown option 'default_ttl': there is nothing of a similar name/],
    [{ nodes: 0 }, /nodes: expected an integer from 1 to 64, got 0/],
    [{ nodes: '3' }, /nodes: expected an integer from 1 to 64, got '3' \(a string\)/],
    [{ host: 'localhost' }, /host: expected an IP address of this machine, got 'localhost'/],
    [{ host: 1 }, /host: expected a string, got 1 \(an integer\)/],
    [{ port: 70000 }, /port: expected an integer from 0 to 65535, got 70000/],
    [{ namespaces: 'test' }, /namespaces: expected a list of names/],
    [{ namespaces: [] }, /namespaces: expected at least one namespace/],
    [{ namespaces: [{ name: 'a', ttl: 1 }] }, /unknown parameter of a namespace 'ttl'/],
    [{ namespaces: [{}] }, /namespaces: a namespace needs a 'name'/],
    [{ namespaces: [{ name: 'a', defaultTtl: 11 * 365 * 24 * 3600 }] }, /defaultTtl: .*315360000/],
    [{ namespaces: [{ name: 'a', parameters: { 'no-such-parameter': 1 } }] }, /unknown parameter of a namespace 'no-such-parameter'/],
    [{ namespaces: [{ name: 'a', parameters: 1 }] }, /parameters: expected an object, got 1/],
    [{ namespaces: [{ name: 'a', defaultTtl: { hour: 1 } }] }, /defaultTtl: unknown unit 'hour', expected one of milliseconds, seconds/],
    [{ namespaces: [{ name: 'a', defaultTtl: { milliseconds: 1 } }] }, /defaultTtl: /],
    [{ namespaces: ['a', 'a'] }, /the namespace a is there twice/],
    [{ namespaces: ['a b'] }, /no name for a namespace/],
    [{ port: 65535, nodes: 3 }, /65535/],
    [{ clusterName: 'a;b' }, /no name for a cluster/],
    [{ edition: 'gold' }, /edition: expected 'community' or 'enterprise', got 'gold'/],
    [{ racks: [1, 2] }, /racks: there are 2 rack ids for 1 nodes/],
    [{ users: {} }, /users: only the Enterprise Edition has it/],
    [{ edition: 'enterprise', users: { a: { pasword: 'x' } } }, /did you mean 'password'\?/],
    [{ edition: 'enterprise', tls: { authenticateclient: true } }, /unknown field of tls 'authenticateclient': did you mean 'authenticateClient'\?/],
    [{ fixtures: [{ namespaces: 1n }] }, /fixture: it cannot be written as JSON: /],
    [{ nodeId: 'xyz' }, /nodeId: expected the id of a node/],
    [{ journal: -1 }, /journal: expected an integer/],
    [{ controls: 1 }, /controls: expected true or false, got 1/],
    [{ fixtures: 'a.json' }, /fixtures: expected a list/],
    [{ version: () => 1 }, /version: a function is not a value/],
    [null, /options: expected an object, got null/]
  ]
  for (const [options, message] of wrong) {
    await assert.rejects(Server.start(options), { name: 'ArgumentError', code: 'ERR_SPIKELET_ARGUMENT', message }, String(message))
    assert.throws(() => Server.startSync(options), { name: 'ArgumentError', message })
  }
  assert.throws(() => new Server(), { name: 'ArgumentError', message: /Server\.start/ })
})

test('the Enterprise Edition has TLS', async () => {
  const users = { app: { roles: ['read'] } }
  const server = await Server.start({ edition: 'enterprise', users, tls: { name: 'db', authenticateClient: ['app'] } })
  const [{ addr, port, tlsName }] = server.tlsAddresses
  assert.deepEqual([addr, tlsName], ['127.0.0.1', 'db'])
  const handshake = () =>
    new Promise((resolve, reject) => {
      const { certificate: cert, key } = server.clientCertificate('app')
      const socket = tls.connect({ host: addr, port, servername: tlsName, ca: server.caCertificate, cert, key }, () => {
        resolve(socket.getProtocol())
        socket.destroy()
      })
      socket.on('error', reject)
    })
  assert.match(await handshake(), /^TLSv1\./)
  server.presentCertificate('expired')
  await assert.rejects(handshake(), { code: 'CERT_HAS_EXPIRED' })
  assert.throws(() => server.presentCertificate('old'), { name: 'ArgumentError', message: /one of valid, expired/ })
  await server.close()

  const plain = Server.startSync()
  assert.deepEqual(plain.tlsAddresses, [])
  assert.throws(() => plain.caCertificate, { name: 'ArgumentError', message: /has no TLS/ })
  plain.closeSync()
})

test('closing frees the port, and closing twice is fine', async () => {
  const server = await Server.start()
  const { port } = server
  assert.equal(await isListening(port), true)
  await server.close()
  assert.equal(await isListening(port), false)
  assert.equal(server.isClosed, true)
  await server.close()
  server.closeSync()
})

test('a server is disposed of, synchronously and asynchronously', async () => {
  const first = await Server.start()
  await first[Symbol.asyncDispose]()
  const second = await Server.start()
  second[Symbol.dispose]()
  assert.deepEqual([first.isClosed, second.isClosed], [true, true])
})

test('a closed server refuses everything', async () => {
  const server = await Server.start({ journal: 10 })
  const { clock, faults, journal } = server
  const snapshot = server.snapshot()
  const fault = faults.on('write').keyBusy()
  await server.close()
  const uses = [
    () => server.port,
    () => server.hosts,
    () => server.nodes,
    () => server.kill('A1'),
    () => server.insert('test', '', 1, { a: 1 }),
    () => server.record('test', '', 1),
    () => server.restore(snapshot),
    () => server.snapshot(),
    () => clock.now,
    () => clock.advance(1),
    () => faults.on('write').keyBusy(),
    () => journal.count(),
    () => [...journal]
  ]
  for (const use of uses) {
    assert.throws(use, { name: 'ClosedError', code: 'ERR_SPIKELET_CLOSED', message: 'the server is closed' }, String(use))
  }
  await assert.rejects(server.load({}), { name: 'ClosedError' })
  await assert.rejects(journal.waitFor(1), { name: 'ClosedError' })
  assert.equal(fault.fired, 0)
  fault.remove()
  assert.match(String(server), /^Server\(127\.0\.0\.1:\d+\)$/)
})

test('the stack of an error starts in the test', async () => {
  const server = Server.startSync()
  try {
    server.kill('A9')
    assert.fail('there is no such node')
  } catch (error) {
    assert.equal(error.name, 'TopologyError')
    assert.match(error.stack, /server\.test\.mjs/)
  }
  server.closeSync()
})

test('both module systems have the same exports', () => {
  const required = createRequire(import.meta.url)('spikelet')
  assert.deepEqual(Object.keys(required).sort(), Object.keys(spikelet).sort())
  assert.equal(required.Server, Server)
})

test('several servers have records of their own', async (t) => {
  const servers = await Promise.all(Array.from({ length: 20 }, () => Server.start()))
  servers.forEach((server, n) => server.insert('test', 'demo', n, { n }))
  assert.deepEqual(servers.map((server) => server.count()), Array(20).fill(1))
  await Promise.all(servers.map((server) => server.close()))
})
