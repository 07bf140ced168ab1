#!/usr/bin/env node
'use strict'

/**
 * Packs the tarballs that are published: pack.js BINARY PLATFORM OUT
 *
 * BINARY is the library that cargo built, PLATFORM a name of lib/platforms.js, and OUT the folder for `spikelet-VERSION.tgz` and
 * `spikelet-PLATFORM-VERSION.tgz`. The main package is the same on every platform.
 */

const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { PLATFORMS } = require('../lib/platforms.js')

const ROOT = path.join(__dirname, '..')
const LICENSE = path.join(ROOT, '../../../LICENSE')
const source = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8'))

function main(binary, name, out) {
  const platform = PLATFORMS.find((platform) => platform.name === name)
  if (!platform || !out) {
    throw new Error(`usage: pack.js BINARY PLATFORM OUT, with a platform of ${PLATFORMS.map(({ name }) => name).join(', ')}`)
  }
  fs.mkdirSync(out, { recursive: true })
  const staging = fs.mkdtempSync(path.join(os.tmpdir(), 'spikelet-pack-'))
  try {
    pack(mainPackage(path.join(staging, 'main')), out)
    pack(platformPackage(path.join(staging, 'platform'), platform, binary), out)
  } finally {
    fs.rmSync(staging, { recursive: true })
  }
}

/** The package that users install. It depends on the packages of all platforms, of which npm installs the one that fits. */
function mainPackage(folder) {
  fs.mkdirSync(folder)
  for (const file of source.files) fs.cpSync(path.join(ROOT, file), path.join(folder, file), { recursive: true })
  fs.copyFileSync(path.join(ROOT, 'README.md'), path.join(folder, 'README.md'))
  fs.copyFileSync(LICENSE, path.join(folder, 'LICENSE'))
  const optionalDependencies = Object.fromEntries(PLATFORMS.map(({ name }) => [`@spikelet/${name}`, source.version]))
  writeJson(folder, { ...source, optionalDependencies })
  return folder
}

function platformPackage(folder, platform, binary) {
  fs.mkdirSync(folder)
  fs.copyFileSync(binary, path.join(folder, 'spikelet.node'))
  fs.copyFileSync(LICENSE, path.join(folder, 'LICENSE'))
  fs.writeFileSync(
    path.join(folder, 'README.md'),
    `The binary of [spikelet](https://www.npmjs.com/package/spikelet) for ${platform.target}. Install the package \`spikelet\`.\n`
  )
  const { version, license, engines } = source
  writeJson(folder, {
    name: `@spikelet/${platform.name}`,
    version,
    description: `The binary of spikelet for ${platform.target}`,
    license,
    engines,
    os: [platform.os],
    cpu: [platform.cpu],
    ...(platform.libc && { libc: [platform.libc] }),
    main: 'spikelet.node',
    files: ['spikelet.node']
  })
  return folder
}

function writeJson(folder, content) {
  fs.writeFileSync(path.join(folder, 'package.json'), `${JSON.stringify(content, null, 2)}\n`)
}

function pack(folder, out) {
  execFileSync('npm', ['pack', '--silent', '--pack-destination', path.resolve(out)], { cwd: folder, stdio: 'inherit' })
}

main(...process.argv.slice(2))
