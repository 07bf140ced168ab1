//! Nodes and the network between them.

use std::net::SocketAddr;

use spikelet::journal::{Ended, Entry};
use spikelet::{Command, NodeId, NodeState, Value};

use crate::argument::Argument;
use crate::error::{Error, Kind};
use crate::plain::{self, Plain};
use crate::server::Server;

/// # Nodes
///
/// A node is given by its id, as an integer or in hexadecimal. Errors are [`Kind::Node`](crate::Kind::Node) if there is no
/// such node or its state does not allow the change, [`Kind::Type`](crate::Kind::Type) and
/// [`Kind::Value`](crate::Kind::Value) for an id, [`Kind::Closed`](crate::Kind::Closed) and
/// [`Kind::Forked`](crate::Kind::Forked).
impl Server {
    /// Returns all nodes, including those that are down.
    ///
    /// # Errors
    /// See above.
    pub fn nodes(&self) -> Result<Vec<Plain>, Error> {
        self.with(|server| Ok(server.nodes().iter().map(plain::node).collect()))
    }

    /// Kills a node.
    ///
    /// # Errors
    /// See above.
    pub fn kill(&self, node: &Value) -> Result<(), Error> {
        self.with(|server| Ok(server.kill(id(node)?)?))
    }

    /// Kills several nodes at once, so that no copies are made in between.
    ///
    /// # Errors
    /// See above; no node is killed then.
    pub fn kill_together(&self, nodes: &[Value]) -> Result<(), Error> {
        let nodes = ids(nodes)?;
        self.with(|server| Ok(server.kill_together(&nodes)?))
    }

    /// Sets the roster of a namespace with strong consistency, and balances the partitions.
    ///
    /// # Errors
    /// See above, and [`Kind::Node`](crate::Kind::Node) if there is no such namespace.
    pub fn set_roster(&self, namespace: &str, nodes: &[Value]) -> Result<(), Error> {
        let nodes = ids(nodes)?;
        self.with(|server| Ok(server.set_roster(namespace, &nodes)?))
    }

    /// Returns the ids of the nodes on the roster of a namespace with strong consistency.
    ///
    /// # Errors
    /// See above, and [`Kind::Node`](crate::Kind::Node) if there is no such namespace.
    pub fn roster(&self, namespace: &str) -> Result<Vec<String>, Error> {
        self.with(|server| Ok(server.roster(namespace)?.iter().map(NodeId::to_string).collect()))
    }

    /// Revives the dead partitions of a namespace with strong consistency, and balances the partitions.
    ///
    /// # Errors
    /// See above, and [`Kind::Node`](crate::Kind::Node) if there is no such namespace.
    pub fn revive(&self, namespace: &str) -> Result<(), Error> {
        self.with(|server| Ok(server.revive(namespace)?))
    }

    /// Returns the numbers of unavailable and of dead partitions of a namespace with strong consistency, as a node sees it.
    ///
    /// # Errors
    /// See above, and [`Kind::Node`](crate::Kind::Node) if there is no such namespace.
    pub fn outage(&self, node: &Value, namespace: &str) -> Result<(u32, u32), Error> {
        self.with(|server| {
            let outage = server.outage(id(node)?, namespace)?;
            Ok((outage.unavailable, outage.dead))
        })
    }

    /// Restarts a killed node, empty and with the same address.
    ///
    /// # Errors
    /// See above, and [`Kind::Node`](crate::Kind::Node) if its port is in use now.
    pub fn restart(&self, node: &Value) -> Result<(), Error> {
        self.with(|server| Ok(server.restart(id(node)?)?))
    }

    /// Adds a node, and returns its id.
    ///
    /// # Errors
    /// See above.
    pub fn add_node(&self) -> Result<String, Error> {
        self.with(|server| Ok(server.add_node()?.to_string()))
    }

    /// Quiesces a node, or reverts that.
    ///
    /// # Errors
    /// See above.
    pub fn quiesce(&self, node: &Value, quiesce: bool) -> Result<(), Error> {
        self.with(|server| {
            let node = id(node)?;
            match quiesce {
                true => server.quiesce(node)?,
                false => server.quiesce_undo(node)?,
            }
            Ok(())
        })
    }

