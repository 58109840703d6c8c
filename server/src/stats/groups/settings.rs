//! `stats settings`: what the options amount to, in memcached's order and forms.

use std::sync::atomic::Ordering::Relaxed;

use super::{Put, put};
use crate::exec::Shared;
use crate::flags::{FileName, TlsSettings};

fn yes_no(value: bool) -> &'static str {
    if value { "yes" } else { "no" }
}

/// `stats settings`.
pub fn settings(shared: &Shared, to: &mut Put<'_>) {
    let s = &shared.settings;
    let tuning = shared.tuning();
    put(to, "maxbytes", shared.max_bytes.load(Relaxed));
    put(to, "maxconns", s.max_conns);
    put(to, "tcpport", s.port);
    put(to, "udpport", s.udp_port);
    put(to, "inter", s.inter.as_deref().unwrap_or("NULL"));
    put(to, "verbosity", shared.verbosity.load(Relaxed));
    put(to, "oldest", shared.engine.stats().flush_point);
    put(to, "evictions", if s.evictions { "on" } else { "off" });
    match &s.unix_socket {
        Some(path) => put(to, "domain_socket", path.display()),
        None => put(to, "domain_socket", "NULL"),
    }
    to("umask", format_args!("{:o}", s.unix_mask));
    put(to, "shutdown_command", yes_no(s.shutdown_command));
    to("growth_factor", format_args!("{:.2}", s.growth_factor));
    put(to, "chunk_size", s.chunk_size);
    put(to, "num_threads", s.threads);
    put(to, "num_threads_per_udp", s.threads_per_udp());
    put(to, "stat_key_prefix", char::from(s.prefix_delimiter));
    put(
        to,
        "detail_enabled",
        yes_no(shared.stats.prefixes.is_enabled()),
    );
    put(to, "reqs_per_event", s.reqs_per_event);
    put(to, "cas_enabled", yes_no(s.cas));
    put(to, "tcp_backlog", s.backlog);
    put(to, "binding_protocol", s.protocol.name());
    put(to, "auth_enabled_sasl", yes_no(s.sasl));
    match &s.auth_file {
        Some(path) => put(to, "auth_enabled_ascii", path.display()),
        None => put(to, "auth_enabled_ascii", "no"),
    }
    put(to, "item_size_max", s.item_size_max);
    put(to, "maxconns_fast", yes_no(s.maxconns_fast));
    put(to, "hashpower_init", s.hash_power.unwrap_or(0));
    put(to, "slab_reassign", yes_no(s.slab_reassign));
    put(to, "slab_automove", tuning.slab_automove);
    to(
        "slab_automove_ratio",
        format_args!("{:.2}", tuning.slab_automove_ratio),
    );
    put(to, "slab_automove_window", tuning.slab_automove_window_sec);
    put(to, "slab_chunk_max", s.slab_chunk_max);
    put(to, "lru_crawler", yes_no(tuning.crawler));
    put(to, "lru_crawler_sleep", tuning.crawler_sleep_us);
    put(to, "lru_crawler_tocrawl", tuning.crawler_tocrawl);
    put(to, "tail_repair_time", s.tail_repair_time_sec);
    put(to, "flush_enabled", yes_no(s.flush_enabled));
    put(to, "dump_enabled", yes_no(s.dump_enabled));
    put(to, "hash_algorithm", s.hash_algorithm);
    put(to, "lru_maintainer_thread", yes_no(s.lru_maintainer));
    put(to, "lru_segmented", yes_no(tuning.segmented));
    put(to, "hot_lru_pct", tuning.hot_pct);
    put(to, "warm_lru_pct", tuning.warm_pct);
    to(
        "hot_max_factor",
        format_args!("{:.2}", tuning.hot_max_factor),
    );
    to(
        "warm_max_factor",
        format_args!("{:.2}", tuning.warm_max_factor),
    );
    put(to, "temp_lru", yes_no(tuning.temp_lru));
    put(to, "temporary_ttl", tuning.temporary_ttl);
    put(to, "idle_timeout", s.idle_timeout_sec);
    put(to, "watcher_logbuf_size", s.watcher_logbuf_bytes);
    put(to, "worker_logbuf_size", s.worker_logbuf_bytes);
    put(to, "read_buf_mem_limit", s.read_buf_limit_bytes);
    put(to, "track_sizes", yes_no(s.track_sizes));
    put(to, "inline_ascii_response", "no");
    if cfg!(feature = "tls") {
        tls(&s.tls, to);
    }
    match s.napi_ids {
        Some(count) => put(to, "num_napi_ids", count),
        None => put(to, "num_napi_ids", "(null)"),
    }
    match &s.memory_file {
        Some(file) => put(to, "memory_file", file.display()),
        None => put(to, "memory_file", "(null)"),
    }
    put(to, "client_flags_size", 4);
}

/// The part about TLS.
fn tls(s: &TlsSettings, to: &mut Put<'_>) {
    let given = |file: &Option<FileName>, none| match file {
        Some(file) => file.to_string(),
        None => String::from(none),
    };
    put(to, "ssl_enabled", yes_no(s.enabled));
    put(to, "ssl_chain_cert", given(&s.chain_cert, "(null)"));
    put(to, "ssl_key", given(&s.key, "(null)"));
    put(to, "ssl_verify_mode", s.verify.bits());
    put(to, "ssl_keyformat", s.key_format);
    put(to, "ssl_ciphers", s.ciphers.as_deref().unwrap_or("NULL"));
    put(to, "ssl_ca_cert", given(&s.ca_cert, "NULL"));
    put(to, "ssl_wbuf_size", s.wbuf_bytes);
    put(to, "ssl_session_cache", yes_no(s.session_cache));
    put(to, "ssl_kernel_tls", yes_no(s.kernel_tls));
    put(to, "ssl_min_version", s.min_version.name());
}
