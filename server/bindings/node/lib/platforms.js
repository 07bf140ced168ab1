'use strict'

/**
 * The platforms with a prebuilt binary: the name of the package, and what npm compares with the machine. The loader and the
 * script that packs the packages both use this table.
 */
const PLATFORMS = [
  { name: 'linux-x64-gnu', os: 'linux', cpu: 'x64', libc: 'glibc', target: 'x86_64-unknown-linux-gnu' },
  { name: 'linux-x64-musl', os: 'linux', cpu: 'x64', libc: 'musl', target: 'x86_64-unknown-linux-musl' },
  { name: 'linux-arm64-gnu', os: 'linux', cpu: 'arm64', libc: 'glibc', target: 'aarch64-unknown-linux-gnu' },
  { name: 'linux-arm64-musl', os: 'linux', cpu: 'arm64', libc: 'musl', target: 'aarch64-unknown-linux-musl' },
  { name: 'darwin-x64', os: 'darwin', cpu: 'x64', target: 'x86_64-apple-darwin' },
  { name: 'darwin-arm64', os: 'darwin', cpu: 'arm64', target: 'aarch64-apple-darwin' },
  { name: 'win32-x64-msvc', os: 'win32', cpu: 'x64', target: 'x86_64-pc-windows-msvc' },
  { name: 'win32-arm64-msvc', os: 'win32', cpu: 'arm64', target: 'aarch64-pc-windows-msvc' }
]

/** The platform of a machine, or `undefined` if there is no binary for it. `libc` matters on Linux only. */
function platformOf({ os, cpu, libc }) {
  return PLATFORMS.find((platform) => platform.os === os && platform.cpu === cpu && (platform.libc ?? libc) === libc)
}

/** The platform of this process. */
function thisMachine() {
  return { os: process.platform, cpu: process.arch, libc: process.platform === 'linux' ? libc() : undefined }
}

/** The C library. Node.js names the version of glibc in its report; there is none with musl. */
function libc() {
  const report = process.report
  // Without this, writing a report looks up the names of all open connections.
  const { excludeNetwork } = report
  report.excludeNetwork = true
  try {
    return report.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl'
  } finally {
    report.excludeNetwork = excludeNetwork
  }
}

module.exports = { PLATFORMS, platformOf, thisMachine }
