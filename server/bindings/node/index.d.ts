/// <reference types="node" />

/**
 * An Aerospike-compatible server for tests, in this process. Every Aerospike client can connect to it over TCP.
 *
 * ```js
 * const server = await Server.start()
 * const client = await Aerospike.connect({ hosts: server.hosts })
 * ```
 */

/** A user key. A string of digits and an integer are different keys. */
export type Key = string | number | bigint | Uint8Array

/**
 * A value that a bin can hold.
 *
 * - A number without a fraction is a 64-bit integer, and must be a safe integer; a bigint is one, too. `new Double(1)` is a
 *   double, as are numbers with a fraction, numbers beyond 64 bits, `-0`, `NaN` and the infinities.
 * - A `Buffer` or `Uint8Array` is a blob, an array is a list. A `Map` and a plain object are maps; the keys of an object are strings.
 * - `Double` and `GeoJSON` of the package `aerospike` are accepted as well.
 * - `null` and `undefined` are nil, which deletes a bin.
 */
export type Value =
  | null
  | undefined
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Double
  | GeoJSON
  | HyperLogLog
  | Particle
  | readonly Value[]
  | ReadonlyMap<Value, Value>
  | { readonly [name: string]: Value }

/**
 * A value that was read.
 *
 * Integers are numbers, or bigints outside of the range of safe integers. Doubles are numbers. A map is an object if all its keys
 * are strings, otherwise a `Map`. A blob is a `Buffer`.
 */
export type ReadValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Buffer
  | GeoJSON
  | HyperLogLog
  | Particle
  | ReadValue[]
  | Map<ReadValue, ReadValue>
  | { [name: string]: ReadValue }

/** A double, for numbers without a fraction. */
export class Double {
  constructor(value: number)
  readonly value: number
  valueOf(): number
  toJSON(): number
}

/** A geographic point or region. */
export class GeoJSON {
  /** @param value GeoJSON as text, or as an object */
  constructor(value: string | object)
  /** The GeoJSON as it is stored. */
  readonly text: string
  toJSON(): unknown
  toString(): string
}

/** A HyperLogLog, as the server stores it. */
export class HyperLogLog {
  constructor(bytes: Uint8Array)
  readonly bytes: Buffer
}

/** A value of a particle type that has no other form here, such as a blob for one client language. */
export class Particle {
  constructor(type: number, bytes: Buffer)
  readonly type: number
  readonly bytes: Buffer
}

/** A duration: a number of milliseconds, or units that are added up, such as `{ minutes: 5 }`. Not negative. */
export type Duration =
  | number
  | { days?: number; hours?: number; minutes?: number; seconds?: number; milliseconds?: number }

/** The id of a node, which is shown in hexadecimal: `'B2'`, or the same as a number, `0xB2`. */
export type NodeId = string | number | bigint

/**
 * A kind of command. `read` and `write` include the more specific ones. `any` includes all but `info` and `connect`: clients
 * watch the cluster with info commands in the background. `everything` includes all but `connect`.
 */
export type Command =
  | 'any'
  | 'everything'
  | 'read'
  | 'exists'
  | 'write'
  | 'operate'
  | 'delete'
  | 'touch'
  | 'udf'
  | 'monitor'
  | 'verify'
  | 'roll-forward'
  | 'roll-back'
  | 'batch'
  | 'query'
  | 'info'
  | 'connect'

/** A result code: a number of 0 to 255 such as `18`, or its name such as `'DEVICE_OVERLOAD'`. */
export type ResultCode = number | string

/** Selects requests. A request must match everything that is set. */
export interface Selector {
  /** The kind of command; `any` by default. */
  command?: Command
  /** The namespace. */
  namespace?: string
  /** The set. The empty name selects requests without a set. */
  set?: string
  /** The user key of a record: in the set that is selected, otherwise in the set that each request names. */
  key?: Key
  /** The digest of a record: 40 hexadecimal digits, or 20 bytes. At most one of `key` and `digest` is set. */
  digest?: string | Uint8Array
  /** The node that receives the request. */
  node?: NodeId
}

