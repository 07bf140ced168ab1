// Measures the package, and prints each figure beside its goal: node --expose-gc figures.mjs PACKAGES
//
// PACKAGES is the folder with the tarballs. A figure that misses its goal fails.

import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import Aerospike from 'aerospike'
import { Server } from 'spikelet'

const figures = []

function figure(what, value, unit, goal) {
  figures.push({ what, value: `${value.toFixed(value < 10 ? 2 : 0)} ${unit}`, goal: `${goal} ${unit}`, met: value <= goal })
}

// Of the measured times, a tenth is lower: what else the machine does counts less than in the median.
const typical = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 10)]

async function time(action) {
  const start = performance.now()
  await action()
  return performance.now() - start
}

async function times(n, action) {
  const measured = []
  for (let at = 0; at < n; at++) measured.push(await time(action))
  return typical(measured)
}

// Loading, in fresh processes: the package, and with the binary, which is loaded for the first server.
const inProcess = (code) => Number(execFileSync(process.execPath, ['-e', `const s = performance.now(); ${code}; console.log(performance.now() - s)`]))
const loads = (code) => typical(Array.from({ length: 15 }, () => inProcess(code)))
figure("require('spikelet')", loads("require('spikelet')"), 'ms', 20)
figure('the same and the first server', loads("require('spikelet').Server.startSync()"), 'ms', 30)

// What a test costs.
const server = Server.startSync()
const snapshot = server.snapshot()
figure('start and close a server', await times(500, async () => (await Server.start()).close()), 'ms', 1)
figure('reset a server between tests', await times(500, () => (server.resetAll(), server.restore(snapshot))), 'ms', 0.1)
const connected = async () => {
  const started = await Server.start()
  const client = await Aerospike.connect({ hosts: started.hosts, log: { level: Aerospike.log.OFF } })
  await client.put(new Aerospike.Key('test', 'demo', 1), { a: 1 })
  client.close()
  await started.close()
}
figure('a server, a connected client and a put per test', await times(100, connected), 'ms', 5)
await server.close()

// What 10,000 servers leave behind.
const left = () => ({
  files: fs.readdirSync('/proc/self/fd').length,
  threads: fs.readdirSync('/proc/self/task').length,
  memory: process.memoryUsage().rss / 2 ** 20
})
const servers = async (n) => {
  for (let at = 0; at < n; at++) await (await Server.start()).close()
  globalThis.gc()
}
await servers(1000)
const before = left()
const elapsed = await time(() => servers(10_000))
const after = left()
figure('10,000 servers, one after another', elapsed / 1000, 's', 20)
figure('files left behind', Math.max(0, after.files - before.files), 'files', 0)
figure('threads left behind', Math.max(0, after.threads - before.threads), 'threads', 0)
figure('memory left behind', Math.max(0, after.memory - before.memory), 'MiB', 16)

const packages = process.argv[2]
for (const file of fs.readdirSync(packages)) figure(file, fs.statSync(path.join(packages, file)).size / 1e6, 'MB', 6)

console.table(Object.fromEntries(figures.map(({ what, ...rest }) => [what, rest])))
if (!figures.every(({ met }) => met)) process.exitCode = 1
