//! The groups of `stats`, as names and values in memcached's order.
//!
//! Source: mcrsd.md 2.11. A name that belongs to a feature this server has not (the LRU crawler
//! and maintainer, extstore, TLS) is left out, as memcached leaves it out when the
//! feature is off; one that is always there prints the number it has, which is 0 where nothing can
//! happen. The set of names is contract: nothing of ours is added.

use std::fmt::{Arguments, Display};
use std::sync::atomic::Ordering::Relaxed;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;

use super::{Peer, tcp_name};
use crate::exec::Shared;
use crate::flags::MEMCACHED_VERSION;
use crate::process::RESERVED_PER_THREAD;

/// Takes one name and its value.
pub type Put<'a> = dyn FnMut(&str, Arguments<'_>) + 'a;

/// A value that is simply printed.
fn put(to: &mut Put<'_>, name: &str, value: impl Display) {
    to(name, format_args!("{value}"));
}

/// `stats`.
pub fn general(shared: &Shared, to: &mut Put<'_>) {
    let settings = &shared.settings;
    let clock = &shared.clock;
    let conns = &shared.stats.conns;
    let totals = shared.stats.totals();
    let engine = shared.engine.stats();
    let (user, system) = cpu_times();
    put(to, "pid", std::process::id());
    put(to, "uptime", clock.now());
    put(to, "time", clock.unix());
    put(to, "version", MEMCACHED_VERSION);
    put(to, "libevent", "none");
    put(to, "pointer_size", usize::BITS);
    put(to, "rusage_user", user);
    put(to, "rusage_system", system);
    put(to, "max_connections", settings.max_conns);
    put(to, "curr_connections", conns.current());
    put(to, "total_connections", conns.total());
    if settings.maxconns_fast {
        put(to, "rejected_connections", conns.rejected());
    }
    put(to, "connection_structures", conns.most());
    put(to, "response_obj_oom", 0);
    put(to, "response_obj_count", 0);
    put(to, "response_obj_bytes", 0);
    // Connections own no network buffers; each worker has one pair for all of its own.
    let (buffers, buffer_bytes) = shared.stats.buffers();
    put(to, "read_buf_count", buffers);
    put(to, "read_buf_bytes", buffer_bytes);
    put(to, "read_buf_bytes_free", 0);
    put(to, "read_buf_oom", 0);
    put(to, "reserved_fds", RESERVED_PER_THREAD * settings.threads);
    put(to, "cmd_get", totals.cmd_get);
    put(to, "cmd_set", totals.cmd_set);
    put(to, "cmd_flush", totals.cmd_flush);
    put(to, "cmd_touch", totals.cmd_touch);
    put(to, "cmd_meta", 0);
    put(to, "get_hits", totals.get_hits);
    put(to, "get_misses", totals.get_misses);
    put(to, "get_expired", engine.get_expired);
    put(to, "get_flushed", engine.get_flushed);
    put(to, "delete_misses", totals.delete_misses);
    put(to, "delete_hits", totals.delete_hits);
    put(to, "incr_misses", totals.incr_misses);
    put(to, "incr_hits", totals.incr_hits);
    put(to, "decr_misses", totals.decr_misses);
    put(to, "decr_hits", totals.decr_hits);
    put(to, "cas_misses", totals.cas_misses);
    put(to, "cas_hits", totals.cas_hits);
    put(to, "cas_badval", totals.cas_badval);
    put(to, "touch_hits", totals.touch_hits);
    put(to, "touch_misses", totals.touch_misses);
    put(to, "store_too_large", totals.store_too_large);
    put(to, "store_no_memory", totals.store_no_memory);
    put(to, "auth_cmds", 0);
    put(to, "auth_errors", 0);
    put(to, "bytes_read", totals.bytes_read);
    put(to, "bytes_written", totals.bytes_written);
    put(to, "limit_maxbytes", shared.max_bytes.load(Relaxed));
    put(to, "accepting_conns", u8::from(conns.accepting()));
    put(to, "listen_disabled_num", conns.disabled().0);
    put(to, "time_in_listen_disabled_us", conns.disabled().1);
    put(to, "threads", settings.threads);
    put(to, "conn_yields", totals.conn_yields);
    put(to, "hash_power_level", engine.hash_power_level);
    put(to, "hash_bytes", engine.hash_bytes);
    put(to, "hash_is_expanding", 0);
    put(to, "slab_reassign_rescues", engine.items_moved);
    // A page that moves waits for readers of its items; none is tried again, dropped for being
    // read, or held up for lack of memory, and items in several chunks are not stored elsewhere.
    for name in [
        "slab_reassign_chunk_rescues",
        "slab_reassign_inline_reclaim",
        "slab_reassign_busy_items",
        "slab_reassign_busy_deletes",
        "slab_reassign_busy_nomem",
    ] {
        put(to, name, 0);
    }
    put(to, "slab_reassign_last_busy_status", "none");
    put(to, "slab_reassign_running", u8::from(engine.page_moving));
    put(to, "slabs_moved", engine.pages_moved);
    for name in [
        "malloc_fails",
        "log_worker_dropped",
        "log_worker_written",
        "log_watcher_skipped",
        "log_watcher_sent",
        "log_watchers",
        "unexpected_napi_ids",
        "round_robin_fallback",
    ] {
        put(to, name, 0);
    }
    put(to, "bytes", engine.bytes);
    put(to, "curr_items", engine.curr_items);
    put(to, "total_items", engine.total_items);
    put(to, "slab_global_page_pool", engine.free_pages);
    put(to, "expired_unfetched", engine.expired_unfetched);
    put(to, "evicted_unfetched", engine.evicted_unfetched);
    put(to, "evictions", engine.evictions);
    put(to, "reclaimed", engine.reclaimed);
    put(to, "crawler_reclaimed", 0);
    put(to, "crawler_items_checked", 0);
    put(to, "lrutail_reflocked", 0);
}

