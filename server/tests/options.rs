//! Every option beside stock memcached: the cases of `options/options.txt`.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use mcrs_testkit::{Program, Server, need, workspace};

fn ours() -> Program {
    Program::at(env!("CARGO_BIN_EXE_mcrsd")).expect("cargo built it")
}

/// A line of the file.
struct Case {
    who: String,
    args: Vec<String>,
    outcome: String,
}

fn cases(who: &str) -> Vec<Case> {
    let path = workspace().join("server/tests/options/options.txt");
    let text = std::fs::read_to_string(path).expect("the cases");
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let cases = lines.map(|line| {
        let mut parts = line.splitn(3, '|').map(str::trim);
        let mut next = || parts.next().expect("three parts in each line").to_string();
        Case {
            who: next(),
            args: next().split_whitespace().map(String::from).collect(),
            outcome: next(),
        }
    });
    let cases: Vec<Case> = cases
        .filter(|case| case.who == who || case.who == "both")
        .collect();
    assert!(cases.len() > 100, "the cases were not found");
    cases
}

/// Runs to the end: exit status and standard error; or finds that it serves.
fn run(program: &Program, args: &[&str]) -> Result<(i32, String), String> {
    let mut child = Command::new(program.path())
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let started = Instant::now();
    while child.try_wait().expect("wait for our own child").is_none() {
        if started.elapsed() > Duration::from_secs(20) {
            // Fails only if it has just ended.
            let _ = child.kill();
            return Err("it serves".into());
        }
        std::thread::park_timeout(Duration::from_millis(2));
    }
    let output = child.wait_with_output().expect("its output");
    let stderr = String::from_utf8_lossy(&output.stderr)
        .trim_end()
        .to_string();
    Ok((output.status.code().unwrap_or(-1), stderr))
}

/// Whether the text is the pattern, in which `*` is anything and `\n` a line end.
fn is_like(text: &str, pattern: &str) -> bool {
    let pattern = pattern.replace("\\n", "\n");
    let mut pieces = pattern.split('*');
    let Some(mut rest) = text.strip_prefix(pieces.next().unwrap_or("")) else {
        return false;
    };
    let mut open = false;
    for piece in pieces {
        let Some(at) = rest.find(piece) else {
            return false;
        };
        rest = &rest[at + piece.len()..];
        open = piece.is_empty();
    }
    rest.is_empty() || open
}

/// What is wrong with a case, if anything is.
fn play(program: &Program, case: &Case) -> Result<(), String> {
    let args: Vec<&str> = case.args.iter().map(String::as_str).collect();
    let first = case.outcome.split([' ', '=']).next().unwrap_or("");
    if let Ok(status) = first.parse::<i32>() {
        let text = case.outcome[first.len()..].trim_start();
        // Neither port nor account may be what ends it.
        let before = ["-u", "nobody", "-p", "0", "-U", "0", "-l", "127.0.0.1"];
        let before = if args.contains(&"-Z") || args.contains(&"-N") {
            &before[..2]
        } else {
            &before[..]
        };
        let (ended, stderr) = run(program, &[before, &args].concat())?;
        return if ended == status && is_like(&stderr, text) {
            Ok(())
        } else {
            Err(format!("status {ended}, {stderr:?}"))
        };
    }
    let server = std::panic::catch_unwind(|| Server::start(program, &args));
    let server = server.map_err(|_| "it does not start")?;
    let mut raw = server.connect();
    raw.send("stats settings\r\n");
    let text = String::from_utf8_lossy(&raw.read_until("END\r\n")).into_owned();
    let settings: BTreeMap<&str, &str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("STAT ")?.split_once(' '))
        .collect();
    for wanted in case.outcome.split_whitespace() {
        let (name, value) = wanted.split_once('=').expect("name=value");
        if settings.get(name) != Some(&value) {
            return Err(format!("{name} is {:?}", settings.get(name)));
        }
    }
    Ok(())
}

fn play_all(program: &Program, who: &str) {
    let failed: Vec<String> = cases(who)
        .iter()
        .filter_map(|case| {
            let error = play(program, case).err()?;
            Some(format!("{}: {error}", case.args.join(" ")))
        })
        .collect();
    assert!(failed.is_empty(), "\n{}", failed.join("\n"));
}

#[test]
fn options_do_what_is_written() {
    play_all(&ours(), "ours");
}

#[test]
fn options_of_stock_memcached_do_what_is_written() {
    play_all(&need!(Program::memcached()), "stock");
}

#[test]
fn patterns_are_matched() {
    assert!(is_like("a b c", "a*c") && is_like("a", "a") && is_like("a b", "a*"));
    assert!(is_like("x\ny", "x\\ny") && is_like("", "*"));
    assert!(!is_like("a b c", "a*d") && !is_like("ab", "a") && !is_like("xa", "a*"));
}
