//! What tests of TLS need: certificates, made by openssl for each test, and OpenSSL as the peer,
//! by way of Python. Nothing of rustls: it may not vouch for itself.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use mcrs_testkit::{Address, Missing, Raw, TempDir, temp_dir, wait_until};

/// A directory of certificates and keys; see [`Certs::new`].
pub(crate) struct Certs(TempDir);

impl Certs {
    /// Makes a CA (`ca.pem`, `ca.key`) and a certificate of it for `localhost` (`server.pem`,
    /// `server.key`).
    pub(crate) fn new() -> Result<Certs, Missing> {
        let certs = Certs(temp_dir());
        certs.sign_itself("ca", "ec", "CA:TRUE")?;
        certs.issue("server", "ec", "subjectAltName=DNS:localhost");
        Ok(certs)
    }

    /// A certificate (`NAME.pem`, `NAME.key`) that is its own issuer. `kind` is `rsa`, `ec` or
    /// `ed25519`.
    pub(crate) fn sign_itself(
        &self,
        name: &str,
        kind: &str,
        constraints: &str,
    ) -> Result<(), Missing> {
        if !Command::new("openssl")
            .arg("version")
            .output()
            .is_ok_and(|o| o.status.success())
        {
            return Err(Missing("openssl is not installed (run `make deps`)".into()));
        }
        self.key(name, kind);
        self.openssl(&format!(
            "req -x509 -new -key {name}.key -out {name}.pem -days 30 -subj /CN={name} \
             -addext basicConstraints=critical,{constraints}"
        ));
        Ok(())
    }

    /// A certificate of the CA, with one extension, or of version 1 if that is empty; also
    /// certificate and key in one file, `NAME.both`.
    pub(crate) fn issue(&self, name: &str, kind: &str, extension: &str) {
        self.key(name, kind);
        self.openssl(&format!(
            "req -new -key {name}.key -out {name}.csr -subj /CN={name}"
        ));
        let extensions = match extension {
            "" => String::new(),
            _ => {
                self.write(&format!("{name}.ext"), extension.as_bytes());
                format!("-extfile {name}.ext")
            }
        };
        self.openssl(&format!(
            "x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 \
             -out {name}.pem {extensions}"
        ));
        let both = [
            self.read(&format!("{name}.pem")),
            self.read(&format!("{name}.key")),
        ];
        self.write(&format!("{name}.both"), &both.concat());
    }

    fn key(&self, name: &str, kind: &str) {
        let options = match kind {
            "rsa" => "-algorithm RSA -pkeyopt rsa_keygen_bits:2048",
            "ec" => "-algorithm EC -pkeyopt ec_paramgen_curve:P-256",
            "ed25519" => "-algorithm ED25519",
            other => panic!("{other}"),
        };
        self.openssl(&format!("genpkey {options} -out {name}.key"));
        // The server reads it again as another user.
        self.write(&format!("{name}.key"), &self.read(&format!("{name}.key")));
    }

    /// Runs openssl in the directory.
    pub(crate) fn openssl(&self, args: &str) {
        let output = Command::new("openssl")
            .args(args.split_ascii_whitespace())
            .current_dir(self.0.path())
            .output()
            .expect("openssl runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "openssl {args}: {said}");
    }

    /// The path of a file there, as text.
    pub(crate) fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.0.path().join(name)).expect("a file that was made")
    }

    /// Writes a file that everybody may read.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        use std::os::unix::fs::PermissionsExt;
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).expect("a file can be written");
        let all = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(&path, all).expect("a mode can be set");
    }

    /// The words of `-o` for the server's certificate, and others behind them.
    pub(crate) fn words(&self, more: &str) -> String {
        let (chain, key) = (self.path("server.pem"), self.path("server.key"));
        let comma = if more.is_empty() { "" } else { "," };
        format!("ssl_chain_cert={chain},ssl_key={key}{comma}{more}")
    }
}

/// A relay that puts TLS in front of a port: to it one speaks plain. Ends when dropped.
pub(crate) struct Relay {
    child: Child,
    stdin: ChildStdin,
    port: u16,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Relay {
    /// In front of a port of 127.0.0.1. The words are those of `tls_relay.py`.
    pub(crate) fn start(port: u16, words: &[&str]) -> Result<Relay, Missing> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/common/tls_relay.py");
        let child = Command::new("python3")
            .arg(script)
            .arg(port.to_string())
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let mut child = child
            .map_err(|error| Missing(format!("python3 does not run ({error}); run `make deps`")))?;
        let stdin = child.stdin.take().expect("it is a pipe");
        let mut said = BufReader::new(child.stdout.take().expect("it is a pipe")).lines();
        let first = said
            .next()
            .and_then(Result::ok)
            .expect("the relay says its port");
        let port = first
            .strip_prefix("port ")
            .and_then(|port| port.parse().ok());
        let lines = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&lines);
        std::thread::spawn(move || {
            for line in said.map_while(Result::ok) {
                heard.lock().expect("no panic before").push(line);
            }
        });
        Ok(Relay {
            child,
            stdin,
            port: port.unwrap_or_else(|| panic!("{first}")),
            lines,
        })
    }

    /// Uses other words for connections from now on; they may name a `port` to go to.
    pub(crate) fn set(&self, words: &[&str]) {
        let done = || self.lines().iter().filter(|line| *line == "set").count();
        let before = done();
        writeln!(&self.stdin, "{}", words.join(" ")).expect("the relay reads");
        wait_until("the relay to take the words", || done() > before);
    }

    /// Where to connect.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// A new connection through it.
    #[track_caller]
    pub(crate) fn connect(&self) -> Raw {
        Raw::connect(&Address::Tcp(([127, 0, 0, 1], self.port).into()))
    }

    /// What it said of its connections so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.lock().expect("no panic before").clone()
    }

    /// Waits for it to say a line with `text` in it, and returns that.
    #[track_caller]
    pub(crate) fn wait_for(&self, text: &str) -> String {
        let mut found = None;
        let what = format!("`{text}` among {:?}", self.lines());
        wait_until(&what, || {
            found = self.lines().into_iter().find(|line| line.contains(text));
            found.is_some()
        });
        found.expect("the wait is over")
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        // Both fail only when it has been reaped.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How long a test waits for a silence to be one.
pub(crate) const MOMENT: Duration = Duration::from_millis(50);
