// TLS with the official client for Node.js, from npm: node tls.js AUTHORITY HOST:PORT
//
// The server must have been started with --edition enterprise, --nodes 3 and --tls-listen, and its authority is in the file.

import assert from 'node:assert/strict'
import Aerospike from 'aerospike'

const [authority, address] = process.argv.slice(2)
const quiet = { level: Aerospike.log.OFF }

const plain = await Aerospike.connect({ hosts: address, log: quiet })
const node = plain.getNodes().find((node) => node.address === address)
const reply = await plain.infoNode('service-tls-std', node)
const [host, port] = reply.trim().split('\t')[1].split(':')
plain.close()

const connect = (name) => Aerospike.connect({
  hosts: `${host}:${name}:${port}`, tls: { enable: true, cafile: authority }, log: quiet
})
const client = await connect('localhost')
try {
  assert.equal(client.getNodes().length, 3)
  for (let n = 0; n < 50; n++) {
    const key = new Aerospike.Key('test', 'third-party-node-tls', n)
    await client.put(key, { n })
    assert.deepEqual({ ...(await client.get(key)).bins }, { n })
  }
} finally {
  client.close()
}
await assert.rejects(connect('elsewhere.example'))
console.log('the official client for Node.js works over TLS')
// A client that failed to connect keeps the process running.
process.exit(0)
