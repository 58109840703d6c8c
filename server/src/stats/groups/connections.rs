//! `stats conns`: every socket, by ascending descriptor.

use std::fmt::Display;
use std::net::SocketAddr;

use nix::sys::socket::{SockaddrStorage, getsockname};

use super::super::{Peer, tcp_name, udp_name};
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
                // Its own end, which tells more than that all addresses are listened on.
                let own = own_address(fd);
                put("listen_addr", &own.as_ref().map_or(local, tcp_name));
            }
            Peer::Datagrams(asker) => {
                put("UDP", &"UDP");
                match asker.get() {
                    Some(address) => {
                        put("addr", &udp_name(&address));
                        put("listen_addr", &local);
                    }
                    None => put("addr", &local),
                }
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

/// The address of the server's end of a connection, unless it was closed just now.
fn own_address(fd: i32) -> Option<SocketAddr> {
    let address = getsockname::<SockaddrStorage>(fd).ok()?;
    let v4 = address
        .as_sockaddr_in()
        .map(|a| SocketAddr::V4((*a).into()));
    v4.or_else(|| {
        address
            .as_sockaddr_in6()
            .map(|a| SocketAddr::V6((*a).into()))
    })
}
