//! The same for the binary protocol.

use super::*;

fn get(opcode: u8, key: &[u8]) -> Vec<u8> {
    Frame::request(opcode).key(key).bytes()
}

fn set(opcode: u8, key: &[u8], value: &[u8]) -> Vec<u8> {
    let frame = Frame::request(opcode).extras([0, 0, 0, 7, 0, 0, 0, 0]);
    frame.key(key).value(value).bytes()
}

const NOOP: u8 = 0x0a;

/// Requests of every shape, good and bad.
fn batch() -> Vec<u8> {
    let number = [[0; 8], [0, 0, 0, 0, 0, 0, 0, 5], [0; 8]].concat();
    let count = |opcode| {
        Frame::request(opcode)
            .extras(&number[..20])
            .key("n")
            .bytes()
    };
    [
        set(0x01, b"a", b"hello"),
        get(0x00, b"a"),
        get(0x0d, b"missing"),
        get(0x0c, b"a"),
        set(0x11, b"empty", b""),
        set(0x12, b"empty", b"there already"),
        get(0x09, b"empty"),
        get(0x0c, b"missing"),
        Frame::request(0x19).key("a").value(", world").bytes(),
        get(0x09, b"a"),
        count(0x05),
        count(0x15),
        Frame::request(0x40)
            .extras("ee")
            .key("unknown")
            .value("swallowed")
            .bytes(),
        set(0x01, b"big", &vec![b'x'; 1 << 20]),
        Frame::request(0x1c).extras([0; 4]).key("a").bytes(),
        get(0x14, b"a"),
        get(0x04, b"a"),
        get(NOOP, b""),
        // A statistics request with extras: told, then closed.
        Frame::request(0x10).extras("x").bytes(),
        get(NOOP, b""),
    ]
    .concat()
}

/// The replies of a stream with their CAS ids, which ascend for ever, blanked.
fn replies(mut stream: &[u8]) -> Vec<Frame> {
    let mut all = Vec::new();
    while let Some((reply, rest)) = Frame::split(stream) {
        assert_eq!(reply.magic, 0x81, "a reply begins so");
        all.push(Frame { cas: 0, ..reply });
        stream = rest;
    }
    assert_eq!(stream, b"", "behind the last reply");
    all
}

fn answer<'a>(
    worker: &'static Worker,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> (Vec<Frame>, bool) {
    let (output, closed) = Talk::answer(worker, pieces);
    (replies(&output), closed)
}

#[test]
fn replies_are_the_same_at_every_split_of_the_input() {
    let worker = worker(Settings::default());
    let batch = batch();
    let whole = answer(fresh(worker), [&batch[..]]);
    let said: Vec<(u8, u16)> = whole
        .0
        .iter()
        .map(|reply| (reply.opcode, reply.status))
        .collect();
    let want = [
        (0x01, 0),
        (0x00, 0),
        (0x0c, 0),
        (0x12, 2),
        (0x09, 0),
        (0x0c, 1),
        (0x09, 0),
        (0x05, 0),
        (0x40, 0x81),
        (0x01, 3),
        (0x1c, 0),
        (0x04, 1),
        (NOOP, 0),
        (0x10, 4),
    ];
    assert_eq!(said, want);
    assert!(whole.1, "closed behind the last");
    assert_eq!(whole.0[6].value, b"hello, world");
    assert_eq!(whole.0[6].extras, [0, 0, 0, 7]);
    // Within the long value one split is like the next.
    let long = 1 << 20;
    let value = batch.len() - long..batch.len();
    let near = |split: &usize| *split < 900 || *split > value.start + long - 400;
    for split in (1..batch.len()).filter(near) {
        let (front, back) = batch.split_at(split);
        let got = answer(fresh(worker), [front, back]);
        assert!(got == whole, "split at {split}: {got:?}");
    }
    assert!(answer(fresh(worker), batch.chunks(7)) == whole);
    assert!(answer(fresh(worker), batch.chunks(1000)) == whole);
}

#[test]
fn quiet_requests_count_for_a_turn() {
    let worker = worker(Settings {
        reqs_per_event: 1,
        ..Settings::default()
    });
    let input = [get(0x09, b"abc").repeat(5), get(NOOP, b"")].concat();
    let (replies, _) = answer(worker, [&input[..]]);
    assert_eq!(replies.len(), 1);
    assert_eq!(worker.context.shared.stats.totals().conn_yields, 5);
}

