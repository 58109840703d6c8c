//! A client's socket with TLS between it and the session.
//!
//! rustls does the protocol and owns no buffers; they are here. Bytes come in and go out through
//! buffers of the thread, so an idle connection owns none, as one without TLS. What is kept between
//! two polls:
//!
//! | of | at most |
//! |---|---|
//! | records that came and are not whole, or for which there was no room | [`KEPT_MAX`] |
//! | a decrypted record for which there was too little room | one record, or what the row above gives |
//! | encrypted bytes the client does not take | `ssl_wbuf_size`, and a flight of the handshake |
//!
//! Handshakes run where everything of the connection runs, on its worker, a message at a time.

use std::cell::RefCell;
use std::io::{self, IoSlice};
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::task::{Poll, ready};

use rustls::HandshakeKind;
use rustls::server::{ServerConnectionData, UnbufferedServerConnection};
use rustls::unbuffered::{
    ConnectionState, EncodeError, EncodeTlsData, EncryptError, UnbufferedStatus,
};

use super::reactor::Readiness;
use super::stream::Stream;
use super::worker::Worker;
use crate::flags::ClientCert;
use crate::tls::Tls;
use crate::watch::Event;

/// Most bytes one read takes.
const READ_BYTES: usize = 32 << 10;

/// Most bytes kept of what came. A message of a handshake is at most 64 KiB, and comes in records.
const KEPT_MAX: usize = 96 << 10;

/// Bytes in front of a record's content.
const HEADER_BYTES: usize = 5;

/// Room for the record that says goodbye: a header, two bytes, and what encryption adds.
const FAREWELL_BYTES: usize = 64;

/// Buffers of a thread that has TLS connections.
struct Scratch {
    /// Room for what was kept and one read.
    input: Box<[u8]>,
    /// Pieces of a reply, made one.
    plain: Vec<u8>,
    /// The same encrypted.
    sealed: Vec<u8>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::new(Scratch {
        input: vec![0; KEPT_MAX + READ_BYTES].into_boxed_slice(),
        plain: Vec::new(),
        sealed: Vec::new(),
    });
}

/// How far a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Nothing has come yet.
    Fresh,
    Handshake,
    Open,
    /// The client has said that it sends nothing more.
    Ended,
    /// TLS has failed: nothing is sent any more.
    Failed,
}

/// A run of bytes that is used up from its front.
#[derive(Debug, Default)]
struct Queue {
    bytes: Vec<u8>,
    start: usize,
}

impl Queue {
    fn is_empty(&self) -> bool {
        self.start == self.bytes.len()
    }

    fn rest(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// Forgets the first bytes, and the memory with the last of them.
    fn advance(&mut self, count: usize) {
        self.start += count;
        if self.is_empty() {
            *self = Queue::default();
        }
    }
}

/// A socket that speaks TLS.
pub(super) struct TlsStream {
    socket: Stream,
    tls: UnbufferedServerConnection,
    worker: &'static Worker,
    write_bytes: usize,
    phase: Phase,
    /// Records not looked at, or not whole.
    incoming: Vec<u8>,
    /// Whether there may be a whole one among them.
    ready: bool,
    /// Decrypted bytes for which there was no room.
    plain: Queue,
    /// Encrypted bytes the socket has not taken.
    outgoing: Queue,
}

impl TlsStream {
    /// Speaks TLS on a socket, with a client that has to show what `client` says.
    pub(super) fn new(
        socket: Stream,
        worker: &'static Worker,
        tls: &Tls,
        client: ClientCert,
    ) -> io::Result<TlsStream> {
        let accepted = tls.accept(client);
        Ok(TlsStream {
            tls: accepted.map_err(|error| io::Error::other(error.to_string()))?,
            socket,
            worker,
            write_bytes: tls.write_bytes(),
            phase: Phase::Fresh,
            incoming: Vec::new(),
            ready: false,
            plain: Queue::default(),
            outgoing: Queue::default(),
        })
    }

    /// The socket it speaks over.
    pub(super) fn socket(&self) -> BorrowedFd<'_> {
        self.socket.socket()
    }

    /// What is known of that.
    pub(super) fn readiness(&mut self) -> &mut Readiness {
        self.socket.readiness()
    }

    fn fd(&self) -> RawFd {
        self.socket().as_raw_fd()
    }

    /// Bytes kept between two polls.
    pub(super) fn held(&self) -> usize {
        let queues = self.plain.bytes.capacity() + self.outgoing.bytes.capacity();
        self.incoming.capacity() + queues
    }

