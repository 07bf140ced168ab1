// The types of `require`.

import spikelet = require('spikelet')
import jest = require('spikelet/jest')
import mocha = require('spikelet/mocha')

export const server: spikelet.Server = spikelet.Server.startSync({ journal: false })
export const helpers = [jest.useServer, mocha.useServer] as ((options?: spikelet.ServerOptions) => spikelet.Server)[]
