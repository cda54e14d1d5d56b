//! `tagwarden audit`: what a policy would have done to an archive of CloudTrail log files.

mod archive;
mod progress;
mod report;
mod scan;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use tagwarden_audit::{Audit, Extract, Gathered, Outputs, Page, Period, Summary, Written, athena};

use crate::args::{AuditArgs, Format};
use crate::exit::{CliError, Exit, RunResult};
use crate::output::{self, Output};
use crate::{iam, input, policy};

use archive::{Archive, LogFile};
use progress::Progress;

pub fn run(args: &AuditArgs, output: &mut Output) -> RunResult {
    let period = Period { since: args.since, until: args.until };
    if let Some(table) = &args.athena_query {
        output.line(&athena::query(table, period))?;
        return Ok(Exit::Ok);
    }
    let policy = policy::load(args.policy.as_deref())?;
    let other = args.compare.as_deref().map(|file| policy::load(Some(file))).transpose()?;
    let threads = args.threads.or_else(|| thread::available_parallelism().ok()).map_or(1, usize::from);
    let interrupted = interruption();

    let (evidence, mut problems) = iam::load(&args.iam)?;
    let mut gathered = Gathered::new(evidence);
    let written: Vec<_> = [&args.findings, &args.html].into_iter().flatten().map(PathBuf::as_path).collect();
    let Archive { files, mut passed_over } =
        archive::list(&args.paths, period, &written, &mut gathered.input, &mut problems);
    gathered.input.problems += problems.count();
    if files.is_empty() && problems.count() == 0 {
        passed_over.note();
        return Err(CliError::Message(nothing_to_read(&gathered)));
    }
    let findings = args.findings.as_deref().map(Written::create).transpose()?;
    let page = args.html.as_deref().map(|path| Page::begin(Written::create(path)?)).transpose()?;
    scan(&mut gathered, &files, period, threads, &interrupted, |path, extract| {
        extract.passed_over.iter().for_each(|what| passed_over.add(path, what));
        problems.add(&input::name(path), &extract.problems);
    })?;
    for (file, unread) in gathered.learn_iam() {
        files.get(file).into_iter().for_each(|file| problems.add(&input::name(&file.path), &unread));
    }
    passed_over.note();
    problems.lines(String::clone).iter().for_each(|line| output::complain(line));

    let complete = !interrupted.load(Ordering::Relaxed);
    let audit = Audit { policy: &policy, other: other.as_ref(), period, by: &args.by, threads, complete };
    let summary = audit.judge(gathered, Outputs { findings, page })?;
    match args.format {
        Format::Json => output.line(&report::json(&summary))?,
        Format::Text => report::text(&summary, &policy.name, period, output)?,
    }
    Ok(match exit(&summary) {
        Exit::Violation | Exit::Unknown if args.exit_zero => Exit::Ok,
        exit => exit,
    })
}

/// Becomes true when the user interrupts the audit (Ctrl-C). A second Ctrl-C ends it at once, without a report.
fn interruption() -> Arc<AtomicBool> {
    let interrupted = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&interrupted);
    let handled = ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    });
    if let Err(error) = handled {
        output::note(&format!("Ctrl-C will end the audit without a report: {error}"));
    }
    interrupted
}

/// Reads all files, unless `interrupted`. Passes on what each file is and what could not be read of it.
fn scan(
    gathered: &mut Gathered<usize>,
    files: &[LogFile],
    period: Period,
    threads: usize,
    interrupted: &AtomicBool,
    mut note: impl FnMut(&Path, &Extract),
) -> Result<(), CliError> {
    let progress = Progress::new(files);
    scan::scan(files, period, threads, interrupted, |found| {
        for (file, scanned) in found {
            progress.advance(scanned.bytes, gathered.input.files + 1);
            let Some(LogFile { path, .. }) = files.get(file) else { continue };
            note(path, &scanned.extract);
            gathered.take(&file, scanned)?;
        }
        Ok(())
    })?;
    progress.finish();
    Ok(())
}

fn nothing_to_read(gathered: &Gathered<usize>) -> String {
    match gathered.input.days_left_out {
        0 => "there are no files to read".to_owned(),
        days => format!("there are no files to read: all {days} days of log files are outside the period"),
    }
}

fn exit(summary: &Summary) -> Exit {
    if !summary.complete || summary.input.problems > 0 {
        Exit::Failed
    } else if summary.launches.violation > 0 {
        Exit::Violation
    } else if summary.launches.unknown > 0 {
        Exit::Unknown
    } else {
        Exit::Ok
    }
}
