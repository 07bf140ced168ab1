#!/usr/bin/env node
'use strict'

/** The program `spikelet`, in this process. It ends by itself: with its exit status, or by a signal. */

const { NotInstalledError } = require('../lib/errors.js')
const { native } = require('../lib/native.js')

try {
  process.exitCode = native().runProgram(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof NotInstalledError)) throw error
  console.error(error.message)
  process.exitCode = 1
}
