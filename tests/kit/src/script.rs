//! A server that speaks exact bytes and misbehaves on demand; for tests of clients.
//!
//! It understands no protocol. Each accepted connection follows one [`Script`]; what it received is
//! recorded, and a departure from the script fails the test, at the latest when the
//! [`FakeServer`] is dropped.

use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use socket2::{Domain, SockAddr, Socket, Type};
use tempfile::TempDir;

use crate::net::Address;
use crate::show;
use crate::wait::{PATIENCE, wait_until};

/// Pause between the pieces of [`Script::send_split`], so that the reader meets them one by one. It
/// paces the fake server; no test waits for it.
const PIECE_PAUSE: Duration = Duration::from_micros(300);

#[derive(Debug, Clone)]
enum Step {
    Expect(Vec<u8>),
    ExpectUntil(Vec<u8>),
    Send(Vec<u8>),
    SendSplit(Vec<u8>, usize),
    ExpectClose,
    Silence,
    FinishSending,
    Close,
    Reset,
}

/// What the server does on one connection, step by step. After the last step it closes.
///
/// ```
/// use mcrs_testkit::{FakeServer, Raw, Script};
/// let fake = FakeServer::start([Script::new().expect("get a\r\n").send("END\r\n").expect_close()]);
/// let mut raw = Raw::connect(fake.address());
/// raw.ask("get a\r\n", "END\r\n");
/// drop(raw);
/// fake.finish();
/// ```
#[derive(Debug, Clone, Default)]
pub struct Script {
    steps: Vec<Step>,
}

impl Script {
    /// An empty script: accept and close at once.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn then(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// The next bytes received must be exactly these.
    #[must_use]
    pub fn expect(self, bytes: impl AsRef<[u8]>) -> Self {
        self.then(Step::Expect(bytes.as_ref().to_vec()))
    }

    /// Receives anything up to and including `end`, for instance `"\r\n"`: one line.
    #[must_use]
    pub fn expect_until(self, end: impl AsRef<[u8]>) -> Self {
        self.then(Step::ExpectUntil(end.as_ref().to_vec()))
    }

    /// Sends in one piece.
    #[must_use]
    pub fn send(self, bytes: impl AsRef<[u8]>) -> Self {
        self.then(Step::Send(bytes.as_ref().to_vec()))
    }

    /// Sends in pieces of `piece` bytes, each on its own; 1 is byte by byte.
    ///
    /// # Panics
    /// When `piece` is 0.
    #[must_use]
    pub fn send_split(self, bytes: impl AsRef<[u8]>, piece: usize) -> Self {
        assert!(piece > 0, "a piece has at least one byte");
        self.then(Step::SendSplit(bytes.as_ref().to_vec(), piece))
    }

    /// The client must close now, and send nothing before that.
    #[must_use]
    pub fn expect_close(self) -> Self {
        self.then(Step::ExpectClose)
    }

    /// Answers nothing and keeps the connection open until the client closes it or the
    /// [`FakeServer`] goes. Whatever comes meanwhile is recorded.
    #[must_use]
    pub fn silence(self) -> Self {
        self.then(Step::Silence)
    }

    /// Half-closes: the client reads an end of file, and may still send.
    #[must_use]
    pub fn finish_sending(self) -> Self {
        self.then(Step::FinishSending)
    }

    /// Closes in good order, after reading away what the client already sent. The script ends here.
    #[must_use]
    pub fn close(self) -> Self {
        self.then(Step::Close)
    }

    /// Resets the connection: the client's next read or write fails. The script ends here.
    #[must_use]
    pub fn reset(self) -> Self {
        self.then(Step::Reset)
    }
}

/// What all threads of one fake server share.
#[derive(Debug, Default)]
struct Shared {
    /// What each connection received, in order of acceptance.
    received: Vec<Vec<u8>>,
    /// Departures from the script.
    failures: Vec<String>,
    /// A second handle of each connection that is open, to end it early.
    open: Vec<Option<Socket>>,
    /// Scripts that ran to their end.
    finished: usize,
    stopping: bool,
}

/// A listening [`Script`] runner. Connections are served side by side, one thread each.
#[derive(Debug)]
pub struct FakeServer {
    address: Address,
    shared: Arc<Mutex<Shared>>,
    acceptor: Option<JoinHandle<()>>,
    /// How many scripts must have run by the end; `None` when they repeat.
    planned: Option<usize>,
    _dir: Option<TempDir>,
}

impl FakeServer {
    /// Listens on a free TCP port of 127.0.0.1; connection *n* follows script *n*. A connection too
    /// many is a failure.
    ///
    /// # Panics
    /// When it cannot listen.
    #[must_use]
    pub fn start(scripts: impl IntoIterator<Item = Script>) -> Self {
        let scripts: Vec<Script> = scripts.into_iter().collect();
        let planned = scripts.len();
        let mut scripts = scripts.into_iter();
        Self::listen(tcp(), None, Some(planned), move || scripts.next())
    }

