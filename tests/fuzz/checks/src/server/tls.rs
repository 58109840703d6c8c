//! Real sessions behind TLS: what a client is answered is what it is answered without. A client that
//! breaks the rules of TLS, or whose bytes are changed on their way, is answered nothing else.

use std::cell::RefCell;
use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use mcrsd::flags::ClientCert;
use mcrsd::net::Solo;
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, ClientConnection, RootCertStore};

use super::Bed;
use super::session::{Case, is_answered_alike, without_stats};
use crate::input::{Input, pieces};
use crate::inputs::fuzz_dir;

/// More turns than a session can need for an input of a few kilobytes and what it answers.
const TURNS_MAX: usize = 100_000;

/// Turns without a byte after which a client with wrong bytes leaves: each end may think that it is
/// the other's turn.
const PATIENCE: usize = 20;

/// A server that answers without TLS, one with it, and clients of both versions of TLS.
struct Stage {
    plain: Bed,
    served: Bed,
    solo: Solo,
    clients: [Arc<ClientConfig>; 2],
}

impl Stage {
    fn new() -> Stage {
        let identity = fuzz_dir().join("tls/identity.pem");
        let mut roots = RootCertStore::empty();
        let certificate = CertificateDer::from_pem_file(&identity).expect("the fuzzer's own");
        roots.add(certificate).expect("it is a certificate");
        let client = |version| {
            let config = ClientConfig::builder_with_provider(ring::default_provider().into());
            let config = config.with_protocol_versions(&[version]);
            let config = config
                .expect("ring has both")
                .with_root_certificates(roots.clone());
            Arc::new(config.with_no_client_auth())
        };
        let (plain, served) = Bed::pair(|| Bed::with_tls(&identity));
        Stage {
            plain,
            solo: Solo::new(served.context.shared).expect("descriptors can be had"),
            served,
            clients: [client(&TLS12), client(&TLS13)],
        }
    }
}

thread_local! {
    static STAGE: RefCell<Option<Stage>> = const { RefCell::new(None) };
}

/// What the client's end does.
enum Client {
    /// Sends the bytes as they are, without TLS.
    Raw,
    /// Speaks TLS, and one bit at this place of what it sends is wrong.
    Bent(ClientConnection, usize),
    /// Speaks TLS.
    Good(ClientConnection),
}

/// A client's bytes, cut and encrypted: what comes back is what the requests are answered one by one,
/// or a part of that if the encryption is not whole.
pub fn check(data: &[u8]) {
    let mut control = Input::new(data);
    let (manner, version) = (control.below(4), control.below(2));
    let cuts = control.take(4);
    let at = usize::from(control.byte()) << 8 | usize::from(control.byte());
    if !is_answered_alike(control.rest()) {
        return;
    }
    STAGE.with_borrow_mut(|stage| {
        let stage = stage.get_or_insert_with(Stage::new);
        // Each reset uses up an id; who carried out fewer requests catches up.
        let (mut last_cas, mut served) = (stage.plain.reset(), stage.served.reset());
        while last_cas != served {
            if last_cas < served {
                last_cas = stage.plain.reset();
            } else {
                served = stage.served.reset();
            }
        }
        let connection = || {
            let name = "localhost".try_into().expect("a name");
            ClientConnection::new(Arc::clone(&stage.clients[version]), name).expect("a client")
        };
        let client = match manner {
            0 => Client::Raw,
            1 => Client::Bent(connection(), at),
            _ => Client::Good(connection()),
        };
        let is_good = matches!(client, Client::Good(_));
        let Case { data, expected } = Case::of(control.rest(), last_cas, &stage.plain);
        let answered = converse(&stage.solo, client, &data, cuts);
        let clean = without_stats(&data);
        let (whole, got) = (clean(&expected), clean(&answered));
        if is_good {
            assert!(
                whole == got,
                "{} instead of {}",
                got.escape_ascii(),
                whole.escape_ascii()
            );
        } else if whole == expected {
            assert!(
                expected.starts_with(&answered),
                "{}",
                answered.escape_ascii()
            );
        }
        let clients = stage.served.context.shared.stats.conns.clients();
        assert_eq!(clients, 0, "the session was counted out");
    });
}

