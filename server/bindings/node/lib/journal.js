'use strict'

const { duration, integer, object } = require('./arguments.js')
const { ArgumentError, call } = require('./errors.js')
const { native } = require('./native.js')
const { decode, encode, show } = require('./values.js')

/** How long `waitFor` waits by default, in milliseconds. */
const TIMEOUT = 5000

/** The journal of a server, or the entries of it that a filter matches. */
class Journal {
  #call
  #callAsync
  #parameters
  #filter

  constructor(callServer, callAsync, parameters = {}) {
    this.#call = callServer
    this.#callAsync = callAsync
    this.#parameters = parameters
    this.#filter = call(() => new (native().JsFilter)(encode(parameters, 'filter')), Journal)
  }

  filter(filter) {
    return new Journal(this.#call, this.#callAsync, { ...this.#parameters, ...object(filter, 'filter') })
  }

  command(command) {
    return this.filter({ command })
  }

  reads() {
    return this.command('read')
  }

  writes() {
    return this.command('write')
  }

  deletes() {
    return this.command('delete')
  }

  namespace(namespace) {
    return this.filter({ namespace })
  }

  set(set) {
    return this.filter({ set })
  }

  key(key) {
    return this.filter({ key, digest: undefined })
  }

  digest(digest) {
    return this.filter({ digest, key: undefined })
  }

  node(node) {
    return this.filter({ node })
  }

  result(result) {
    return this.filter({ result })
  }

  since(since) {
    return this.filter({ since })
  }

  faulted() {
    return this.filter({ faulted: true })
  }

  get dropped() {
    return this.#call((server) => server.droppedEntries())
  }

  get nextNumber() {
    return this.#call((server) => server.nextNumber())
  }

  entries() {
    return this.#call((server) => server.entries(this.#filter)).map(entryOf)
  }

  [Symbol.iterator]() {
    return this.entries()[Symbol.iterator]()
  }

  tail(n = 10) {
    integer(n, 'the number of entries', { max: 0xffff_ffff })
    return this.#call((server) => server.entries(this.#filter, n)).map(entryOf)
  }

  last() {
    return this.tail(1)[0]
  }

  count() {
    return this.#call((server) => server.countEntries(this.#filter))
  }

  clear() {
    this.#call((server) => server.clearJournal())
  }

  async waitFor(n = 1, options = {}) {
    const { timeout = TIMEOUT, ...others } = object(options, 'options')
    const unknown = Object.keys(others)[0]
    if (unknown) throw new ArgumentError(`unknown option '${unknown}': expected timeout`)
    integer(n, 'the number of entries', { max: 0xffff_ffff })
    const ms = duration(timeout, 'timeout')
    const entries = await this.#callAsync((server) => server.waitFor(this.#filter, n, ms))
    return entries.map(entryOf)
  }

  assertCount(n) {
    integer(n, 'the number of entries', { max: 0xffff_ffff })
    this.#call((server) => server.checkCount(this.#filter, n), this.assertCount)
  }

  assertSequence(expected) {
    if (!Array.isArray(expected)) throw new ArgumentError(`expected: expected an array, got ${show(expected)}`)
    const entries = encode(expected, 'expected')
    this.#call((server) => server.checkSequence(this.#filter, entries), this.assertSequence)
  }

  toString() {
    return this.entries().map(String).join('\n')
  }
}

/** An entry is written as its text. */
function entryOf(encoded) {
  const entry = decode(encoded)
  return Object.defineProperty(entry, 'toString', { value: () => entry.text })
}

module.exports = { Journal }
