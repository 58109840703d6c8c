//! The checks that need more than one option, after all have been read.

use super::{EX_USAGE, Exit, Protocol, Settings};
use crate::engine::PAGE_BYTES;

/// Makes the settings consistent, or says why they cannot be. In memcached's order.
pub(super) fn combination(s: &mut Settings) -> Result<(), Exit> {
    let page = PAGE_BYTES as u64;
    if s.item_size_max > page && !s.slab_chunk_max_given {
        s.slab_chunk_max = page / 2;
    }
    if s.auth_file.is_some() {
        if s.protocol_given && s.protocol != Protocol::Ascii {
            let text = "ERROR: You cannot allow the BINARY protocol while using ascii \
                        authentication tokens.";
            return Err(Exit::new(EX_USAGE, text));
        }
        if s.udp_port != 0 {
            let text = "Cannot use UDP with ascii authentication enabled (-U 0 to disable)";
            return Err(Exit::new(EX_USAGE, text));
        }
        s.protocol = Protocol::Ascii;
    }
    if s.sasl {
        if s.auth_file.is_some() || s.protocol_given && s.protocol != Protocol::Binary {
            let text = "ERROR: You cannot allow the ASCII protocol while using SASL.";
            return Err(Exit::new(EX_USAGE, text));
        }
        if s.udp_port != 0 {
            let text = "ERROR: Cannot enable UDP while using binary SASL authentication.";
            return Err(Exit::new(EX_USAGE, text));
        }
        s.protocol = Protocol::Binary;
    }
    if s.udp_port != 0 && !s.port_given {
        s.port = s.udp_port;
    }
    if let Some(count) = s.napi_ids.filter(|&count| count > s.threads) {
        let text = format!(
            "Number of napi_ids({count}) cannot be greater than number of threads({})",
            s.threads
        );
        return Err(Exit::new(EX_USAGE, text));
    }
    let (size, chunk) = (s.item_size_max, s.slab_chunk_max);
    let text = if size < 1024 {
        "Item max size cannot be less than 1024 bytes.".into()
    } else if size > s.max_bytes / 2 {
        "Cannot set item size limit higher than 1/2 of memory max.".into()
    } else if size > 1 << 30 {
        "Cannot set item size limit higher than a gigabyte.".into()
    } else if chunk > size {
        format!("slab_chunk_max (bytes: {chunk}) cannot be larger than -I (item_size_max {size})")
    } else if chunk == 0 || !size.is_multiple_of(chunk) {
        format!(
            "-I (item_size_max: {size}) must be evenly divisible by slab_chunk_max (bytes: {chunk})"
        )
    } else if !page.is_multiple_of(chunk) {
        format!(
            "slab_chunk_max (bytes: {chunk}) must divide evenly into {page} (the size of a page)"
        )
    } else if let Some(size) = s
        .slab_sizes
        .iter()
        .flatten()
        .find(|&&n| u64::from(n) > chunk || n < s.chunk_size)
    {
        format!("slab size {size} is out of valid range")
    } else if s.hot_lru_pct + s.warm_lru_pct > 80 {
        "hot_lru_pct + warm_lru_pct cannot be more than 80% combined".into()
    } else if s.temporary_ttl.is_some() && !s.lru_maintainer {
        "temporary_ttl requires lru_maintainer to be enabled".into()
    } else if s.tls.enabled && s.port == 0 {
        "ERROR: You cannot enable SSL without a TCP port.".into()
    } else {
        // What is left are bounds of this engine's own.
        return s
            .engine()
            .validate()
            .map_err(|error| Exit::new(EX_USAGE, error.to_string()));
    };
    Err(Exit::new(EX_USAGE, text))
}
