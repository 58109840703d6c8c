//! The words of `-o`: those this server honours, and those it must refuse by name.
//!
//! A word is honoured when the server really does what it asks, or when it asks for what is the case anyway
//! (`no_lru_crawler` on a server without a crawler). Everything else memcached knows is refused.

use super::settings::Settings;
use super::{EX_USAGE, Exit};

/// What a word of `-o` does.
enum Word {
    /// Changes settings; a value given to it is ignored.
    Set(fn(&mut Settings)),
    /// Asks for what is the case anyway; the text says in the help what that is.
    Already,
    /// Takes a value.
    Value(fn(&mut Settings, &str) -> Result<(), Exit>),
    /// Takes a number and is honoured when it is this one.
    Only(u64),
    /// Likewise, and without a value it means this number.
    Maybe(u64),
    /// Known to memcached, absent here.
    Lacking,
}

use Word::{Already, Lacking, Maybe, Only, Set, Value};

/// Name, effect, help text (none: not advertised).
const WORDS: &[(&str, Word, &str)] = &[
    (
        "maxconns_fast",
        Set(|s| s.maxconns_fast = true),
        "immediately close new connections after limit (default: enabled)",
    ),
    (
        "no_maxconns_fast",
        Set(|s| s.maxconns_fast = false),
        "stop accepting at the limit until a connection closes",
    ),
    ("modern", Already, "accepted, changes nothing"),
    ("inline_ascii_resp", Already, ""),
    ("no_inline_ascii_resp", Already, ""),
    ("drop_privileges", Already, ""),
    ("no_drop_privileges", Already, ""),
    ("relaxed_privileges", Already, ""),
    ("no_lru_crawler", Already, ""),
    ("no_lru_maintainer", Already, ""),
    (
        "slab_reassign",
        Already,
        "pages move between classes (always so)",
    ),
    (
        "slab_automove",
        Maybe(1),
        "pages move by themselves (always so)",
    ),
    ("no_slab_reassign", Lacking, ""),
    ("no_slab_automove", Lacking, ""),
    ("idle_timeout", Only(0), ""),
    ("read_buf_mem_limit", Only(0), ""),
    (
        "hashpower",
        Value(|s, v| {
            s.hash_power = Some(hash_power(v)?);
            Ok(())
        }),
        "log2 of the items the hash table has room for at the start,\n\
         12 to 32 (default: 16); see STAT hash_power_level",
    ),
    (
        "no_hashexpand",
        Set(|s| s.hash_expand = false),
        "do not let the hash table grow",
    ),
    (
        "slab_chunk_max",
        Value(|s, v| {
            let number = super::number(v);
            if !v.starts_with(|c: char| c.is_ascii_digit()) || number == 0 {
                let text = "could not parse argument to slab_chunk_max";
                return Err(Exit::new(1, text));
            }
            s.slab_chunk_max = u64::try_from(number).unwrap_or(0) << 10;
            Ok(())
        }),
        "largest chunk in kilobytes, must divide 1024 and -I (default: 512)",
    ),
    ("slab_automove_ratio", Lacking, ""),
    ("slab_automove_window", Lacking, ""),
    ("slab_automove_freeratio", Lacking, ""),
    ("tail_repair_time", Lacking, ""),
    ("hash_algorithm", Lacking, ""),
    ("lru_crawler", Lacking, ""),
    ("lru_crawler_sleep", Lacking, ""),
    ("lru_crawler_tocrawl", Lacking, ""),
    ("lru_maintainer", Lacking, ""),
    ("hot_lru_pct", Lacking, ""),
    ("warm_lru_pct", Lacking, ""),
    ("hot_max_factor", Lacking, ""),
    ("warm_max_factor", Lacking, ""),
    ("temporary_ttl", Lacking, ""),
    ("watcher_logbuf_size", Lacking, ""),
    ("worker_logbuf_size", Lacking, ""),
    (
        "slab_sizes",
        Value(|s, v| {
            s.slab_sizes = Some(slab_sizes(v)?);
            Ok(())
        }),
        "own chunk sizes in bytes, ascending: 100-200-400",
    ),
    ("track_sizes", Lacking, ""),
    ("no_modern", Lacking, ""),
    ("no_chunked_items", Lacking, ""),
    ("sock_cookie_id", Lacking, ""),
    ("proxy_config", Lacking, ""),
    ("proxy_uring", Lacking, ""),
];