/** Selects entries of the journal. */
export interface Filter extends Selector {
  /** The result code of the request. */
  result?: ResultCode
  /** The number of the first request. */
  since?: number
  /** Only requests on which a fault fired. */
  faulted?: boolean
}

/** The options of a namespace. */
export interface NamespaceOptions {
  /** Its name, up to 31 bytes. */
  name: string
  /** The TTL of records that are written without one: a number of seconds, or units. 0, the default, means forever. */
  defaultTtl?: Duration
  /** How often expired records are removed in the background: a number of seconds, or units. 1 by default, 0 means never. */
  nsupPeriod?: Duration
  /** Whether records may have a TTL although `nsupPeriod` is 0; `true` by default. */
  allowTtlWithoutNsup?: boolean
  /** The number of copies of each record, 1 to 256; by default that of the server. */
  replicationFactor?: number
  /** Which of two records is kept when a partitioned network heals; `generation` by default. */
  conflictResolutionPolicy?: 'generation' | 'last-update-time'
  /** Other parameters, by their names in Aerospike's configuration, such as `{ 'stop-writes-sys-memory-pct': 80 }`. */
  parameters?: { readonly [name: string]: string | number | boolean }
}

/**
 * A fixture: the path of a JSON file or of a file or directory written by `asbackup`, a `Buffer` with the content of such a file,
 * or the JSON document as an object.
 */
export type Fixture = string | URL | Buffer | { namespaces?: object; modules?: object }

/** A user. Without a password it logs in with a certificate. */
export interface UserOptions {
  /** The password. */
  password?: string
  /** The password of a user with external authentication, such as LDAP: clients send it in clear text. */
  externalPassword?: string
  /** The names of the roles. */
  roles?: string[]
}

/** A role. */
export interface RoleOptions {
  /** What its users may do, such as `'read'` or `'read-write.test.orders'`. */
  privileges: string[]
  /** The addresses and networks from which its users may log in. */
  whitelist?: string[]
  /** The most reads per second on each node. */
  readQuota?: number
  /** The most writes per second on each node. */
  writeQuota?: number
}

/** The options of a server. */
export interface ServerOptions {
  /** The IP address to listen on, `127.0.0.1` by default. */
  host?: string
  /** The port of the first node; further nodes take the ports that follow. 0, the default, takes free ports. */
  port?: number
  /** The namespaces, by name or with options; `['test', 'bar']` by default. */
  namespaces?: (string | NamespaceOptions)[]
  /** The number of nodes, 1 to 64; 1 by default. */
  nodes?: number
  /** The id of the first node: by default `'A1'` for a single node and `'B1'` for several. Further nodes get the ids that follow. */
  nodeId?: NodeId
  /** The rack of each node, in order. */
  racks?: number[]
  /** The number of copies of each record, 1 to 256, in namespaces that set none; 1 by default. */
  replicationFactor?: number
  /** The name of the cluster, `spikelet` by default. */
  clusterName?: string
  /** The version that the server reports, `8.1.2.0` by default. */
  version?: string
  /** The edition whose limits the server has. */
  edition?: 'community' | 'enterprise'
  /** Whether migrations wait for `migrate`. By default they finish at once. */
  slowMigrations?: boolean
  /** Whether namespaces with `strongConsistency` start without a roster. By default the server's nodes are on it. */
  withoutRosters?: boolean
  /** The directory that error messages of UDFs name. */
  workDirectory?: string
  /** Whether clients can control the server with info commands under `spikelet/`; `false` by default. */
  controls?: boolean
  /** Users who can log in, by name, with which the server has security; it needs the Enterprise Edition. */
  users?: Record<string, UserOptions>
  /** Roles beside the predefined ones: their privileges, such as `'read-write.test.orders'`, or more. */
  roles?: Record<string, string[] | RoleOptions>
  /** Whether roles can have quotas; `false` by default. */
  enableQuotas?: boolean
  /** The seconds after which a login ends; 86400 by default. */
  sessionTtl?: number
  /** How many requests the journal keeps; 1000 by default. `false` turns it off. */
  journal?: number | boolean
  /** Fixtures that are loaded before clients can connect. */
  fixtures?: Fixture[]
  /** TLS, beside the connections without it; with `edition: 'enterprise'`. */
  tls?: boolean | TlsOptions
}

