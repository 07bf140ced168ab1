'use strict'

/** Loads the binary of this machine from its package. */

const { NotInstalledError } = require('./errors.js')
const { PLATFORMS, platformOf, thisMachine } = require('./platforms.js')
const { version } = require('../package.json')

function load(machine, requirePackage) {
  const platform = platformOf(machine)
  const name = [machine.os, machine.cpu, machine.libc].filter(Boolean).join(' ')
  if (!platform) {
    const supported = PLATFORMS.map((platform) => platform.name).join(', ')
    throw new NotInstalledError(
      `spikelet has no binary for this machine (${name}). There are binaries for ${supported}. ` +
        'Elsewhere, build the program spikelet from source, and start it from the test.'
    )
  }
  const packageName = `@spikelet/${platform.name}`
  let binary
  try {
    binary = requirePackage(packageName)
  } catch (cause) {
    throw new NotInstalledError(message(packageName, name, cause), { cause })
  }
  if (binary.version() !== version) {
    throw new NotInstalledError(
      `spikelet ${version} found the package ${packageName} of version ${binary.version()}. Both must have the same version: ` +
        `run "npm install --save-dev spikelet@${version}".`
    )
  }
  return binary
}

function message(packageName, machine, cause) {
  if (cause.code !== 'MODULE_NOT_FOUND' || !cause.message.includes(packageName)) {
    return `spikelet cannot load the binary in the package ${packageName}: ${cause.message}`
  }
  return (
    `spikelet cannot find the package ${packageName}, which contains its binary for this machine (${machine}). ` +
    'npm installs it as an optional dependency. It is missing if dependencies were installed with --omit=optional, or on a ' +
    'machine of another kind, or from a lock file that was written on one. ' +
    `Remove node_modules and package-lock.json and run "npm install", or run "npm install --save-dev ${packageName}@${version}".`
  )
}

let loaded

/** The binary. It is loaded when it is first needed, so that `require('spikelet')` is fast. */
function native() {
  loaded ??= load(thisMachine(), require)
  return loaded
}

module.exports = { native, load }