    /// Reads what there is into `buf`; 0 is the end. Goes on with the handshake first.
    pub(super) fn poll_read(&mut self, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        if !self.plain.is_empty() {
            let rest = self.plain.rest();
            let taken = rest.len().min(buf.len());
            buf[..taken].copy_from_slice(&rest[..taken]);
            self.plain.advance(taken);
            return Poll::Ready(Ok(taken));
        }
        SCRATCH.with_borrow_mut(|scratch| {
            let input = &mut scratch.input[..];
            let mut len = self.incoming.len();
            input[..len].copy_from_slice(&self.incoming);
            let read = self.read(input, &mut len, buf);
            // In new memory, so that a short piece does not stay in that of a long one.
            self.incoming = input[..len].to_vec();
            read
        })
    }

    /// [`poll_read`](TlsStream::poll_read) with `len` bytes of `input` at hand; leaves there how
    /// many are not used.
    fn read(
        &mut self,
        input: &mut [u8],
        len: &mut usize,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        loop {
            if self.ready {
                let got = match self.open(&mut input[..*len], buf) {
                    Ok((got, used)) => {
                        input.copy_within(used..*len, 0);
                        *len -= used;
                        got
                    }
                    Err(error) => {
                        *len = 0;
                        // Tells the client why, if it listens.
                        let _ = self.poll_flush();
                        return Poll::Ready(Err(self.fail(&error)));
                    }
                };
                if got > 0 {
                    return Poll::Ready(Ok(got));
                }
            }
            if self.phase == Phase::Ended {
                return Poll::Ready(Ok(0));
            }
            // Who does not take our part of the handshake is not read from.
            ready!(self.poll_flush())?;
            if *len > KEPT_MAX {
                let long = rustls::InvalidMessage::HandshakePayloadTooLarge;
                return Poll::Ready(Err(self.fail(&long.into())));
            }
            let room = &mut input[*len..*len + READ_BYTES];
            match ready!(self.socket.poll_read(room))? {
                0 if self.phase == Phase::Handshake => {
                    let gone = rustls::Error::General("the client left".into());
                    return Poll::Ready(Err(self.fail(&gone)));
                }
                // Differs from what TLS asks for: an end that the client does not announce is one
                // too. Our protocols know by themselves whether a message is whole.
                0 => return Poll::Ready(Ok(0)),
                got => *len += got,
            }
            if self.phase == Phase::Fresh {
                self.phase = Phase::Handshake;
            }
            self.ready = true;
        }
    }

    /// Has rustls look at `input` and puts what it decrypts into `buf`. Returns how many bytes it
    /// put there, and how many of the input are used. Answers of TLS itself go to `outgoing`.
    fn open(&mut self, input: &mut [u8], buf: &mut [u8]) -> Result<(usize, usize), rustls::Error> {
        let (mut got, mut used) = (0, 0);
        self.ready = false;
        loop {
            let rest = &mut input[used..];
            if got > 0 && got + record_len(rest) > buf.len() {
                self.ready = true;
                break;
            }
            let UnbufferedStatus { discard, state } = self.tls.process_tls_records(rest);
            let mut idle = false;
            match state {
                Ok(ConnectionState::ReadTraffic(mut traffic)) => {
                    while let Some(record) = traffic.next_record() {
                        let payload = record?.payload;
                        let fits = payload.len().min(buf.len() - got);
                        buf[got..got + fits].copy_from_slice(&payload[..fits]);
                        got += fits;
                        self.plain.bytes.extend_from_slice(&payload[fits..]);
                    }
                }
                Ok(ConnectionState::EncodeTlsData(message)) => {
                    encode(message, &mut self.outgoing.bytes);
                }
                Ok(ConnectionState::TransmitTlsData(message)) => message.done(),
                Ok(ConnectionState::WriteTraffic(_) | ConnectionState::BlockedHandshake) => {
                    idle = true;
                }
                Ok(ConnectionState::PeerClosed | ConnectionState::Closed) => {
                    self.phase = Phase::Ended;
                    // What comes behind the end counts for nothing.
                    return Ok((got, input.len()));
                }
                // Early data, which is not offered.
                Ok(_) => return Err(rustls::Error::General("an unknown state".into())),
                Err(error) => {
                    self.encode_alert(&mut input[used + discard..]);
                    return Err(error);
                }
            }
            used += discard;
            if idle {
                break;
            }
        }
        if self.phase == Phase::Handshake && !self.tls.is_handshaking() {
            self.phase = Phase::Open;
            let resumes = self.worker.context.shared.tls.as_ref();
            if resumes.is_some_and(Tls::resumes)
                && self.tls.handshake_kind() != Some(HandshakeKind::Resumed)
            {
                self.worker.context.counters.ssl_new_sessions.add(1);
            }
        }
        Ok((got, used))
    }

    /// Encodes what rustls has to say to a client it is done with.
    fn encode_alert(&mut self, input: &mut [u8]) {
        let state = self.tls.process_tls_records(input).state;
        if let Ok(ConnectionState::EncodeTlsData(message)) = state {
            encode(message, &mut self.outgoing.bytes);
        }
    }

