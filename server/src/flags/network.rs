//! Options about sockets, clients and the threads that serve them.

use super::values::{absolute, number, octal, port, positive};
use super::{EX_USAGE, Exit};
use super::{Flag, Protocol};

/// In the order of `-h`.
pub(super) const FLAGS: &[Flag] = &[
    Flag::new(
        b'p',
        "port",
        "TCP port to listen on, 0 for none, -1 for any free one",
    )
    .takes("num", |s, v| {
        s.port = port(v)?;
        s.port_given = true;
        Ok(())
    })
    .defaults_to(|s| s.port.to_string())
    .shown_as("tcpport"),
    Flag::new(
        b'U',
        "udp-port",
        "UDP port to listen on, 0 for none, -1 for any free one",
    )
    .takes("num", |s, v| {
        s.udp_port = port(v)?;
        Ok(())
    })
    .defaults_to(|s| match s.udp_port {
        0 => "0, off".into(),
        port => port.to_string(),
    })
    .shown_as("udpport"),
    Flag::new(
        b's',
        "unix-socket",
        "UNIX socket to listen on (disables network support)",
    )
    .takes("file", |s, v| {
        s.unix_socket = Some(absolute(v));
        Ok(())
    })
    .shown_as("domain_socket"),
    Flag::new(b'a', "unix-mask", "access mask for UNIX socket, in octal")
        .takes("mask", |s, v| {
            s.unix_mask = octal(v);
            Ok(())
        })
        .defaults_to(|s| format!("{:o}", s.unix_mask))
        .shown_as("umask"),
    Flag::new(
        b'l',
        "listen",
        "addresses to listen on, with or without :port, separated by commas;\n\
         may be given several times",
    )
    .takes("addr", |s, v| {
        match &mut s.inter {
            None => s.inter = Some(v.to_string()),
            Some(list) if list.contains(v) => {}
            Some(list) => {
                list.push(',');
                list.push_str(v);
            }
        }
        Ok(())
    })
    .defaults_to(|s| s.inter.clone().unwrap_or_else(|| "all".into()))
    .shown_as("inter"),
    Flag::new(b'b', "listen-backlog", "set the backlog queue limit")
        .takes("num", |s, v| {
            s.backlog = number(v).clamp(i32::MIN.into(), i32::MAX.into()) as i32;
            Ok(())
        })
        .defaults_to(|s| s.backlog.to_string())
        .shown_as("tcp_backlog"),
    Flag::new(b'B', "protocol", "protocol - one of ascii, binary, or auto")
        .takes("name", |s, v| {
            s.protocol_given = true;
            s.protocol = match v {
                "auto" => Protocol::Auto,
                "ascii" => Protocol::Ascii,
                "binary" => Protocol::Binary,
                _ => {
                    let text = format!(
                        "Invalid value for binding protocol: {v}\n \
                         -- should be one of auto, binary, or ascii"
                    );
                    return Err(Exit::new(EX_USAGE, text));
                }
            };
            Ok(())
        })
        .defaults_to(|s| s.protocol.name().into())
        .shown_as("binding_protocol"),
    Flag::new(b'c', "conn-limit", "max simultaneous connections")
        .takes("num", |s, v| {
            s.max_conns = positive(v, "Maximum connections")?;
            Ok(())
        })
        .defaults_to(|s| s.max_conns.to_string())
        .shown_as("maxconns"),
    Flag::new(b't', "threads", "number of threads to use")
        .takes("num", |s, v| {
            s.threads = positive(v, "Number of threads")?;
            Ok(())
        })
        .defaults_to(|s| s.threads.to_string())
        .shown_as("num_threads"),
    Flag::new(
        b'R',
        "max-reqs-per-event",
        "maximum number of requests per event, limits the requests\n\
         processed per connection to prevent starvation",
    )
    .takes("num", |s, v| {
        s.reqs_per_event = positive(v, "Number of requests per event")?;
        Ok(())
    })
    .defaults_to(|s| s.reqs_per_event.to_string())
    .shown_as("reqs_per_event"),
    TLS,
    Flag::new(
        b'N',
        "napi-ids",
        "number of receive queues of the network card (NAPI ids);\n\
         each gets a thread that serves its clients",
    )
    .takes("count", |s, v| {
        s.napi_ids = Some(positive(v, "Maximum number of NAPI IDs")?);
        Ok(())
    })
    .shown_as("num_napi_ids"),
];

const TLS: Flag = {
    let flag = Flag::new(
        b'Z',
        "enable-ssl",
        "speak TLS on all TCP sockets; -o ssl_chain_cert and ssl_key are\n\
         needed. An entry of -l may begin with notls: (not there), btls: (no\n\
         certificates of clients there) or mtls: (clients must show one there)",
    )
    .switches(|s| s.tls.enabled = true)
    .shown_as("ssl_enabled");
    if cfg!(feature = "tls") {
        flag
    } else {
        flag.lacking("TLS")
    }
};
