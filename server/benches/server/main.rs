//! What an operation costs the server process, ours beside stock memcached and beside the floor
//! (`floor.rs`): CPU time per operation, memory per item and per idle connection, and how many lookups
//! of real traces miss, each with the bar it is held to.
//!
//! CPU time is what the kernel charged the server's process; the client's own is not in it. One
//! worker each, loopback. Rounds of the servers take turns, so that a noisy machine is noisy to all;
//! times are medians, ratios the medians of each round's.
//!
//! Run by `cargo bench -p mcrsd --bench server`. Words after `--` choose: `cpu`, `items`, `idle`, `misses`;
//! any other word chooses the rows of CPU time with it in their name.
//!
//! | variable | meaning |
//! |---|---|
//! | `MCRS_BENCH_ROUNDS` | rounds, 7 unless set |
//! | `MCRS_BENCH_MCRSD` | the binary to measure, instead of the one just built |
//! | `MCRS_BENCH_OLD` | a binary to compare with in place of memcached, such as an older build |

mod floor;
mod load;
mod memory;
mod misses;
mod work;

use load::{CONNECTIONS, Rig};
use mcrs_testkit::Program;
use work::Work;

fn main() {
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|w| w != "--bench")
        .collect();
    if let [role, len, lines] = &words[..]
        && role == floor::ROLE
    {
        let number = |word: &String| word.parse().expect("a number");
        return floor::run(number(len), number(lines)).expect("epoll works");
    }
    let ours = std::env::var("MCRS_BENCH_MCRSD");
    let ours = ours.unwrap_or_else(|_| env!("CARGO_BIN_EXE_mcrsd").to_owned());
    let ours = Program::at(ours).expect("a server");
    let other = match std::env::var("MCRS_BENCH_OLD") {
        Ok(old) => Program::at(old),
        Err(_) => Program::memcached(),
    };
    let other = match other {
        Ok(other) => other,
        Err(missing) => return println!("nothing to compare with: {missing}"),
    };
    let chosen = |word: &str| words.is_empty() || words.iter().any(|w| w == word);
    let rows: Vec<Work> = work::works()
        .into_iter()
        .filter(|work| chosen("cpu") || words.iter().any(|word| work.name.contains(word)))
        .collect();
    if !rows.is_empty() {
        cpu(&rows, &ours, &other);
    }
    if chosen("items") {
        items(&ours, &other);
    }
    if chosen("idle") {
        idle(&ours, &other);
    }
    if chosen("misses") {
        misses(&ours, &other);
    }
}

fn cpu(rows: &[Work], ours: &Program, other: &Program) {
    let rounds = std::env::var("MCRS_BENCH_ROUNDS").ok();
    let rounds: usize = rounds.and_then(|n| n.parse().ok()).unwrap_or(7).max(1);
    println!("CPU time per operation, ns: {rounds} rounds, -t 1, {CONNECTIONS} connections");
    println!(
        "{:<26}{:>8}{:>11}{:>8}   {:<20}{:<20}",
        "",
        "mcrsd",
        other.name(),
        "floor",
        format!("to {}", other.name()),
        "to the floor"
    );
    let mut rigs = vec![Rig::server(ours), Rig::server(other)];
    for work in rows {
        rigs.push(Rig::floor(work));
        if rigs.iter_mut().all(|rig| rig.answers(work)) {
            // Once for what only the first time costs.
            rigs.iter_mut().for_each(|rig| _ = rig.measure(work));
            let rounds: Vec<Vec<f64>> = (0..rounds)
                .map(|_| rigs.iter_mut().map(|rig| rig.measure(work)).collect())
                .collect();
            println!("{}", row(work, &rounds));
        } else {
            println!("{:<26}{:>8}", work.name, "not answered by all");
        }
        rigs.truncate(2);
    }
}

/// A line of the table, from the times of ours, the other and the floor in each round.
fn row(work: &Work, rounds: &[Vec<f64>]) -> String {
    let time = |who: usize| median(rounds.iter().map(|round| round[who]));
    let ratio = |who: usize, bar: Option<f64>| {
        let ratio = median(rounds.iter().map(|round| round[0] / round[who]));
        match bar {
            Some(bar) => judged(ratio, bar),
            None => format!("{ratio:.2}"),
        }
    };
    format!(
        "{:<26}{:>8.0}{:>11.0}{:>8.0}   {:<20}{:<20}",
        work.name,
        time(0),
        time(1),
        time(2),
        ratio(1, work.to_memcached),
        ratio(2, work.to_floor),
    )
}

fn items(ours: &Program, other: &Program) {
    println!("\nprocess memory per item, bytes: -m 64, filled until it evicts");
    for (key, value, bar) in [(16, 32, 0.72), (20, 100, 0.80), (30, 500, 0.90)] {
        let (a, b) = (
            memory::per_item(ours, key, value),
            memory::per_item(other, key, value),
        );
        let name = format!("key {key} + value {value}");
        println!(
            "{name:<26}{a:>8.0}{b:>11.0}{:>8}   {}",
            "",
            judged(a / b, bar)
        );
    }
}

fn idle(ours: &Program, other: &Program) {
    let count = memory::idle_connections();
    println!("\nprocess memory per idle connection, bytes: {count} of them");
    let (a, b) = (
        memory::per_connection(ours, count),
        memory::per_connection(other, count),
    );
    let bar = if a < 1024.0 { "" } else { " !" };
    println!(
        "{:<26}{a:>8.0}{b:>11.0}{:>8}   (< 1024){bar}",
        "after one get", ""
    );
}

fn misses(ours: &Program, other: &Program) {
    println!("\nlookups that miss: traces, what is missed is stored");
    println!(
        "{:<26}{:>8}{:>11}{:>8}   to 1.6.45",
        "",
        "mcrsd",
        other.name(),
        "1.6.45"
    );
    let mut ratios = Vec::new();
    for trace in &misses::TRACES {
        for (megabytes, memcached) in misses::MEGABYTES.into_iter().zip(trace.memcached) {
            let (a, b) = (
                trace.missed(ours, megabytes),
                trace.missed(other, megabytes),
            );
            let (name, ratio) = (format!("{}, -m {megabytes}", trace.name), a / memcached);
            println!("{name:<26}{a:>8.4}{b:>11.4}{memcached:>8.4}   {ratio:.2}");
            ratios.push(ratio);
        }
    }
    let mean = ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / ratios.len() as f64;
    println!("{:<56}{}", "geometric mean", judged(mean.exp(), 0.93));
}

/// A ratio with its bar; marked if it is over.
fn judged(ratio: f64, bar: f64) -> String {
    let over = if ratio <= bar { "" } else { " !" };
    format!("{ratio:.2} (<= {bar:.2}){over}")
}

fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
