'use strict'

/** The options of a server in the form that the binary takes. The binary checks them. */

const { fileURLToPath } = require('node:url')
const { duration, object } = require('./arguments.js')
const { ArgumentError } = require('./errors.js')
const { encode } = require('./values.js')

function optionsOf(options) {
  const { namespaces, fixtures, ...others } = object(options, 'options')
  const converted = {
    namespaces: Array.isArray(namespaces) ? namespaces.map(namespaceOf) : namespaces,
    fixtures: Array.isArray(fixtures) ? fixtures.map(fixtureOf) : fixtures
  }
  return encode({ ...others, ...converted }, 'options')
}

/** Times are in seconds as in Aerospike's configuration, or objects of units. */
function namespaceOf(namespace) {
  if (typeof namespace !== 'object' || namespace === null) return namespace
  const seconds = (name) => (isUnits(namespace[name]) ? { [name]: duration(namespace[name], name) / 1000 } : {})
  const { parameters = {}, ...others } = namespace
  return { ...others, ...seconds('defaultTtl'), ...seconds('nsupPeriod'), ...object(parameters, 'parameters') }
}

function isUnits(value) {
  return typeof value === 'object' && value !== null
}

/** A fixture: a path as it is, the content of a file as it is, or a JSON document as the content of a file. */
function fixtureOf(fixture) {
  if (typeof fixture === 'string' || Buffer.isBuffer(fixture)) return fixture
  if (fixture instanceof URL) return fileURLToPath(fixture)
  object(fixture, 'fixture')
  try {
    return Buffer.from(JSON.stringify(fixture))
  } catch (error) {
    throw new ArgumentError(`fixture: it cannot be written as JSON: ${error.message.split('\n')[0]}`)
  }
}

module.exports = { optionsOf, fixtureOf }
