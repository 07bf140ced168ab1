// Compiled with `tsc --strict`, never run: the types are as documented. A line after `@ts-expect-error` must not compile.

import { Server, Double, GeoJSON, RefusedError, SpikeletError } from 'spikelet'
import type { Fault, JournalEntry, NamespaceOptions, ReadValue, ServerOptions, Snapshot } from 'spikelet'
import { useServer } from 'spikelet/node-test'
import { useServer as useServerInVitest } from 'spikelet/vitest'

const namespace: NamespaceOptions = { name: 'orders', defaultTtl: { days: 30 }, nsupPeriod: 120 }
const options: ServerOptions = { nodes: 3, nodeId: 'C1', namespaces: ['test', namespace], fixtures: ['users.json', { namespaces: {} }] }
await using server = await Server.start(options)
using second = Server.startSync()
export const hosts: string = server.hosts
export const seeds: { addr: string; port: number }[] = second.addresses

server.clock.advance({ minutes: 5 })
server.clock.advance(1500)
server.clock.set(new Date())
export const now: Date = server.clock.now

const fault: Fault = server.faults.on('write', { set: 'demo', key: 1n }).times(2).result('KEY_BUSY')
export const fired: number = fault.fired
using must = server.faults.on('read').delay({ milliseconds: 5 }).mustFire()
export const matched: number = must.matched

const entries: JournalEntry[] = await server.journal.writes().set('demo').waitFor(2, { timeout: { seconds: 1 } })
server.journal.assertSequence(['write', ['read', 'k'], ['read', 'k', 2], { command: 'delete', result: 'OK' }])
export const values: ReadValue[] = entries.flatMap((entry) => entry.operations.map((operation) => operation.value))
for (const entry of server.journal) console.log(entry.time.getTime(), entry.policies.ttl)

server.insert('test', 'demo', 'k', { i: 1, big: 1n, d: new Double(1), geo: new GeoJSON({}), l: [1, ['x']], m: new Map([[1, 2]]) })
const snapshot: Snapshot = server.snapshot()
server.restore(snapshot)
const ttl: number | null | undefined = server.record('test', null, 'k')?.ttl
export const hasTtl = ttl !== null
export const loaded: number = (await server.load({ namespaces: {} })).records
export const shared: Server = useServer({ reset: false, journalTail: 5 })
export const sharedInVitest: Server = useServerInVitest()

try {
  server.kill('B2')
} catch (error) {
  if (error instanceof RefusedError) console.log(error.resultCode.toFixed())
  else if (error instanceof SpikeletError) console.log(error.code)
}

// @ts-expect-error There is no such option.
await Server.start({ node: 3 })
// @ts-expect-error A server is not constructed.
new Server()
// @ts-expect-error There is no such command.
server.faults.on('put')
// @ts-expect-error A Date is no value of a bin.
server.insert('test', 'demo', 'k', { d: new Date() })
// @ts-expect-error A unit is misspelled.
server.clock.advance({ minute: 5 })
// @ts-expect-error The port is only read.
server.port = 1
