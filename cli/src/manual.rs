//! `completions` and `man`: what a package of the command line carries besides it.

use std::fs;
use std::path::Path;

use clap::CommandFactory;
use clap_complete::{Shell, generate};

use crate::args::Args;
use crate::exit::{CliError, Exit, RunResult};
use crate::output::Output;

/// Prints the script for a shell.
pub fn completions(shell: Shell, output: &mut Output) -> RunResult {
    let (mut command, mut script) = (Args::command(), Vec::new());
    let name = command.get_name().to_owned();
    generate(shell, &mut command, name, &mut script);
    output.line(String::from_utf8_lossy(&script).trim_end())?;
    Ok(Exit::Ok)
}

/// Writes the manual pages.
pub fn pages(folder: &Path, output: &mut Output) -> RunResult {
    let written = fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(Args::command(), folder));
    written.map_err(|error| CliError::Message(format!("{}: cannot be written: {error}", folder.display())))?;
    output.line(&format!("wrote the manual pages to {}: read them with `man -l {0}/tagwarden.1`", folder.display()))?;
    Ok(Exit::Ok)
}
