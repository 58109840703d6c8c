//! Words about connections, their buffers, and the log for watchers.

use super::Word;

/// In the order of `-h`.
pub(super) const WORDS: &[Word] = &[
    Word::new(
        "maxconns_fast",
        "immediately close new connections after limit (default: enabled)",
    )
    .switches(|s| s.maxconns_fast = true)
    .shown_as("maxconns_fast"),
    Word::new(
        "no_maxconns_fast",
        "stop accepting at the limit until a connection closes",
    )
    .switches(|s| s.maxconns_fast = false),
    Word::new(
        "idle_timeout",
        "close TCP clients that send no command for longer, in seconds,\n\
         0 for never",
    )
    .takes(|s, v| {
        s.idle_timeout_sec = v.count()?;
        Ok(())
    })
    .defaults_to(|s| s.idle_timeout_sec.to_string())
    .shown_as("idle_timeout"),
    Word::new(
        "read_buf_mem_limit",
        "memory for what clients leave unfinished, in megabytes,\n\
         0 for no limit",
    )
    .takes(|s, v| {
        s.read_buf_limit_bytes = u64::from(v.count()?) << 20;
        Ok(())
    })
    .defaults_to(|s| (s.read_buf_limit_bytes >> 20).to_string())
    .shown_as("read_buf_mem_limit"),
    Word::new("resp_obj_mem_limit", "").may_take(|_, _| {
        // Told at once, as memcached does, and not an error.
        eprintln!("DEPRECATED: resp_obj_mem_limit no longer used. See read_buf_mem_limit");
        Ok(())
    }),
    Word::new(
        "watcher_logbuf_size",
        "buffer of each watcher for its log lines, in kilobytes",
    )
    .takes(|s, v| {
        s.watcher_logbuf_bytes = u64::from(v.strict()?) << 10;
        Ok(())
    })
    .defaults_to(|s| (s.watcher_logbuf_bytes >> 10).to_string())
    .shown_as("watcher_logbuf_size"),
    Word::new(
        "worker_logbuf_size",
        "buffer of each thread for log lines on their way to watchers,\n\
         in kilobytes",
    )
    .takes(|s, v| {
        s.worker_logbuf_bytes = u64::from(v.strict()?) << 10;
        Ok(())
    })
    .defaults_to(|s| (s.worker_logbuf_bytes >> 10).to_string())
    .shown_as("worker_logbuf_size"),
    Word::new(
        "sock_cookie_id",
        "mark of listening sockets (SO_MARK), for packet filters",
    )
    .takes(|s, v| {
        s.socket_mark = v.strict()?;
        Ok(())
    }),
    Word::new("inline_ascii_resp", ""),
    Word::new("no_inline_ascii_resp", ""),
    Word::new("drop_privileges", ""),
    Word::new("no_drop_privileges", ""),
    Word::new("relaxed_privileges", ""),
    Word::new("modern", "accepted, changes nothing"),
    Word::new(
        "no_modern",
        "the defaults of memcached 1.4: pages stay where they are, dead items\n\
         until somebody asks, no maxconns_fast",
    )
    .switches(|s| {
        if !s.slab_chunk_max_given {
            s.slab_chunk_max = crate::engine::PAGE_BYTES as u64;
        }
        s.maxconns_fast = false;
        s.slab_reassign = false;
        s.slab_automove = 0;
        s.lru_segmented = false;
        s.lru_maintainer = false;
        s.lru_crawler = false;
        s.hash_algorithm = "jenkins";
    }),
];