/** The options of TLS. */
export interface TlsOptions {
  /** The IP address to listen on, `127.0.0.1` by default. */
  host?: string
  /** The port of the first node; 0, the default, takes free ports. */
  port?: number
  /** The TLS name of the servers, `localhost` by default. */
  name?: string
  /** The certificate chain of the servers, in PEM. By default one is made. */
  certificate?: string
  /** The private key of `certificate`, in PEM. */
  key?: string
  /** The certificates of the authorities of clients, in PEM. By default that of `caCertificate`. */
  ca?: string
  /** Whether clients need a certificate, or the names that it may have; `false` by default. */
  authenticateClient?: boolean | string[]
}

/** A node of a server. */
export interface Node {
  /** Its id in hexadecimal, such as `'B2'`. */
  readonly id: string
  /** Its IP address. */
  readonly host: string
  /** Its port. */
  readonly port: number
  /** The id of its rack. */
  readonly rack: number
  /** `quiesced`: it serves, but has handed over its partitions. */
  readonly state: 'up' | 'quiesced' | 'down'
}

/** A record in a server. */
export interface ServerRecord {
  readonly namespace: string
  /** The set; `null` for no set. */
  readonly set: string | null
  /** The user key; `null` if the client did not send it. */
  readonly key: string | number | bigint | Buffer | null
  /** The digest, 20 bytes. */
  readonly digest: Buffer
  /** The number of writes, from 1 to 65535, after which it starts again at 1. */
  readonly generation: number
  /** The remaining TTL in seconds, by the server's clock; `null` if the record never expires. */
  readonly ttl: number | null
  /** When the record was last written, by the server's clock. */
  readonly lastUpdate: Date
  /** The bins by name. */
  readonly bins: { [name: string]: ReadValue }
}

/**
 * A running server. Several can run at the same time. It runs until it is closed, or until the process or its worker ends, which it
 * does not delay.
 */
export class Server implements AsyncDisposable, Disposable {
  private constructor()

  /**
   * Starts a server. Clients can connect when the promise is fulfilled.
   *
   * @throws {ArgumentError} for a wrong option
   * @throws {StartError} if the address is in use
   * @throws {FixtureError} if a fixture cannot be read or is refused
   */
  static start(options?: ServerOptions): Promise<Server>
  /** The same, in this thread. Without fixtures it takes a tenth of a millisecond. */
  static startSync(options?: ServerOptions): Server

  /** The addresses of the nodes that are up, separated by commas, as clients take them: `'127.0.0.1:40123,127.0.0.1:40124'`. */
  readonly hosts: string
  /** The same as an array, which the package `aerospike` also takes as `hosts`. */
  readonly addresses: { addr: string; port: number }[]
  /** The IP address of the first node. */
  readonly host: string
  /** The port of the first node. */
  readonly port: number

  /** The addresses, TLS ports and TLS names of the nodes that are up. Without the option `tls` it is empty. */
  readonly tlsAddresses: { addr: string; port: number; tlsName: string }[]
  /** The certificate of the authority of all certificates that the server makes, in PEM. Throws for a server without TLS. */
  readonly caCertificate: string
  /** Makes a certificate for a client with this common name, in PEM. */
  clientCertificate(name: string): { certificate: string; key: string }
  /** Sets the certificate that the server presents on new connections. */
  presentCertificate(kind: 'valid' | 'expired' | 'not-yet-valid' | 'wrong-name' | 'untrusted' | 'garbage'): void

  readonly clock: Clock
  readonly faults: Faults
  readonly journal: Journal
  /** All nodes, including those that are down. */
  readonly nodes: Node[]
  /** The ids of the nodes that are up, grouped by who can reach whom. */
  readonly subclusters: string[][]

