//! `tagwarden audit`: what a policy would have done to an archive of CloudTrail log files.

mod asff;
mod report;

use std::path::PathBuf;

use tagwarden_audit::{Audit, Gathered, Outputs, Page, Period, Summary, Written, athena};

use crate::archive::{self, Reading};
use crate::args::{AuditArgs, AuditFormat};
use crate::exit::{Exit, RunResult};
use crate::output::{self, Output};
use crate::{iam, policy, prices};

use asff::SecurityHub;

pub fn run(args: &AuditArgs, output: &mut Output) -> RunResult {
    let period = Period { since: args.since, until: args.until };
    if let Some(table) = &args.athena_query {
        output.line(&athena::query(table, period))?;
        return Ok(Exit::Ok);
    }
    let policy = policy::load(args.policy.as_deref())?;
    let other = args.compare.as_deref().map(|file| policy::load(Some(file))).transpose()?;
    let reading = Reading::new(period, args.threads, false);

    let (mut evidence, mut problems) = iam::load(&args.iam)?;
    prices::load(&args.prices, &mut evidence, &mut problems)?;
    let mut gathered = Gathered::new(evidence);
    let written: Vec<_> = [&args.findings, &args.html].into_iter().flatten().map(PathBuf::as_path).collect();
    let mut archive = archive::open(&args.paths, period, &written, &mut gathered, &mut problems)?;
    let findings = args.findings.as_deref().map(Written::create).transpose()?;
    let page = args.html.as_deref().map(|path| Page::begin(Written::create(path)?)).transpose()?;
    reading.read(&mut archive, &mut gathered, &mut problems, |_| {})?;
    problems.lines(String::clone).iter().for_each(|line| output::complain(line));

    let complete = reading.is_complete();
    let audit =
        Audit { policy: &policy, other: other.as_ref(), period, by: &args.by, threads: reading.threads, complete };
    let mut hub = SecurityHub::default();
    let mut each = |decision: &_| hub.add(decision);
    let each: Option<&mut dyn FnMut(&_)> = if args.format == AuditFormat::Asff { Some(&mut each) } else { None };
    let summary = audit.judge(gathered, Outputs { findings, page, each })?;
    match args.format {
        AuditFormat::Json => output.line(&report::json(&summary))?,
        AuditFormat::Text => report::text(&summary, &policy.name, period, output)?,
        AuditFormat::Asff => hub.print(output)?,
    }
    Ok(exit(&summary).or_zero(args.exit_zero))
}

fn exit(summary: &Summary) -> Exit {
    let failed = !summary.complete || summary.input.problems > 0;
    Exit::of(failed, summary.launches.violation > 0, summary.launches.unknown > 0)
}
