//! Words of memcached that belong to what this server has not got: external storage, the proxy.

use super::Word;

/// Refused, and not advertised.
pub(super) const WORDS: &[Word] = &[
    absent("ext_path"),
    absent("ext_page_size"),
    absent("ext_wbuf_size"),
    absent("ext_threads"),
    absent("ext_io_depth"),
    absent("ext_item_size"),
    absent("ext_item_age"),
    absent("ext_low_ttl"),
    absent("ext_recache_rate"),
    absent("ext_compact_under"),
    absent("ext_drop_under"),
    absent("ext_max_sleep"),
    absent("ext_max_frag"),
    absent("ext_drop_unread"),
    absent("proxy_config"),
    absent("proxy_arg"),
    absent("proxy_uring"),
];

const fn absent(name: &'static str) -> Word {
    Word::new(name, "").refused()
}

/// Whether the word's beginning says that it belongs to such a feature.
pub(super) fn is_of_absent_family(name: &str) -> bool {
    cfg!(not(feature = "tls")) && name.starts_with("ssl_")
}
