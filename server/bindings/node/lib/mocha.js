'use strict'

const { checkHooks, useServer } = require('./testing.js')

exports.useServer = (options) => {
  // The names of the interface BDD, and those of TDD.
  const { beforeEach = globalThis.setup, afterEach = globalThis.teardown, after = globalThis.suiteTeardown } = globalThis
  checkHooks('Mocha', { beforeEach, afterEach, after })
  const afterEachTest = (hook) =>
    afterEach(function () {
      hook(this.currentTest?.state === 'failed')
    })
  return useServer({ beforeEach, afterEach: afterEachTest, after }, options)
}
