//! Servers that outlive one client: their connections, and the memory of their failures, are
//! shared by all clients of a process (or thread) that name the same server.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::pool::{Address, Server, ServerOptions, SharedServer};
use crate::transport::Link;

/// A list of servers to share. The host program keeps it as long as connections shall live; there
/// is no global one.
#[derive(Debug, Default)]
pub struct PersistentServers {
    servers: HashMap<Address, SharedServer<Link>>,
}

impl PersistentServers {
    /// An empty list.
    pub fn new() -> PersistentServers {
        PersistentServers::default()
    }

    /// The server at `address`, made if it is new. One that is known keeps its connection and its
    /// failed mark, and takes over the times of `options`.
    pub fn get(&mut self, address: Address, options: ServerOptions) -> SharedServer<Link> {
        if let Some(known) = self.servers.get(&address) {
            let mut server = known.lock().unwrap_or_else(PoisonError::into_inner);
            server.set_times(options);
            server.take_over();
            drop(server);
            return Arc::clone(known);
        }
        let server = Arc::new(Mutex::new(Server::new(address.clone(), options)));
        self.servers.insert(address, Arc::clone(&server));
        server
    }

    /// Closes all connections and forgets all failures. Clients that still use a server keep it.
    pub fn clear(&mut self) {
        self.servers.clear();
    }

    /// How many servers there are.
    pub fn len(&self) -> usize {
        self.servers.len()
    }

    /// There are none.
    pub fn is_empty(&self) -> bool {
        self.servers.is_empty()
    }
}
