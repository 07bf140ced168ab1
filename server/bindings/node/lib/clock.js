'use strict'

const { duration, time } = require('./arguments.js')

/** The clock of a server. */
class Clock {
  #call

  constructor(call) {
    this.#call = call
  }

  get now() {
    return new Date(this.#call((server) => server.now()))
  }

  get isFrozen() {
    return this.#call((server) => server.isFrozen())
  }

  freeze() {
    this.#call((server) => server.freeze())
  }

  resume() {
    this.#call((server) => server.resume())
  }

  advance(by) {
    const ms = duration(by, 'the time to advance')
    this.#call((server) => server.advance(ms))
  }

  set(to) {
    const ms = time(to, 'the time of the clock')
    this.#call((server) => server.setClock(ms))
  }

  reset() {
    this.#call((server) => server.resetClock())
  }
}

module.exports = { Clock }
