//! Plays the dialogues of `tests/transcripts/*.t` on `mcrsd` and on stock memcached, each on a free
//! port of its own. The format is described in `tests/transcripts/README.md`.

#[path = "transcripts/script.rs"]
mod script;
#[path = "common/tls.rs"]
#[allow(dead_code, reason = "most of it is for the tests of TLS itself")]
mod tls;

use std::collections::HashMap;
use std::io::{BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

use mcrs_testkit::{Address, Frame, Missing, Program, Raw, Server, need, workspace};
use script::{Case, File, Part, Step, Who, show};
use tls::{Certs, Relay};

fn files() -> Vec<PathBuf> {
    let dir = workspace().join("tests/transcripts");
    let mut files: Vec<PathBuf> = std::fs::read_dir(dir)
        .expect("the directory of transcripts")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "t"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no transcripts");
    files
}

/// One connection.
struct Talk {
    socket: BufReader<TcpStream>,
    /// Whether it is in the binary protocol, if something was said.
    binary: Option<bool>,
}

impl Talk {
    fn new(port: u16) -> Talk {
        let socket = TcpStream::connect(("127.0.0.1", port)).expect("it accepts");
        socket.set_nodelay(true).expect("TCP_NODELAY");
        let patience = Some(Duration::from_secs(10));
        socket.set_read_timeout(patience).expect("a time-out");
        Talk {
            socket: BufReader::new(socket),
            binary: None,
        }
    }

    /// Sends; a peer that has closed meanwhile is for the next expectation to find out.
    fn send(&mut self, bytes: &[u8], manner: Manner) {
        let first = bytes.first().map(|&byte| byte == 0x80);
        self.binary = self.binary.or(first);
        let mut socket = self.socket.get_ref();
        let step = match manner {
            Manner::Dialogue => bytes.len(),
            // Long data would take long and tell nothing new.
            Manner::Bytewise if bytes.len() > 4096 => bytes.len(),
            Manner::Bytewise => 1,
        };
        for piece in bytes.chunks(step.max(1)) {
            if socket.write_all(piece).is_err() {
                break;
            }
        }
    }

    /// The next message of the binary protocol.
    fn next_message(&mut self) -> Result<Frame, String> {
        let mut bytes = Vec::new();
        loop {
            match Frame::split(&bytes) {
                Some((frame, _)) => return Ok(frame),
                None => match self.next()? {
                    Some(byte) => bytes.push(byte),
                    None => return Err(format!("closed after {:?}", lossy(&bytes))),
                },
            }
        }
    }

    /// Asks for the version: whether nothing else comes.
    fn ask_version(&mut self, who: Who, binary: bool) -> Result<(), String> {
        let (request, want) = if binary {
            let reply = Frame::reply(VERSION, 0).value(who.version());
            (Frame::request(VERSION).bytes(), reply.bytes())
        } else {
            let line = format!("VERSION {}\r\n", who.version());
            (b"version\r\n".to_vec(), line.into_bytes())
        };
        self.send(&request, Manner::Dialogue);
        let mut got = Vec::new();
        while got.len() < want.len() && want.starts_with(&got) {
            match self.next()? {
                Some(byte) => got.push(byte),
                None => return Err("closed at the end".into()),
            }
        }
        if got != want {
            return Err(format!("at the end there was also {:?}", lossy(&got)));
        }
        Ok(())
    }

    /// The next byte, `None` at the end of the connection.
    fn next(&mut self) -> Result<Option<u8>, String> {
        let mut byte = [0];
        match self.socket.read(&mut byte) {
            Ok(0) => Ok(None),
            Ok(_) => Ok(Some(byte[0])),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// Opcodes of the binary protocol.
const VERSION: u8 = 0x0b;
const FLUSH: u8 = 0x08;

/// How the bytes of a case are handed over.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// Each `>` in one piece, each `<` awaited.
    Dialogue,
    /// Each `>` byte by byte.
    Bytewise,
}

/// A server, and where it is spoken to: at its port, or through TLS in front of that.
struct Stage {
    server: Server,
    relay: Option<Relay>,
}

impl Stage {
    fn port(&self) -> u16 {
        let relayed = self.relay.as_ref().map(Relay::port);
        relayed.unwrap_or_else(|| self.server.port())
    }
}

#[test]
fn ours_answers_as_written() {
    play_all(Who::Ours, Manner::Dialogue, |args| plain(&ours(), args));
}

#[test]
fn ours_answers_the_same_byte_by_byte() {
    play_all(Who::Ours, Manner::Bytewise, |args| plain(&ours(), args));
}

#[test]
fn stock_answers_as_written() {
    let program = need!(stock());
    play_all(Who::Stock, Manner::Dialogue, |args| plain(&program, args));
}

#[test]
fn ours_answers_the_same_through_tls() {
    let certs = need!(Certs::new());
    drop(need!(Relay::start(0, &[])));
    let words = certs.words("");
    play_all(Who::Ours, Manner::Dialogue, |args| {
        let args = [&["-Z", "-o", &words], args].concat();
        let Stage { server, .. } = plain(&ours(), &args);
        let relay = Relay::start(server.port(), &[]).expect("as before");
        Stage {
            server,
            relay: Some(relay),
        }
    });
}

fn plain(program: &Program, args: &[&str]) -> Stage {
    Stage {
        server: Server::start(program, args),
        relay: None,
    }
}

fn ours() -> Program {
    Program::at(env!("CARGO_BIN_EXE_mcrsd")).expect("cargo built it")
}

/// memcached of the release the recorded differences are about.
fn stock() -> Result<Program, Missing> {
    let program = Program::memcached()?;
    let output = std::process::Command::new(program.path())
        .arg("-V")
        .output();
    let said = output.map(|o| String::from_utf8_lossy(&o.stdout).trim().to_string());
    match said {
        Ok(version) if version == "memcached 1.6.18" => Ok(program),
        Ok(version) => Err(Missing(format!(
            "the transcripts record differences to memcached 1.6.18, this is {version}"
        ))),
        Err(error) => Err(Missing(format!("memcached -V: {error}"))),
    }
}

fn play_all(who: Who, manner: Manner, start: impl Fn(&[&str]) -> Stage) {
    let mut played = 0;
    let mut failed = Vec::new();
    for path in files() {
        let text = std::fs::read_to_string(&path).expect("a transcript");
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let file = File::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        if file.debug && (who == Who::Stock || !cfg!(feature = "debug-commands")) {
            continue;
        }
        let args: Vec<&str> = file.args.iter().map(String::as_str).collect();
        let stage = start(&args);
        for case in file.cases.iter().filter(|case| case.played_on(who)) {
            if !file.keeps_items {
                let address = Address::Tcp(([127, 0, 0, 1], stage.port()).into());
                let mut raw = Raw::connect(&address);
                if file.is_binary() == Some(true) {
                    let (request, reply) = (Frame::request(FLUSH), Frame::reply(FLUSH, 0));
                    raw.ask(request.bytes(), reply.bytes());
                } else {
                    raw.ask("flush_all\r\n", "OK\r\n");
                }
            }
            if let Err(error) = play(case, who, &stage, manner, file.is_binary()) {
                failed.push(format!("{name}:{} {}: {error}", case.line, case.name));
            }
            played += 1;
        }
    }
    assert!(played > 0, "nothing was played");
    assert!(
        failed.is_empty(),
        "{} of {played} dialogues differ:\n{}",
        failed.len(),
        failed.join("\n")
    );
}

fn play(
    case: &Case,
    who: Who,
    stage: &Stage,
    manner: Manner,
    binary: Option<bool>,
) -> Result<(), String> {
    let server = &stage.server;
    let mut bound = HashMap::from([
        ("version".to_string(), who.version().as_bytes().to_vec()),
        ("port".to_string(), server.port().to_string().into_bytes()),
        ("pid".to_string(), server.pid().to_string().into_bytes()),
    ]);
    let mut conns: HashMap<&str, Option<Talk>> = HashMap::new();
    let mut name = "a";
    for (line, step) in case.steps_for(who) {
        let at = |error: String| format!("line {line}: {error}");
        let conn = conns
            .entry(name)
            .or_insert_with(|| Some(Talk::new(stage.port())));
        let Some(talk) = conn.as_mut() else {
            if let Step::Conn(other) = step {
                name = other;
                continue;
            }
            return Err(at("the connection is closed already".into()));
        };
        match step {
            Step::Conn(other) => name = other,
            Step::Send(parts) => {
                let bytes = Part::bytes(parts, &bound).map_err(at)?;
                talk.send(&bytes, manner);
            }
            Step::SendMessage(message) => {
                let bytes = message.bytes(&bound).map_err(at)?;
                talk.send(&bytes, manner);
            }
            Step::ExpectMessage(message) => {
                let came = talk.next_message().map_err(at)?;
                message.check(&came, &mut bound).map_err(at)?;
            }
            Step::SkipStats => loop {
                let came = talk.next_message().map_err(at)?;
                match (came.opcode, came.status, came.key.is_empty()) {
                    (0x10, 0, false) => {}
                    (0x10, 0, true) => break,
                    _ => return Err(at(format!("no statistics: {}", show(&came)))),
                }
            },
            Step::HalfClose => talk
                .socket
                .get_ref()
                .shutdown(Shutdown::Write)
                .map_err(|e| at(e.to_string()))?,
            Step::Expect(parts) => expect(talk, parts, &mut bound).map_err(at)?,
            Step::Closed => {
                let mut rest = Vec::new();
                while let Some(byte) = talk.next().map_err(at)? {
                    rest.push(byte);
                }
                if !rest.is_empty() {
                    return Err(at(format!("wanted a close, got {:?}", lossy(&rest))));
                }
                *conn = None;
            }
        }
    }
    // Nothing may have come that the case does not speak of.
    for talk in conns.values_mut().flatten() {
        if case.half_closed() {
            continue;
        }
        let binary = binary.or(talk.binary).unwrap_or(false);
        talk.ask_version(who, binary)?;
    }
    Ok(())
}

/// Reads what the parts describe, and binds the names in them.
fn expect(
    talk: &mut Talk,
    parts: &[Part],
    bound: &mut HashMap<String, Vec<u8>>,
) -> Result<(), String> {
    let mut seen = Vec::new();
    let mut pushed_back: Option<u8> = None;
    let next = &mut |pushed: &mut Option<u8>, seen: &mut Vec<u8>| -> Result<u8, String> {
        if let Some(byte) = pushed.take() {
            return Ok(byte);
        }
        match talk.next() {
            Ok(Some(byte)) => {
                seen.push(byte);
                Ok(byte)
            }
            Ok(None) => Err(format!("closed after {:?}", lossy(seen))),
            Err(error) => Err(format!("{error} after {:?}", lossy(seen))),
        }
    };
    for part in parts {
        match part {
            Part::Bytes(want) => {
                for byte in want {
                    if next(&mut pushed_back, &mut seen)? != *byte {
                        return Err(format!(
                            "got {:?} where this was wanted: {:?}",
                            lossy(&seen),
                            Part::show(parts, bound)
                        ));
                    }
                }
            }
            Part::Use(name) => {
                let want = bound.get(name).ok_or(format!("{name} is not bound"))?;
                for byte in want {
                    if next(&mut pushed_back, &mut seen)? != *byte {
                        return Err(format!("got {:?}, not {name}", lossy(&seen)));
                    }
                }
            }
            Part::Digits(name) => {
                let mut digits = Vec::new();
                loop {
                    let byte = next(&mut pushed_back, &mut seen)?;
                    if !byte.is_ascii_digit() {
                        pushed_back = Some(byte);
                        break;
                    }
                    digits.push(byte);
                }
                if digits.is_empty() {
                    return Err(format!("got {:?} where a number was wanted", lossy(&seen)));
                }
                if let Some(name) = name {
                    bound.insert(name.clone(), digits);
                }
            }
            Part::Anything => loop {
                let byte = next(&mut pushed_back, &mut seen)?;
                if byte == b'\r' || byte == b'\n' {
                    pushed_back = Some(byte);
                    break;
                }
            },
        }
    }
    match pushed_back {
        Some(_) => Err("a placeholder must be followed by something".into()),
        None => Ok(()),
    }
}

fn lossy(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    match text.char_indices().nth(300) {
        Some((at, _)) => format!("{}... ({} bytes)", &text[..at], bytes.len()),
        None => text.into_owned(),
    }
}
