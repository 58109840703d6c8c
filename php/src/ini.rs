//! The php.ini directives: one table with name, default, rule and the setting each one fills.
//!
//! Names, defaults, order, rules and texts are pecl/memcache's; all can be changed at any time
//! (`PHP_INI_ALL`). A value that is refused leaves the old one in place. Reading a setting is
//! reading a cell: the text is parsed when it changes, not when it is used.
//!
//! Source: pecl/memcache 8.2, `vectors/wire.json` `ini/*`, `vectors/reflection.txt`.

use std::cell::{Cell, RefCell};
use std::ffi::CStr;

use mcrs::client::HashFn;
use mcrs::options::Strategy;

use crate::zend::{Displayer, IniRow, NewValue, Rows, ini_end, ini_row};

/// The directives as typed values.
#[derive(Default)]
pub(crate) struct Settings {
    /// `memcache.allow_failover`: whether requests of a failed server go to others.
    pub(crate) allow_failover: Cell<i64>,
    /// `memcache.max_failover_attempts`: how many other servers are tried, at least 1.
    pub(crate) max_failover_attempts: Cell<i64>,
    /// `memcache.default_port`: TCP port where a call names none.
    pub(crate) default_port: Cell<i64>,
    /// `memcache.chunk_size`: bytes per send and receive, at least 1.
    pub(crate) chunk_size_bytes: Cell<i64>,
    /// `memcache.protocol`: what new pools speak.
    pub(crate) protocol: Cell<Protocol>,
    /// `memcache.hash_strategy`: how a key picks its server, for new pools.
    pub(crate) hash_strategy: Cell<Strategy>,
    /// `memcache.hash_function`: how a key becomes a number, for new pools.
    pub(crate) hash_function: Cell<HashFn>,
    /// `memcache.redundancy`: number of servers a value is written to, at least 1.
    pub(crate) redundancy: Cell<i64>,
    /// `memcache.session_redundancy`: the same for sessions.
    pub(crate) session_redundancy: Cell<i64>,
    /// `memcache.compress_threshold`: values of this many bytes are compressed; 0: none.
    pub(crate) compress_threshold_bytes: Cell<i64>,
    /// `memcache.lock_timeout`: seconds a session lock lasts, at least 1.
    pub(crate) lock_timeout_sec: Cell<i64>,
    /// `memcache.select_api`: accepted and without effect, since poll(2) has no descriptor limit.
    pub(crate) select_api: Cell<SelectApi>,
    /// `memcache.session_prefix_*`
    pub(crate) session_prefix: PrefixSettings,
    /// `memcache.session_save_path`: servers of the session handler, instead of
    /// `session.save_path`.
    pub(crate) session_save_path: RefCell<Vec<u8>>,
    /// `memcache.prefix_*`
    pub(crate) prefix: PrefixSettings,
}

/// What goes in front of keys.
#[derive(Default)]
pub(crate) struct PrefixSettings {
    /// `…prefix_static_key`: this text.
    pub(crate) static_key: RefCell<Vec<u8>>,
    /// `…prefix_host_key`: whether the name of the site follows.
    pub(crate) host_key: Cell<bool>,
    /// `…prefix_host_key_remove_www`: without a leading `www.`.
    pub(crate) remove_www: Cell<bool>,
    /// `…prefix_host_key_remove_subdomain`: only its last two parts.
    pub(crate) remove_subdomain: Cell<bool>,
}

/// Wire protocol of new pools.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// The classic text protocol.
    #[default]
    Ascii,
    /// The binary protocol.
    Binary,
}

/// System call to wait with. Both give the same results.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum SelectApi {
    /// select(2)
    #[default]
    Select,
    /// poll(2)
    Poll,
}

