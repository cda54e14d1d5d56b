//! The report on roles as one HTML page, which needs nothing else.

use std::collections::BTreeMap;

use serde::Serialize;
use tagwarden::decide::{Finding, FindingOutcome, Verdict};
use tagwarden::terms::Severity;
use tagwarden_audit::page::{Once, script_json, style, style_source};
use tagwarden_audit::{AuditError, Written};

use crate::report::RoleReport;

const FRAME: &str = include_str!("page.html");
const SCRIPT: &str = include_str!("page.js");

/// The hash of the script element: a line feed, then [`SCRIPT`].
const SCRIPT_HASH: &str = "sha256-+MTWwTX3lOaYJMHpGhW1+j/KFMBYRSkDqOiRSIVWDLk=";

/// The page's data. Texts that repeat are stored once, and are numbers everywhere else.
#[derive(Debug, Default, Serialize)]
pub struct RolesPage {
    texts: Once<String>,
    period: Option<String>,
    roles: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    arn: usize,
    verdict: Verdict,
    kind: usize,
    project: Option<usize>,
    persona: Option<usize>,
    trusts: Vec<usize>,
    findings: Vec<FindingRow>,
    assumed_by: Vec<(usize, u64)>,
    /// Action, calls and last day.
    used: Vec<(usize, u64, Option<usize>)>,
    unused: Vec<usize>,
    /// Reasons, each with its actions.
    unseen: Vec<(usize, Vec<usize>)>,
}

#[derive(Debug, Serialize)]
struct FindingRow {
    rule: usize,
    outcome: FindingOutcome,
    severity: Severity,
    message: usize,
    expected: usize,
    fix: usize,
}

impl RolesPage {
    /// A page about records of this period, if there are any.
    pub fn new(period: Option<String>) -> Self {
        Self { period, ..Self::default() }
    }

    fn number(&mut self, text: &str) -> usize {
        self.texts.number(text)
    }

    /// Adds a role.
    pub fn add(&mut self, report: &RoleReport) {
        let decision = &report.decision;
        let mut unseen: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for one in &report.usage.unseen {
            let action = self.number(&one.action);
            unseen.entry(&one.because).or_default().push(action);
        }
        let row = Row {
            arn: self.number(&decision.arn),
            verdict: decision.verdict,
            kind: self.number(report.kind.as_str()),
            project: decision.project.as_ref().map(|project| self.number(project)),
            persona: decision.persona.as_ref().map(|persona| self.number(persona)),
            trusts: decision.trusts.iter().map(|trusted| self.number(trusted)).collect(),
            findings: decision.findings.iter().map(|finding| self.finding(finding)).collect(),
            assumed_by: report.usage.assumed_by.iter().map(|one| (self.number(&one.by), one.times)).collect(),
            used: (report.usage.used.iter())
                .map(|used| (self.number(&used.action), used.calls, used.last.as_ref().map(|last| self.number(last))))
                .collect(),
            unused: report.usage.unused.iter().map(|action| self.number(action)).collect(),
            unseen: unseen.into_iter().map(|(because, actions)| (self.number(because), actions)).collect(),
        };
        self.roles.push(row);
    }

    fn finding(&mut self, finding: &Finding) -> FindingRow {
        FindingRow {
            rule: self.number(finding.rule),
            outcome: finding.outcome,
            severity: finding.severity,
            message: self.number(&finding.message),
            expected: self.number(&finding.expected),
            fix: self.number(&finding.fix),
        }
    }

    /// Writes the page.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, mut file: Written) -> Result<(), AuditError> {
        let frame = FRAME.replace("{style-source}", style_source()).replace("{script-hash}", SCRIPT_HASH);
        file.text(&frame.replace("{style}", style()))?;
        file.bytes(&script_json(self)?)?;
        file.text("</script>\n<script>\n")?;
        file.text(SCRIPT)?;
        file.text("</script>\n</body>\n</html>\n")?;
        file.close()
    }
}