  /**
   * Kills a node: closes its socket and its connections. Records of which it had the only copy are lost.
   *
   * @throws {TopologyError} if there is no such node, or it is down
   */
  kill(node: NodeId): void
  /** Kills several nodes at once, so that no copies are made in between. */
  killTogether(nodes: NodeId[]): void
  /** The ids of the nodes on the roster of a namespace with `strongConsistency`. */
  roster(namespace: string): string[]
  /** Sets the roster of a namespace with `strongConsistency`. Its nodes need not exist. */
  setRoster(namespace: string, nodes: NodeId[]): void
  /** Revives the dead partitions of a namespace with `strongConsistency`, without the records that were lost. */
  revive(namespace: string): void
  /** The numbers of partitions of a namespace with `strongConsistency` that a node cannot use. */
  outage(node: NodeId, namespace: string): { unavailable: number; dead: number }
  /** Restarts a killed node, empty and with the same address. */
  restart(node: NodeId): void
  /** Adds a node on a free port, and returns its id. */
  addNode(): string
  /** Quiesces a node: it hands over its partitions, and still serves. */
  quiesce(node: NodeId): void
  /** Reverts `quiesce`. */
  quiesceUndo(node: NodeId): void
  /**
   * Cuts the network between the nodes of `a` and those of `b`. Clients still reach all nodes, and each side accepts writes.
   * Methods that read or write records use the side of the first node that is up; `recordAt` reads from that of any node.
   */
  partition(a: NodeId | NodeId[], b: NodeId | NodeId[]): void
  /** Removes all cuts of the network, and merges what was written on either side. */
  heal(): void
  /** Finishes the migrations of up to this many partitions, all by default, with the option `slowMigrations`. Returns of how many. */
  migrate(partitions?: number): number
  /** Sets the address, such as `'10.0.0.1:3000'`, that a node announces to clients; `null` restores its own. */
  advertise(node: NodeId, address: string | null): void
  /** Sets the address that a node announces to clients that use alternate addresses; `null` announces none. */
  advertiseAlternate(node: NodeId, address: string | null): void

  /**
   * Writes bins to a record, as a put of a client that also sends the user key. `set` is `''` or `null` for no set.
   *
   * @throws {RefusedError} with the result code that a client would get: 20 if there is no such namespace, 21 for a bin name of
   *   more than 15 bytes, and 13 for a record that is too big
   */
  insert(namespace: string, set: string | null, key: Key, bins: { readonly [name: string]: Value } | ReadonlyMap<string, Value>): void
  /** Returns the record with a key, or `null` if there is none or it has expired. */
  record(namespace: string, set: string | null, key: Key): ServerRecord | null
  /** Returns the record with a key as a node has it while the network is cut. */
  recordAt(node: NodeId, namespace: string, set: string | null, key: Key): ServerRecord | null
  /** Returns all records that have not expired, or those of a namespace, or of a set (`''` for those without a set). */
  records(namespace?: string, set?: string): ServerRecord[]
  /** Returns the number of records that have not expired, or of those of a namespace or a set. */
  count(namespace?: string, set?: string): number
  /** Removes all records from all namespaces. */
  truncate(): void
  /** Removes expired records at once, and returns how many there were. Commands never see expired records; statistics do. */
  runNsup(): number

  /** Takes a snapshot of records, sets, indexes, UDF modules and settings. Takes microseconds, however many records there are. */
  snapshot(): Snapshot
  /**
   * Replaces the contents of the server with those of a snapshot. Connections stay open.
   *
   * @throws {RestoreError} if the snapshot has other namespaces
   */
  restore(snapshot: Snapshot): void
  /** Empties the server. Connections stay open; the clock, the faults, the nodes and the journal do not change. */
  reset(): void
  /**
   * Makes the server as it was when it started, without its fixtures: no contents, faults or journal entries; the clock follows the
   * machine's; the network is whole, and all nodes are up. Connections and nodes that were added stay.
   */
  resetAll(): void

  /**
   * Loads a fixture. If there is an error, nothing is loaded.
   *
   * @throws {FixtureError} if it cannot be read, or the server refuses any of it
   */
  load(fixture: Fixture): Promise<{ records: number; expired: number; indexes: number; modules: number }>
  /** Returns the contents as a fixture: the document of the JSON format. */
  fixture(): object
  /** Saves the contents as a JSON file. */
  saveJson(path: string | URL): Promise<void>
  /** Saves a namespace and all UDF modules as a backup, which `asrestore` can load into a real cluster. */
  saveBackup(namespace: string, path: string | URL): Promise<void>

