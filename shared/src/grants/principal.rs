//! Principals of trust policies.
//!
//! Source: IAM User Guide, "AWS JSON policy elements: Principal" and "NotPrincipal".

use std::fmt;

use serde_json::Value;

use super::shapes::one_or_many;
use crate::record::arn;

/// Who asks to assume a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Requester {
    /// An AWS service, such as `sagemaker.amazonaws.com`.
    Service(String),
    /// A role or user, by ARN.
    Aws(String),
    /// Somebody whom an identity provider knows.
    Federated(String),
}

/// `Principal` or `NotPrincipal`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Principals {
    pub these: Vec<NamedPrincipal>,
    pub all_but: bool,
}

/// Who is named in a trust policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamedPrincipal {
    /// `*`
    Anyone,
    /// An account, with all of its principals: its number.
    Account(String),
    /// One principal.
    One(Requester),
}

impl Principals {
    /// Those of a statement, if it has some.
    pub fn read(statement: &Value) -> Result<Option<Self>, String> {
        let (name, value, all_but) = match (statement.get("Principal"), statement.get("NotPrincipal")) {
            (Some(value), None) => ("Principal", value, false),
            (None, Some(value)) => ("NotPrincipal", value, true),
            (None, None) => return Ok(None),
            (Some(_), Some(_)) => return Err("it has both `Principal` and `NotPrincipal`".to_owned()),
        };
        let these = match value {
            Value::String(anyone) if anyone == "*" => vec![NamedPrincipal::Anyone],
            Value::Object(kinds) => {
                let named =
                    kinds.iter().flat_map(|(kind, names)| one_or_many(names).iter().map(move |one| (kind, one)));
                let read = |(kind, one): (&String, &Value)| {
                    one.as_str()
                        .map(|one| NamedPrincipal::read(kind, one))
                        .ok_or_else(|| format!("`{name}` is not text"))
                };
                named.map(read).collect::<Result<_, _>>()?
            }
            _ => return Err(format!("`{name}` is neither `*` nor an object")),
        };
        Ok(Some(Self { these, all_but }))
    }

    pub fn cover(&self, requester: &Requester) -> bool {
        self.these.iter().any(|named| named.covers(requester)) != self.all_but
    }
}

impl NamedPrincipal {
    fn read(kind: &str, name: &str) -> Self {
        let is_account = |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
        match kind {
            "Service" => Self::One(Requester::Service(name.to_owned())),
            "AWS" if name == "*" => Self::Anyone,
            "AWS" if is_account(name) => Self::Account(name.to_owned()),
            "AWS" => match arn::account(name) {
                Some(account) if name.ends_with(":root") => Self::Account(account.to_owned()),
                _ => Self::One(Requester::Aws(name.to_owned())),
            },
            _ => Self::One(Requester::Federated(name.to_owned())),
        }
    }

    fn covers(&self, requester: &Requester) -> bool {
        match (self, requester) {
            (Self::Anyone, _) => true,
            (Self::Account(account), Requester::Aws(arn)) => arn::account(arn) == Some(account),
            (Self::Account(_), _) => false,
            (Self::One(one), requester) => one == requester,
        }
    }
}

/// As a policy names it; an account by its number.
impl fmt::Display for NamedPrincipal {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Self::Anyone => "*",
            Self::Account(name)
            | Self::One(Requester::Service(name) | Requester::Aws(name) | Requester::Federated(name)) => name,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_stands_for_its_principals() {
        let role = || Requester::Aws("arn:aws:iam::111122223333:role/ml/x".to_owned());
        let sagemaker = || Requester::Service("sagemaker.amazonaws.com".to_owned());
        for (principal, requester, expected) in [
            (r#"{"AWS":"111122223333"}"#, role(), true),
            (r#"{"AWS":["arn:aws:iam::111122223333:root"]}"#, role(), true),
            (r#"{"AWS":"arn:aws:iam::444455556666:root"}"#, role(), false),
            (r#"{"AWS":"arn:aws:iam::111122223333:role/ml/x"}"#, role(), true),
            (r#"{"AWS":"*"}"#, sagemaker(), true),
            (r#""*""#, role(), true),
            (r#"{"Service":["ec2.amazonaws.com","sagemaker.amazonaws.com"]}"#, sagemaker(), true),
            (r#"{"AWS":"111122223333"}"#, sagemaker(), false),
        ] {
            let read = |name: &str| {
                let statement = format!(r#"{{"{name}":{principal}}}"#);
                Principals::read(&serde_json::from_str(&statement).unwrap()).unwrap().unwrap()
            };
            assert_eq!(read("Principal").cover(&requester), expected, "{principal}");
            assert_eq!(read("NotPrincipal").cover(&requester), !expected, "all but {principal}");
        }
    }
}
