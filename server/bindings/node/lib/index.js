'use strict'

const { call, callAsync, ...errors } = require('./errors.js')
const { Server } = require('./server.js')
const { Double, GeoJSON, HyperLogLog, Particle } = require('./values.js')

module.exports = { Server, Double, GeoJSON, HyperLogLog, Particle, ...errors }