    /// Listens on TCP; every connection follows the same script, any number of times.
    ///
    /// # Panics
    /// When it cannot listen.
    #[must_use]
    pub fn start_repeating(script: Script) -> Self {
        Self::listen(tcp(), None, None, move || Some(script.clone()))
    }

    /// As [`Self::start`], on a unix socket.
    ///
    /// # Panics
    /// When it cannot listen.
    #[must_use]
    pub fn start_unix(scripts: impl IntoIterator<Item = Script>) -> Self {
        let scripts: Vec<Script> = scripts.into_iter().collect();
        let planned = scripts.len();
        let mut scripts = scripts.into_iter();
        let dir = crate::temp_dir();
        let path = dir.path().join("socket");
        let socket = Socket::new(Domain::UNIX, Type::STREAM, None).expect("make a socket");
        let address = SockAddr::unix(&path).expect("a short path");
        socket.bind(&address).expect("bind the socket file");
        let listener = (socket, Address::Unix(path));
        Self::listen(listener, Some(dir), Some(planned), move || scripts.next())
    }

    fn listen(
        (listener, address): (Socket, Address),
        dir: Option<TempDir>,
        planned: Option<usize>,
        next_script: impl FnMut() -> Option<Script> + Send + 'static,
    ) -> Self {
        listener.listen(128).expect("listen");
        let shared = Arc::new(Mutex::new(Shared::default()));
        let for_acceptor = Arc::clone(&shared);
        let acceptor = std::thread::spawn(move || accept(&listener, &for_acceptor, next_script));
        Self {
            address,
            shared,
            acceptor: Some(acceptor),
            planned,
            _dir: dir,
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Its TCP port.
    ///
    /// # Panics
    /// For a unix socket.
    #[must_use]
    #[track_caller]
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// How many connections it has accepted so far.
    #[must_use]
    pub fn connections(&self) -> usize {
        lock(&self.shared).received.len()
    }

    /// What connection `index` (from 0, in order of acceptance) has sent so far; empty when there is
    /// none.
    #[must_use]
    pub fn received(&self, index: usize) -> Vec<u8> {
        let shared = lock(&self.shared);
        shared.received.get(index).cloned().unwrap_or_default()
    }

    /// Waits until every script has run to its end, and fails the test on any departure.
    ///
    /// A script that ends in [`Script::silence`] or [`Script::expect_close`] ends when the client
    /// closes, so drop the client first.
    ///
    /// # Panics
    /// With the departures, or when a script is never finished. For a repeating script it only
    /// looks at departures.
    #[track_caller]
    pub fn finish(self) {
        if let Some(planned) = self.planned {
            wait_until("the fake server's scripts to end", || {
                let shared = lock(&self.shared);
                shared.finished >= planned || !shared.failures.is_empty()
            });
        }
        // Drop reports the failures.
    }
}

impl Drop for FakeServer {
    fn drop(&mut self) {
        {
            let mut shared = lock(&self.shared);
            shared.stopping = true;
            for socket in shared.open.iter().flatten() {
                // It fails only when the connection is already gone.
                let _ = socket.shutdown(Shutdown::Both);
            }
        }
        // Wakes the acceptor, which then sees that it is to stop.
        let _ = self.address.connect(PATIENCE);
        if let Some(acceptor) = self.acceptor.take()
            && acceptor.join().is_err()
            && !std::thread::panicking()
        {
            panic!("the fake server's own thread panicked");
        }
        let failures = std::mem::take(&mut lock(&self.shared).failures);
        if failures.is_empty() {
            return;
        }
        let text = failures.join("\n");
        if std::thread::panicking() {
            eprintln!("the fake server adds: {text}");
        } else {
            panic!("{text}");
        }
    }
}

/// A TCP socket bound to a free port of 127.0.0.1.
fn tcp() -> (Socket, Address) {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("make a socket");
    let any = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    socket.bind(&any.into()).expect("bind to a free port");
    let bound = socket.local_addr().expect("a bound socket has an address");
    let addr = bound.as_socket().expect("a TCP socket has a TCP address");
    (socket, Address::Tcp(addr))
}

/// A panic of one thread must not hide the record of the others.
fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Accepts until told to stop, then waits for its connections.
fn accept(
    listener: &Socket,
    shared: &Arc<Mutex<Shared>>,
    mut next_script: impl FnMut() -> Option<Script>,
) {
    let mut threads = Vec::new();
    while let Ok((socket, _)) = listener.accept() {
        let index = {
            let mut guard = lock(shared);
            if guard.stopping {
                break;
            }
            guard.received.push(Vec::new());
            guard.open.push(socket.try_clone().ok());
            guard.received.len() - 1
        };
        let Some(script) = next_script() else {
            let problem = format!("connection {index} was not in the script");
            lock(shared).failures.push(problem);
            continue;
        };
        let shared = Arc::clone(shared);
        threads.push(std::thread::spawn(move || {
            let mut conn = Conn {
                socket,
                index,
                shared: &shared,
                pending: Vec::new(),
            };
            let outcome = conn.run(&script);
            let mut guard = lock(&shared);
            guard.finished += 1;
            guard.open[index] = None;
            if let Err(problem) = outcome
                && !guard.stopping
            {
                guard
                    .failures
                    .push(format!("connection {index}: {problem}"));
            }
        }));
    }
    for thread in threads {
        thread.join().expect("a script thread does not panic");
    }
}

/// One accepted connection.
struct Conn<'a> {
    socket: Socket,
    index: usize,
    shared: &'a Mutex<Shared>,
    /// Received and not yet matched.
    pending: Vec<u8>,
}

impl Conn<'_> {
    fn run(&mut self, script: &Script) -> Result<(), String> {
        let text = |error: std::io::Error| error.to_string();
        self.socket.set_read_timeout(Some(PATIENCE)).map_err(text)?;
        // Fails on a unix socket, which has nothing to delay.
        let _ = self.socket.set_tcp_nodelay(true);
        for step in &script.steps {
            match step {
                Step::Expect(bytes) => self.expect(bytes)?,
                Step::ExpectUntil(end) => self.expect_until(end)?,
                Step::Send(bytes) => self.send(bytes)?,
                Step::SendSplit(bytes, piece) => {
                    for part in bytes.chunks(*piece) {
                        self.send(part)?;
                        std::thread::sleep(PIECE_PAUSE);
                    }
                }
                Step::ExpectClose => {
                    if !self.pending.is_empty() || self.receive()? != 0 {
                        let extra = show(&self.pending);
                        return Err(format!("expected the client to close, it sent {extra:?}"));
                    }
                }
                Step::Silence => self.silence(),
                Step::FinishSending => self.socket.shutdown(Shutdown::Write).map_err(text)?,
                Step::Close => break,
                Step::Reset => {
                    self.socket.set_linger(Some(Duration::ZERO)).map_err(text)?;
                    // The second handle would keep the connection open.
                    lock(self.shared).open[self.index] = None;
                    return Ok(());
                }
            }
        }
        self.read_away();
        Ok(())
    }

