import helper from './node-test.js'

export const { useServer } = helper
