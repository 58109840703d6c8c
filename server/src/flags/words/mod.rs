//! The words of `-o`.
//!
//! A word is honoured when the server really does what it asks, or when it asks for what is the case anyway.
//! Words of features this server has not got are refused by name. Next: `network.rs`, `tls.rs`, `memory.rs` and
//! `lru.rs` for the words, `absent.rs` for those refused.

mod absent;
mod lru;
mod memory;
mod network;
mod tls;

use super::settings::Settings;
use super::values::{decimal, number};
use super::{EX_USAGE, Exit};

/// What a word does.
#[derive(Clone, Copy)]
enum Action {
    /// Changes settings; a value given to it is ignored.
    Switch(fn(&mut Settings)),
    /// Needs a value.
    Take(fn(&mut Settings, Value<'_>) -> Result<(), Exit>),
    /// May have a value.
    MayTake(fn(&mut Settings, Option<Value<'_>>) -> Result<(), Exit>),
    /// Belongs to a feature this server has not got.
    Refuse,
}

/// One word.
#[derive(Clone, Copy)]
pub(super) struct Word {
    name: &'static str,
    /// Help text, further lines are indented under the first; empty: not advertised.
    help: &'static str,
    default: Option<fn(&Settings) -> String>,
    /// Its name in `stats settings`, empty if it has none.
    stat: &'static str,
    action: Action,
}

impl Word {
    /// A word that is accepted and changes nothing.
    const fn new(name: &'static str, help: &'static str) -> Word {
        Word {
            name,
            help,
            default: None,
            stat: "",
            action: Action::Switch(|_| {}),
        }
    }

    /// It needs no value and does this.
    const fn switches(self, switch: fn(&mut Settings)) -> Word {
        Word {
            action: Action::Switch(switch),
            ..self
        }
    }

    /// It needs a value and does this with it.
    const fn takes(self, take: fn(&mut Settings, Value<'_>) -> Result<(), Exit>) -> Word {
        Word {
            action: Action::Take(take),
            ..self
        }
    }

    /// It does this, with a value or without.
    const fn may_take(
        self,
        take: fn(&mut Settings, Option<Value<'_>>) -> Result<(), Exit>,
    ) -> Word {
        Word {
            action: Action::MayTake(take),
            ..self
        }
    }

    /// It is refused.
    const fn refused(self) -> Word {
        Word {
            action: Action::Refuse,
            ..self
        }
    }

    /// `-h` shows this as its default.
    const fn defaults_to(self, default: fn(&Settings) -> String) -> Word {
        Word {
            default: Some(default),
            ..self
        }
    }

    /// `stats settings` shows it under this name.
    const fn shown_as(self, stat: &'static str) -> Word {
        Word { stat, ..self }
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn help(&self) -> &'static str {
        self.help
    }

    pub(super) fn stat(&self) -> &'static str {
        self.stat
    }

    /// What `-h` shows as its default, with the values set so far.
    pub(super) fn default_of(&self, settings: &Settings) -> Option<String> {
        self.default.map(|default| default(settings))
    }
}

/// All words, in the order of `-h`.
pub(super) fn all() -> impl Iterator<Item = &'static Word> {
    [
        network::WORDS,
        tls::WORDS,
        memory::WORDS,
        lru::WORDS,
        absent::WORDS,
    ]
    .into_iter()
    .flatten()
}

/// The value of a word, read with the word's name for complaints.
#[derive(Clone, Copy)]
struct Value<'a> {
    name: &'static str,
    text: &'a str,
}

impl Value<'_> {
    /// Leading digits, perhaps with a sign; whatever follows is ignored, as everywhere on the command line.
    fn number(self) -> Result<i64, Exit> {
        let digits = self.text.trim_start();
        match digits.strip_prefix(['-', '+']).unwrap_or(digits) {
            digits if digits.starts_with(|c: char| c.is_ascii_digit()) => Ok(number(self.text)),
            _ => Err(self.unparsable()),
        }
    }

    /// A number from 0 up, by the rules of [`number`](Value::number).
    fn count(self) -> Result<u32, Exit> {
        u32::try_from(self.number()?).map_err(|_| self.unparsable())
    }

    /// Digits and nothing else, up to 2^32 - 1.
    fn strict(self) -> Result<u32, Exit> {
        let value = self.text.trim_ascii_start().parse();
        value.map_err(|_| self.unparsable())
    }

    /// A decimal number; text is 0, whatever follows a number is ignored.
    fn decimal(self) -> f64 {
        decimal(self.text)
    }

    fn unparsable(self) -> Exit {
        Exit::new(1, format!("could not parse argument to {}", self.name))
    }
}

/// Carries out one `-o` list.
pub(super) fn apply(settings: &mut Settings, list: &str) -> Result<(), Exit> {
    if list.is_empty() {
        return Ok(());
    }
    // A comma behind a word ends the list; anywhere else an empty word is an unknown one.
    let list = list.strip_suffix(',').unwrap_or(list);
    for item in list.split(',') {
        let (name, text) = match item.split_once('=') {
            Some((name, text)) => (name, Some(text)),
            None => (item, None),
        };
        let Some(word) = all().find(|word| word.name == name) else {
            if absent::is_of_absent_family(name) {
                return Err(lacking(item));
            }
            return Err(Exit::new(1, format!("Illegal suboption \"{item}\"")));
        };
        let value = text.map(|text| Value {
            name: word.name,
            text,
        });
        match word.action {
            Action::Switch(switch) => switch(settings),
            Action::Take(take) => {
                let missing = || Exit::new(1, format!("Missing {name} argument"));
                take(settings, value.ok_or_else(missing)?)?;
            }
            Action::MayTake(take) => take(settings, value)?,
            Action::Refuse => return Err(lacking(item)),
        }
    }
    Ok(())
}

/// The refusal of a word memcached would take.
fn lacking(item: &str) -> Exit {
    Exit::new(
        EX_USAGE,
        format!("This server is not built with -o {item}."),
    )
}
