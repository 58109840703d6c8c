//! Words about slab classes, pages and the hash table.

use super::{EX_USAGE, Exit, Value, Word, number};

/// In the order of `-h`.
pub(super) const WORDS: &[Word] = &[
    Word::new(
        "hashpower",
        "log2 of the items the hash table has room for at the start,\n\
         12 to 32 (default: 16); see STAT hash_power_level",
    )
    .takes(|s, v| {
        s.hash_power = Some(hash_power(v)?);
        Ok(())
    })
    .shown_as("hashpower_init"),
    Word::new("no_hashexpand", "do not let the hash table grow")
        .switches(|s| s.hash_expand = false),
    Word::new("hash_algorithm", "")
        .takes(|s, v| {
            const KNOWN: [&str; 3] = ["jenkins", "murmur3", "xxh3"];
            let known = KNOWN.into_iter().find(|name| *name == v.text);
            s.hash_algorithm = known.ok_or_else(|| {
                let text = "Unknown hash_algorithm option (jenkins, murmur3, xxh3)";
                Exit::new(1, text)
            })?;
            Ok(())
        })
        .shown_as("hash_algorithm"),
    Word::new(
        "slab_chunk_max",
        "largest chunk in kilobytes, must divide 1024 and -I",
    )
    .takes(|s, v| {
        s.slab_chunk_max = u64::from(v.strict()?) << 10;
        s.slab_chunk_max_given = true;
        Ok(())
    })
    .defaults_to(|s| (s.slab_chunk_max >> 10).to_string())
    .shown_as("slab_chunk_max"),
    Word::new("no_chunked_items", "chunks of up to 1024 kilobytes")
        .switches(|s| s.slab_chunk_max = crate::engine::PAGE_BYTES as u64),
    Word::new(
        "slab_sizes",
        "own chunk sizes in bytes, ascending: 100-200-400",
    )
    .takes(|s, v| {
        s.slab_sizes = Some(slab_sizes(v.text)?);
        Ok(())
    }),
    Word::new(
        "slab_reassign",
        "pages may move between classes (default: enabled)",
    )
    .switches(|s| s.slab_reassign = true)
    .shown_as("slab_reassign"),
    Word::new("no_slab_reassign", "pages stay where they are")
        .switches(|s| s.slab_reassign = false),
    Word::new(
        "slab_automove",
        "0: pages move by command only, 1: by themselves,\n\
         2: as soon as there is an eviction",
    )
    .may_take(|s, v| match v.map_or(Ok(1), Value::number)? {
        n @ 0..=2 => {
            s.slab_automove = n as u32;
            Ok(())
        }
        _ => Err(Exit::new(1, "slab_automove must be between 0 and 2")),
    })
    .defaults_to(|s| s.slab_automove.to_string())
    .shown_as("slab_automove"),
    Word::new("no_slab_automove", "the same as slab_automove=0").switches(|s| s.slab_automove = 0),
    Word::new(
        "slab_automove_ratio",
        "shown, tunes nothing: over 0, at most 1",
    )
    .takes(|s, v| {
        let ratio = v.decimal();
        if ratio > 0.0 && ratio <= 1.0 {
            s.slab_automove_ratio = ratio;
            Ok(())
        } else {
            Err(Exit::new(1, "slab_automove_ratio must be > 0 and < 1"))
        }
    })
    .defaults_to(|s| format!("{:.2}", s.slab_automove_ratio))
    .shown_as("slab_automove_ratio"),
    Word::new(
        "slab_automove_window",
        "shown, tunes nothing: seconds, 3 to 1800",
    )
    .takes(|s, v| match v.number()? {
        n @ 3..=1800 => {
            s.slab_automove_window_sec = n as u32;
            Ok(())
        }
        ..3 => Err(Exit::new(1, "slab_automove_window must be > 2")),
        _ => Err(Exit::new(1, "slab_automove_window must be <= 1800")),
    })
    .defaults_to(|s| s.slab_automove_window_sec.to_string())
    .shown_as("slab_automove_window"),
    // Has a meaning with external storage only, but the word is older than the choice.
    Word::new("slab_automove_freeratio", "").takes(|_, v| {
        let ratio: Result<f64, _> = v.text.trim().parse();
        ratio.map(drop).map_err(|_| v.unparsable())
    }),
    Word::new(
        "track_sizes",
        "count items by size for the \"stats sizes\" command",
    )
    .switches(|s| s.track_sizes = true)
    .shown_as("track_sizes"),
];

/// Most classes `slab_sizes` may name. Source: mcrsd.md 1.3.
const SLAB_SIZES_MAX: usize = 62;

/// Source: memcached 1.6.18, measured.
fn hash_power(value: Value<'_>) -> Result<u8, Exit> {
    let power = value.number()?;
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
        let size = number(word);
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
