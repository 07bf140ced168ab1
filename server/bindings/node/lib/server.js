'use strict'

const { fileURLToPath } = require('node:url')
const { integer, text } = require('./arguments.js')
const { Clock } = require('./clock.js')
const { ArgumentError, ClosedError, call, callAsync } = require('./errors.js')
const { Faults } = require('./faults.js')
const { Journal } = require('./journal.js')
const { native } = require('./native.js')
const { optionsOf, fixtureOf } = require('./options.js')
const { decode, encode, encodeBins, show } = require('./values.js')

const CONSTRUCT = Symbol('only Server.start constructs a server')

/** The servers that are open. A server that nothing else refers to still serves its clients. */
const open = new Set()

/** A running server. */
class Server {
  /** `undefined` after the server was closed. */
  #native
  #clock
  #faults
  #journal
  #asText

  constructor(key, native) {
    if (key !== CONSTRUCT) throw new ArgumentError('use `await Server.start()` or `Server.startSync()` instead of `new Server()`')
    this.#native = native
    const call = (action, from) => this.#call(action, from)
    this.#clock = new Clock(call)
    this.#faults = new Faults(call)
    this.#journal = new Journal(call, (action) => this.#callAsync(action))
    this.#asText = `Server(${this.hosts})`
    open.add(this)
  }

  static async start(options = {}) {
    const encoded = optionsOf(options)
    return new Server(CONSTRUCT, await callAsync(() => native().start(encoded)))
  }

  static startSync(options = {}) {
    const encoded = optionsOf(options)
    return new Server(CONSTRUCT, call(() => native().startSync(encoded), Server.startSync))
  }

  get isClosed() {
    return this.#native === undefined
  }

  get host() {
    return this.#call((server) => server.address())[0]
  }

  get port() {
    return this.#call((server) => server.address())[1]
  }

  get addresses() {
    return this.#call((server) => server.hosts()).map(([addr, port]) => ({ addr, port }))
  }

  get hosts() {
    const withBrackets = (addr) => (addr.includes(':') ? `[${addr}]` : addr)
    return this.addresses.map(({ addr, port }) => `${withBrackets(addr)}:${port}`).join(',')
  }

  get tlsAddresses() {
    return this.#call((server) => server.tlsHosts()).map(([addr, port, tlsName]) => ({ addr, port, tlsName }))
  }

  get caCertificate() {
    return this.#call((server) => server.caCertificate())
  }

