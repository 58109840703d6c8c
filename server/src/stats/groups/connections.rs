//! `stats conns`: every socket, by ascending descriptor.

use std::fmt::Display;

use super::super::{Peer, tcp_name};
use super::Put;
use crate::exec::Shared;

/// `stats conns`: every socket by ascending descriptor.
pub fn conn_list(shared: &Shared, to: &mut Put<'_>) {
    let conns = &shared.stats.conns;
    let now = shared.clock.now();
    for (fd, info) in conns.snapshot() {
        let mut put = |name: &str, value: &dyn Display| {
            to(&format!("{fd}:{name}"), format_args!("{value}"));
        };
        let local = conns.listener_address(info.listener);
        match info.peer {
            Peer::Listening => put("addr", &local),
            Peer::Tcp(address) => {
                put("addr", &tcp_name(&address));
                put("listen_addr", &local);
            }
            Peer::Unix => {
                put("addr", &"?:<AF 0>");
                put("listen_addr", &local);
            }
        }
        put("state", &info.state().name());
        let idle = now.saturating_sub(info.last_command());
        put("secs_since_last_cmd", &idle);
    }
}
