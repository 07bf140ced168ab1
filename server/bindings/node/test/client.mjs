// A client of the package `aerospike`, for the tests.

import Aerospike from 'aerospike'

export { Aerospike }
export const { Key, status } = Aerospike

/** Connects a client that is closed at the end of the test. */
export async function connect(t, server, options = {}) {
  const client = await Aerospike.connect({ hosts: server.hosts, log: { level: Aerospike.log.OFF }, ...options })
  t.after(() => client.close())
  return client
}
