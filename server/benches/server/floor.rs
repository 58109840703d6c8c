//! The floor: a server without parser and engine. It reads, counts commands and writes ready-made
//! replies, on bare epoll in one thread; what it costs is what this machine takes for moving the
//! bytes.
//!
//! It runs as a process of its own, as any server: the bench starts itself again with
//! [`ROLE`] as first argument.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};

use crate::work::Work;

/// The argument that makes this program the floor.
pub(crate) const ROLE: &str = "floor";

/// Bytes one read takes at most, as mcrsd's.
const READ_BYTES: usize = 32 << 10;

/// Replies that one write sends at most.
const AT_ONCE: usize = 32;

/// A floor for one kind of work, ended when dropped.
pub(crate) struct Floor {
    child: Child,
    /// Where it listens on 127.0.0.1.
    pub(crate) port: u16,
}

impl Floor {
    /// Starts it.
    pub(crate) fn start(work: &Work) -> Floor {
        let mut child = Command::new(std::env::current_exe().expect("the path of this program"))
            .args([
                ROLE,
                &work.request.len().to_string(),
                &work.lines.to_string(),
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this program runs");
        let mut reply = child.stdin.take().expect("it is piped");
        reply.write_all(&work.reply).expect("the floor reads");
        drop(reply);
        let mut port = String::new();
        let mut stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        stdout.read_line(&mut port).expect("the floor tells");
        let port = port.trim().parse().expect("a port");
        Floor { child, port }
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Floor {
    fn drop(&mut self) {
        // Both fail only if it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Conn {
    stream: TcpStream,
    /// Line ends, or bytes, of a command whose end has not come yet.
    begun: usize,
}

/// How commands are told apart.
#[derive(Clone, Copy)]
enum Count {
    /// By so many line ends each.
    Lines(usize),
    /// By their bytes: binary ones are all of the same length here.
    Bytes(usize),
}

/// Serves until it is killed; requests are of `len` bytes with so many `lines`, 0 for binary ones.
/// The reply to each is on standard input; the port goes to standard output.
pub(crate) fn run(len: usize, lines: usize) -> nix::Result<()> {
    let count = match lines {
        0 => Count::Bytes(len),
        lines => Count::Lines(lines),
    };
    let mut reply = Vec::new();
    std::io::stdin()
        .read_to_end(&mut reply)
        .expect("the parent writes");
    let replies = reply.repeat(AT_ONCE);
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    println!("{}", listener.local_addr().expect("it is bound").port());
    let epoll = Epoll::new(EpollCreateFlags::empty())?;
    epoll.add(&listener, EpollEvent::new(EpollFlags::EPOLLIN, u64::MAX))?;
    let mut conns: Vec<Option<Conn>> = Vec::new();
    let mut events = [EpollEvent::empty(); 64];
    let mut buffer = vec![0; READ_BYTES];
    loop {
        let ready = epoll.wait(&mut events, EpollTimeout::NONE)?;
        for event in &events[..ready] {
            let Some(slot) = conns.get_mut(event.data() as usize) else {
                let (stream, _) = listener.accept().expect("a client waits");
                stream.set_nodelay(true).expect("TCP_NODELAY");
                let event = EpollEvent::new(EpollFlags::EPOLLIN, conns.len() as u64);
                epoll.add(&stream, event)?;
                conns.push(Some(Conn { stream, begun: 0 }));
                continue;
            };
            let answered = slot
                .as_mut()
                .is_some_and(|conn| conn.serve(count, reply.len(), &mut buffer, &replies));
            if !answered {
                *slot = None;
            }
        }
    }
}

impl Conn {
    /// Reads once and answers what is complete; false when the client is gone.
    fn serve(&mut self, count: Count, reply: usize, buffer: &mut [u8], replies: &[u8]) -> bool {
        let Ok(got @ 1..) = self.stream.read(buffer) else {
            return false;
        };
        let (more, each) = match count {
            Count::Lines(each) => (memchr::memchr_iter(b'\n', &buffer[..got]).count(), each),
            Count::Bytes(each) => (got, each),
        };
        let mut commands = (self.begun + more) / each;
        self.begun = (self.begun + more) % each;
        while commands > 0 {
            let now = commands.min(AT_ONCE);
            if self.stream.write_all(&replies[..now * reply]).is_err() {
                return false;
            }
            commands -= now;
        }
        true
    }
}