    /// Notes that TLS has failed; the error the session gets.
    #[cold]
    fn fail(&mut self, error: &rustls::Error) -> io::Error {
        let context = &self.worker.context;
        let counters = context.counters;
        counters.ssl_proto_errors.add(1);
        if matches!(self.phase, Phase::Fresh | Phase::Handshake) {
            counters.ssl_handshake_errors.add(1);
        }
        self.phase = Phase::Failed;
        if self.worker.verbosity() > 0 {
            eprintln!("<{} TLS: {error}", self.fd());
        }
        let text = error.to_string();
        let event = Event::TlsError {
            client: self.fd(),
            text: &text,
        };
        context.shared.watch.log(context.logger, &event);
        io::Error::other(text)
    }

    /// Writes a piece of `slices`. What is said to be written is on its way only when
    /// [`poll_flush`](TlsStream::poll_flush) is done.
    pub(super) fn poll_write(&mut self, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        ready!(self.poll_flush())?;
        // Decrypts what is there, because rustls does what is next, not what it is asked for.
        if !self.incoming.is_empty() {
            let mut input = std::mem::take(&mut self.incoming);
            match self.open(&mut input, &mut []) {
                Ok((_, used)) => self.incoming = input.split_off(used),
                Err(error) => return Poll::Ready(Err(self.fail(&error))),
            }
        }
        SCRATCH.with_borrow_mut(|scratch| {
            let Scratch { plain, sealed, .. } = scratch;
            let most = self.write_bytes;
            let piece = match slices {
                [one] => &one[..one.len().min(most)],
                many => {
                    plain.clear();
                    for slice in many {
                        let taken = slice.len().min(most - plain.len());
                        plain.extend_from_slice(&slice[..taken]);
                    }
                    plain
                }
            };
            let sealed = match self.seal(piece, sealed) {
                Ok(len) => &sealed[..len],
                Err(error) => return Poll::Ready(Err(self.fail(&error))),
            };
            match self.socket.poll_write(&[IoSlice::new(sealed)]) {
                Poll::Ready(Ok(sent)) => self.outgoing.bytes.extend_from_slice(&sealed[sent..]),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => self.outgoing.bytes.extend_from_slice(sealed),
            }
            Poll::Ready(Ok(piece.len()))
        })
    }

    /// Encrypts into `sealed`, which grows if it must; how many bytes that makes.
    fn seal(&mut self, plain: &[u8], sealed: &mut Vec<u8>) -> Result<usize, rustls::Error> {
        loop {
            let state = self.tls.process_tls_records(&mut self.incoming).state;
            let Ok(ConnectionState::WriteTraffic(mut traffic)) = state else {
                return Err(rustls::Error::HandshakeNotComplete);
            };
            match traffic.encrypt(plain, sealed) {
                Ok(len) => return Ok(len),
                Err(EncryptError::InsufficientSize(size)) => sealed.resize(size.required_size, 0),
                Err(EncryptError::EncryptExhausted) => return Err(rustls::Error::EncryptError),
            }
        }
    }

    /// Writes what is encrypted and not out.
    pub(super) fn poll_flush(&mut self) -> Poll<io::Result<()>> {
        while !self.outgoing.is_empty() {
            let slices = [IoSlice::new(self.outgoing.rest())];
            match ready!(self.socket.poll_write(&slices))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                sent => self.outgoing.advance(sent),
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Tells the client that nothing more comes, if the socket has room for that.
    pub(super) fn farewell(&mut self) {
        if !matches!(self.phase, Phase::Open | Phase::Ended) || !self.outgoing.is_empty() {
            return;
        }
        let mut alert = [0; FAREWELL_BYTES];
        let state = self.tls.process_tls_records(&mut self.incoming).state;
        if let Ok(ConnectionState::WriteTraffic(mut traffic)) = state
            && let Ok(len) = traffic.queue_close_notify(&mut alert)
        {
            let slices = [IoSlice::new(&alert[..len])];
            let _ = self.socket.poll_write(&slices);
        }
    }
}

impl std::fmt::Debug for TlsStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TlsStream")
            .field("socket", &self.socket)
            .field("phase", &self.phase)
            .finish_non_exhaustive()
    }
}

/// Appends a message of rustls to `bytes`.
fn encode(mut message: EncodeTlsData<'_, ServerConnectionData>, bytes: &mut Vec<u8>) {
    if let Err(EncodeError::InsufficientSize(size)) = message.encode(&mut []) {
        let end = bytes.len();
        bytes.resize(end + size.required_size, 0);
        // It fits: the message has just said how long it is.
        let _ = message.encode(&mut bytes[end..]);
    }
}

/// Bytes of content that the record at the start of `input` claims to have; 0 if that is not known
/// yet.
fn record_len(input: &[u8]) -> usize {
    match input.get(..HEADER_BYTES) {
        Some(header) => usize::from(u16::from_be_bytes([header[3], header[4]])),
        None => 0,
    }
}
