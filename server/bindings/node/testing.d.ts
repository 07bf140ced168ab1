import type { Server, ServerOptions } from './index.js'

/** The options of a server that a test file uses. */
export interface TestServerOptions extends ServerOptions {
  /** Whether the server is reset before each test; `true` by default. */
  reset?: boolean
  /** How many requests are printed when a test fails, 20 by default. */
  journalTail?: number
}

/**
 * Starts a server for a test file, at once. Call it at the top of the file, or in a suite.
 *
 * Before each test the server is what it was after its start: records and fixtures, clock, faults, network, nodes and journal. When
 * a test fails, the last requests are printed. After the last test the server is closed.
 */
export function useServer(options?: TestServerOptions): Server
