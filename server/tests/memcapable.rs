//! libmemcached's conformance test, as Debian packages it, on our server and on stock memcached.

use std::process::Command;

use mcrs_testkit::{Program, Server, need};

/// What differs, and why: both want an error for a `delete` with a time behind the key, which
/// memcached 1.6.45 no longer gives. Source: mcrsd.md 11.
const DELETES: [&str; 2] = ["delete", "delete noreply"];

/// Runs the tests of one protocol, `ascii` or `binary`; those that passed and those that did not.
fn run(tool: &Program, server: &Server, protocol: &str) -> (Vec<String>, Vec<String>) {
    let output = Command::new(tool.path())
        .args(["-h", "127.0.0.1", "-p", &server.port().to_string()])
        .arg(format!("-{}", &protocol[..1]))
        .output()
        .expect("it starts");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    // Each test: protocol, name and blanks, and the verdict if it passed. Failures are told on
    // standard error.
    let before_name = format!("{protocol} ");
    let tests = said.split(&before_name).skip(1);
    let (mut passed, mut failed) = (Vec::new(), Vec::new());
    for test in tests {
        match test.split_once("[pass]") {
            Some((name, _)) => passed.push(name.trim().to_string()),
            None => failed.push(test.trim().to_string()),
        }
    }
    (passed, failed)
}

#[test]
fn memcapable_finds_the_binary_protocol_as_it_should_be() {
    let tool = need!(Program::tool(
        &["memcapable", "memccapable"],
        "libmemcached-tools"
    ));
    let ours = Program::at(env!("CARGO_BIN_EXE_mcrsd")).expect("cargo built it");
    for program in [ours, need!(Program::memcached())] {
        let server = Server::start(&program, &[]);
        let (passed, failed) = run(&tool, &server, "binary");
        assert!(failed.is_empty(), "{}: {failed:?}", program.name());
        assert!(passed.len() >= 27, "{}: {passed:?}", program.name());
    }
}

#[test]
fn memcapable_finds_the_text_protocol_as_it_should_be_but_for_delete() {
    let tool = need!(Program::tool(
        &["memcapable", "memccapable"],
        "libmemcached-tools"
    ));
    let ours = Program::at(env!("CARGO_BIN_EXE_mcrsd")).expect("cargo built it");
    let server = Server::start(&ours, &[]);
    let (passed, failed) = run(&tool, &server, "ascii");
    assert_eq!(failed, DELETES);
    assert!(passed.len() >= 25, "{passed:?}");
    let server = Server::start(&need!(Program::memcached()), &[]);
    let (passed, failed) = run(&tool, &server, "ascii");
    assert!(failed.is_empty(), "stock: {failed:?}");
    assert!(passed.len() >= 27, "stock: {passed:?}");
}
