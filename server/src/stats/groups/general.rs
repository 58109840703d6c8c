//! Plain `stats`: the figures of the whole server, in memcached's order.

use std::sync::atomic::Ordering::Relaxed;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;

use super::{Put, put};
use crate::exec::Shared;
use crate::flags::{BUFFER_BYTES, MEMCACHED_VERSION};
use crate::process::RESERVED_PER_THREAD;

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
    put(to, "response_obj_oom", totals.response_obj_oom);
    let buffers = shared.stats.buffers();
    let bytes = |count: u64| count * BUFFER_BYTES;
    put(to, "response_obj_count", buffers.replies);
    put(to, "response_obj_bytes", bytes(buffers.reply_buffers));
    put(to, "read_buf_count", buffers.count);
    put(to, "read_buf_bytes", bytes(buffers.count));
    put(to, "read_buf_bytes_free", bytes(buffers.free));
    put(to, "read_buf_oom", totals.read_buf_oom);
    put(to, "reserved_fds", RESERVED_PER_THREAD * settings.threads);
    put(to, "cmd_get", totals.cmd_get);
    put(to, "cmd_set", totals.cmd_set);
    put(to, "cmd_flush", totals.cmd_flush);
    put(to, "cmd_touch", totals.cmd_touch);
    put(to, "cmd_meta", totals.cmd_meta);
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
    put(to, "auth_cmds", totals.auth_cmds);
    put(to, "auth_errors", totals.auth_errors);
    if settings.idle_timeout_sec > 0 {
        put(to, "idle_kicks", conns.idle_kicks());
    }
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
    if settings.slab_reassign {
        let moves = &engine.moves;
        put(to, "slab_reassign_rescues", moves.rescued);
        put(to, "slab_reassign_chunk_rescues", moves.chunks_rescued);
        put(to, "slab_reassign_inline_reclaim", moves.reclaimed);
        put(to, "slab_reassign_busy_items", moves.busy);
        put(to, "slab_reassign_busy_deletes", moves.busy_dropped);
        put(to, "slab_reassign_busy_nomem", moves.no_memory);
        put(to, "slab_reassign_last_busy_status", moves.last_busy.name());
        put(to, "slab_reassign_running", u8::from(moves.running));
        put(to, "slabs_moved", engine.pages_moved);
    }
    if shared.tuning().crawler {
        put(
            to,
            "lru_crawler_running",
            u8::from(shared.crawler.is_running()),
        );
        put(to, "lru_crawler_starts", shared.crawler.starts());
    }
    if settings.lru_maintainer {
        put(to, "lru_maintainer_juggles", engine.moves.rounds);
    }
    put(to, "malloc_fails", 0);
    let log = shared.watch.stats();
    put(to, "log_worker_dropped", log.worker_dropped);
    put(to, "log_worker_written", log.worker_written);
    put(to, "log_watcher_skipped", log.watcher_skipped);
    put(to, "log_watcher_sent", log.watcher_sent);
    put(to, "log_watchers", log.watchers);
    if let Some(tls) = &shared.tls {
        if settings.tls.session_cache {
            put(to, "ssl_new_sessions", totals.ssl_new_sessions);
        }
        put(to, "ssl_handshake_errors", totals.ssl_handshake_errors);
        put(to, "ssl_proto_errors", totals.ssl_proto_errors);
        let age_sec = clock.now().saturating_sub(tls.loaded());
        put(to, "time_since_server_cert_refresh", age_sec);
    }
    let (unexpected, unknown) = conns.queue_trouble();
    put(to, "unexpected_napi_ids", unexpected);
    put(to, "round_robin_fallback", unknown);
    put(to, "bytes", engine.bytes);
    put(to, "curr_items", engine.curr_items);
    put(to, "total_items", engine.total_items);
    put(to, "slab_global_page_pool", engine.free_pages);
    put(to, "expired_unfetched", engine.expired_unfetched);
    put(to, "evicted_unfetched", engine.evicted_unfetched);
    if settings.lru_maintainer {
        put(to, "evicted_active", engine.evicted_active);
    }
    put(to, "evictions", engine.evictions);
    put(to, "reclaimed", engine.reclaimed);
    put(to, "crawler_reclaimed", engine.crawler_reclaimed);
    put(to, "crawler_items_checked", engine.crawler_checked);
    put(to, "lrutail_reflocked", engine.busy);
    if settings.lru_maintainer {
        put(to, "moves_to_cold", engine.cooled);
        put(to, "moves_to_warm", engine.proved);
        put(to, "moves_within_lru", engine.kept);
        put(to, "direct_reclaims", engine.asked);
        put(to, "lru_bumps_dropped", 0);
    }
}

/// CPU seconds of this process, user and system, as `s.uuuuuu`.
fn cpu_times() -> (String, String) {
    let text = |t: TimeVal| format!("{}.{:06}", t.tv_sec(), t.tv_usec());
    match getrusage(UsageWho::RUSAGE_SELF) {
        Ok(usage) => (text(usage.user_time()), text(usage.system_time())),
        Err(_) => ("0.000000".into(), "0.000000".into()),
    }
}
