const Aerospike = require('aerospike')
const { useServer } = require('spikelet/jest')

const server = useServer({ fixtures: [{ namespaces: { test: { records: [{ set: 'users', key: 'alice', bins: { age: 30 } }] } } }] })

async function withClient(action) {
  const client = await Aerospike.connect({ hosts: server.hosts, log: { level: Aerospike.log.OFF } })
  try {
    return await action(client)
  } finally {
    client.close()
  }
}

test('a test changes everything', async () => {
  server.truncate()
  server.clock.advance({ days: 1 })
  server.faults.on('read').keyBusy()
  await withClient((client) => client.put(new Aerospike.Key('test', 'users', 'bob'), { age: 40 }))
  server.journal.assertCount(1)
})

test('the next test finds the initial state', async () => {
  server.journal.assertCount(0)
  await withClient((client) => client.get(new Aerospike.Key('test', 'users', 'alice')))
  if (server.count() !== 1 || server.faults.list().length !== 0) throw new Error('the server was not reset')
  if (server.clock.now - Date.now() > 60_000) throw new Error('the clock was not reset')
})

test('a failing test shows its requests', async () => {
  await withClient((client) => client.get(new Aerospike.Key('test', 'users', 'failing')))
})
