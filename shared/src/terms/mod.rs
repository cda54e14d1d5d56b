//! The terms that all layers share: what the policy file can choose from, patterns, money, and the mark.

mod cover;
mod pattern;
mod usd;

use std::fmt;

pub use cover::{Cuts, cover};
pub use pattern::Pattern;
pub use usd::Usd;

/// Names in backticks, in one line.
pub fn quoted(names: impl IntoIterator<Item = impl fmt::Display>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Key of the tag that marks a resource as violating the policy.
pub const MARK: &str = "tagwarden:violation";

/// Declares an enumeration of policy values with the names that the policy file gives them.
macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name { $($(#[$variant_doc])* $variant,)* }

        impl $name {
            /// All names, in ascending order.
            pub const NAMES: &'static [&'static str] = &[$($text,)*];

            /// The name in the policy file and in reports.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The value with this name, if there is one.
            pub fn named(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$variant),)* _ => None }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

named! {
    /// What a failed rule asks for, from the weakest to the strongest.
    Action {
        /// Alert the security team.
        Alert = "alert",
        /// Set a tag on the resource, and alert.
        Tag = "tag",
        /// Stop or delete the resource, and alert.
        Stop = "stop",
    }
}

named! {
    /// How severe a violation is.
    Severity {
        /// Worth knowing.
        Low = "low",
        /// Should be corrected.
        Medium = "medium",
        /// A guardrail failed.
        High = "high",
        /// Another team's data or money is at risk now.
        Critical = "critical",
    }
}

named! {
    /// Whether decisions are carried out.
    Mode {
        /// Decide and alert, but change nothing.
        Observe = "observe",
        /// Carry out the decision.
        Enforce = "enforce",
    }
}

named! {
    /// Whether the requests that a rule finds are denied beforehand.
    Prevent {
        /// They are not: they are only found afterwards.
        Off = "off",
        /// Service control policies deny them, as far as IAM can.
        Deny = "deny",
    }
}

named! {
    /// What to do if a fact that a rule needs cannot be read.
    OnUnknown {
        /// Alert the security team.
        Alert = "alert",
        /// Stop the resource, as for a violation.
        Stop = "stop",
    }
}

named! {
    /// Whether sessions carry the ABAC tag.
    SessionTags {
        /// They do not: the role's tag decides.
        None = "none",
        /// Some do: the role's tag decides if no tagged session is known.
        Optional = "optional",
        /// They all do: if the session's tags were not seen, the tag is unknown.
        Required = "required",
    }
}
