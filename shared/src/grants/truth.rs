//! Whether something holds, if not everything is known.

use std::collections::BTreeSet;

/// Whether something holds for a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Truth {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// It depends on these condition keys, whose values are not known.
    Perhaps(BTreeSet<String>),
}

impl Truth {
    pub(super) fn perhaps(key: &str) -> Self {
        Self::Perhaps(BTreeSet::from([key.to_owned()]))
    }

    pub(super) fn negated(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            perhaps => perhaps,
        }
    }

    pub(super) fn negated_if(self, negated: bool) -> Self {
        if negated { self.negated() } else { self }
    }

    /// Whether both hold. The second is asked for only if it matters.
    pub(super) fn and(self, other: impl FnOnce() -> Self) -> Self {
        match self {
            Self::Yes => other(),
            Self::No => Self::No,
            Self::Perhaps(mut keys) => match other() {
                Self::Yes => Self::Perhaps(keys),
                Self::No => Self::No,
                Self::Perhaps(more) => {
                    keys.extend(more);
                    Self::Perhaps(keys)
                }
            },
        }
    }

    /// Whether all of them hold.
    pub(super) fn all(truths: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Self::Yes;
        for truth in truths {
            all = all.and(|| truth);
            if all == Self::No {
                break;
            }
        }
        all
    }

    /// Whether any of them holds.
    pub(super) fn any(truths: impl IntoIterator<Item = Self>) -> Self {
        Self::all(truths.into_iter().map(Self::negated)).negated()
    }
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_decides_where_it_can() {
        let unknown = || Truth::perhaps("k");
        assert_eq!(Truth::all([Truth::Yes, unknown(), Truth::No]), Truth::No);
        assert_eq!(Truth::any([Truth::No, unknown(), Truth::Yes]), Truth::Yes);
        assert_eq!(Truth::all([Truth::Yes, unknown()]), unknown());
        assert_eq!(Truth::any([Truth::No, unknown()]), unknown());
        assert_eq!((Truth::all([]), Truth::any([])), (Truth::Yes, Truth::No));
        let both = Truth::Perhaps(["j", "k"].map(str::to_owned).into());
        assert_eq!(Truth::all([unknown(), Truth::perhaps("j")]), both);
    }
}
