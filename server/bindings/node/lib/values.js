'use strict'

/**
 * Values of bins, and user keys. They cross to the binary in a form that leaves no doubt about the type: a bigint is an
 * integer, a number is a double, and what has no type of its own in JavaScript is a tagged object.
 */

const { types } = require('node:util')
const { ArgumentError } = require('./errors.js')

/** A double, for numbers without a fraction: `new Double(1)`. Other numbers with a fraction are doubles anyway. */
class Double {
  constructor(value) {
    if (typeof value !== 'number') throw new ArgumentError(`a Double is made of a number, not of ${show(value)}`)
    this.value = value
  }

  valueOf() {
    return this.value
  }

  toJSON() {
    return this.value
  }
}

/** A geographic point or region. */
class GeoJSON {
  constructor(value) {
    this.text = typeof value === 'string' ? value : JSON.stringify(value)
    if (typeof this.text !== 'string') throw new ArgumentError(`${show(value)} is not GeoJSON`)
  }

  toJSON() {
    return JSON.parse(this.text)
  }

  toString() {
    return this.text
  }
}

/** A HyperLogLog, as the server stores it. */
class HyperLogLog {
  constructor(bytes) {
    if (!types.isUint8Array(bytes)) throw new ArgumentError(`a HyperLogLog is made of a Buffer, not of ${show(bytes)}`)
    this.bytes = Buffer.from(bytes)
  }
}

/** A value of a particle type that has no other form here. */
class Particle {
  constructor(type, bytes) {
    this.type = type
    this.bytes = bytes
  }
}

/** The deepest nesting of lists and maps that is accepted. The server has a lower limit of its own. */
const MAX_DEPTH = 256

function encode(value, path = 'value', depth = 0) {
  switch (typeof value) {
    case 'undefined':
      return null
    case 'boolean':
      return value
    case 'string':
      // UTF-8 has no form for a half of a surrogate pair.
      if (!value.isWellFormed()) throw new ArgumentError(`${path}: a string with a lone surrogate is not Unicode: ${JSON.stringify(value)}`)
      return value
    case 'bigint':
      if (BigInt.asIntN(64, value) !== value) throw new ArgumentError(`${path}: ${value} does not fit into 64 bits`)
      return value
    case 'number':
      return encodeNumber(value, path)
    case 'object':
      break
    default:
      throw new ArgumentError(`${path}: a ${typeof value} is not a value that a bin can hold`)
  }
  if (value === null) return null
  if (depth === MAX_DEPTH) throw new ArgumentError(`${path.slice(0, 60)}…: nested more than ${MAX_DEPTH} deep, or an object that contains itself`)
  if (Array.isArray(value)) return value.map((item, at) => encode(item, `${path}[${at}]`, depth + 1))
  if (types.isUint8Array(value)) return asBuffer(value)
  if (types.isMap(value)) return encodeEntries(value, path, depth)
  return encodeObject(value, path, depth)
}

function encodeNumber(value, path) {
  // What does not fit into 64 bits can only be a double.
  if (!Number.isInteger(value) || Object.is(value, -0) || Math.abs(value) > 2 ** 63) return value
  if (Number.isSafeInteger(value)) return BigInt(value)
  throw new ArgumentError(
    `${path}: the number ${value} is above Number.MAX_SAFE_INTEGER: write a bigint for an integer, or new Double(${value})`
  )
}

function encodeObject(value, path, depth) {
  if (value instanceof Double) return value.value
  if (value instanceof GeoJSON) return { type: 'geojson', value: value.text }
  if (value instanceof HyperLogLog) return { type: 'hll', value: value.bytes }
  if (value instanceof Particle) return { type: 'particle', particle: value.type, value: value.bytes }
  // The classes of the package `aerospike`, so that a test can pass the same values to both.
  if (value.constructor?.name === 'Double' && typeof value.Double === 'number') return value.Double
  if (value.constructor?.name === 'GeoJSON' && typeof value.str === 'string') return { type: 'geojson', value: value.str }
  if (!isPlain(value)) {
    throw new ArgumentError(
      `${path}: ${show(value)} is not a value that a bin can hold. It holds null, booleans, numbers, bigints, strings, ` +
        'Buffers, arrays, Maps, plain objects, Double, GeoJSON and HyperLogLog.'
    )
  }
  return encodeEntries(Object.entries(value), path, depth)
}

function encodeEntries(entries, path, depth) {
  const flat = []
  for (const [key, value] of entries) {
    flat.push(encode(key, `a key of ${path}`, depth + 1), encode(value, `${path}.${String(key)}`, depth + 1))
  }
  return { type: 'map', value: flat }
}

/** Objects of another realm, such as of Jest's, have another Object.prototype. */
function isPlain(value) {
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** Reads what the binary returns: values, and objects with fields in JavaScript's style of names. */
function decode(value) {
  if (typeof value === 'bigint') {
    return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value
  }
  if (typeof value !== 'object' || value === null) return value
  if (types.isUint8Array(value)) return asBuffer(value)
  // Arrays are made anew, since those of the binary belong to the main realm. Jest's tests run in another.
  if (Array.isArray(value)) return Array.from(value, decode)
  switch (value.type) {
    case 'object':
      return Object.fromEntries(Object.entries(value.value).map(([name, field]) => [name, decode(field)]))
    case 'time':
      return new Date(value.value)
    case 'map':
      return decodeMap(value.value)
    case 'geojson':
      return new GeoJSON(value.value)
    case 'hll':
      return new HyperLogLog(value.value)
    default:
      return new Particle(value.particle, asBuffer(value.value))
  }
}

/** An object if all keys are strings, otherwise a Map. */
function decodeMap(flat) {
  const entries = []
  for (let at = 0; at < flat.length; at += 2) entries.push([decode(flat[at]), decode(flat[at + 1])])
  // Only a Map can have this key without a side effect.
  const asObject = entries.every(([key]) => typeof key === 'string' && key !== '__proto__')
  return asObject ? Object.fromEntries(entries) : new Map(entries)
}

function asBuffer(bytes) {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** The bins of a record. */
function encodeBins(bins) {
  if (typeof bins !== 'object' || bins === null || Array.isArray(bins)) {
    throw new ArgumentError(`bins: expected an object with a value for each name, got ${show(bins)}`)
  }
  return encode(bins, 'bins')
}

/** A value in an error message: short, and on one line. */
function show(value) {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'function') return 'a function'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object' && value !== null) {
    const name = value.constructor?.name
    return name && name !== 'Object' ? `an object of class ${name}` : 'an object'
  }
  return String(value)
}

module.exports = { Double, GeoJSON, HyperLogLog, Particle, encode, encodeBins, decode, show }
