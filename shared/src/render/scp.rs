//! Service control policies.

use std::collections::BTreeMap;

use super::abac;
use super::abbreviate::abbreviated;
use super::assumptions::assumptions;
use super::gap::{Gap, GapKind};
use super::guardrails::{Guardrail, GuardrailContext};
use super::output::OrganizationPolicy;
use super::pack::{SizeLimits, pack};
use super::preventive::{PreventiveStatements, preventive_statements};
use super::role_path::role_arns;
use super::simplify::simplified;
use super::{Attachment, Rendered, output};
use crate::policy::Policy;
use crate::rules::{Concern, FOREIGN_EXECUTION_ROLE, Rule};
use crate::statement::{Statement, Test};

/// What to render service control policies for.
#[derive(Clone, Debug)]
pub struct Scp {
    /// The only rules to render. If empty, all rules that are on.
    pub only: Vec<&'static Rule>,
    /// Rules to leave out.
    pub except: Vec<&'static Rule>,
    /// What else to protect.
    pub guardrails: Vec<Guardrail>,
    /// What the guardrails depend on.
    pub context: GuardrailContext,
    /// Where execution roles are, as a path with `{project}` for the caller's project, such as `ml/{project}/`.
    pub role_path: Option<String>,
    /// Whether statements about different concerns may share a document.
    pub together: bool,
    /// Whether statements have names.
    pub named: bool,
    /// AWS's limits.
    pub limits: SizeLimits,
}

/// A statement, with the concern that names its document.
type OfConcern = (Concern, Statement);

impl Scp {
    /// Renders the rules of a policy, and the guardrails.
    ///
    /// # Errors
    /// What does not fit, or what a guardrail lacks.
    pub fn render(&self, policy: &Policy) -> Result<Rendered, String> {
        let (statements, gaps) = self.statements(policy)?;
        if statements.is_empty() {
            let why =
                "there is nothing to deny: for the rendered rules, IAM has no condition keys, or `prevent` is `off`";
            return Err(why.to_owned());
        }
        let attachment = Attachment::Organization(OrganizationPolicy::ServiceControl);
        let mut policies = Vec::new();
        let mut groups = self.groups(statements);
        groups.values_mut().for_each(|statements| *statements = simplified(std::mem::take(statements)));
        let assumptions = assumptions(groups.values().flatten());
        for (name, statements) in groups {
            let short = statements.into_iter().map(abbreviated);
            let short: Vec<_> = short.map(|short| if self.named { short } else { short.unnamed() }).collect();
            let documents = pack(&short, SizeLimits { max_documents: usize::MAX, ..self.limits })?;
            policies.extend(output::named(&name, attachment.clone(), documents));
        }
        if policies.len() > self.limits.max_documents {
            let (count, SizeLimits { max_chars, max_documents, .. }) = (policies.len(), self.limits);
            return Err(format!(
                "{count} documents of at most {max_chars} characters are needed, but the limit is {max_documents}: pack \
                all groups together with `--together`, leave out names with `--no-sids`, leave out rules with `--except`, \
                or raise `--max-chars` or `--max-documents` if AWS allows it"
            ));
        }
        Ok(Rendered { policies, not_expressed: Some(gaps), assumptions, style: self.limits.style })
    }

    /// All statements, each with its concern, and the gaps. Nothing is simplified yet.
    ///
    /// # Errors
    /// What a guardrail lacks.
    pub fn statements(&self, policy: &Policy) -> Result<(Vec<OfConcern>, Vec<Gap>), String> {
        let PreventiveStatements { statements, mut gaps } = preventive_statements(policy, &|rule| self.wants(rule));
        let mut statements: Vec<_> =
            statements.into_iter().map(|of_rule| (of_rule.rule.concern, of_rule.statement)).collect();
        for (rule, _) in policy.cells().filter(|(rule, _)| !self.wants(rule)) {
            gaps.push(Gap {
                rule: rule.id,
                kind: GapKind::LeftOut,
                what: "left out by `--only` or `--except`".to_owned(),
            });
        }
        if let Some(statement) = self.execution_roles(policy, &mut gaps)? {
            statements.push((FOREIGN_EXECUTION_ROLE.concern, statement));
        }
        for guardrail in &self.guardrails {
            let of_guardrail = guardrail.statements(policy, &self.context)?;
            statements.extend(of_guardrail.into_iter().map(|statement| (guardrail.concern(), statement)));
        }
        let with_way_out = |(concern, statement): OfConcern| {
            let excepted = statement.except(&self.context.trusted);
            let statement = excepted.map_err(|conflict| format!("`--trusted` cannot be expressed: {conflict:?}"))?;
            Ok((concern, statement))
        };
        let statements = statements.into_iter().map(with_way_out).collect::<Result<_, String>>()?;
        Ok((statements, gaps))
    }

    /// The statements by the names of their documents.
    fn groups(&self, statements: Vec<OfConcern>) -> BTreeMap<String, Vec<Statement>> {
        let mut groups: BTreeMap<String, Vec<Statement>> = BTreeMap::new();
        for (concern, statement) in statements {
            let name = if self.together { "scp".to_owned() } else { format!("scp-{}", concern.as_str()) };
            groups.entry(name).or_default().push(statement);
        }
        groups
    }

    /// Whether a rule is to be rendered.
    fn wants(&self, rule: &Rule) -> bool {
        let among = |rules: &[&'static Rule]| rules.iter().any(|known| known.id == rule.id);
        (self.only.is_empty() || among(&self.only)) && !among(&self.except)
    }

    /// The preventive half of `foreign-execution-role`, as far as there is one. A policy cannot test the tags of a role
    /// that is passed (IAM User Guide, "Pass a role to a service"), but it can test its path.
    fn execution_roles(&self, policy: &Policy, gaps: &mut Vec<Gap>) -> Result<Option<Statement>, String> {
        const RULE: &str = FOREIGN_EXECUTION_ROLE.id;
        let settings = policy.settings(&FOREIGN_EXECUTION_ROLE).filter(|_| self.wants(&FOREIGN_EXECUTION_ROLE));
        let Some(settings) = settings else { return Ok(None) };
        let mut gap = |kind: GapKind, what: &str| gaps.push(Gap { rule: RULE, kind, what: what.to_owned() });
        if !settings.is_prevented() {
            gap(GapKind::LeftOut, "`prevent` is `off`, or the mode is `observe`");
            return Ok(None);
        }
        let Some(path) = &self.role_path else {
            gap(
                GapKind::Looser,
                "IAM can test the path of a passed role, but not its tags: give the path of each project's roles with \
                    `--role-path`",
            );
            return Ok(None);
        };
        gap(
            GapKind::Looser,
            "another project's roles below the path of the caller's project: only the path is compared, not the role's tag",
        );
        let own = role_arns(path, &policy.abac.tag)?;
        let tests = [Test::equals("iam:PassedToService", &["sagemaker.amazonaws.com"]), abac::has_project(policy)];
        let deny =
            Statement::deny("ForeignExecutionRole", ["iam:PassRole"], tests).map_err(|error| error.to_string())?;
        // They work for all projects, so their own says nothing of a role.
        let deny = deny.except(&policy.abac.administrators);
        let deny = deny.map_err(|conflict| format!("`administrators` cannot be expressed: {conflict:?}"))?;
        Ok(Some(deny.on_all_but([own])))
    }
}
