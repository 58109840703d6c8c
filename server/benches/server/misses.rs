//! How many lookups miss: traces played as a look-aside cache, where what is missed is stored.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;

use flate2::read::GzDecoder;
use mcrs_testkit::{Program, Server};

/// A trace and what memcached 1.6.45 misses of it.
pub(crate) struct Trace {
    /// As the table names it.
    pub(crate) name: &'static str,
    /// Parts of the lookups that memcached 1.6.45 misses at each of [`MEGABYTES`]. Source: measured
    /// with the same keys and values.
    pub(crate) memcached: [f64; 2],
}

/// Sizes of the cache, `-m`.
pub(crate) const MEGABYTES: [u32; 2] = [8, 24];

/// The files beside this directory, `traces/README.md`.
pub(crate) const TRACES: [Trace; 2] = [
    Trace {
        name: "web07",
        memcached: [0.3262, 0.2702],
    },
    Trace {
        name: "orm-night",
        memcached: [0.1074, 0.0617],
    },
];

impl Trace {
    fn keys(&self) -> Vec<u32> {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/traces");
        let file = File::open(directory.join(self.name).with_extension("gz"));
        let mut bytes = Vec::new();
        GzDecoder::new(file.expect("a trace"))
            .read_to_end(&mut bytes)
            .expect("a whole trace");
        let number = |key: &[u8]| u32::from_be_bytes(key.try_into().expect("four bytes"));
        bytes.chunks_exact(4).map(number).collect()
    }

    /// Part of the lookups that miss with so many megabytes. Values have 60 to 1559 bytes, always the
    /// same for a key.
    pub(crate) fn missed(&self, program: &Program, megabytes: u32) -> f64 {
        let server = Server::start(program, &["-t", "1", "-m", &megabytes.to_string()]);
        let client = TcpStream::connect(("127.0.0.1", server.port())).expect("it accepts");
        client.set_nodelay(true).expect("TCP_NODELAY");
        let mut replies = BufReader::new(&client);
        let (mut line, mut value) = (String::new(), Vec::new());
        let (keys, mut missed) = (self.keys(), 0);
        let mut request = Vec::new();
        for key in &keys {
            let key = format!("t:{key:x}");
            // What the last one missed is stored on the way.
            write!(request, "get {key}\r\n").expect("memory");
            (&client).write_all(&request).expect("the server reads");
            request.clear();
            line.clear();
            replies.read_line(&mut line).expect("the server answers");
            let len = 60 + crc32fast::hash(key.as_bytes()) as usize % 1500;
            if line.starts_with("VALUE ") {
                value.resize(len + "\r\nEND\r\n".len(), 0);
                replies.read_exact(&mut value).expect("a whole value");
                assert!(value.ends_with(b"\r\nEND\r\n"), "a value of another length");
            } else {
                assert_eq!(line, "END\r\n");
                missed += 1;
                write!(request, "set {key} 0 0 {len} noreply\r\n").expect("memory");
                request.resize(request.len() + len, b'v');
                request.extend_from_slice(b"\r\n");
            }
        }
        f64::from(missed) / keys.len() as f64
    }
}