    /// Finishes the migrations of up to this many partitions, or of all, and returns their number.
    ///
    /// # Errors
    /// See above.
    pub fn migrate(&self, partitions: Option<usize>) -> Result<usize, Error> {
        self.with(|server| Ok(server.migrate(partitions.unwrap_or(usize::MAX))))
    }

    /// Cuts the network between every node of `a` and every node of `b`.
    ///
    /// # Errors
    /// See above, [`Kind::Node`](crate::Kind::Node) if a node is in both lists, and [`Kind::Value`](crate::Kind::Value) if a list
    /// is empty.
    pub fn partition(&self, a: &[Value], b: &[Value]) -> Result<(), Error> {
        let (a, b) = (ids(a)?, ids(b)?);
        if a.is_empty() || b.is_empty() {
            let message = "nodes: nothing is cut unless there is at least one node on each side";
            return Err(Error::new(Kind::Value, message));
        }
        self.with(|server| Ok(server.partition(&a, &b)?))
    }

    /// Removes all cuts of the network.
    ///
    /// # Errors
    /// See above.
    pub fn heal(&self) -> Result<(), Error> {
        self.with(|server| {
            server.heal();
            Ok(())
        })
    }

    /// Returns the ids of the nodes that are up, grouped into subclusters.
    ///
    /// # Errors
    /// See above.
    pub fn subclusters(&self) -> Result<Vec<Vec<String>>, Error> {
        self.with(|server| {
            let names = |nodes: Vec<NodeId>| nodes.iter().map(NodeId::to_string).collect();
            Ok(server.subclusters().into_iter().map(names).collect())
        })
    }

    /// Sets the address that a node announces to clients, or the one for clients that use alternate addresses. Nothing
    /// restores the default.
    ///
    /// # Errors
    /// See above, and [`Kind::Value`](crate::Kind::Value) if the address is not of the form `127.0.0.1:3000`.
    pub fn advertise(&self, node: &Value, address: &Value, is_alternate: bool) -> Result<(), Error> {
        let argument = Argument::new("address", address);
        let address = argument.is_given().then(|| {
            let text = argument.text()?;
            let parsed = text.parse::<SocketAddr>();
            parsed.map_err(|_| argument.wrong_value("an address and a port, such as 127.0.0.1:3000"))
        });
        let address = address.transpose()?;
        self.with(|server| {
            let node = id(node)?;
            match is_alternate {
                false => server.advertise(node, address)?,
                true => server.advertise_alternate(node, address)?,
            }
            Ok(())
        })
    }

    /// Whether [`reset_all`](Self::reset_all) can make the server as it was when it started, for another test to use it. It
    /// cannot remove nodes that were added, nor stop a command that a fault delays, which would be executed in the next test.
    /// Without a journal that is unknown, and the answer is no.
    ///
    /// # Errors
    /// See above.
    pub fn is_reusable(&self) -> Result<bool, Error> {
        self.with(|server| {
            let faulted = server.journal().command(Command::Everything).faulted();
            let is_delayed = |entry: Entry| entry.outcome.ended == Ended::Pending;
            Ok(server.nodes().len() == self.nodes_at_start && faulted.is_on() && !faulted.iter().any(is_delayed))
        })
    }

    /// Makes the server as it was when it started: no contents, faults or journal entries; the clock follows the machine's;
    /// the network is whole, and all nodes are up. Open connections stay open, statistics and nodes that were added stay.
    ///
    /// # Errors
    /// [`Kind::Node`](crate::Kind::Node) if the port of a node that was killed is in use now.
    pub fn reset_all(&self) -> Result<(), Error> {
        self.with(|server| {
            server.faults().clear();
            server.heal();
            for node in server.nodes() {
                match node.state {
                    NodeState::Down => server.restart(node.id)?,
                    NodeState::Quiesced => server.quiesce_undo(node.id)?,
                    NodeState::Up => {}
                }
                if node.advertised.is_some() {
                    server.advertise(node.id, None)?;
                }
                if node.alternate.is_some() {
                    server.advertise_alternate(node.id, None)?;
                }
            }
            server.migrate(usize::MAX);
            server.clock().reset();
            server.reset();
            server.journal().clear();
            Ok(())
        })
    }
}

fn ids(nodes: &[Value]) -> Result<Vec<NodeId>, Error> {
    nodes.iter().map(id).collect()
}

fn id(node: &Value) -> Result<NodeId, Error> {
    Argument::new("node", node).node()
}
