//! Certificates and keys of both sides: which are taken, and when they are read again.

use mcrs_testkit::{Program, Server, need, wait_until};

use super::peer::{Certs, Relay};
use super::{ours, serve, serve_as, stat};

#[test]
fn keys_and_certificates_of_every_kind_are_served() {
    let certs = need!(Certs::new());
    for (name, kind, extension) in [
        ("rsa", "rsa", "subjectAltName=DNS:localhost"),
        ("ed", "ed25519", "subjectAltName=DNS:localhost"),
        ("v1", "ec", ""),
    ] {
        certs.issue(name, kind, extension);
    }
    need!(certs.sign_itself("self", "ec", "CA:TRUE"));
    // The traditional forms of keys beside PKCS#8, and DER.
    for name in ["rsa", "server"] {
        let pkey = format!("pkey -in {name}.key -traditional");
        certs.openssl(&format!("{pkey} -out {name}.old"));
        certs.openssl(&format!("{pkey} -out {name}.der -outform DER"));
    }
    certs.openssl("pkey -in v1.key -outform DER -out v1.der");
    let parameters =
        b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
    certs.write(
        "server.two",
        &[parameters, &certs.read("server.old")[..]].concat(),
    );
    for name in ["rsa.old", "server.old", "rsa.der", "server.der", "v1.der"] {
        certs.write(name, &certs.read(name));
    }
    let all = [
        certs.read("server.pem"),
        certs.read("ca.pem"),
        certs.read("server.key"),
    ];
    certs.write("all", &all.concat());
    for (chain, key, format) in [
        ("rsa.pem", "rsa.key", 1),
        ("rsa.pem", "rsa.old", 1),
        ("rsa.pem", "rsa.der", 2),
        ("server.pem", "server.two", 1),
        ("server.pem", "server.der", 2),
        ("ed.pem", "ed.key", 1),
        ("v1.pem", "v1.key", 1),
        ("v1.pem", "v1.der", 2),
        ("self.pem", "self.key", 1),
        ("all", "all", 1),
    ] {
        let (chain_path, key_path) = (certs.path(chain), certs.path(key));
        let words =
            format!("ssl_chain_cert={chain_path},ssl_key={key_path},ssl_keyformat={format}");
        let server = Server::start(&ours(), &["-Z", "-o", &words]);
        let ca = format!("ca={}", certs.path("ca.pem"));
        // These two name no host that a client could insist on.
        let strict = !["v1.pem", "self.pem"].contains(&chain);
        let words: &[&str] = if strict { &[&ca] } else { &[] };
        let relay = need!(Relay::start(server.port(), words));
        relay.connect().ask("version\r\n", "VERSION 1.6.45\r\n");
    }
}

/// Certificates that clients may show, and a CA file to judge them by.
fn clients(certs: &Certs) -> Vec<Option<String>> {
    certs.issue("client", "ec", "extendedKeyUsage=clientAuth");
    certs.issue("plain", "rsa", "basicConstraints=CA:FALSE");
    certs.issue("v1", "ec", "");
    certs.issue("v1-rsa", "rsa", "");
    certs.issue("server-only", "ec", "extendedKeyUsage=serverAuth");
    certs
        .sign_itself("stranger", "ec", "CA:FALSE")
        .expect("as before");
    certs
        .sign_itself("known", "ec", "CA:TRUE")
        .expect("as before");
    certs.write(
        "cas",
        &[certs.read("known.pem"), certs.read("ca.pem")].concat(),
    );
    for name in ["stranger", "known", "ca"] {
        let both = [
            certs.read(&format!("{name}.pem")),
            certs.read(&format!("{name}.key")),
        ];
        certs.write(&format!("{name}.both"), &both.concat());
    }
    // Signed by a key that says it is the CA's, and is not.
    certs.key_of_another_ca();
    let names = [
        "client",
        "plain",
        "v1",
        "v1-rsa",
        "server-only",
        "stranger",
        "known",
        "ca",
        "forged",
        "forged-v1",
    ];
    let all = names
        .iter()
        .map(|name| Some(certs.path(&format!("{name}.both"))));
    all.chain([None]).collect()
}

impl Certs {
    /// Certificates `forged` and `forged-v1` of another CA with the same name.
    fn key_of_another_ca(&self) {
        let (pem, key) = (self.read("ca.pem"), self.read("ca.key"));
        self.sign_itself("ca", "ec", "CA:TRUE").expect("as before");
        self.issue("forged", "ec", "extendedKeyUsage=clientAuth");
        self.issue("forged-v1", "ec", "");
        self.write("ca.pem", &pem);
        self.write("ca.key", &key);
    }
}

