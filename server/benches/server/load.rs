//! The clients, and what serving them costs a process.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use mcrs_testkit::{Program, Server};
use nix::time::ClockId;
use nix::unistd::Pid;

use crate::floor::Floor;
use crate::work::{Work, stored};

/// Clients of each server.
pub(crate) const CONNECTIONS: usize = 50;

/// Operations of one measurement, about.
const OPERATIONS: usize = 30_000;

/// Batches on each connection in one measurement, at least.
const BATCHES_MIN: usize = 40;

/// How long an answer may take before the server counts as one that does not know the command.
const PATIENCE: Duration = Duration::from_secs(5);

/// A process that serves, and its clients.
pub(crate) struct Rig {
    pid: u32,
    clients: Vec<TcpStream>,
    /// Ended when dropped.
    _process: Box<dyn std::any::Any>,
}

impl Rig {
    /// A cache server with everything stored that works ask for.
    pub(crate) fn server(program: &Program) -> Rig {
        let server = Server::start(program, &["-t", "1", "-m", "64"]);
        for (key, len) in stored() {
            let text = format!("set {key} 0 0 {len}\r\n{}\r\n", "v".repeat(len));
            server.connect().ask(text, "STORED\r\n");
        }
        let (port, pid) = (server.port(), server.pid());
        Rig::new(port, pid, Box::new(server))
    }

    /// The floor for one kind of work.
    pub(crate) fn floor(work: &Work) -> Rig {
        let floor = Floor::start(work);
        let (port, pid) = (floor.port, floor.pid());
        Rig::new(port, pid, Box::new(floor))
    }

    fn new(port: u16, pid: u32, process: Box<dyn std::any::Any>) -> Rig {
        let clients = (0..CONNECTIONS).map(|_| connect(port)).collect();
        Rig {
            pid,
            clients,
            _process: process,
        }
    }

    /// Does it know this kind of work? If not, its connections are not to be used any more.
    pub(crate) fn answers(&mut self, work: &Work) -> bool {
        let mut reply = vec![0; work.reply.len()];
        // One for each kind of work would do, but binary and text do not mix on a connection.
        let port = self.clients[0].peer_addr().expect("it is connected").port();
        self.clients = (0..CONNECTIONS).map(|_| connect(port)).collect();
        let client = &mut self.clients[0];
        client.write_all(&work.request).is_ok()
            && client.read_exact(&mut reply).is_ok()
            && work.is_answered_by(&reply)
    }

    /// Nanoseconds of CPU time per operation.
    pub(crate) fn measure(&mut self, work: &Work) -> f64 {
        let batches = (OPERATIONS / work.operations / CONNECTIONS).max(BATCHES_MIN);
        let (batch, mut reply) = (work.batch(), vec![0; work.reply_len()]);
        let before = cpu_time(self.pid);
        for _ in 0..batches {
            for client in &mut self.clients {
                client.write_all(&batch).expect("the server reads");
            }
            for client in &mut self.clients {
                client.read_exact(&mut reply).expect("the server answers");
            }
            assert!(reply.ends_with(&work.reply[work.reply.len() - 2..]));
        }
        let spent = cpu_time(self.pid) - before;
        spent.as_nanos() as f64 / (batches * CONNECTIONS * work.operations) as f64
    }
}

fn connect(port: u16) -> TcpStream {
    let client = TcpStream::connect(("127.0.0.1", port)).expect("it accepts");
    client.set_nodelay(true).expect("TCP_NODELAY");
    client
        .set_read_timeout(Some(PATIENCE))
        .expect("SO_RCVTIMEO");
    client
}

/// CPU time of all threads of a process so far, in kernel and user mode.
fn cpu_time(pid: u32) -> Duration {
    let pid = Pid::from_raw(i32::try_from(pid).expect("a process id"));
    let clock = ClockId::pid_cpu_clock_id(pid).expect("it lives");
    clock.now().expect("it lives").into()
}
