'use strict'

/** Checks of arguments that the binary does not check, since JavaScript has its own forms of them. */

const { types } = require('node:util')
const { ArgumentError } = require('./errors.js')
const { show } = require('./values.js')

const UNITS = { milliseconds: 1, seconds: 1000, minutes: 60_000, hours: 3_600_000, days: 86_400_000 }

function integer(value, name, { min = 0, max = Number.MAX_SAFE_INTEGER } = {}) {
  if (!Number.isSafeInteger(value) || value < min || value > max) {
    throw new ArgumentError(`${name}: expected an integer from ${min} to ${max}, got ${show(value)}`)
  }
  return value
}

function text(value, name) {
  if (typeof value !== 'string') throw new ArgumentError(`${name}: expected a string, got ${show(value)}`)
  return value
}

function object(value, name) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ArgumentError(`${name}: expected an object, got ${show(value)}`)
  }
  return value
}

/** A duration in whole milliseconds: a number of them, or an object of units, such as `{ minutes: 5 }`. */
function duration(value, name) {
  let ms = value
  if (typeof value === 'object' && value !== null) {
    const unknown = Object.keys(value).find((unit) => !Object.hasOwn(UNITS, unit))
    if (unknown) throw new ArgumentError(`${name}: unknown unit '${unknown}', expected one of ${Object.keys(UNITS).join(', ')}`)
    ms = Object.entries(value).reduce((sum, [unit, count]) => sum + count * UNITS[unit], 0)
  }
  if (typeof ms !== 'number' || !(ms >= 0 && ms <= Number.MAX_SAFE_INTEGER)) {
    throw new ArgumentError(
      `${name}: expected a number of milliseconds or units such as { seconds: 30 }, and nothing negative, got ${show(value)}`
    )
  }
  return Math.round(ms)
}

/** A time in milliseconds since 1970: a Date, or the number itself. */
function time(value, name) {
  const ms = types.isDate(value) ? value.getTime() : value
  if (!Number.isFinite(ms)) {
    throw new ArgumentError(`${name}: expected a valid Date or a number of milliseconds since 1970, got ${show(value)}`)
  }
  return Math.round(ms)
}

module.exports = { integer, text, object, duration, time }
