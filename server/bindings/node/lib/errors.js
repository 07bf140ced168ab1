'use strict'

/** The errors of this package. All of them are a SpikeletError, and each class has its own `code`. */

class SpikeletError extends Error {
  constructor(message, options) {
    super(message, options)
    this.code = new.target.code
  }

  get name() {
    return this.constructor.name
  }

  static code = 'ERR_SPIKELET'
}

class ArgumentError extends SpikeletError {
  static code = 'ERR_SPIKELET_ARGUMENT'
}

class ClosedError extends SpikeletError {
  static code = 'ERR_SPIKELET_CLOSED'
}

class StartError extends SpikeletError {
  static code = 'ERR_SPIKELET_START'
}

class TopologyError extends SpikeletError {
  static code = 'ERR_SPIKELET_TOPOLOGY'
}

class FixtureError extends SpikeletError {
  static code = 'ERR_SPIKELET_FIXTURE'
}

class RestoreError extends SpikeletError {
  static code = 'ERR_SPIKELET_RESTORE'
}

class RefusedError extends SpikeletError {
  constructor(message, options) {
    super(message, options)
    this.resultCode = options?.resultCode
  }

  static code = 'ERR_SPIKELET_REFUSED'
}

class AssertionError extends SpikeletError {
  static code = 'ERR_SPIKELET_ASSERTION'
}

class TimeoutError extends SpikeletError {
  static code = 'ERR_SPIKELET_TIMEOUT'
}

class NotInstalledError extends SpikeletError {
  static code = 'ERR_SPIKELET_NOT_INSTALLED'
}

const CLASSES = {
  SpikeletError,
  ArgumentError,
  ClosedError,
  StartError,
  TopologyError,
  FixtureError,
  RestoreError,
  RefusedError,
  AssertionError,
  TimeoutError,
  NotInstalledError
}

const BY_CODE = new Map(Object.values(CLASSES).map((Class) => [Class.code, Class]))

/** Turns an error of the binary into one of the classes above. */
function errorOf(error) {
  // The code of a refusal ends with the result code: ERR_SPIKELET_REFUSED:20.
  const [code, resultCode] = String(error?.code).split(':')
  const Class = BY_CODE.get(code)
  if (!Class) return error
  return new Class(error.message, resultCode === undefined ? undefined : { resultCode: Number(resultCode) })
}

/** Calls the binary. The stack of an error starts at the caller of the function `from`. */
function call(action, from = call) {
  try {
    return action()
  } catch (error) {
    const converted = errorOf(error)
    if (converted !== error) Error.captureStackTrace?.(converted, from)
    throw converted
  }
}

/** The same for a promise of the binary, which is fulfilled with a value, or with the code and the message of an error. */
async function callAsync(action) {
  const { code, message, value } = await call(action, callAsync)
  if (code === undefined) return value
  throw errorOf({ code, message })
}

module.exports = { ...CLASSES, call, callAsync }