/// Sends the bytes in pieces and reads what comes, until the session is over; what the client could
/// decrypt of it.
fn converse(solo: &Solo, mut client: Client, data: &[u8], cuts: &[u8]) -> Vec<u8> {
    let (mut near, far) = UnixStream::pair().expect("a pair of sockets can be had");
    near.set_nonblocking(true).expect("a socket can be set");
    let admitted = solo.admit(far, Some(ClientCert::None));
    admitted.expect("a socket can be watched");
    let mut pieces = pieces(data, cuts);
    let (mut answered, mut wire) = (Vec::new(), Vec::new());
    let (mut sent, mut sending, mut quiet) = (0, true, 0);
    let is_bent = matches!(client, Client::Bent(..));
    for turn in 0.. {
        assert!(turn < TURNS_MAX, "the session does not end");
        if wire.is_empty() && sending {
            sending = more(&mut client, &mut pieces, &mut wire, sent);
        }
        quiet += 1;
        match near.write(&wire) {
            Ok(wrote) => {
                if wrote > 0 {
                    quiet = 0;
                }
                sent += wrote;
                wire.drain(..wrote);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            // The session is gone, and takes no more.
            Err(_) => {
                sending = false;
                wire.clear();
            }
        }
        let sessions = solo.turn();
        let mut buffer = [0; 8192];
        let (mut ended, mut understood) = (false, true);
        match near.read(&mut buffer) {
            Ok(len @ 1..) => {
                quiet = 0;
                understood = take(&mut client, &buffer[..len], &mut answered);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            // The end, or closed with bytes of ours unread.
            Ok(0) | Err(_) => ended = true,
        }
        let gives_up = !understood || is_bent && quiet > PATIENCE;
        if gives_up {
            sending = false;
            wire.clear();
        }
        if wire.is_empty() && !sending {
            // The session may be gone already.
            let _ = near.shutdown(Shutdown::Write);
        }
        if ended && sessions == 0 {
            break;
        }
    }
    answered
}

/// Puts what the client says next into `wire`; whether there may be more. `sent` bytes went before.
fn more<'a>(
    client: &mut Client,
    pieces: &mut impl Iterator<Item = &'a [u8]>,
    wire: &mut Vec<u8>,
    sent: usize,
) -> bool {
    let (tls, bend) = match client {
        Client::Raw => {
            wire.extend(pieces.next().into_iter().flatten());
            return !wire.is_empty();
        }
        Client::Bent(tls, at) => (tls, Some(*at)),
        Client::Good(tls) => (tls, None),
    };
    let mut more = true;
    if !tls.is_handshaking() {
        match pieces.next() {
            Some(piece) => drop(tls.writer().write_all(piece)),
            None => {
                tls.send_close_notify();
                more = false;
            }
        }
    }
    while tls.wants_write() {
        tls.write_tls(wire).expect("memory takes everything");
    }
    if let Some(at) = bend.and_then(|at| at.checked_sub(sent))
        && let Some(byte) = wire.get_mut(at)
    {
        *byte ^= 1;
    }
    more
}

/// Takes what the server sent; whether the client still understands it.
fn take(client: &mut Client, mut wire: &[u8], answered: &mut Vec<u8>) -> bool {
    let (Client::Bent(tls, _) | Client::Good(tls)) = client else {
        // Nothing of it is encrypted: it must not be an answer.
        assert!(
            !wire.starts_with(b"VERSION") && !wire.starts_with(b"ERROR"),
            "in plain"
        );
        return true;
    };
    while !wire.is_empty() {
        tls.read_tls(&mut wire).expect("memory can be read");
        let understood = tls.process_new_packets().is_ok();
        // The end of what there is looks like an error.
        let _ = tls.reader().read_to_end(answered);
        if !understood {
            return false;
        }
    }
    true
}
