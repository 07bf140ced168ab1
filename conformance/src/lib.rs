//! A conformance suite for servers that speak the Aerospike protocol.
