'use strict'

const { duration, integer, object } = require('./arguments.js')
const { AssertionError, call } = require('./errors.js')
const { encode } = require('./values.js')

/** The faults of a server. */
class Faults {
  #call

  constructor(call) {
    this.#call = call
  }

  on(command = 'any', selector = {}) {
    return new FaultBuilder(this.#call, { ...object(selector, 'selector'), command })
  }

  clear() {
    this.#call((server) => server.clearFaults())
  }

  list() {
    return this.#call((server) => server.faults()).map((fault) => new Fault(fault))
  }
}

/** Builds a fault. Each method returns another builder, so that one can be used for several faults. */
class FaultBuilder {
  #call
  #parameters

  constructor(call, parameters) {
    this.#call = call
    this.#parameters = parameters
  }

  #with(parameters) {
    return new FaultBuilder(this.#call, { ...this.#parameters, ...parameters })
  }

  namespace(namespace) {
    return this.#with({ namespace })
  }

  set(set) {
    return this.#with({ set })
  }

  key(key) {
    return this.#with({ key, digest: undefined })
  }

  digest(digest) {
    return this.#with({ digest, key: undefined })
  }

  node(node) {
    return this.#with({ node })
  }

  nth(nth) {
    return this.#with({ nth })
  }

  times(times) {
    return this.#with({ times })
  }

  probability(probability, seed = 0) {
    return this.#with({ probability, seed })
  }

  seed(seed) {
    return this.#with({ seed })
  }

  result(code) {
    return this.#arm('result', code)
  }

  deviceOverload() {
    return this.#arm('deviceOverload')
  }

  keyBusy() {
    return this.#arm('keyBusy')
  }

  delay(time) {
    return this.#arm('delay', duration(time, 'delay'))
  }

  ignore() {
    return this.#arm('ignore')
  }

  cutBefore() {
    return this.#arm('cutBefore')
  }

  cutAfter() {
    return this.#arm('cutAfter')
  }

  silenceAfter() {
    return this.#arm('silenceAfter')
  }

  truncate(bytes) {
    return this.#arm('truncate', integer(bytes, 'truncate'))
  }

  stall(bytes) {
    return this.#arm('stall', integer(bytes, 'stall'))
  }

  corrupt() {
    return this.#arm('corrupt')
  }

  refuseConnections() {
    return this.#arm('refuseConnections')
  }

  #arm(reaction, argument) {
    const parameters = encode(this.#parameters, 'selector')
    return new Fault(this.#call((server) => server.arm(parameters, reaction, encode(argument, reaction))))
  }
}

/** An armed fault. It can be read after its server was closed. */
class Fault {
  #native

  constructor(native) {
    this.#native = native
  }

  get id() {
    return this.#native.id
  }

  get fired() {
    return this.#native.fired
  }

  get matched() {
    return this.#native.matched
  }

  remove() {
    this.#native.remove()
  }

  mustFire() {
    return new MustFire(this, this.#native)
  }

  toString() {
    return this.#native.text
  }
}

/** A fault that must fire before it is disposed of. */
class MustFire {
  #fault
  #native
  #armed = { name: 'Armed', message: 'the fault was armed here' }
  #isDisposed = false

  constructor(fault, native) {
    this.#fault = fault
    this.#native = native
    Error.captureStackTrace?.(this.#armed, fault.mustFire)
  }

  get fault() {
    return this.#fault
  }

  get fired() {
    return this.#fault.fired
  }

  get matched() {
    return this.#fault.matched
  }

  check() {
    if (this.#isDisposed) return
    this.#isDisposed = true
    this.#fault.remove()
    try {
      call(() => this.#native.checkFired(), this.check)
    } catch (error) {
      if (!(error instanceof AssertionError)) throw error
      error.message += `\n${this.#armed.stack}`
      throw error
    }
  }

  [Symbol.dispose]() {
    this.check()
  }
}

module.exports = { Faults }
