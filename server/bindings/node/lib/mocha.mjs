import helper from './mocha.js'

export const { useServer } = helper