#[test]
fn long_values_come_and_go_whole() {
    let worker = worker(Settings::default());
    for len in [
        READ_BYTES - 40,
        READ_BYTES,
        READ_BYTES + 1,
        3 * READ_BYTES,
        900_000,
    ] {
        let value: Vec<u8> = (0..len).map(|i| (i % 251) as u8).collect();
        let input = [set(0x01, b"k", &value), get(0x00, b"k"), get(NOOP, b"")].concat();
        for step in [1000, READ_BYTES, usize::MAX] {
            let (replies, closed) = answer(worker, input.chunks(step.min(input.len())));
            assert!(!closed);
            assert_eq!(replies.len(), 3, "{len} bytes, {step} at a time");
            assert!(replies[1].value == value, "{len} bytes, {step} at a time");
        }
    }
}

#[test]
fn an_idle_session_holds_nothing() {
    let worker = worker(Settings::default());
    let mut talk = Talk::new(worker);
    for piece in batch()[..200].chunks(9) {
        talk.end().input.push_back(piece.to_vec());
    }
    talk.run();
    talk.end()
        .input
        .push_back(batch()[200..batch().len() - 49].to_vec());
    talk.run();
    let session = talk.session.as_ref().expect("open");
    assert!(session.kept.is_none() && session.stuck.is_none());
    assert!(matches!(session.dialogue.phase, dialogue::Phase::Request));
}

#[test]
fn what_is_not_binary_is_closed_when_a_header_of_it_came() {
    let worker = worker(Settings::default());
    let text = b"version\r\nversion\r\nversio";
    let input = [&get(NOOP, b"")[..], text].concat();
    let (replies, closed) = answer(worker, [&input[..input.len() - 1]]);
    assert_eq!((replies.len(), closed), (1, false));
    let (replies, closed) = answer(worker, [&input[..]]);
    assert_eq!((replies.len(), closed), (1, true));

    let mut talk = Talk::with(worker, Protocol::Binary);
    talk.end().input.push_back(text[..23].to_vec());
    talk.run();
    assert!(talk.session.is_some());
    talk.end().input.push_back(text[23..].to_vec());
    talk.run();
    assert!(talk.session.is_none() && talk.end().output.is_empty());
}

#[test]
fn text_only_sessions_take_a_header_for_a_line() {
    let worker = worker(Settings::default());
    let mut talk = Talk::with(worker, Protocol::Ascii);
    talk.end().input.push_back(get(0x00, b"abc"));
    talk.end().input.push_back(b"\r\n".to_vec());
    talk.run();
    assert_eq!(talk.end().output, b"ERROR\r\n");
}

/// Frames that are nearly right most of the time.
fn nonsense(random: &mut Random) -> Vec<u8> {
    let mut out = Vec::new();
    for _ in 0..1 + random.below(6) {
        let opcode = random.below(0x26) as u8;
        let extras = vec![0; [0, 0, 4, 8, 20, 1][random.below(6)]];
        let key = random.pick(&["a", "b", "n", "", "reset", "PLAIN"]);
        let value = random.pick(&["", "", "5", "0123456789"]);
        let frame = Frame::request(opcode).extras(extras);
        let mut frame = frame.key(key).value(value).bytes();
        if random.below(4) == 0 {
            let at = random.below(frame.len());
            frame[at] = random.next() as u8;
        }
        out.extend_from_slice(&frame);
    }
    out[0] = 0x80;
    out
}

#[test]
fn nonsense_is_answered_the_same_however_it_is_cut() {
    let worker = worker(Settings {
        max_bytes: 8 << 20,
        ..Settings::default()
    });
    for seed in 0..4000 {
        let mut random = Random(seed);
        let input = nonsense(&mut random);
        // Statistics count the bytes and commands of each run.
        if input.windows(24).any(|w| w[..2] == [0x80, 0x10]) {
            let _ = Talk::answer(fresh(worker), [&input[..]]);
            continue;
        }
        let whole = answer(fresh(worker), [&input[..]]);
        let cut = answer(fresh(worker), random.cut(&input));
        assert_eq!(whole, cut, "seed {seed}: {}", input.escape_ascii());
    }
}