/// Most classes `slab_sizes` may name. Source: mcrsd.md 1.3.
const SLAB_SIZES_MAX: usize = 62;

/// Families of words that are refused by their beginning.
const LACKING_PREFIXES: &[&str] = &["ext_", "ssl_"];

/// Carries out one `-o` list.
pub(super) fn apply(settings: &mut Settings, list: &str) -> Result<(), Exit> {
    for item in list.split(',').filter(|i| !i.is_empty()) {
        let (name, value) = match item.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (item, None),
        };
        let Some((_, word, _)) = WORDS.iter().find(|w| w.0 == name) else {
            if LACKING_PREFIXES.iter().any(|p| name.starts_with(p)) {
                return Err(lacking(item));
            }
            return Err(Exit::new(1, format!("Illegal suboption \"{item}\"")));
        };
        match word {
            Set(set) => set(settings),
            Already => {}
            Value(set) => set(settings, given(name, value)?)?,
            Maybe(_) if value.is_none() => {}
            Only(only) | Maybe(only) => match given(name, value)?.parse::<u64>() {
                Ok(n) if n == *only => {}
                Ok(_) => return Err(lacking(item)),
                Err(_) => {
                    let text = format!("could not parse argument to {name}");
                    return Err(Exit::new(1, text));
                }
            },
            Lacking => return Err(lacking(item)),
        }
    }
    Ok(())
}

/// The value of a word that needs one.
fn given<'a>(name: &str, value: Option<&'a str>) -> Result<&'a str, Exit> {
    value.ok_or_else(|| Exit::new(1, format!("Missing {name} argument")))
}

/// Source: memcached 1.6.18, measured.
fn hash_power(text: &str) -> Result<u8, Exit> {
    let power = super::number(text);
    match u8::try_from(power) {
        Ok(power @ 12..=32) => Ok(power),
        _ if power > 32 => {
            let text = format!(
                "Initial hashtable multiplier of {power} is too high\n\
                 Choose a value based on \"STAT hash_power_level\" from a running instance"
            );
            Err(Exit::new(1, text))
        }
        _ => {
            let text = format!("Initial hashtable multiplier of {power} is too low");
            Err(Exit::new(1, text))
        }
    }
}

/// The sizes by themselves; whether they fit the other options is checked when all are known.
/// Source: memcached 1.6.18, measured.
fn slab_sizes(text: &str) -> Result<Vec<u32>, Exit> {
    let mut sizes: Vec<u32> = Vec::new();
    for word in text.split('-') {
        let size = super::number(word);
        let out_of_range =
            || Exit::new(EX_USAGE, format!("slab size {size} is out of valid range"));
        let size = u32::try_from(size).map_err(|_| out_of_range())?;
        let before = sizes.last().copied().unwrap_or(0);
        let complaint = if size == 0 {
            return Err(out_of_range());
        } else if size <= before {
            "cannot be lower than or equal to a previous class size"
        } else if size <= before + 8 {
            "must be at least 8 bytes larger than previous class"
        } else if sizes.len() == SLAB_SIZES_MAX {
            return Err(Exit::new(EX_USAGE, "too many slab classes specified"));
        } else {
            sizes.push(size);
            continue;
        };
        return Err(Exit::new(EX_USAGE, format!("slab size {size} {complaint}")));
    }
    Ok(sizes)
}

/// The refusal of a word or value memcached would take.
fn lacking(item: &str) -> Exit {
    Exit::new(
        EX_USAGE,
        format!("This server is not built with -o {item}."),
    )
}

/// Appends the advertised words to the help text, one line each.
pub(super) fn help(out: &mut String) {
    for (name, _, text) in WORDS.iter().filter(|w| !w.2.is_empty()) {
        let mut lines = text.lines();
        let first = lines.next().unwrap_or("");
        out.push_str(&format!("\n   - {:<20} {first}", format!("{name}:")));
        for line in lines {
            out.push_str(&format!("\n{:<25} {line}", ""));
        }
    }
}
