// Runs a small project with each framework. In each, two tests pass, and one fails, whose requests are in the report.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'node:test'

const here = path.dirname(fileURLToPath(import.meta.url))
const bin = path.join(here, '../../node_modules/.bin')

const FRAMEWORKS = {
  'node-test': [process.execPath, '--test', '--test-reporter=tap'],
  'node-test-cjs': [process.execPath, '--test', '--test-reporter=tap'],
  vitest: [path.join(bin, 'vitest'), 'run', '--no-color'],
  jest: [path.join(bin, 'jest'), '--no-colors', '--ci'],
  mocha: [path.join(bin, 'mocha'), '--no-color', '--recursive', '*.spec.mjs']
}

const PASSED = {
  'node-test': /^# pass 2\n# fail 1$/m,
  'node-test-cjs': /^# pass 2\n# fail 1$/m,
  vitest: /Tests {2}1 failed \| 2 passed/,
  jest: /Tests: +1 failed, 2 passed/,
  mocha: /2 passing[^]*1 failing/
}

for (const [name, [program, ...parameters]] of Object.entries(FRAMEWORKS)) {
  test(name, () => {
    const env = { ...process.env, CI: 'true' }
    // Set by the runner of this test, and would turn the output of another into messages for it.
    delete env.NODE_TEST_CONTEXT
    const { stdout, stderr, status } = spawnSync(program, parameters, { cwd: path.join(here, name), encoding: 'utf8', env, timeout: 120_000 })
    const output = `${stdout}\n${stderr}`
    assert.notEqual(status, 0, output)
    assert.match(output, PASSED[name], output)
    assert.match(output, /The last 1 of 1 requests to Server\(127\.0\.0\.1:\d+\):[^]{1,20}#\d+ .* read test\/users\/\w+ -> NOT_FOUND/)
  })
}
