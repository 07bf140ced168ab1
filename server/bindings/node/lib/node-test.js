'use strict'

const { after, afterEach, beforeEach } = require('node:test')
const { useServer } = require('./testing.js')

const framework = { after, beforeEach, afterEach: (hook) => afterEach((test) => hook(test?.passed === false)) }

exports.useServer = (options) => useServer(framework, options)
