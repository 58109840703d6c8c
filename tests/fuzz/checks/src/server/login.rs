//! Logging in: any bytes as a database of users, and any messages as a login.

use std::cell::RefCell;

use mcrs_testkit::{TempDir, temp_dir};
use mcrsd::sasl::{Files, Sasl, Step, find_in_sasldb};

use crate::input::{Input, pieces};

/// A file that claims to be a database: what is found in it is in it, behind its own key, and
/// nothing is found twice differently.
pub fn database_check(data: &[u8]) {
    let mut keys = Vec::new();
    let _ = find_in_sasldb(data, |key| {
        keys.push(key.to_vec());
        false
    });
    for key in &keys {
        let found = find_in_sasldb(data, |other| other == key);
        let found = found.expect("a key that was shown is found");
        for part in [key, &found] {
            let item = [&[1], &part[..]].concat();
            let inside = data.windows(item.len()).any(|bytes| bytes == item);
            assert!(inside, "{} is not in the file", item.escape_ascii());
        }
    }
    assert_eq!(find_in_sasldb(data, |_| false), None);
}

/// The one user there is.
const USER: &[u8] = b"carol";
const PASSWORD: &[u8] = b"sesame";

thread_local! {
    static SASL: RefCell<Option<(TempDir, Sasl)>> = const { RefCell::new(None) };
}

fn sasl() -> (TempDir, Sasl) {
    let dir = temp_dir();
    let passwords = dir.path().join("passwords");
    let line = [USER, b":", PASSWORD, b"\n"].concat();
    std::fs::write(&passwords, line).expect("a file can be written");
    let config = dir.path().join("memcached.conf");
    let text = format!("sasldb_path: {}\n", dir.path().join("none").display());
    std::fs::write(&config, text).expect("a file can be written");
    let files = Files {
        config: Some(config),
        passwords: Some(passwords),
    };
    (dir, Sasl::load(&files).expect("this is sound"))
}

/// A client's messages: nobody gets in who does not say the password, and no answer tells it.
pub fn messages_check(data: &[u8]) {
    SASL.with_borrow_mut(|held| {
        let (_dir, sasl) = held.get_or_insert_with(sasl);
        let mut control = Input::new(data);
        let names = sasl.mechanisms();
        let names: Vec<&str> = names.split(' ').collect();
        let name = names[control.below(names.len())];
        let cuts = control.take(3);
        let mut said = pieces(control.rest(), cuts);
        let mut step = sasl.begin(name.as_bytes(), said.next().unwrap_or_default(), 1);
        loop {
            step = match step {
                Step::Done => {
                    assert_eq!(name, "PLAIN", "no fuzzer computes the proofs of the others");
                    let told = data.windows(PASSWORD.len()).any(|bytes| bytes == PASSWORD);
                    assert!(told, "in without the password");
                    return;
                }
                Step::Continue(conversation, answer) => {
                    let told = answer
                        .windows(PASSWORD.len())
                        .any(|bytes| bytes == PASSWORD);
                    assert!(!told || name.starts_with("SCRAM"), "the password is told");
                    let Some(message) = said.next() else { return };
                    sasl.step(conversation, message)
                }
                Step::Failed(Some(conversation)) => {
                    let Some(message) = said.next() else { return };
                    sasl.step(conversation, message)
                }
                Step::Failed(None) => return,
            };
        }
    });
}
