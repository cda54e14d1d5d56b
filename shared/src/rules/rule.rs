//! What makes up a rule.

use super::denial::{Denial, Prevention};
use super::judged_role::{CheckRole, JudgedRole};
use super::outcome::{Findings, Outcome};
use crate::facts::Facts;
use crate::operations::{Field, Operation};
use crate::record::json::Unread;
use crate::settings::{Abac, COMMON, Inherited, Persona, Settings, Spec};
use crate::terms::{Action, Severity};

/// Something that a policy can forbid.
#[derive(Debug)]
pub struct Rule {
    /// Its name, which says what is wrong.
    pub id: &'static str,
    /// When it fails, as the end of a sentence.
    pub fails_when: &'static str,
    /// Why an organisation needs it.
    pub why: &'static str,
    /// How to correct a violation.
    pub fix: &'static str,
    /// What is done about a violation, if the policy does not say.
    pub action: Action,
    /// How bad a violation is, if the policy does not say.
    pub severity: Severity,
    /// What it is about.
    pub concern: Concern,
    /// Whether ABAC relies on its preventive half: if the policy does not say otherwise, what it finds is denied
    /// beforehand, even if the rule itself only alerts.
    pub abac_relies_on_it: bool,
    /// What the policy can set besides the settings that every rule has.
    pub options: &'static [Spec],
    /// The facts that it judges. It applies to the operations whose requests hold any of them.
    pub governs: &'static [Field],
    /// Another rule whose settings it reads, if that rule is on.
    pub consults: Option<&'static Self>,
    /// What has to be looked up for it, besides the caller's tags.
    pub needs: &'static [Need],
    /// Whether IAM can deny the same request before it is carried out.
    pub prevention: Prevention,
    /// `requestParameters` that violate it, or the part of them that matters. They are of AddTags, or of an operation
    /// that creates a resource: the member with the resource's name shows which operation.
    pub example: &'static str,
    /// The detective half. Callers use [`Rule::judge`] instead.
    pub check: fn(&Facts, &Settings) -> Result<Outcome, Unread>,
    /// The same for a role by itself, if the rule judges roles. Callers use [`Rule::judge_role`] instead.
    pub check_role: Option<CheckRole>,
    /// The preventive half: what IAM is to deny in calls of the given operations. Renderers call [`Rule::denials`]
    /// instead.
    pub prevent: fn(&Settings, &[&'static Operation]) -> Vec<Denial>,
    /// The keys and the values of the tags that correct a violation, for rules whose violations tags correct. Tags whose
    /// values are not known are left out.
    pub correcting_tags: Option<CorrectingTags>,
    /// A hint for the reader of an alert, by the key of the ABAC tag and the source of the caller's tag.
    pub hint: fn(&str, &str) -> Option<String>,
    /// Why the rule can never have an effect in a policy, and what to do about it.
    pub without_effect: fn(&Abac, &[Persona]) -> Option<WithoutEffect>,
}

/// What a rule is about. Service control policies come in groups of one concern each, which an organisation can attach at
/// different levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Concern {
    /// Whose resources are, and who may call what.
    Abac,
    /// What resources cost.
    Cost,
    /// Where containers and people can reach.
    Network,
    /// What protects data, and Tagwarden itself.
    Protection,
}

impl Concern {
    /// Its name in names of files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Abac => "abac",
            Self::Cost => "cost",
            Self::Network => "network",
            Self::Protection => "protection",
        }
    }
}

/// Gives the keys and the values of the tags that correct a violation, as far as they are known.
pub type CorrectingTags = fn(&Facts, &Settings) -> Vec<(String, String)>;

/// Why a rule can never have an effect, and what to do about it.
pub type WithoutEffect = (&'static str, &'static str);

impl Rule {
    /// What most rules share. A rule's file sets the rest.
    pub const DEFAULTS: Self = Self {
        id: "",
        fails_when: "",
        why: "",
        fix: "",
        action: Action::Alert,
        severity: Severity::Medium,
        concern: Concern::Abac,
        abac_relies_on_it: false,
        options: &[],
        governs: &[],
        consults: None,
        needs: &[],
        prevention: Prevention::None("no condition key exists"),
        example: "",
        check: |_, _| Ok(Outcome::Skip(String::new())),
        check_role: None,
        prevent: |_, _| Vec::new(),
        correcting_tags: None,
        hint: |_, _| None,
        without_effect: |_, _| None,
    };
}

impl Rule {
    /// Whether the rule judges calls of an operation.
    pub fn applies_to(&self, operation: &Operation) -> bool {
        self.governs.iter().any(|field| operation.has(*field))
    }

    /// What the rule says about a call.
    pub fn judge(&self, facts: &Facts, settings: &Settings) -> Outcome {
        if !self.applies_to(facts.operation) {
            return Outcome::Skip(format!("`{}` does not apply to {}", self.id, facts.operation.name));
        }
        (self.check)(facts, settings).unwrap_or_else(Outcome::Unknown)
    }

    /// What the rule says about a role by itself.
    pub fn judge_role(&self, role: &JudgedRole, settings: &Settings) -> Outcome {
        let mut findings = Findings::default();
        if let Some(check_role) = self.check_role {
            check_role(role, settings, &mut findings);
        }
        findings.outcome(format!("`{}` does not apply to this role", self.id))
    }

    /// What it says about the settings that every rule has.
    pub fn inherited(&self) -> Inherited {
        Inherited { action: self.action, severity: self.severity, abac_relies_on_it: self.abac_relies_on_it }
    }

    /// The operations whose calls the rule judges.
    pub fn operations(&self) -> Vec<&'static Operation> {
        Operation::all().filter(|operation| self.applies_to(operation)).collect()
    }

    /// All settings of the rule: its own options, then those that every rule has.
    pub fn settings(&'static self) -> impl Iterator<Item = &'static Spec> + Clone {
        self.options.iter().chain(&COMMON)
    }

    /// The rule's table in a policy file, with an example for each of its own options.
    pub fn example_table(&self) -> String {
        let options = self.options.iter().map(|option| format!("{} = {}\n", option.name, option.example));
        format!("[rules.{}]\n{}", self.id, options.collect::<String>())
    }

    /// What IAM is to deny to stop requests that violate the rule.
    pub fn denials(&self, settings: &Settings) -> Vec<Denial> {
        (self.prevent)(settings, &self.operations())
    }
}

/// A kind of look-up that a rule needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// The tags of the roles that the request passes.
    RoleTags,
    /// What these roles may do, with their tags and trust policies.
    RoleGrants,
    /// The trust policies of the roles that SageMaker assumes.
    RoleTrust,
    /// The models that the request names.
    Models,
    /// The endpoint configurations that the request uses, and everything that judging them needs.
    EndpointConfigs,
    /// The managers of the KMS keys that the request names.
    Keys,
    /// The tags of the existing resources that the call is about or names.
    ResourceTags,
    /// The tags of those among them whose tags the created resource has.
    InheritedTags,
}
