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
    /// Takes a number and is honoured when it is this one.
    Only(u64),
    /// Known to memcached, absent here.
    Lacking,
}

use Word::{Already, Lacking, Only, Set};

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
    ("no_slab_reassign", Already, ""),
    ("no_slab_automove", Already, ""),
    ("slab_automove", Only(0), ""),
    ("idle_timeout", Only(0), ""),
    ("read_buf_mem_limit", Only(0), ""),
    ("slab_chunk_max", Only(512), ""),
    ("hashpower", Lacking, ""),
    ("no_hashexpand", Lacking, ""),
    ("slab_reassign", Lacking, ""),
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
    ("slab_sizes", Lacking, ""),
    ("track_sizes", Lacking, ""),
    ("no_modern", Lacking, ""),
    ("no_chunked_items", Lacking, ""),
    ("sock_cookie_id", Lacking, ""),
    ("proxy_config", Lacking, ""),
    ("proxy_uring", Lacking, ""),
];

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
            Only(only) => {
                let Some(value) = value else {
                    return Err(Exit::new(1, format!("Missing {name} argument")));
                };
                match value.parse::<u64>() {
                    Ok(n) if n == *only => {}
                    Ok(_) => return Err(lacking(item)),
                    Err(_) => {
                        let text = format!("could not parse argument to {name}");
                        return Err(Exit::new(1, text));
                    }
                }
            }
            Lacking => return Err(lacking(item)),
        }
    }
    Ok(())
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
        out.push_str(&format!("\n   - {:<20} {text}", format!("{name}:")));
    }
}
