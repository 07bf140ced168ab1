'use strict'

const { checkHooks, useServer } = require('./testing.js')

/**
 * Whether the running test failed. Jest's default runner keeps its state in a global, and offers no other way to see it without an
 * environment of one's own.
 */
function failed() {
  const symbol = Object.getOwnPropertySymbols(globalThis).find((symbol) => symbol.description === 'JEST_STATE_SYMBOL')
  const test = symbol && globalThis[symbol].currentlyRunningTest
  return (test?.errors.length ?? 0) > 0
}

exports.useServer = (options) => {
  const { beforeEach, afterEach, afterAll } = globalThis
  checkHooks('Jest', { beforeEach, afterEach, afterAll })
  // A function with a parameter would have to call it.
  return useServer({ beforeEach, afterEach: (hook) => afterEach(() => hook(failed())), after: afterAll }, options)
}