  /** Whether the server was closed. */
  readonly isClosed: boolean
  /** Stops the server, closes its connections and frees its ports. Closing it again does nothing. */
  close(): Promise<void>
  /** The same, in this thread. It takes less than a millisecond, and up to 50 while something waits for the journal. */
  closeSync(): void
  [Symbol.asyncDispose](): Promise<void>
  [Symbol.dispose](): void
}

/** What a server held at one moment. It outlives its server, and can be restored into another one. */
export interface Snapshot {
  /** The names of the namespaces. */
  readonly namespaces: string[]
  /** The number of records. */
  readonly records: number
}

/**
 * The clock of a server. It follows the machine's clock until a test changes it. When a method that moves it returns, records have
 * expired, and indexes and counters reflect that. Clients do not know this clock: a TTL that they report is wrong after it moved.
 */
export interface Clock {
  /** The server's time, in whole milliseconds. */
  readonly now: Date
  readonly isFrozen: boolean
  /** Stops the clock at the current time. */
  freeze(): void
  /** Lets a frozen clock run again, from the time that it shows. */
  resume(): void
  /** Moves the clock forward. A number is in milliseconds: `advance(1500)` and `advance({ seconds: 1.5 })` are the same. */
  advance(by: Duration): void
  /** Moves the clock to a time between 2010 and 2146, forward or back. A number is in milliseconds since 1970. */
  set(to: Date | number): void
  /** Makes the clock follow the machine's clock again. */
  reset(): void
}

/** The faults of a server: errors, delays and broken connections, for the requests that a test selects. */
export interface Faults {
  /**
   * Builds a fault for these requests. A reaction, such as `keyBusy()`, arms it.
   *
   * ```js
   * const busy = server.faults.on('write', { set: 'demo' }).times(2).keyBusy()
   * ```
   */
  on(command?: Command, selector?: Omit<Selector, 'command'>): FaultBuilder
  /** Removes all faults. Connections that they have silenced stay silent. */
  clear(): void
  /** The faults that have not been removed, in the order in which they were armed. */
  list(): Fault[]
}

/** Builds a fault. Without limits, it fires on every request that it matches. */
export interface FaultBuilder {
  namespace(namespace: string): FaultBuilder
  set(set: string): FaultBuilder
  key(key: Key): FaultBuilder
  digest(digest: string | Uint8Array): FaultBuilder
  node(id: NodeId): FaultBuilder
  /** Fires from the nth matching request on, counted from 1: once, or as often as `times` allows. */
  nth(n: number): FaultBuilder
  /** Fires at most this many times. */
  times(n: number): FaultBuilder
  /** Fires on each matching request with this probability, 0 to 1. The same seed selects the same requests in every run. */
  probability(probability: number, seed?: number): FaultBuilder
  /** Sets the seed by which replies are corrupted; 0 by default. */
  seed(seed: number): FaultBuilder

  /** Replies with a result code, and does not execute the command. In a batch it fires on each matching row separately. */
  result(code: ResultCode): Fault
  /** Replies DEVICE_OVERLOAD (18). */
  deviceOverload(): Fault
  /** Replies KEY_BUSY (14). */
  keyBusy(): Fault
  /** Delays the command and everything after it on the same connection, in real time. A number is in milliseconds. */
  delay(time: Duration): Fault
  /** Neither executes the command nor replies. The connection stays open, but is not served any more. */
  ignore(): Fault
  /** Closes the connection without executing the command. */
  cutBefore(): Fault
  /** Executes the command, and closes the connection without a reply. */
  cutAfter(): Fault
  /** Executes the command, and never replies. The connection stays open, but is not served any more. */
  silenceAfter(): Fault
  /** Executes the command, sends this many bytes of the reply, and closes the connection. */
  truncate(bytes: number): Fault
  /** Executes the command, and sends only this many bytes of the reply. The connection stays open. */
  stall(bytes: number): Fault
  /** Executes the command, and damages the reply. */
  corrupt(): Fault
  /** Resets new connections (`connect`); closes the connection of other commands. */
  refuseConnections(): Fault
}

