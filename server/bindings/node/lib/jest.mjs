import helper from './jest.js'

export const { useServer } = helper
