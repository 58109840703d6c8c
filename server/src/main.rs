//! The program `mcrsd`: read the options, arrange the process, open the sockets, serve.

use std::io::Write;

use mcrsd::clock::Clock;
use mcrsd::engine::{ConfigError, Engine};
use mcrsd::exec::Shared;
use mcrsd::flags::{self, Exit, Settings};
use mcrsd::net::{self, Ended};
use mcrsd::process::{self, Role};
use mcrsd::restart;
use mcrsd::sasl::{self, Sasl};
use mcrsd::tls::Tls;

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
fn run(mut settings: Settings) -> Result<i32, Exit> {
    if let Ok(bytes) = std::env::var(flags::INITIAL_MALLOC) {
        settings.initial_malloc_bytes = bytes.trim().parse().unwrap_or(0);
    }
    // Before the directory may change.
    let sasl_files = sasl::Files::from_env();
    let daemon = match process::daemonise(&settings)? {
        Role::Parent(status) => return Ok(status),
        Role::Server(daemon) => daemon,
    };
    process::warn_about(&settings);
    let tls = Tls::load(&settings)?;
    if settings.coredumps {
        process::allow_core_files()?;
    }
    let clients = process::allow_descriptors(&settings)?;
    process::switch_user(&settings)?;
    let users = settings.auth_file.as_deref().map(net::read_users);
    let users = users.transpose()?;
    let sasl = settings.sasl.then(|| Sasl::load(&sasl_files)).transpose()?;
    if settings.large_pages {
        process::need_large_pages()?;
    }
    let refused = |error: ConfigError| Exit::new(1, error.to_string());
    let (engine, clock) = match &settings.memory_file {
        Some(path) => restart::open(path, &settings)?,
        None => (
            Engine::new(settings.engine()).map_err(refused)?,
            Clock::start(),
        ),
    };
    if settings.lock_memory {
        process::lock_memory();
    }
    if settings.verbosity > 1 {
        process::print_classes(&engine);
    }
    if let Some(tls) = &tls {
        tls.count_from(clock.now());
    }
    let mut shared = Shared::resume(settings, engine, clock);
    shared.sasl = sasl;
    shared.tls = tls;
    let shared: &'static Shared = Box::leak(Box::new(shared));
    if let Some(users) = users {
        shared.users.replace(users);
    }
    shared.engine.set_witness(&shared.watch);
    let settings = &shared.settings;
    let sockets = net::open(settings).inspect_err(|_| {
        // What was kept is for the start that works.
        if let Some(path) = &settings.memory_file {
            let _ = restart::save(path, shared);
        }
    })?;
    let ended = net::serve(shared, sockets, clients, || {
        if settings.verbosity > 0 {
            process::print_limits(settings, clients);
        }
        if let Some(path) = &settings.pid_file {
            process::write_pid_file(path);
        }
        if let Some(Err(error)) = daemon.map(process::Daemon::ready) {
            eprintln!("failed to leave the terminal: {error}");
        }
        process::notify("READY=1");
    })?;
    process::notify("STOPPING=1");
    match ended {
        Ended::Gracefully => eprintln!("Gracefully stopping"),
        Ended::Normally if settings.verbosity > 0 => eprintln!("Exiting normally"),
        Ended::Normally => {}
    }
    if let Some(path) = settings.memory_file.as_ref()
        && ended == Ended::Gracefully
    {
        restart::save(path, shared)?;
    }
    if let Some(path) = settings.pid_file.as_ref().filter(|_| settings.daemon) {
        process::remove_pid_file(path);
    }
    Ok(0)
}
