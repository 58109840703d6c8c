//! TLS as clients and operators meet it. The peer is OpenSSL, by way of Python or its own command
//! line; what can be asked of stock memcached is asked of it too.

mod bad_peers;
mod certificates;
#[path = "../common/mod.rs"]
mod common;
#[path = "../common/tls.rs"]
mod peer;
mod serving;

use std::process::{Command, Output, Stdio};

use mcrs_testkit::{Program, Server, free_port, need};

use common::ours;
use peer::{Certs, Relay};

/// A server of ours with a certificate, and with more words of `-o` and other options.
#[track_caller]
fn serve(certs: &Certs, words: &str, options: &[&str]) -> Server {
    serve_as(&ours(), certs, words, options)
}

#[track_caller]
fn serve_as(program: &Program, certs: &Certs, words: &str, options: &[&str]) -> Server {
    let words = certs.words(words);
    Server::start(program, &[&["-Z", "-o", &words], options].concat())
}

/// A figure of `stats`, asked through a relay.
fn stat(relay: &Relay, name: &str) -> u64 {
    common::stat_of(&mut relay.connect(), name)
}

/// Runs a server that is to refuse its options.
fn refuse(program: &Program, args: &[&str]) -> Output {
    let port = free_port().to_string();
    let mut command = Command::new(program.path());
    command.args(["-l", "127.0.0.1", "-p", &port, "-u", "nobody"]);
    let output = command.args(args).stdin(Stdio::null()).output();
    output.expect("it starts")
}

/// The last line of what it said, without OpenSSL's reason behind it.
fn complaint(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let last = text.trim_end().lines().last().unwrap_or_default();
    match last.split_once(" : ") {
        Some((what, _)) if last.starts_with("Error loading") => what.into(),
        _ => last.into(),
    }
}

#[test]
fn bad_options_end_as_with_memcached() {
    let stock = need!(Program::memcached());
    let certs = need!(Certs::new());
    certs.issue("other", "ec", "");
    certs.write("junk", b"junk\n");
    certs.openssl("pkey -in server.key -outform DER -out server.der");
    certs.write("server.der", &certs.read("server.der"));
    certs.write(
        "bundle",
        &[certs.read("server.pem"), certs.read("server.key")].concat(),
    );
    let with_key = |key: &str| {
        let (chain, key) = (certs.path("server.pem"), certs.path(key));
        format!("ssl_chain_cert={chain},ssl_key={key}")
    };
    let files = [
        String::new(),
        format!("ssl_chain_cert={}", certs.path("none")),
        format!("ssl_chain_cert={}", certs.path("junk")),
        format!("ssl_chain_cert={}", certs.path("server.key")),
        format!("ssl_chain_cert={}", certs.path("server.pem")),
        format!("ssl_chain_cert={}", certs.path("bundle")),
        with_key("none"),
        with_key("junk"),
        with_key("server.pem"),
        with_key("other.key"),
        with_key("server.der"),
        with_key("server.key") + ",ssl_keyformat=2",
        with_key("server.key") + ",ssl_keyformat=3",
        with_key("none") + ",ssl_ca_cert=none",
        certs.words("ssl_ca_cert=none"),
        certs.words(&format!("ssl_ca_cert={}", certs.path("junk"))),
        certs.words("ssl_ca_cert=none,ssl_ciphers=NONSENSE"),
        certs.words("ssl_ciphers=NONSENSE"),
        certs.words("ssl_ciphers=NONSENSE:ALSO"),
    ];
    let words = [
        "ssl_keyformat=x",
        "ssl_keyformat",
        "ssl_verify_mode=4",
        "ssl_verify_mode=-1",
        "ssl_verify_mode=3x",
        "ssl_verify_mode",
        "ssl_min_version=4",
        "ssl_min_version=x",
        "ssl_min_version",
        "ssl_wbuf_size=x",
        "ssl_wbuf_size=-1",
        "ssl_wbuf_size",
        "ssl_ciphers",
        "ssl_chain_cert",
        "ssl_key",
        "ssl_ca_cert",
        "ssl_something=1",
    ];
    let mut cases: Vec<Vec<&str>> = vec![vec!["-Z"], vec!["-Z", "-I", "5"]];
    cases.extend(files.iter().skip(1).map(|words| vec!["-Z", "-o", words]));
    cases.extend(words.iter().map(|word| vec!["-o", word]));
    let good = certs.words("");
    cases.push(vec!["-Z", "-p", "0", "-o", &good]);
    cases.push(vec!["-l", "notls:127.0.0.1"]);
    for args in cases {
        let (ours, theirs) = (refuse(&ours(), &args), refuse(&stock, &args));
        let ours = (ours.status.code(), complaint(&ours));
        let mut theirs = (theirs.status.code(), complaint(&theirs));
        // Both put the list in the second line; a reason that is none is ours to leave out.
        theirs.1 = theirs.1.replace(": Success", ": bad entry");
        assert_eq!(ours, theirs, "{args:?}");
    }
}

#[test]
fn what_cannot_be_had_is_refused() {
    let certs = need!(Certs::new());
    let cases = [
        ("ssl_kernel_tls", "Kernel TLS offload is not available"),
        // OpenSSL has such suites, rustls has not.
        (
            "ssl_ciphers=AES128-SHA",
            "Error setting the provided cipher(s): AES128-SHA",
        ),
    ];
    for (word, text) in cases {
        let output = refuse(&ours(), &["-Z", "-o", &certs.words(word)]);
        assert_eq!(
            (output.status.code(), complaint(&output)),
            (Some(64), text.into())
        );
    }
    for prefix in ["btls", "mtls"] {
        let output = refuse(&ours(), &["-l", &format!("{prefix}:127.0.0.1")]);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(71));
        let start = format!("'{prefix}' option is valid only when SSL is enabled\n");
        assert!(text.starts_with(&start), "{text}");
    }
}

#[test]
fn relative_names_mean_the_same_after_the_start() {
    let certs = need!(Certs::new());
    let dir = mcrs_testkit::temp_dir();
    let pid_file = dir.path().join("pid");
    let port = free_port().to_string();
    let output = Command::new(ours().path())
        .args(["-l", "127.0.0.1", "-p", &port, "-u", "nobody", "-d", "-P"])
        .arg(&pid_file)
        .args(["-Z", "-o", "ssl_chain_cert=server.pem,ssl_key=./server.key"])
        .current_dir(certs.path(""))
        .output()
        .expect("it starts");
    assert!(output.status.success(), "{output:?}");
    let relay = need!(Relay::start(port.parse().expect("a number"), &[]));
    let mut raw = relay.connect();
    raw.ask("refresh_certs\r\n", "OK\r\n");
    raw.send("stats settings\r\n");
    let text = String::from_utf8_lossy(&raw.read_until("END\r\n")).into_owned();
    assert!(
        text.contains("STAT ssl_chain_cert server.pem\r\n"),
        "{text}"
    );
    assert!(text.contains("STAT ssl_key ./server.key\r\n"), "{text}");
    let pid = std::fs::read_to_string(&pid_file).expect("a pid file");
    let ended = Command::new("kill").arg(pid.trim()).status();
    assert!(ended.is_ok_and(|status| status.success()));
}