/** An armed fault. Its text is `id=1:command=write:set=demo:result=18`. */
export interface Fault {
  readonly id: number
  /** On how many requests, or rows of batches, it has fired. */
  readonly fired: number
  /** How many requests it has matched, whether it fired on them or not. After its last time it no longer counts. */
  readonly matched: number
  /** Removes the fault. Connections that it has silenced stay silent. */
  remove(): void
  /** Returns a guard that removes the fault when it is disposed of, and throws if the fault never fired. */
  mustFire(): MustFire
  toString(): string
}

/**
 * A fault that must fire: `using busy = server.faults.on('write').keyBusy().mustFire()`. Where there is no `using`, call
 * `check()` at the end of the test.
 */
export interface MustFire extends Disposable {
  readonly fault: Fault
  readonly fired: number
  readonly matched: number
  /**
   * Removes the fault. Does nothing when it is called again.
   *
   * @throws {AssertionError} if the fault never fired, with the place where it was armed
   */
  check(): void
}

/** An expected entry: a command, a command with a key, those with a result code, or a filter. */
export type Expectation = Command | [Command, Key] | [Command, Key, ResultCode] | Filter

/**
 * The journal of a server: the requests that it received, with their outcomes. Filters return a journal of the matching entries.
 * An entry is in the journal before the client has the reply. Without a journal (option `journal`), methods throw an ArgumentError.
 */
export interface Journal extends Iterable<JournalEntry> {
  filter(filter: Filter): Journal
  command(command: Command): Journal
  reads(): Journal
  writes(): Journal
  deletes(): Journal
  namespace(namespace: string): Journal
  set(set: string): Journal
  key(key: Key): Journal
  digest(digest: string | Uint8Array): Journal
  node(id: NodeId): Journal
  result(code: ResultCode): Journal
  since(number: number): Journal
  faulted(): Journal

  /** How many entries were dropped to make room for later ones. */
  readonly dropped: number
  /** The number of the next request, for `since`. */
  readonly nextNumber: number
  /** The matching entries, oldest first. */
  entries(): JournalEntry[]
  /** The last `n` matching entries, 10 by default, oldest first. */
  tail(n?: number): JournalEntry[]
  /** The last matching entry. */
  last(): JournalEntry | undefined
  /** The number of matching entries. */
  count(): number
  /** Removes all entries, matching or not. */
  clear(): void
  /**
   * Waits until there are `n` matching entries, 1 by default, including those already there, and returns them. The timeout is in
   * real time; a number is in milliseconds, and 5 seconds is the default. The process does not end before the wait does.
   *
   * @throws {TimeoutError} if the timeout expires, with the last entries in the message
   * @throws {ClosedError} if the server is closed
   */
  waitFor(n?: number, options?: { timeout?: Duration }): Promise<JournalEntry[]>
  /** @throws {AssertionError} if there are more or fewer matching entries, with the last entries in the message */
  assertCount(n: number): void
  /** @throws {AssertionError} if the matching entries are not exactly these, with both sequences in the message */
  assertSequence(expected: Expectation[]): void
  /** The matching entries, one per line. */
  toString(): string
}

/** What a request asks for. */
export interface Request {
  /** The most specific command: `touch` rather than `write`, for example. */
  readonly command: Command
  /** Whether the request may change a record. */
  readonly writes: boolean
  readonly namespace: string | null
  readonly set: string | null
  /** The user key, if the client sent it. By default most clients send only the digest. */
  readonly key: string | number | bigint | Buffer | null
  /** The digest, 20 bytes; `null` for a query. */
  readonly digest: Buffer | null
  readonly operations: Operation[]
  /** The UDF, as `module.function`. */
  readonly udf: string | null
  readonly udfArguments: ReadValue[]
  /** The name of the secondary index that a query gives. */
  readonly indexName: string | null
  /** The range of an indexed value that a query selects; `null` for a scan. */
  readonly indexRange: { readonly bin: string; readonly first: ReadValue; readonly last: ReadValue } | null
  readonly policies: Policies
}

