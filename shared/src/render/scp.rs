//! Service control policies.

use super::gap::{Gap, GapKind};
use super::guardrails::{Guardrail, GuardrailContext};
use super::pack::{SizeLimits, pack};
use super::preventive::{PreventiveStatements, preventive_statements};
use super::role_path::role_arns;
use super::{Attachment, Rendered, output};
use crate::policy::Policy;
use crate::rules::{FOREIGN_EXECUTION_ROLE, Rule};
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
    /// AWS's limits.
    pub limits: SizeLimits,
}

impl Scp {
    /// Renders the rules of a policy, and the guardrails.
    ///
    /// # Errors
    /// What does not fit, or what a guardrail lacks.
    pub fn render(&self, policy: &Policy) -> Result<Rendered, String> {
        let PreventiveStatements { mut statements, mut gaps } = preventive_statements(policy, &|rule| self.wants(rule));
        for (rule, _) in policy.cells().filter(|(rule, _)| !self.wants(rule)) {
            gaps.push(Gap {
                rule: rule.id,
                kind: GapKind::LeftOut,
                what: "left out by `--only` or `--except`".to_owned(),
            });
        }
        self.execution_roles(policy, &mut statements, &mut gaps)?;
        for guardrail in &self.guardrails {
            statements.extend(guardrail.statements(policy, &self.context)?);
        }
        if statements.is_empty() {
            return Err("there is nothing to deny: IAM has no condition keys for the rendered rules".to_owned());
        }
        let documents = pack(&statements, self.limits)?;
        Ok(Rendered {
            policies: output::numbered("scp", &Attachment::Organization, documents),
            not_expressed: Some(gaps),
            style: self.limits.style,
        })
    }

    /// Whether a rule is to be rendered.
    fn wants(&self, rule: &Rule) -> bool {
        let among = |rules: &[&'static Rule]| rules.iter().any(|known| known.id == rule.id);
        (self.only.is_empty() || among(&self.only)) && !among(&self.except)
    }

    /// The preventive half of `foreign-execution-role`, as far as there is one. A policy cannot test the tags of a role
    /// that is passed (IAM User Guide, "Pass a role to a service"), but it can test its path.
    fn execution_roles(
        &self,
        policy: &Policy,
        statements: &mut Vec<Statement>,
        gaps: &mut Vec<Gap>,
    ) -> Result<(), String> {
        const RULE: &str = FOREIGN_EXECUTION_ROLE.id;
        if !policy.cells().any(|(rule, _)| rule.id == RULE && self.wants(rule)) {
            return Ok(());
        }
        let mut gap = |what: &str| gaps.push(Gap { rule: RULE, kind: GapKind::Looser, what: what.to_owned() });
        let Some(path) = &self.role_path else {
            gap(
                "IAM can test the path of a passed role, but not its tags: give the path of each project's roles with \
                    `--role-path`",
            );
            return Ok(());
        };
        gap("another project's roles below the path of the caller's project: only the path is compared, not the \
                role's tag");
        let own = role_arns(path, &policy.abac.tag)?;
        let tests = [
            Test::equals("iam:PassedToService", &["sagemaker.amazonaws.com"]),
            Test::has_text(format!("aws:PrincipalTag/{}", policy.abac.tag)),
        ];
        let deny =
            Statement::deny("ForeignExecutionRole", ["iam:PassRole"], tests).map_err(|error| error.to_string())?;
        statements.push(deny.on_all_but([own]));
        Ok(())
    }
}
