'use strict'

/** What the helpers for the test frameworks share: a server for a test file, which starts every test in the same state. */

const { integer } = require('./arguments.js')
const { ArgumentError } = require('./errors.js')
const { Server } = require('./server.js')

/** How many requests are printed when a test fails. */
const TAIL = 20

/**
 * Starts a server, and registers hooks that reset it before each test, print the end of its journal after a test that failed, and
 * close it at the end.
 *
 * `framework` has the functions `beforeEach` and `after`, which take a function, and `afterEach`, whose function is told whether the
 * test failed.
 */
function useServer(framework, { reset = true, journalTail = TAIL, ...options } = {}) {
  if (typeof reset !== 'boolean') throw new ArgumentError('reset: expected true or false')
  integer(journalTail, 'journalTail')
  const server = Server.startSync(options)
  const keepsJournal = options.journal !== false && options.journal !== 0
  const initial = server.snapshot()
  framework.beforeEach(() => {
    if (!reset) return
    server.resetAll()
    server.restore(initial)
  })
  framework.afterEach((failed) => {
    if (failed && keepsJournal && !server.isClosed) printTail(server, journalTail)
  })
  framework.after(() => server.close())
  return server
}

/** Refuses to be used outside of the framework, whose hooks are globals. */
function checkHooks(name, hooks) {
  for (const [hook, value] of Object.entries(hooks)) {
    if (typeof value !== 'function') throw new ArgumentError(`useServer is called in a test file that ${name} runs: there is no ${hook}`)
  }
}

function printTail(server, n) {
  const { journal } = server
  const tail = journal.tail(n)
  if (tail.length === 0) return
  const lines = tail.map((entry) => `  ${entry}`)
  console.error(`The last ${tail.length} of ${journal.count()} requests to ${server}:\n${lines.join('\n')}`)
}

module.exports = { useServer, checkHooks }