  clientCertificate(name) {
    const commonName = text(name, 'name')
    return decode(this.#call((server) => server.clientCertificate(commonName)))
  }

  presentCertificate(kind) {
    const encoded = encode(kind, 'kind')
    this.#call((server) => server.presentCertificate(encoded))
  }

  get clock() {
    return this.#clock
  }

  get faults() {
    return this.#faults
  }

  get journal() {
    return this.#journal
  }

  runNsup() {
    return this.#call((server) => server.runNsup())
  }

  get nodes() {
    return decode(this.#call((server) => server.nodes()))
  }

  get subclusters() {
    return decode(this.#call((server) => server.subclusters()))
  }

  kill(node) {
    const id = encode(node, 'node')
    this.#call((server) => server.kill(id))
  }

  killTogether(nodes) {
    const ids = encode(Array.from(nodes), 'nodes')
    this.#call((server) => server.killTogether(ids))
  }

  roster(namespace) {
    return this.#call((server) => server.roster(namespace))
  }

  setRoster(namespace, nodes) {
    const ids = encode(Array.from(nodes), 'nodes')
    this.#call((server) => server.setRoster(namespace, ids))
  }

  revive(namespace) {
    this.#call((server) => server.revive(namespace))
  }

  outage(node, namespace) {
    const id = encode(node, 'node')
    const [unavailable, dead] = this.#call((server) => server.outage(id, namespace))
    return { unavailable, dead }
  }

  restart(node) {
    const id = encode(node, 'node')
    this.#call((server) => server.restart(id))
  }

  addNode() {
    return this.#call((server) => server.addNode())
  }

  quiesce(node) {
    const id = encode(node, 'node')
    this.#call((server) => server.quiesce(id, true))
  }

  quiesceUndo(node) {
    const id = encode(node, 'node')
    this.#call((server) => server.quiesce(id, false))
  }

  migrate(partitions) {
    if (partitions !== undefined) integer(partitions, 'partitions', { max: 0xffff_ffff })
    return this.#call((server) => server.migrate(partitions))
  }

  advertise(node, address) {
    const [id, to] = [encode(node, 'node'), encode(address, 'address')]
    this.#call((server) => server.advertise(id, to, false))
  }

  advertiseAlternate(node, address) {
    const [id, to] = [encode(node, 'node'), encode(address, 'address')]
    this.#call((server) => server.advertise(id, to, true))
  }

  partition(a, b) {
    const [left, right] = [a, b].map((nodes) => encode(Array.isArray(nodes) ? nodes : [nodes], 'nodes'))
    this.#call((server) => server.partition(left, right))
  }

  heal() {
    this.#call((server) => server.heal())
  }

  insert(namespace, set, key, bins) {
    const record = recordKey(namespace, set, key)
    const values = encodeBins(bins)
    this.#call((server) => server.insert(...record, values))
  }

  record(namespace, set, key) {
    const record = recordKey(namespace, set, key)
    return decode(this.#call((server) => server.record(...record)))
  }

  recordAt(node, namespace, set, key) {
    const id = encode(node, 'node')
    const record = recordKey(namespace, set, key)
    return decode(this.#call((server) => server.recordAt(id, ...record)))
  }

  records(namespace, set) {
    const selected = selection(namespace, set)
    return decode(this.#call((server) => server.records(...selected)))
  }

  count(namespace, set) {
    const selected = selection(namespace, set)
    return this.#call((server) => server.count(...selected))
  }

  truncate() {
    this.#call((server) => server.truncate())
  }

  snapshot() {
    return new Snapshot(this.#call((server) => server.snapshot()))
  }

  restore(snapshot) {
    if (!(snapshot instanceof Snapshot)) throw new ArgumentError(`expected what server.snapshot() returns, got ${show(snapshot)}`)
    const { native } = snapshot
    this.#call((server) => server.restore(native))
  }

  reset() {
    this.#call((server) => server.reset())
  }

  resetAll() {
    this.#call((server) => server.resetAll())
  }

  async load(fixture) {
    const encoded = encode(fixtureOf(fixture), 'fixture')
    return decode(await this.#callAsync((server) => server.load(encoded)))
  }

  fixture() {
    return JSON.parse(this.#call((server) => server.toJson()))
  }

  async saveJson(path) {
    const file = pathOf(path)
    await this.#callAsync((server) => server.saveJson(file))
  }

  async saveBackup(namespace, path) {
    const [ofNamespace, file] = [text(namespace, 'namespace'), pathOf(path)]
    await this.#callAsync((server) => server.saveBackup(ofNamespace, file))
  }

  async close() {
    const native = this.#take()
    if (native) await callAsync(() => native.close())
  }

  closeSync() {
    this.#take()?.closeSync()
  }

  [Symbol.dispose]() {
    this.closeSync()
  }

  [Symbol.asyncDispose]() {
    return this.close()
  }

  toString() {
    return this.#asText
  }

  [Symbol.for('nodejs.util.inspect.custom')]() {
    return this.isClosed ? `${this.#asText}, closed` : this.#asText
  }

  #take() {
    const native = this.#native
    this.#native = undefined
    open.delete(this)
    return native
  }

  #open() {
    if (this.#native === undefined) throw new ClosedError('the server is closed')
    return this.#native
  }

  #call(action, from = this.#call) {
    const native = this.#open()
    return call(() => action(native), from)
  }

  #callAsync(action) {
    const native = this.#open()
    return callAsync(() => action(native))
  }
}

/** What a server held at one moment. */
class Snapshot {
  #native

  constructor(native) {
    this.#native = native
  }

  get native() {
    return this.#native
  }

  get namespaces() {
    return Array.from(this.#native.namespaces)
  }

  get records() {
    return this.#native.records
  }
}

function recordKey(namespace, set, key) {
  return [text(namespace, 'namespace'), text(set ?? '', 'set'), encode(key, 'key')]
}

function selection(namespace, set) {
  return [namespace, set].map((name, at) => (name === undefined ? undefined : text(name, at === 0 ? 'namespace' : 'set')))
}

function pathOf(path) {
  return path instanceof URL ? fileURLToPath(path) : text(path, 'path')
}

module.exports = { Server }
