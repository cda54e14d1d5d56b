//! `tagwarden audit`: what a policy would have done to an archive of CloudTrail log files.

mod archive;
mod gather;
mod page;
mod progress;
mod report;
mod scan;
mod spool;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use tagwarden::audit::{FindingLine, Period, Summary};
use tagwarden::decide::{Decision, decide_record};
use tagwarden::evidence::Evidence;
use tagwarden::policy::Policy;

use crate::args::{AuditArgs, Format};
use crate::exit::{Exit, Failure, Outcome};
use crate::output::{self, Output};
use crate::{iam, policy};

use gather::Gathered;
use page::Page;

/// How many launches are judged at a time.
const BATCH: usize = 4096;

pub fn run(args: &AuditArgs, output: &mut Output) -> Outcome {
    let policy = policy::load(args.policy.as_deref())?;
    let other = args.compare.as_deref().map(|file| policy::load(Some(file))).transpose()?;
    let period = Period { since: args.since, until: args.until };
    let threads = args.threads.or_else(|| thread::available_parallelism().ok()).map_or(1, usize::from);
    let interrupted = interruption();

    let mut gathered = Gathered::new(Evidence::new(iam::HINT));
    for path in &args.iam {
        for problem in iam::load(path, &mut gathered.evidence)? {
            gathered.problem(&problem);
        }
    }
    let written: Vec<_> = [&args.findings, &args.html].into_iter().flatten().map(PathBuf::as_path).collect();
    let archive = archive::list(&args.paths, period, &written, &mut gathered.input);
    archive.problems.iter().for_each(|problem| gathered.problem(problem));
    if archive.files.is_empty() && archive.problems.is_empty() {
        return Err(Failure::Message(nothing_to_read(&gathered)));
    }
    let mut findings = args.findings.as_deref().map(Written::create).transpose()?;
    let mut page = args.html.as_deref().map(|path| Page::begin(Written::create(path)?)).transpose()?;
    gathered.scan(&archive.files, period, threads, &interrupted)?;

    let mut summary = Summary::default();
    summary.complete = !interrupted.load(Ordering::Relaxed);
    let mut launches = gathered.launches()?;
    summary.input = std::mem::take(&mut gathered.input);
    while let Some(batch) = launches.next_batch(BATCH)? {
        let policies: Vec<_> = [Some(&policy), other.as_ref()].into_iter().flatten().map(|one| &one.policy).collect();
        for decisions in judge(&batch, &policies, &gathered.evidence, threads)? {
            let Some(decision) = decisions.first() else { continue };
            summary.add(decision, &policy.policy.abac);
            if let Some(other) = decisions.get(1) {
                summary.compare(decision, other);
            }
            if let Some(findings) = &mut findings {
                findings.lines(FindingLine::of(decision))?;
            }
            if let Some(page) = &mut page {
                page.launch(decision, &policy.policy.abac)?;
            }
        }
    }
    summary.finish(gathered.denied);
    if let (Some(comparison), Some(other)) = (&mut summary.comparison, &other) {
        comparison.policy.clone_from(&other.name);
    }
    if let Some(findings) = findings {
        findings.close()?;
    }
    if let Some(page) = page {
        page.finish(&summary, &policy, period)?;
    }
    match args.format {
        Format::Json => output.line(&report::json(&summary))?,
        Format::Text => report::text(&summary, &policy.name, period, output)?,
    }
    Ok(match exit(&summary) {
        Exit::Violation | Exit::Unknown if args.exit_zero => Exit::Ok,
        exit => exit,
    })
}

/// Becomes true when the user breaks off (Ctrl-C). Whoever does so twice does not want to wait for the report either.
fn interruption() -> Arc<AtomicBool> {
    let interrupted = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&interrupted);
    let handled = ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    });
    if let Err(error) = handled {
        output::note(&format!("Ctrl-C will end this without a report: {error}"));
    }
    interrupted
}

fn nothing_to_read(gathered: &Gathered) -> String {
    match gathered.input.days_left_out {
        0 => "there is no file to read".to_owned(),
        days => format!("there is no file to read: all {days} days of log files lie outside the period"),
    }
}

/// The decisions of each policy about each record, in the order of the records.
fn judge(
    records: &[String],
    policies: &[&Policy],
    evidence: &Evidence,
    threads: usize,
) -> Result<Vec<Vec<Decision>>, Failure> {
    let decide = |json: &String| policies.iter().map(|policy| decide_record(json, policy, evidence)).collect();
    let share = records.len().div_ceil(threads).max(1);
    let decisions: Result<Vec<Vec<Decision>>, String> = thread::scope(|scope| {
        let shares: Vec<_> = records
            .chunks(share)
            .map(|records| scope.spawn(move || records.iter().map(decide).collect::<Vec<_>>()))
            .collect();
        shares.into_iter().flat_map(|share| share.join().unwrap_or_default()).collect()
    });
    decisions.map_err(Failure::Message)
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

/// A file that is written.
struct Written<'p> {
    path: &'p Path,
    file: BufWriter<File>,
}

impl<'p> Written<'p> {
    fn create(path: &'p Path) -> Result<Self, Failure> {
        let file = File::create(path).map_err(|error| cannot_write(path, &error))?;
        Ok(Self { path, file: BufWriter::new(file) })
    }

    fn lines(&mut self, lines: impl Iterator<Item = impl serde::Serialize>) -> Result<(), Failure> {
        for line in lines {
            let written = serde_json::to_writer(&mut self.file, &line).map_err(Into::into);
            written.map_err(|error| cannot_write(self.path, &error))?;
            self.text("\n")?;
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), Failure> {
        self.bytes(text.as_bytes())
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.file.write_all(bytes).map_err(|error| cannot_write(self.path, &error))
    }

    fn close(mut self) -> Result<(), Failure> {
        self.file.flush().map_err(|error| cannot_write(self.path, &error))
    }
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Message(format!("{}: cannot be written: {error}", path.display()))
}
