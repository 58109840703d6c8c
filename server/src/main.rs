//! The program `mcrsd`: read the options, arrange the process, open the sockets, serve.

use std::io::Write;
use std::sync::atomic::{AtomicU32, AtomicU64};

use mcrsd::clock::Clock;
use mcrsd::engine::Engine;
use mcrsd::exec::Shared;
use mcrsd::flags::{self, Exit, Settings};
use mcrsd::net::{self, Ended};
use mcrsd::process::{self, Role};
use mcrsd::stats::Stats;

fn main() {
    let mut args = std::env::args_os().map(|arg| arg.to_string_lossy().into_owned());
    let program = args.next().unwrap_or_else(|| "mcrsd".into());
    let args: Vec<String> = args.collect();
    let status = match flags::parse(&program, &args).and_then(run) {
        Ok(status) => status,
        Err(exit) if exit.status == 0 => {
            // A reader that has seen enough, such as `head`, is no failure.
            let _ = writeln!(std::io::stdout(), "{}", exit.text);
            0
        }
        Err(exit) => {
            eprintln!("{}", exit.text);
            exit.status
        }
    };
    std::process::exit(status);
}

/// Everything between the options and the end; the exit status.
fn run(settings: Settings) -> Result<i32, Exit> {
    let daemon = match process::daemonise(&settings)? {
        Role::Parent(status) => return Ok(status),
        Role::Server(daemon) => daemon,
    };
    if settings.coredumps {
        process::allow_core_files()?;
    }
    let clients = process::allow_descriptors(&settings)?;
    process::switch_user(&settings)?;
    if settings.lock_memory {
        process::lock_memory();
    }
    let engine = Engine::new(settings.engine()).map_err(|error| Exit::new(1, error.to_string()))?;
    if settings.verbosity > 1 {
        process::print_classes(&engine);
    }
    let pid_file = settings.pid_file.clone();
    let daemonised = settings.daemon;
    let shared: &'static Shared = Box::leak(Box::new(Shared {
        engine,
        clock: Clock::start(),
        stats: Stats::new(settings.threads),
        verbosity: AtomicU32::new(settings.verbosity),
        max_bytes: AtomicU64::new(settings.max_bytes),
        read_buffer_bytes: net::READ_BUFFER_BYTES,
        settings,
    }));
    let listeners = net::open(&shared.settings)?;
    let ended = net::serve(shared, listeners, clients, || {
        if let Some(path) = &pid_file {
            process::write_pid_file(path);
        }
        if let Some(Err(error)) = daemon.map(process::Daemon::ready) {
            eprintln!("failed to leave the terminal: {error}");
        }
    })?;
    match ended {
        Ended::Gracefully => eprintln!("Gracefully stopping"),
        Ended::Normally if shared.settings.verbosity > 0 => eprintln!("Exiting normally"),
        Ended::Normally => {}
    }
    if let Some(path) = pid_file.filter(|_| daemonised) {
        process::remove_pid_file(&path);
    }
    Ok(0)
}
