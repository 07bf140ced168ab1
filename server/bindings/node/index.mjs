import spikelet from './lib/index.js'

export const {
  Server,
  Double,
  GeoJSON,
  HyperLogLog,
  Particle,
  SpikeletError,
  ArgumentError,
  ClosedError,
  StartError,
  TopologyError,
  FixtureError,
  RestoreError,
  RefusedError,
  AssertionError,
  TimeoutError,
  NotInstalledError
} = spikelet