/// Why a new value is refused.
pub(crate) enum Complaint {
    /// The text, then the value in quotes.
    Given(&'static CStr),
    /// Just the text.
    Plain(&'static CStr),
}

/// What a directive accepts and where it puts it.
#[derive(Clone, Copy)]
enum Rule {
    /// PHP's own integer rule; anything is taken.
    Int(fn(&Settings) -> &Cell<i64>),
    /// A decimal integer, nothing behind it, of at least this.
    AtLeast(i64, &'static CStr, fn(&Settings) -> &Cell<i64>),
    /// PHP's own boolean rule; anything is taken.
    Bool(fn(&Settings) -> &Cell<bool>),
    /// One of two words, in any case; the function is told whether it is the second.
    Word([&'static str; 2], &'static CStr, fn(&Settings, bool)),
    /// A text without a dot.
    NoDot(fn(&Settings) -> &RefCell<Vec<u8>>),
    /// Any text.
    Text(fn(&Settings) -> &RefCell<Vec<u8>>),
}

/// One directive.
#[derive(Clone, Copy)]
pub(crate) struct Directive {
    name: &'static CStr,
    default: Option<&'static CStr>,
    rule: Rule,
}

impl Directive {
    /// Takes a new value over, or says why not.
    pub(crate) fn apply(&self, to: &Settings, value: &NewValue<'_>) -> Result<(), Complaint> {
        match self.rule {
            Rule::Int(cell) => cell(to).set(value.as_int()),
            Rule::AtLeast(least, text, cell) => match decimal(value.bytes()) {
                Some(number) if number >= least => cell(to).set(number),
                _ => return Err(Complaint::Given(text)),
            },
            Rule::Bool(cell) => cell(to).set(value.as_bool()),
            Rule::Word(words, text, set) => {
                let is = |word: &str| value.bytes().eq_ignore_ascii_case(word.as_bytes());
                match words.map(is) {
                    [true, _] => set(to, false),
                    [_, true] => set(to, true),
                    _ => return Err(Complaint::Given(text)),
                }
            }
            Rule::NoDot(text) => {
                if value.bytes().contains(&b'.') {
                    return Err(Complaint::Plain(
                        c"memcache.session_prefix_static_key cannot have dot inside (.)",
                    ));
                }
                text(to).replace(value.bytes().to_vec());
            }
            Rule::Text(text) => {
                text(to).replace(value.bytes().to_vec());
            }
        }
        Ok(())
    }
}

/// C's `strtol` in base 10 on the whole text: blanks in front are fine, nothing may follow, numbers
/// beyond 64 bits stop at the nearest end of the range, and no text at all is 0.
fn decimal(text: &[u8]) -> Option<i64> {
    if text.is_empty() {
        return Some(0);
    }
    let blank = |b: &u8| b" \t\n\x0b\x0c\r".contains(b);
    let start = text.iter().position(|b| !blank(b))?;
    let (negative, digits) = match text[start] {
        b'-' => (true, &text[start + 1..]),
        b'+' => (false, &text[start + 1..]),
        _ => (false, &text[start..]),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(digits.iter().fold(0_i64, |number, digit| {
        let number = number.saturating_mul(10);
        let digit = i64::from(digit - b'0');
        if negative {
            number.saturating_sub(digit)
        } else {
            number.saturating_add(digit)
        }
    }))
}

const fn directive(name: &'static CStr, default: &'static CStr, rule: Rule) -> Directive {
    Directive {
        name,
        default: Some(default),
        rule,
    }
}

const fn without_default(name: &'static CStr, rule: Rule) -> Directive {
    Directive {
        name,
        default: None,
        rule,
    }
}

/// The directives in the order phpinfo() and reflection show them.
pub(crate) const DIRECTIVES: [Directive; 21] = [
    directive(
        c"memcache.allow_failover",
        c"1",
        Rule::Int(|s| &s.allow_failover),
    ),
    directive(
        c"memcache.max_failover_attempts",
        c"20",
        Rule::AtLeast(
            1,
            c"memcache.max_failover_attempts must be a positive integer",
            |s| &s.max_failover_attempts,
        ),
    ),
    directive(
        c"memcache.default_port",
        c"11211",
        Rule::Int(|s| &s.default_port),
    ),
    directive(
        c"memcache.chunk_size",
        c"32768",
        Rule::AtLeast(1, c"memcache.chunk_size must be a positive integer", |s| {
            &s.chunk_size_bytes
        }),
    ),
    directive(
        c"memcache.protocol",
        c"ascii",
        Rule::Word(
            ["ascii", "binary"],
            c"memcache.protocol must be in set {ascii, binary}",
            |s, second| {
                s.protocol.set(if second {
                    Protocol::Binary
                } else {
                    Protocol::Ascii
                });
            },
        ),
    ),
    directive(
        c"memcache.hash_strategy",
        c"consistent",
        Rule::Word(
            ["standard", "consistent"],
            c"memcache.hash_strategy must be in set {standard, consistent}",
            |s, second| {
                s.hash_strategy.set(if second {
                    Strategy::Consistent
                } else {
                    Strategy::Standard
                });
            },
        ),
    ),
    directive(
        c"memcache.hash_function",
        c"crc32",
        Rule::Word(
            ["crc32", "fnv"],
            c"memcache.hash_function must be in set {crc32, fnv}",
            |s, second| {
                s.hash_function
                    .set(if second { HashFn::Fnv } else { HashFn::Crc32 });
            },
        ),
    ),
    directive(
        c"memcache.redundancy",
        c"1",
        Rule::AtLeast(1, c"memcache.redundancy must be a positive integer", |s| {
            &s.redundancy
        }),
    ),
    directive(
        c"memcache.session_redundancy",
        c"2",
        Rule::AtLeast(
            1,
            // The same words as the directive above: pecl/memcache's text, which phpt files match.
            c"memcache.redundancy must be a positive integer",
            |s| &s.session_redundancy,
        ),
    ),
    directive(
        c"memcache.compress_threshold",
        c"20000",
        Rule::AtLeast(
            0,
            c"memcache.compress_threshold must be a positive integer",
            |s| &s.compress_threshold_bytes,
        ),
    ),
    directive(
        c"memcache.lock_timeout",
        c"15",
        Rule::AtLeast(
            1,
            c"memcache.lock_timeout must be a positive integer",
            |s| &s.lock_timeout_sec,
        ),
    ),
    directive(
        c"memcache.select_api",
        c"select",
        Rule::Word(
            ["select", "poll"],
            c"memcache.select_api must be in set {select, poll}",
            |s, second| {
                s.select_api.set(if second {
                    SelectApi::Poll
                } else {
                    SelectApi::Select
                });
            },
        ),
    ),
    directive(
        c"memcache.session_prefix_host_key",
        c"0",
        Rule::Bool(|s| &s.session_prefix.host_key),
    ),
    directive(
        c"memcache.session_prefix_host_key_remove_www",
        c"1",
        Rule::Bool(|s| &s.session_prefix.remove_www),
    ),
    directive(
        c"memcache.session_prefix_host_key_remove_subdomain",
        c"0",
        Rule::Bool(|s| &s.session_prefix.remove_subdomain),
    ),
    without_default(
        c"memcache.session_prefix_static_key",
        Rule::NoDot(|s| &s.session_prefix.static_key),
    ),
    without_default(
        c"memcache.session_save_path",
        Rule::Text(|s| &s.session_save_path),
    ),
    directive(
        c"memcache.prefix_host_key",
        c"0",
        Rule::Bool(|s| &s.prefix.host_key),
    ),
    directive(
        c"memcache.prefix_host_key_remove_www",
        c"1",
        Rule::Bool(|s| &s.prefix.remove_www),
    ),
    directive(
        c"memcache.prefix_host_key_remove_subdomain",
        c"0",
        Rule::Bool(|s| &s.prefix.remove_subdomain),
    ),
    without_default(
        c"memcache.prefix_static_key",
        Rule::NoDot(|s| &s.prefix.static_key),
    ),
];

/// The engine's view of the table.
pub(crate) static ROWS: Rows<{ DIRECTIVES.len() + 1 }> = Rows::new(rows());

const fn rows() -> [IniRow; DIRECTIVES.len() + 1] {
    let mut rows = [const { ini_end() }; DIRECTIVES.len() + 1];
    let mut index = 0;
    while index < DIRECTIVES.len() {
        let Directive {
            name,
            default,
            rule,
        } = DIRECTIVES[index];
        let displayer = match rule {
            Rule::Bool(_) => Displayer::OnOff,
            _ => Displayer::Plain,
        };
        rows[index] = ini_row(name, default, displayer, index);
        index += 1;
    }
    rows
}
