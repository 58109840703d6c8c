//! Options about the memory for items and its classes.

use super::values::{absolute, decimal, number, positive};
use super::{Exit, Flag};

/// In the order of `-h`.
pub(super) const FLAGS: &[Flag] = &[
    Flag::new(b'm', "memory-limit", "item memory in megabytes")
        .takes("num", |s, v| {
            s.max_bytes = u64::try_from(number(v)).unwrap_or(0) << 20;
            Ok(())
        })
        .defaults_to(|s| (s.max_bytes >> 20).to_string())
        .shown_as("maxbytes"),
    Flag::new(
        b'M',
        "disable-evictions",
        "return error on memory exhausted instead of evicting",
    )
    .switches(|s| s.evictions = false)
    .shown_as("evictions"),
    Flag::new(
        b'I',
        "max-item-size",
        "adjusts max item size, in bytes or with k or m behind\n(min: 1k, max: 1024m)",
    )
    .takes("num", |s, v| {
        let (digits, unit) = match v.as_bytes().last() {
            Some(b'k' | b'K') => (&v[..v.len() - 1], 1 << 10),
            Some(b'm' | b'M') => (&v[..v.len() - 1], 1 << 20),
            _ => (v, 1),
        };
        s.item_size_max = u64::try_from(number(digits))
            .unwrap_or(0)
            .saturating_mul(unit);
        Ok(())
    })
    .defaults_to(|s| match s.item_size_max {
        n if n.is_multiple_of(1 << 20) => format!("{}m", n >> 20),
        n => n.to_string(),
    })
    .shown_as("item_size_max"),
    Flag::new(b'f', "slab-growth-factor", "chunk size growth factor")
        .takes("num", |s, v| {
            s.growth_factor = decimal(v);
            if s.growth_factor > 1.0 {
                Ok(())
            } else {
                Err(Exit::new(1, "Factor must be greater than 1"))
            }
        })
        .defaults_to(|s| format!("{:2.2}", s.growth_factor))
        .shown_as("growth_factor"),
    Flag::new(
        b'n',
        "slab-min-size",
        "min space used for key+value+flags, in bytes",
    )
    .takes("bytes", |s, v| {
        s.chunk_size = positive(v, "Chunk size")?;
        Ok(())
    })
    .defaults_to(|s| s.chunk_size.to_string())
    .shown_as("chunk_size"),
    Flag::new(b'C', "disable-cas", "disable use of CAS")
        .switches(|s| s.cas = false)
        .shown_as("cas_enabled"),
    Flag::new(b'k', "lock-memory", "lock down all paged memory").switches(|s| s.lock_memory = true),
    Flag::new(
        b'L',
        "enable-largepages",
        "take all item memory at once, in large pages of the\nsystem",
    )
    .switches(|s| s.large_pages = true),
    Flag::new(
        b'e',
        "memory-file",
        "keep item memory in this file, on a memory\nfile system: after SIGUSR1 the next start has the items",
    )
    .takes("file", |s, v| {
        s.memory_file = Some(absolute(v));
        Ok(())
    })
    .shown_as("memory_file"),
];
