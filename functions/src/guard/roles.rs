//! Judges roles by themselves, launched or not.

use std::collections::BTreeSet;

use jiff::Timestamp;
use tagwarden::decide::{Decision, Lookup, PlannedAction, Resource, RoleDecision, Verb, decide_role};
use tagwarden::evidence::Evidence;
use tagwarden::record::arn;

use super::gather::principal_changes;
use super::lookup_cache::add_grants;
use super::reported::{reportable, without_resolved};
use super::setup::Guard;
use crate::ports::{Creation, Enforce, LookUp};

impl<P: LookUp + Enforce> Guard<P> {
    /// Whether the policy judges roles by themselves.
    ///
    /// # Errors
    /// If the policy cannot be read.
    pub async fn judges_roles(&self) -> Result<bool, String> {
        Ok(self.policy.current(&self.ports).await?.policy.judges_roles())
    }

    /// Judges what the role `arn`, which was created at this time, may do in the region of the function, and whom it trusts. Reports
    /// what was not reported before. What cannot be read is unknown.
    ///
    /// # Errors
    /// If the policy or the ledger cannot be read or written, or if the alert cannot be sent.
    pub async fn judge_role(
        &self,
        arn: &str,
        created: Timestamp,
        function_arn: &str,
        now: Timestamp,
    ) -> Result<Decision, String> {
        let loaded = self.policy.current(&self.ports).await?;
        let known = self.try_remembered(arn, created).await.map_err(|failure| failure.to_string())?;
        let decision = as_decision(
            decide_role(arn, &[region(function_arn)], Some(now), &loaded.policy, &self.evidence(arn).await),
            function_arn,
            now,
        );
        let reported = known.map(|known| known.creation.reported).unwrap_or_default();
        let reportable = reportable(&decision);
        let (reported, resolved) = without_resolved(reported, &decision);
        if !reportable.is_subset(&reported) {
            self.report(&decision, &[], resolved, &loaded.policy, None).await?;
        } else if !resolved.is_empty() {
            self.report_resolved(&decision, resolved, &loaded.policy).await?;
        }
        // What is put right is reported again if it comes back.
        let creation = Creation { reported: reportable, ..Creation::processed(created, now) };
        self.ports.remember(arn, &creation).await.map_err(|failure| failure.to_string())?;
        Ok(self.log(decision, &[]))
    }

    /// What is known about a role now.
    async fn evidence(&self, arn: &str) -> Evidence {
        let lookups = BTreeSet::from([Lookup::Grants(arn.to_owned())]);
        let (grants, changes) = futures_util::join!(self.ports.grants(arn), principal_changes(&lookups, &self.ports));
        let mut evidence = Evidence::new(": it was not looked up");
        add_grants(arn, grants.map_err(|failure| failure.to_string()), &mut evidence);
        changes.into_iter().for_each(|change| evidence.tag_history.add(change));
        evidence
    }
}

fn region(function_arn: &str) -> &str {
    arn::region(function_arn).unwrap_or_default()
}

/// The decision in the form of alerts and logs. Nothing is done about a role but to report it.
fn as_decision(judged: RoleDecision, function_arn: &str, now: Timestamp) -> Decision {
    let mut rules: Vec<_> = judged.findings.iter().map(|finding| finding.rule).collect();
    rules.dedup();
    let alert = PlannedAction {
        action: Verb::PublishAlert,
        resource: judged.arn.clone(),
        because: rules,
        after_minutes: None,
        not_stopped: None,
    };
    Decision {
        event_time: Some(now.to_string()),
        event_name: Decision::ROLE.to_owned(),
        account: arn::account(function_arn).map(str::to_owned),
        region: Some(region(function_arn).to_owned()),
        resource: Some(Resource {
            kind: "role",
            name: arn::name(&judged.arn).map(str::to_owned),
            arn: Some(judged.arn),
        }),
        verdict: judged.verdict,
        reason: judged.reason,
        actions: if judged.findings.is_empty() { Vec::new() } else { vec![alert] },
        findings: judged.findings,
        ..Decision::default()
    }
}