    /// Unread bytes would turn the close into a reset, which only [`Script::reset`] may cause.
    fn read_away(&mut self) {
        // On failure the close is what it is.
        let _ = self.socket.set_nonblocking(true);
        while matches!(self.receive(), Ok(1..)) {}
    }

    fn send(&mut self, bytes: &[u8]) -> Result<(), String> {
        let sent = self.socket.write_all(bytes);
        sent.map_err(|error| format!("sending {:?}: {error}", show(bytes)))
    }

    /// Receives once into `pending` and the record; 0 is the end.
    fn receive(&mut self) -> Result<usize, String> {
        let mut buffer = [0; 16 * 1024];
        match self.socket.read(&mut buffer) {
            Ok(len) => {
                self.pending.extend_from_slice(&buffer[..len]);
                lock(self.shared).received[self.index].extend_from_slice(&buffer[..len]);
                Ok(len)
            }
            Err(error) if error.kind() == ErrorKind::ConnectionReset => Ok(0),
            Err(error) => Err(error.to_string()),
        }
    }

    fn receive_more(&mut self, waiting_for: &[u8]) -> Result<(), String> {
        let (wanted, have) = (show(waiting_for), show(&self.pending));
        match self.receive() {
            Ok(0) => Err(format!(
                "the client closed; expected {wanted:?}, received {have:?}"
            )),
            Ok(_) => Ok(()),
            Err(error) => Err(format!("{error}; expected {wanted:?}, received {have:?}")),
        }
    }

    fn expect(&mut self, bytes: &[u8]) -> Result<(), String> {
        loop {
            let have = self.pending.len().min(bytes.len());
            if self.pending[..have] != bytes[..have] {
                let (wanted, got) = (show(bytes), show(&self.pending));
                return Err(format!("expected {wanted:?}, received {got:?}"));
            }
            if have == bytes.len() {
                self.pending.drain(..have);
                return Ok(());
            }
            self.receive_more(bytes)?;
        }
    }

    fn expect_until(&mut self, end: &[u8]) -> Result<(), String> {
        loop {
            let mut windows = self.pending.windows(end.len());
            if let Some(at) = windows.position(|window| window == end) {
                self.pending.drain(..at + end.len());
                return Ok(());
            }
            self.receive_more(end)?;
        }
    }

    /// Reads and keeps quiet until the client or the owner ends the connection.
    fn silence(&mut self) {
        let started = Instant::now();
        loop {
            match self.receive() {
                Ok(0) => return,
                Ok(_) => {}
                // The receive time-out: silence has no end of its own, save a bound for a test that
                // leaks the server.
                Err(_) if lock(self.shared).stopping || started.elapsed() > 6 * PATIENCE => return,
                Err(_) => {}
            }
        }
    }
}
