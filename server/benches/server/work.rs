//! What is asked of a server, what it answers, and how much it may cost.

/// A kind of work: what is sent at once on a connection, and the replies to it.
pub(crate) struct Work {
    /// As the table names it.
    pub(crate) name: &'static str,
    /// How many operations one batch counts as.
    pub(crate) operations: usize,
    /// One request of the batch.
    pub(crate) request: Vec<u8>,
    /// Lines of the request, 0 if it is a binary one.
    pub(crate) lines: usize,
    /// How often the request is in a batch.
    pub(crate) depth: usize,
    /// The reply to one request; the CAS id of a binary one is another each time.
    pub(crate) reply: Vec<u8>,
    /// Most it may cost in parts of what memcached 1.6.18 takes.
    pub(crate) to_memcached: Option<f64>,
    /// Most it may cost in parts of what the floor takes.
    pub(crate) to_floor: Option<f64>,
}

impl Work {
    /// What is sent at once.
    pub(crate) fn batch(&self) -> Vec<u8> {
        self.request.repeat(self.depth)
    }

    /// Bytes that answer a batch.
    pub(crate) fn reply_len(&self) -> usize {
        self.reply.len() * self.depth
    }

    /// Is this the reply to one request? A CAS id stands between what is looked at.
    pub(crate) fn is_answered_by(&self, reply: &[u8]) -> bool {
        const ENDS: usize = 16;
        let (want, ends) = (&self.reply, self.reply.len().min(ENDS));
        reply.len() == want.len()
            && reply[..ends] == want[..ends]
            && reply[want.len() - ends..] == want[want.len() - ends..]
    }
}

/// Keys and lengths of what must be stored before the work begins; values are all `v`.
pub(crate) fn stored() -> Vec<(String, usize)> {
    let many = (0..MANY).map(|n| (many_key(n), SHORT));
    let single = [(KEY, SHORT), (KEY_4K, 4 << 10), (KEY_100K, 100 << 10)];
    let single = single.map(|(key, len)| (key.to_owned(), len));
    single.into_iter().chain(many).collect()
}

const KEY: &str = "key-of-the-bench";
const KEY_4K: &str = "four-kilobytes";
const KEY_100K: &str = "hundred-kilobytes";
/// Bytes of the usual value.
const SHORT: usize = 100;
/// Keys of a multi-get.
const MANY: usize = 24;
/// Requests of a pipelined batch.
const DEEP: usize = 16;

fn many_key(number: usize) -> String {
    format!("{KEY}-{number:02}")
}

/// The rows of the table, with the bars of the project's third issue.
pub(crate) fn works() -> Vec<Work> {
    let value = |key: &str, len: usize| format!("VALUE {key} 0 {len}\r\n{}\r\n", "v".repeat(len));
    let hit = |key: &str, len: usize| (value(key, len) + "END\r\n").into_bytes();
    let get = |name, key: &str, len| Work {
        name,
        operations: 1,
        request: format!("get {key}\r\n").into_bytes(),
        lines: 1,
        depth: 1,
        reply: hit(key, len),
        to_memcached: Some(0.85),
        to_floor: None,
    };
    let deep = |name, (request, lines): (&[u8], _), reply: &[u8], to_memcached, to_floor| Work {
        name,
        operations: DEEP,
        request: request.to_vec(),
        lines,
        depth: DEEP,
        reply: reply.to_vec(),
        to_memcached: Some(to_memcached),
        to_floor: Some(to_floor),
    };
    let data = "v".repeat(SHORT);
    let set = format!("set {KEY} 0 0 {SHORT}\r\n{data}\r\n").into_bytes();
    let stored = b"STORED\r\n".to_vec();
    let short = get("", KEY, SHORT);
    let keys: Vec<String> = (0..MANY).map(many_key).collect();
    let values: String = keys.iter().map(|key| value(key, SHORT)).collect();
    let meta = format!("mg {KEY} v\r\n").into_bytes();
    let meta_hit = format!("VA {SHORT}\r\n{data}\r\n").into_bytes();
    vec![
        Work {
            name: "get, 1 deep",
            to_memcached: Some(0.94),
            to_floor: Some(1.06),
            ..get("", KEY, SHORT)
        },
        Work {
            name: "set, 1 deep",
            operations: 1,
            request: set.clone(),
            lines: 2,
            depth: 1,
            reply: stored.clone(),
            to_memcached: Some(0.94),
            to_floor: Some(1.06),
        },
        deep(
            "get, 16 deep",
            (&short.request, 1),
            &short.reply,
            0.13,
            1.20,
        ),
        Work {
            name: "get of 24 keys, per key",
            operations: MANY,
            request: format!("get {}\r\n", keys.join(" ")).into_bytes(),
            lines: 1,
            depth: 1,
            reply: (values + "END\r\n").into_bytes(),
            to_memcached: Some(0.70),
            to_floor: Some(1.20),
        },
        deep("set, 16 deep", (&set, 2), &stored, 0.78, 1.25),
        deep("meta get, 16 deep", (&meta, 1), &meta_hit, 0.75, 1.25),
        deep(
            "binary get, 16 deep",
            (&binary_get(), 0),
            &binary_hit(),
            0.75,
            1.25,
        ),
        get("get of 4 KB", KEY_4K, 4 << 10),
        get("get of 100 KB", KEY_100K, 100 << 10),
    ]
}

/// Source: memcached doc/protocol-binary: magic, opcode 0, key length at 2, body length at 8.
fn binary_get() -> Vec<u8> {
    let mut bytes = vec![0; 24];
    bytes[0] = 0x80;
    bytes[3] = KEY.len() as u8;
    bytes[11] = KEY.len() as u8;
    bytes.extend_from_slice(KEY.as_bytes());
    bytes
}

/// The same source: 4 bytes of extras, which are the flags, then the value.
fn binary_hit() -> Vec<u8> {
    let mut bytes = vec![0; 24 + 4];
    bytes[0] = 0x81;
    bytes[4] = 4;
    bytes[11] = 4 + SHORT as u8;
    bytes.extend_from_slice(&[b'v'; SHORT]);
    bytes
}
