//! Logins from the first message to the last. What the database says is in `sasldb.rs`, whose file
//! these tests use too.

use mcrs_testkit::{TempDir, temp_dir};

use super::*;

/// A configuration and a password file of this text, in a directory that goes with the test.
fn sasl(config: &str, passwords: Option<&str>) -> (TempDir, Sasl) {
    let dir = temp_dir();
    let db = dir.path().join("db");
    std::fs::write(&db, include_bytes!("testdata/sasldb2")).expect("a file");
    let text = format!("{config}\nsasldb_path: {}\n", db.display());
    std::fs::write(dir.path().join("memcached.conf"), text).expect("a file");
    let passwords = passwords.map(|text| {
        let path = dir.path().join("passwords");
        std::fs::write(&path, text).expect("a file");
        path
    });
    let files = Files {
        config: Some(dir.path().to_path_buf()),
        passwords,
    };
    let sasl = Sasl::load(&files).expect("sound");
    (dir, sasl)
}

fn plain(sasl: &Sasl, data: &[u8]) -> bool {
    match sasl.begin(b"plain", data, 0) {
        Step::Done => true,
        Step::Failed(_) => false,
        Step::Continue(..) => panic!("nothing else is to be said"),
    }
}

#[test]
fn mechanisms_are_offered_in_the_order_of_the_list() {
    let all = "SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5 PLAIN";
    assert_eq!(sasl("", None).1.mechanisms(), all);
    let some = sasl("mech_list: plain nonsense cram-md5", None).1;
    assert_eq!(some.mechanisms(), "PLAIN CRAM-MD5");
    let none = sasl("mech_list: nonsense", None).1;
    assert_eq!(none.mechanisms(), "");
    assert!(matches!(none.begin(b"PLAIN", b"", 0), Step::Failed(None)));
}

#[test]
fn the_configuration_may_be_the_file_itself() {
    let (dir, _) = sasl("mech_list: plain", None);
    let load = |path: PathBuf| {
        Sasl::load(&Files {
            config: Some(path),
            passwords: None,
        })
    };
    let file = load(dir.path().join("memcached.conf")).expect("sound");
    assert_eq!(file.mechanisms(), "PLAIN");
    let missing = load(dir.path().join("missing")).expect("as if it were empty");
    assert_eq!(missing.mechanisms().split(' ').count(), 4);
    std::fs::write(dir.path().join("bad"), "mech_list plain").expect("a file");
    let bad = load(dir.path().join("bad")).expect_err("no name and value");
    assert_eq!(bad.status, 1);
}

#[test]
fn plain_wants_user_and_password() {
    let (_dir, sasl) = sasl("", None);
    for good in [
        &b"\0user-1@example.org\0password 1"[..],
        b"user-1@example.org\0user-1@example.org\0password 1",
    ] {
        assert!(plain(&sasl, good), "{}", good.escape_ascii());
    }
    for bad in [
        &b"\0user-1@example.org\0password 2"[..],
        b"\0user-1\0password 1",
        b"\0user-1@example.com\0password 1",
        b"\0user-0@example.org\0password 0",
        b"user-2@example.org\0user-1@example.org\0password 1",
        b"\0user-1@example.org\0password 1\0",
        b"user-1@example.org\0password 1",
        b"\0user-1@example.org\0",
        b"\0\0password 1",
        b"\0\0",
        b"junk",
    ] {
        assert!(!plain(&sasl, bad), "{}", bad.escape_ascii());
    }
}

#[test]
fn plain_may_be_named_first_and_tried_again() {
    let (_dir, sasl) = sasl("", None);
    let Step::Continue(named, challenge) = sasl.begin(b"PLAIN", b"", 0) else {
        panic!("the client speaks first");
    };
    assert!(challenge.is_empty());
    let Step::Failed(Some(again)) = sasl.step(named, b"\0user-1@example.org\0wrong") else {
        panic!("a wrong password");
    };
    let right = sasl.step(again, b"\0user-1@example.org\0password 1");
    assert!(matches!(right, Step::Done));
}

#[test]
fn the_password_file_counts_too_and_is_read_each_time() {
    let (dir, sasl) = sasl("", Some("carol:first\n"));
    assert!(plain(&sasl, b"\0carol\0first"));
    assert!(plain(&sasl, b"\0user-1@example.org\0password 1"));
    std::fs::write(dir.path().join("passwords"), "carol:second\n").expect("a file");
    assert!(!plain(&sasl, b"\0carol\0first"));
    assert!(plain(&sasl, b"\0carol\0second"));
    std::fs::remove_file(dir.path().join("passwords")).expect("it was there");
    assert!(!plain(&sasl, b"\0carol\0second"));
}

#[test]
fn cram_md5_wants_the_digest_of_the_challenge() {
    let (_dir, sasl) = sasl("", Some("carol:password 1\n"));
    let respond = |password: &str, change: fn(String) -> String| {
        let Step::Continue(conversation, challenge) = sasl.begin(b"CRAM-MD5", b"", 7) else {
            panic!("the server speaks first");
        };
        let mut mac = Hmac::<Md5>::new_from_slice(password.as_bytes()).expect("any length");
        mac.update(&challenge);
        let bytes = mac.finalize().into_bytes();
        let digest: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let response = change(format!("user-1@example.org {digest}"));
        matches!(sasl.step(conversation, response.as_bytes()), Step::Done)
    };
    assert!(respond("password 1", |text| text));
    assert!(respond("password 1", |text| text
        .replace("user-1@example.org", "carol")));
    assert!(!respond("password 2", |text| text));
    assert!(!respond("password 1", |text| text.to_uppercase()));
    assert!(!respond("password 1", |text| text.replace("user-1@", "user-2@")));
    assert!(!respond("", |text| text.replace("user-1@", "nobody@")));
    assert!(!respond("password 1", |_| String::new()));
    assert!(matches!(
        sasl.begin(b"CRAM-MD5", b"early", 7),
        Step::Failed(None)
    ));
}

#[test]
fn no_two_challenges_are_the_same() {
    let (_dir, sasl) = sasl("", None);
    let challenge = || match sasl.begin(b"CRAM-MD5", b"", 7) {
        Step::Continue(_, challenge) => challenge,
        other => panic!("{other:?}"),
    };
    let (one, other) = (challenge(), challenge());
    assert_ne!(one, other);
    let text = String::from_utf8(one).expect("text");
    assert!(text.starts_with('<') && text.contains(".7@") && text.ends_with('>'));
}

#[test]
fn scram_ends_when_both_sides_have_proved_themselves() {
    let (_dir, sasl) = sasl("", None);
    let first = b"n,,n=user-1@example.org,r=abc";
    let Step::Continue(conversation, answer) = sasl.begin(b"SCRAM-SHA-256", first, 0) else {
        panic!("a sound message");
    };
    let text = String::from_utf8(answer).expect("text");
    assert!(text.starts_with("r=abc") && text.ends_with(",i=4096"));
    let wrong = sasl.step(conversation, b"c=biws,r=abc,p=AAAA");
    assert!(matches!(wrong, Step::Failed(None)));
    // The client confirms our proof with an empty message.
    let proved = || Conversation(State::Proved);
    assert!(matches!(sasl.step(proved(), b""), Step::Done));
    assert!(matches!(sasl.step(proved(), b"x"), Step::Failed(None)));
}