/** An operation on a bin. */
export interface Operation {
  /** Its name, such as `read`, `write`, `add`, `list.append_items` or `map.put`. */
  readonly name: string
  /** The bin; empty for an operation on the record. */
  readonly bin: string
  /** The value to write, add, append or prepend. */
  readonly value: ReadValue
  /** The arguments of an operation on a list, a map, bits or a HyperLogLog. */
  readonly arguments: ReadValue[]
  /** The operation on one line, with the path to a nested collection. */
  readonly text: string
}

/** The policies of a request that affect what it does. */
export interface Policies {
  /** The generation that the record must have. */
  readonly generationEqual: number | null
  /** The generation that the record must be below. */
  readonly generationBelow: number | null
  /** The requested TTL in seconds, or a name. `default` is that of the namespace, also for requests that do not write. */
  readonly ttl: number | 'default' | 'never' | 'unchanged'
  /** The record-exists action: `update`, `update_only`, `replace`, `replace_only` or `create_only`. */
  readonly existsAction: string
  /** Whether there is a filter expression. */
  readonly filter: boolean
  readonly durableDelete: boolean
  /** Whether a query runs in the background. */
  readonly background: boolean
}

/** A request and its outcome. Its text is one line. */
export interface JournalEntry extends Request {
  /** The number of the request, from 1, counted over all connections. */
  readonly number: number
  /** The id of the node. */
  readonly node: string
  /** When the request arrived, by the server's clock. */
  readonly time: Date
  /** The address of the client. */
  readonly peer: string | null
  /** The rows of a batch. */
  readonly rows: (Request & { readonly index: number; readonly result: number | null; readonly text: string })[]
  /** The commands of an info request. */
  readonly info: string[]
  /** Whether the request was larger than 1 MiB, so that its operations and rows were not kept. */
  readonly isShortened: boolean
  /**
   * How the request ended. `pending`: it has not; `answered`: the whole reply was sent; `closed`: the connection was closed before
   * that; `unanswered`: the connection stays open without a reply.
   */
  readonly ended: 'pending' | 'answered' | 'closed' | 'unanswered'
  /** The result code; `null` while there is none. It is that of the execution, even if a fault kept the reply from the client. */
  readonly result: number | null
  /** The generation in the reply. */
  readonly replyGeneration: number | null
  /** The number of records, rows or values in the reply to a query or a batch. */
  readonly replyRecords: number
  /** The size of the reply in bytes. */
  readonly replyBytes: number
  /** The id of the fault that fired on the request. */
  readonly fault: number | null
  /** The entry on one line. */
  readonly text: string
  /** Returns `text`. */
  toString(): string
}

/** The base class of all errors of this package. */
export class SpikeletError extends Error {
  /** `ERR_SPIKELET_` and the kind, such as `ERR_SPIKELET_CLOSED`. */
  readonly code: string
}
/** An argument or an option is wrong. `code` is `ERR_SPIKELET_ARGUMENT`. */
export class ArgumentError extends SpikeletError {}
/** The server was closed. `code` is `ERR_SPIKELET_CLOSED`. */
export class ClosedError extends SpikeletError {}
/** The server did not start. `code` is `ERR_SPIKELET_START`. */
export class StartError extends SpikeletError {}
/** There is no such node, or it is not in the required state. `code` is `ERR_SPIKELET_TOPOLOGY`. */
export class TopologyError extends SpikeletError {}
/** A fixture cannot be read or written, or is refused. `code` is `ERR_SPIKELET_FIXTURE`. */
export class FixtureError extends SpikeletError {}
/** A snapshot does not fit the server. `code` is `ERR_SPIKELET_RESTORE`. */
export class RestoreError extends SpikeletError {}
/** The server refused a record. `code` is `ERR_SPIKELET_REFUSED`. */
export class RefusedError extends SpikeletError {
  /** The result code that a client would get. */
  readonly resultCode: number
}
/** The journal is not as expected, or a fault never fired. `code` is `ERR_SPIKELET_ASSERTION`. */
export class AssertionError extends SpikeletError {}
/** What was waited for did not happen in time. `code` is `ERR_SPIKELET_TIMEOUT`. */
export class TimeoutError extends SpikeletError {}
/** The binary for this machine is not installed. `code` is `ERR_SPIKELET_NOT_INSTALLED`. */
export class NotInstalledError extends SpikeletError {}