/// CPU seconds of this process, user and system, as `s.uuuuuu`.
fn cpu_times() -> (String, String) {
    let text = |t: TimeVal| format!("{}.{:06}", t.tv_sec(), t.tv_usec());
    match getrusage(UsageWho::RUSAGE_SELF) {
        Ok(usage) => (text(usage.user_time()), text(usage.system_time())),
        Err(_) => ("0.000000".into(), "0.000000".into()),
    }
}

fn yes_no(value: bool) -> &'static str {
    if value { "yes" } else { "no" }
}

/// `stats settings`.
pub fn settings(shared: &Shared, to: &mut Put<'_>) {
    let s = &shared.settings;
    put(to, "maxbytes", shared.max_bytes.load(Relaxed));
    put(to, "maxconns", s.max_conns);
    put(to, "tcpport", s.port);
    put(to, "udpport", 0);
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
    put(to, "num_threads_per_udp", s.threads);
    put(to, "stat_key_prefix", ":");
    put(to, "detail_enabled", "no");
    put(to, "reqs_per_event", s.reqs_per_event);
    put(to, "cas_enabled", yes_no(s.cas));
    put(to, "tcp_backlog", s.backlog);
    put(to, "binding_protocol", s.protocol.name());
    put(to, "auth_enabled_sasl", "no");
    put(to, "auth_enabled_ascii", "no");
    put(to, "item_size_max", s.item_size_max);
    put(to, "maxconns_fast", yes_no(s.maxconns_fast));
    put(to, "hashpower_init", s.hash_power.unwrap_or(0));
    put(to, "slab_reassign", "yes");
    put(to, "slab_automove", 1);
    put(to, "slab_automove_ratio", "0.80");
    put(to, "slab_automove_window", 10);
    put(to, "slab_chunk_max", s.slab_chunk_max);
    put(to, "lru_crawler", "no");
    put(to, "lru_crawler_sleep", 100);
    put(to, "lru_crawler_tocrawl", 0);
    put(to, "tail_repair_time", 0);
    put(to, "flush_enabled", yes_no(s.flush_enabled));
    put(to, "dump_enabled", yes_no(s.dump_enabled));
    put(to, "hash_algorithm", "foldhash");
    put(to, "lru_maintainer_thread", "no");
    put(to, "lru_segmented", "no");
    put(to, "hot_lru_pct", 20);
    put(to, "warm_lru_pct", 40);
    put(to, "hot_max_factor", "0.20");
    put(to, "warm_max_factor", "2.00");
    put(to, "temp_lru", "no");
    put(to, "temporary_ttl", 61);
    put(to, "idle_timeout", 0);
    put(to, "watcher_logbuf_size", 262_144);
    put(to, "worker_logbuf_size", 65_536);
    put(to, "read_buf_mem_limit", 0);
    put(to, "track_sizes", "no");
    put(to, "inline_ascii_response", "no");
    put(to, "num_napi_ids", "(null)");
    put(to, "memory_file", "(null)");
    put(to, "client_flags_size", 4);
}

