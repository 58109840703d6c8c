//! `mcrs`: asks memcache servers from the command line.
//!
//! It translates words into calls of the client and nothing more. [`servers`] reads the list of
//! servers, [`cmd`] holds the subcommands, one file each.
//!
//! Exit status: 0 yes, 1 no (a miss, a condition that does not hold, a server that is not there),
//! 2 failed.

use std::process::ExitCode;

use clap::Parser;
use mcrs::options::TABLE;

mod cmd;
mod servers;

use cmd::{Answer, Command};

/// Ask memcache servers from the command line.
#[derive(Parser)]
#[command(name = "mcrs", version, after_help = EXIT_STATUS, after_long_help = option_table())]
struct Cli {
    /// Servers: HOST[:PORT][@WEIGHT], [IPV6]:PORT or /PATH of a unix socket, with commas between.
    /// Order and weights decide which server has which key: give them as the site does.
    #[arg(
        short,
        long,
        env = "MCRS_SERVERS",
        value_name = "LIST",
        default_value = "127.0.0.1:11211"
    )]
    servers: String,
    /// Set an option of the client, as often as needed; --help lists them.
    #[arg(short, long = "option", value_name = "NAME=VALUE")]
    options: Vec<String>,
    #[command(subcommand)]
    command: Command,
}

const EXIT_STATUS: &str =
    "Exit status: 0 yes, 1 no (a miss, a condition that does not hold), 2 failed.";

/// The table of options, for `--help`.
fn option_table() -> String {
    let mut text = String::from("Options of the client (-o NAME=VALUE):\n");
    for row in TABLE {
        let default = servers::default_of(row);
        text += &format!("  {}  {} [default: {default}]\n", row.name, row.meaning);
        text += &format!("  {}  takes {}\n", " ".repeat(row.name.len()), row.range);
    }
    text + "\n" + EXIT_STATUS
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = servers::client(&cli.servers, &cli.options)
        .map_err(Into::into)
        .and_then(|mut client| cli.command.run(&mut client));
    match outcome {
        Ok(Answer::Yes) => ExitCode::SUCCESS,
        Ok(Answer::No) => ExitCode::from(1),
        Err(error) => {
            eprintln!("mcrs: {error}");
            ExitCode::from(2)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn help_names_every_option() {
        let text = option_table();
        for row in TABLE {
            assert!(text.contains(row.name), "{}", row.name);
        }
    }
}
