//! The tables of a policy file that are not about a rule. The same descriptions read the file and make its schema.

use super::{DefaultValue, Kind, Spec};
use crate::terms::{Mode, OnUnknown, SessionTags};

/// What a table holds that need not be set.
const OPTIONAL: Spec = Spec { name: "", meaning: "", kind: Kind::Texts, default: DefaultValue::Unset, example: "[]" };

/// What a table must hold.
const REQUIRED: Spec = Spec { default: DefaultValue::Required, ..OPTIONAL };

/// The `[abac]` table.
pub mod abac {
    use super::*;

    /// `tag`
    pub const TAG: Spec = Spec {
        name: "tag",
        meaning: "key of the tag that must be the same on the principal and on what it creates",
        kind: Kind::Text,
        default: DefaultValue::Text("Project"),
        example: "'Project'",
    };

    /// `persona-tag`
    pub const PERSONA_TAG: Spec = Spec {
        name: "persona-tag",
        meaning: "key of the principal tag that names the principal's function",
        kind: Kind::Text,
        default: DefaultValue::Text("Persona"),
        example: "'Persona'",
    };

    /// `projects`
    pub const PROJECTS: Spec = Spec { name: "projects", meaning: "the projects that exist", ..OPTIONAL };

    /// `session-tags`
    pub const SESSION_TAGS: Spec = Spec {
        name: "session-tags",
        meaning: "whether sessions carry the tag",
        kind: Kind::Choice(SessionTags::NAMES),
        default: DefaultValue::Choice("optional"),
        example: "'optional'",
    };

    /// `shared`
    pub const SHARED: Spec = Spec {
        name: "shared",
        meaning: "projects whose resources everybody may use, but not change",
        kind: Kind::Projects,
        ..OPTIONAL
    };

    /// `administrators`
    pub const ADMINISTRATORS: Spec = Spec {
        name: "administrators",
        meaning: "roles and users that may change the tags of existing resources and remove Tagwarden's mark",
        kind: Kind::Principals,
        ..OPTIONAL
    };

    /// All of them.
    pub const ALL: &[Spec] = &[TAG, PERSONA_TAG, PROJECTS, SESSION_TAGS, SHARED, ADMINISTRATORS];
}

/// The `[defaults]` table.
pub mod defaults {
    use super::*;

    /// `mode`
    pub const MODE: Spec = Spec {
        name: "mode",
        meaning: "`observe` decides and alerts, but changes nothing",
        kind: Kind::Choice(Mode::NAMES),
        default: DefaultValue::Choice("enforce"),
        example: "'enforce'",
    };

    /// `on-unknown`
    pub const ON_UNKNOWN: Spec = Spec {
        name: "on-unknown",
        meaning: "what happens if a fact that a rule needs cannot be read",
        kind: Kind::Choice(OnUnknown::NAMES),
        default: DefaultValue::Choice("alert"),
        example: "'alert'",
    };

    /// All of them.
    pub const ALL: &[Spec] = &[MODE, ON_UNKNOWN];
}

/// The `[limits]` table.
pub mod limits {
    use super::*;

    /// `stops-per-hour`
    pub const STOPS_PER_HOUR: Spec = Spec {
        name: "stops-per-hour",
        meaning: "how many resources may be stopped in an hour, in an account and region",
        kind: Kind::Limit,
        default: DefaultValue::Unset,
        example: "25",
    };

    /// All of them.
    pub const ALL: &[Spec] = &[STOPS_PER_HOUR];
}

/// A `[tags.KEY]` table.
pub mod tag {
    use super::*;

    /// `required`
    pub const REQUIRED: Spec = Spec {
        name: "required",
        meaning: "whether the tag must be on what is created",
        kind: Kind::Flag,
        default: DefaultValue::Unset,
        example: "true",
    };

    /// `match`
    pub const MATCH: Spec = Spec {
        name: "match",
        meaning: "`principal`: the tag must equal the caller's tag of that key",
        kind: Kind::Choice(&[PRINCIPAL]),
        default: DefaultValue::Unset,
        example: "'principal'",
    };

