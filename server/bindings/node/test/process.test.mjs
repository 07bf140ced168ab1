// Servers and the process: its end, workers, garbage, the program.

import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import test from 'node:test'
import { Worker } from 'node:worker_threads'

const run = promisify(execFile)
const here = path.dirname(fileURLToPath(import.meta.url))
const require = createRequire(import.meta.url)
const folder = path.dirname(require.resolve('spikelet/package.json'))

/** Runs code in a process of its own. */
const script = (code, type = 'module') => run(process.execPath, ['--expose-gc', `--input-type=${type}`, '-e', code], { cwd: here, timeout: 60_000 })

test('the process ends while servers are open', async () => {
  const started = Date.now()
  const { stdout } = await script(`
    import { Server } from 'spikelet'
    const servers = [await Server.start(), Server.startSync({ nodes: 3 })]
    console.log(servers.length)
  `)
  assert.equal(stdout, '2\n')
  assert.ok(Date.now() - started < 10_000)
})

test('process.exit and an exception end it, too', async () => {
  await assert.rejects(script("import { Server } from 'spikelet'; await Server.start(); process.exit(7)"), { code: 7 })
  await assert.rejects(script("import { Server } from 'spikelet'; await Server.start(); throw new Error('x')"), { code: 1 })
})

test('a wait for the journal keeps the process alive, until it ends', async () => {
  const { stdout } = await script(`
    import { Server } from 'spikelet'
    const server = await Server.start({ journal: true })
    await server.journal.waitFor(1, { timeout: 200 }).catch((error) => console.log(error.name))
  `)
  assert.equal(stdout, 'TimeoutError\n')
})

test('require works', async () => {
  const { stdout } = await script("const { Server } = require('spikelet'); console.log(Server.startSync().nodes.length)", 'commonjs')
  assert.equal(stdout, '1\n')
})

test('servers run in workers, and end with them', async () => {
  const code = `
    const { parentPort } = require('node:worker_threads')
    const { Server } = require('spikelet')
    const server = Server.startSync({ journal: true })
    server.insert('test', 'demo', 1, { a: 1 })
    server.journal.waitFor(5).catch(() => {})
    parentPort.postMessage({ port: server.port, count: server.count() })
    parentPort.on('message', () => {})
  `
  const { Server } = require('spikelet')
  const mine = Server.startSync()
  const ports = []
  for (let n = 0; n < 8; n++) {
    const worker = new Worker(code, { eval: true })
    const [{ port, count }] = await once(worker, 'message')
    assert.equal(count, 1)
    ports.push(port)
    await worker.terminate()
  }
  // The ports are free again.
  for (const port of ports) (await Server.start({ port })).closeSync()
  assert.equal(mine.count(), 0)
  mine.closeSync()
})

test('servers that were closed leave nothing behind, and those that nothing refers to still serve', async () => {
  const { stdout } = await script(`
    import { Server } from 'spikelet'
    import fs from 'node:fs'
    import net from 'node:net'
    import { once } from 'node:events'
    const open = () => [fs.readdirSync('/proc/self/fd').length, fs.readdirSync('/proc/self/task').length]
    const port = (await Server.start()).port
    const before = open()
    for (let n = 0; n < 100; n++) await (await Server.start({ nodes: 3 })).close()
    globalThis.gc()
    const after = open()
    const [socket] = [net.connect(port, '127.0.0.1')]
    await once(socket, 'connect')
    socket.destroy()
    console.log(after[0] <= before[0] + 2, after[1] <= before[1] + 5)
  `)
  assert.equal(stdout, 'true true\n')
})

test('the program runs in this process, and obeys signals', async (t) => {
  const bin = path.join(folder, require('spikelet/package.json').bin.spikelet)
  for (const signal of ['SIGTERM', 'SIGINT']) {
    const program = spawn(process.execPath, [bin, '--listen', '127.0.0.1:0', '--nodes', '2'], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [line] = await once(createInterface(program.stdout), 'line')
    assert.match(line, /^listening on 127\.0\.0\.1:\d+$/)
    const children = `/proc/${program.pid}/task/${program.pid}/children`
    if (fs.existsSync(children)) assert.equal(fs.readFileSync(children, 'utf8'), '')
    program.kill(signal)
    assert.deepEqual(await once(program, 'exit'), [0, null], signal)
  }
  const { stdout } = await run(process.execPath, [bin, '--help'])
  assert.match(stdout, /--listen/)
  await assert.rejects(run(process.execPath, [bin, '--nodes', '0']), { code: 1, stderr: /1 to 64 nodes, not 0/ })
  await assert.rejects(run(process.execPath, [bin, '--no-such-option']), { code: 2, stderr: /--no-such-option/ })
  const stdin = spawn(process.execPath, [bin, '--listen', '127.0.0.1:0', '--exit-with-stdin'], { stdio: ['pipe', 'ignore', 'inherit'] })
  stdin.stdin.end()
  assert.deepEqual(await once(stdin, 'exit'), [0, null])
})

test('a missing binary is named, with what to do', () => {
  const { load } = require(path.join(folder, 'lib/native.js'))
  const { version } = require('spikelet/package.json')
  const missing = (name) => {
    throw Object.assign(new Error(`Cannot find module '${name}'`), { code: 'MODULE_NOT_FOUND' })
  }
  assert.throws(() => load({ os: 'linux', cpu: 'arm64', libc: 'musl' }, missing), (error) => {
    assert.equal(error.code, 'ERR_SPIKELET_NOT_INSTALLED')
    assert.match(error.message, /cannot find the package @spikelet\/linux-arm64-musl.*--omit=optional.*npm install --save-dev @spikelet/)
    return true
  })
  assert.throws(() => load({ os: 'sunos', cpu: 'x64' }, missing), /no binary for this machine \(sunos x64\).*darwin-arm64/)
  const broken = () => {
    throw new Error('version `GLIBC_2.99` not found')
  }
  assert.throws(() => load({ os: 'darwin', cpu: 'x64' }, broken), /cannot load the binary in the package @spikelet\/darwin-x64: .*GLIBC/)
  const old = () => ({ version: () => '0.0.1' })
  assert.throws(() => load({ os: 'darwin', cpu: 'x64' }, old), new RegExp(`spikelet ${version.replaceAll('.', '\\.')} found .* of version 0\\.0\\.1`))
})