/// `stats items`: classes with items.
pub fn items(shared: &Shared, to: &mut Put<'_>) {
    let classes = shared.engine.class_stats(shared.clock.now());
    for class in classes.iter().filter(|class| class.items > 0) {
        let mut put = |name: &str, value: u64| {
            to(
                &format!("items:{}:{name}", class.class),
                format_args!("{value}"),
            );
        };
        put("number", class.items);
        put("age", class.age_sec.into());
        put("mem_requested", class.requested_bytes);
        put("evicted", class.evicted);
        put("evicted_nonzero", class.evicted_nonzero);
        put("evicted_time", class.evicted_time_sec.into());
        put("outofmemory", class.out_of_memory);
        put("tailrepairs", 0);
        put("reclaimed", class.reclaimed);
        put("expired_unfetched", class.expired_unfetched);
        put("evicted_unfetched", class.evicted_unfetched);
        put("crawler_reclaimed", 0);
        put("crawler_items_checked", 0);
        put("lrutail_reflocked", 0);
    }
}

/// `stats slabs`: classes with pages, then the totals.
pub fn slabs(shared: &Shared, to: &mut Put<'_>) {
    let classes = shared.engine.class_stats(shared.clock.now());
    let mut active = 0;
    for class in classes.iter().filter(|class| class.pages > 0) {
        active += 1;
        let mut put = |name: &str, value: u64| {
            to(&format!("{}:{name}", class.class), format_args!("{value}"));
        };
        put("chunk_size", class.chunk_bytes.into());
        put("chunks_per_page", class.chunks_per_page.into());
        put("total_pages", class.pages);
        put(
            "total_chunks",
            class.pages * u64::from(class.chunks_per_page),
        );
        put("used_chunks", class.used_chunks);
        put("free_chunks", class.free_chunks);
        put("free_chunks_end", 0);
        put("get_hits", class.get_hits);
        put("cmd_set", class.cmd_set);
        put("delete_hits", class.delete_hits);
        put("incr_hits", class.incr_hits);
        put("decr_hits", class.decr_hits);
        put("cas_hits", class.cas_hits);
        put("cas_badval", class.cas_badval);
        put("touch_hits", class.touch_hits);
    }
    put(to, "active_slabs", active);
    put(
        to,
        "total_malloced",
        shared.engine.stats().total_malloced_bytes,
    );
}

/// `stats conns`: every socket by ascending descriptor.
pub fn conn_list(shared: &Shared, to: &mut Put<'_>) {
    let conns = &shared.stats.conns;
    let now = shared.clock.now();
    for (fd, info) in conns.snapshot() {
        let mut put = |name: &str, value: &dyn Display| {
            to(&format!("{fd}:{name}"), format_args!("{value}"));
        };
        let local = conns.listener_address(info.listener);
        match info.peer {
            Peer::Listening => put("addr", &local),
            Peer::Tcp(address) => {
                put("addr", &tcp_name(&address));
                put("listen_addr", &local);
            }
            Peer::Unix => {
                put("addr", &"?:<AF 0>");
                put("listen_addr", &local);
            }
        }
        put("state", &info.state().name());
        let idle = now.saturating_sub(info.last_command());
        put("secs_since_last_cmd", &idle);
    }
}