    /// `values`
    pub const VALUES: Spec = Spec {
        name: "values",
        meaning: "the values that the tag may have",
        kind: Kind::Patterns(|_| None),
        default: DefaultValue::Unset,
        example: "['CC-*']",
    };

    /// `default`
    pub const DEFAULT: Spec = Spec {
        name: "default",
        meaning: "what the action `tag` sets where the tag is missing: `principal` for the caller's value, or a value",
        kind: Kind::Text,
        default: DefaultValue::Unset,
        example: "'principal'",
    };

    /// `operations`
    pub const OPERATIONS: Spec = Spec {
        name: "operations",
        meaning: "the operations to which this applies: all that take tags, if left out",
        kind: Kind::Operations,
        ..OPTIONAL
    };

    /// All of them.
    pub const ALL: &[Spec] = &[REQUIRED, MATCH, VALUES, DEFAULT, OPERATIONS];

    /// The name of the caller, for `match` and `default`.
    pub const PRINCIPAL: &str = "principal";
}

/// A `[personas.NAME]` table.
pub mod persona {
    use super::*;

    /// `operations`
    pub const OPERATIONS: Spec = Spec {
        name: "operations",
        meaning: "list the SageMaker operations that it may call",
        kind: Kind::Operations,
        ..REQUIRED
    };

    /// All of them.
    pub const ALL: &[Spec] = &[OPERATIONS];
}

/// The `when` of an `[[overrides]]` table.
pub mod when {
    use super::*;

    /// `projects`
    pub const PROJECTS: Spec = Spec { name: "projects", meaning: "values of the caller's ABAC tag", ..OPTIONAL };

    /// `personas`
    pub const PERSONAS: Spec = Spec { name: "personas", meaning: "values of the caller's persona tag", ..OPTIONAL };

    /// `tags`
    pub const TAGS: Spec = Spec {
        name: "tags",
        meaning: "values of other tags of the caller, by key",
        kind: Kind::Lists,
        example: "{ Environment = ['prod'] }",
        ..OPTIONAL
    };

    /// `accounts`
    pub const ACCOUNTS: Spec =
        Spec { name: "accounts", meaning: "accounts in which the call is made", kind: Kind::Accounts, ..OPTIONAL };

    /// `principals`
    pub const PRINCIPALS: Spec =
        Spec { name: "principals", meaning: "ARNs of the caller's role or user, or patterns of them", ..OPTIONAL };

    /// `operations`
    pub const OPERATIONS: Spec =
        Spec { name: "operations", meaning: "names of the call", kind: Kind::Operations, ..OPTIONAL };

    /// All of them.
    pub const ALL: &[Spec] = &[PROJECTS, PERSONAS, TAGS, ACCOUNTS, PRINCIPALS, OPERATIONS];
}

/// An `[[exemptions]]` table.
pub mod exemption {
    use super::*;

    /// `principals`
    pub const PRINCIPALS: Spec =
        Spec { name: "principals", meaning: "say which principals it exempts", kind: Kind::SomeTexts, ..REQUIRED };

    /// `rules`
    pub const RULES: Spec = Spec { name: "rules", meaning: "say which rules it covers", kind: Kind::Rules, ..REQUIRED };

    /// `until`
    pub const UNTIL: Spec = Spec {
        name: "until",
        meaning: "give its last day, such as `until = 2027-01-31`",
        kind: Kind::Date,
        example: "2027-01-31",
        ..REQUIRED
    };

    /// `reason`
    pub const REASON: Spec =
        Spec { name: "reason", meaning: "say why it is granted", kind: Kind::Text, example: "''", ..REQUIRED };

    /// `owner`
    pub const OWNER: Spec =
        Spec { name: "owner", meaning: "say who is responsible for it", kind: Kind::Text, example: "''", ..REQUIRED };

    /// All of them.
    pub const ALL: &[Spec] = &[PRINCIPALS, RULES, UNTIL, REASON, OWNER];
}