/// Which of the clients are served, each with both versions.
fn welcome(server: &Server, clients: &[Option<String>], relay: &Relay) -> Vec<[bool; 2]> {
    let port = format!("port={}", server.port());
    let mut served = Vec::new();
    for client in clients {
        served.push(["max=TLSv1_2", "max=TLSv1_3"].map(|max| {
            let cert = client.as_ref().map(|path| format!("cert={path}"));
            relay.set(&[&[&port, max], cert.as_deref().as_slice()].concat());
            relay.connect().is_answered()
        }));
    }
    served
}

#[test]
fn clients_are_judged_as_memcached_judges_them() {
    let stock = need!(Program::memcached());
    let certs = need!(Certs::new());
    let clients = clients(&certs);
    let relay = need!(Relay::start(0, &[]));
    let known = format!("ssl_ca_cert={}", certs.path("cas"));
    for (mode, cas) in [
        (0, &known[..]),
        (1, &known),
        (2, &known),
        (3, &known),
        (1, ""),
        (2, ""),
    ] {
        let words = format!("ssl_verify_mode={mode},{cas}");
        let words = words.trim_end_matches(',');
        let ask = |program: &Program| {
            let server = serve_as(program, &certs, words, &[]);
            welcome(&server, &clients, &relay)
        };
        assert_eq!(
            ask(&ours()),
            ask(&stock),
            "mode {mode}, {cas:?}: {clients:?}"
        );
    }
}

#[test]
fn certificates_are_read_again_by_command_and_by_signal() {
    let certs = need!(Certs::new());
    let server = serve(&certs, "", &["-t", "1"]);
    let trusting =
        |certs: &Certs| Relay::start(server.port(), &[&format!("ca={}", certs.path("ca.pem"))]);
    let old = need!(trusting(&certs));
    let mut stays = old.connect();
    stays.ask("version\r\n", "VERSION 1.6.45\r\n");
    for by_signal in [false, true] {
        let new = need!(Certs::new());
        for name in ["server.pem", "server.key"] {
            certs.write(name, &new.read(name));
        }
        let relay = need!(trusting(&new));
        relay.connect().expect_close();
        relay.wait_for("CERTIFICATE_VERIFY_FAILED");
        wait_until("the certificate to grow old", || {
            stays.send("stats\r\n");
            let text = String::from_utf8_lossy(&stays.read_until("END\r\n")).into_owned();
            !text.contains("time_since_server_cert_refresh 0\r\n")
        });
        if by_signal {
            server.signal("HUP");
        } else {
            stays.ask("refresh_certs\r\n", "OK\r\n");
        }
        let relay = need!(trusting(&new));
        wait_until("the new certificate", || relay.connect().is_answered());
        assert!(stat(&relay, "time_since_server_cert_refresh") <= 1);
    }
    old.connect().expect_close();
    stays.ask("version\r\n", "VERSION 1.6.45\r\n");
}

#[test]
fn files_that_cannot_be_used_leave_everything_as_it_was() {
    let certs = need!(Certs::new());
    certs.issue("other", "ec", "");
    certs.write("ca", &certs.read("ca.pem"));
    let server = serve(
        &certs,
        &format!("ssl_ca_cert={}", certs.path("ca")),
        &["-t", "1"],
    );
    let relay = need!(Relay::start(
        server.port(),
        &[&format!("ca={}", certs.path("ca.pem"))]
    ));
    let mut raw = relay.connect();
    let (chain, key) = (certs.path("server.pem"), certs.path("server.key"));
    let cases: &[(&str, Option<&[u8]>, String)] = &[
        (
            "server.key",
            None,
            format!("the key: {key} : No such file or directory"),
        ),
        (
            "server.key",
            Some(b"junk"),
            format!("the key: {key} : no private key in it"),
        ),
        (
            "server.key",
            Some(&certs.read("other.key")),
            format!("the key: {key} : it is not the key of the certificate"),
        ),
        (
            "server.pem",
            None,
            format!("the certificate chain: {chain} : No such file or directory"),
        ),
        (
            "server.pem",
            Some(&certs.read("other.pem")),
            format!("the key: {key} : it is not the key of the certificate"),
        ),
        (
            "ca",
            Some(b""),
            format!(
                "the CA certificate: {} : no certificate in it",
                certs.path("ca")
            ),
        ),
    ];
    for (file, content, text) in cases {
        let good = certs.read(file);
        match content {
            Some(content) => certs.write(file, content),
            None => std::fs::remove_file(certs.path(file)).expect("it is there"),
        }
        let line = format!("Error loading {text}");
        raw.ask("refresh_certs\r\n", format!("{line}\r\n"));
        let told = || server.stderr().matches(&line).count();
        let before = told();
        server.signal("HUP");
        wait_until("the complaint", || told() > before);
        relay.connect().ask("version\r\n", "VERSION 1.6.45\r\n");
        certs.write(file, &good);
    }
    raw.ask("refresh_certs noreply\r\n", "OK\r\n");
}
