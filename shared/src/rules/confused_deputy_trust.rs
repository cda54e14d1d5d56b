//! Not only SageMaker in this account can assume the execution role.

use super::judged_role::SAGEMAKER;
use super::prelude::*;
use crate::grants::{
    Answer, Context, NamedPrincipal, NamedText, PolicyDocument, Request, Requester, assume_role, trusted,
};
use crate::record::arn;
use crate::terms::Pattern;

/// `confused-deputy-trust`
///
/// It asks the trust policy about requests of strangers: SageMaker on behalf of other accounts, which it takes from the policy's own
/// conditions, and everybody else whom the policy names, as the conditions want them to be. The policy's own organisation is no
/// stranger, unless `organizations` says which one it is.
pub const RULE: Rule = Rule {
    id: "confused-deputy-trust",
    fails_when: "the trust policy of a role passed to SageMaker lets SageMaker in on behalf of another account than the role's own, \
        or lets in anybody else, or does not let SageMaker in",
    why: "SageMaker assumes the role on behalf of an account. Unless the trust policy says which account, another \
        account's job may use the role. Any other principal that it trusts can assume the role and read its data \
        without a job.",
    fix: "trust `sagemaker.amazonaws.com` alone, under a condition on `aws:SourceAccount` or `aws:SourceArn`",
    action: Action::Alert,
    severity: Severity::Medium,
    concern: Concern::Protection,
    options: &[ACCOUNTS, ORGANIZATIONS],
    governs: &[Field::ExecutionRole],
    needs: &[Need::RoleTrust],
    prevention: Prevention::None("IAM sees which role is passed, but not which principals that role trusts"),
    example: r#"{"trainingJobName": "churn", "roleArn": "arn:aws:iam::111122223333:role/ml/atlas-train"}"#,
    check: |facts, settings| each_passed(facts, settings, &[Field::ExecutionRole], check_role),
    check_role: Some(check_role),
    ..Rule::DEFAULTS
};

const ACCOUNTS: Spec = Spec {
    name: "accounts",
    meaning: "further accounts on whose behalf SageMaker may assume the role",
    kind: Kind::Exceptions(|_| None),
    default: DefaultValue::Unset,
    example: "['111122223333']",
};

const ORGANIZATIONS: Spec = Spec {
    name: "organizations",
    meaning: "ids of the organisations on whose behalf SageMaker may assume the role; if it is not set, those that the trust \
        policy names",
    kind: Kind::Patterns(|pattern| super::outcome::needs_prefix(pattern, "o-")),
    default: DefaultValue::Unset,
    example: "['o-a1b2c3d4e5']",
};

/// Identifiers that no policy names.
const STRANGER: &str = "000000000000";
const STRANGE_ORGANIZATION: &str = "o-stranger00";

/// What assumes a role. Source: Service Authorization Reference, "AWS Security Token Service".
const ASSUMING: [&str; 3] = ["sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"];

fn check_role(role: &JudgedRole, settings: &Settings, findings: &mut Findings) {
    if !role.is_execution_role {
        return;
    }
    let Some(document) = findings.read(role.trust_policy()) else { return };
    let trust = Trust {
        document,
        role: role.arn,
        account: arn::account(role.arn).unwrap_or_default(),
        region: role.region,
        accounts: settings.patterns(&ACCOUNTS).unwrap_or_default(),
        organizations: settings.patterns(&ORGANIZATIONS),
    };
    findings.pass();
    let mut problems: Vec<String> = trust.others();
    problems.extend(trust.sagemaker_for_strangers());
    problems.dedup();
    for problem in problems {
        let expected = format!("`{SAGEMAKER}` alone, for this account");
        findings.fail(Violation::new(&role.path, problem, expected).actual(role.arn));
    }
    if trust.keeps_sagemaker_out() {
        let problem = "the role does not let SageMaker in, so what uses it fails";
        findings.fail(Violation::new(&role.path, problem, format!("`{SAGEMAKER}`, for this account")).actual(role.arn));
    }
}

/// The trust policy of a role.
struct Trust<'a> {
    document: &'a PolicyDocument,
    role: &'a str,
    account: &'a str,
    region: &'a str,
    accounts: &'a [Pattern<'static>],
    organizations: Option<&'a [Pattern<'static>]>,
}

impl Trust<'_> {
    fn lets_in(&self, requester: &Requester, action: &str, context: Context) -> Option<bool> {
        let request = Request { context, ..Request::new(action, self.role) };
        match assume_role(self.document, requester, &request) {
            Answer::Yes(_) => Some(true),
            Answer::No => Some(false),
            Answer::Perhaps(_) => None,
        }
    }

    /// SageMaker cannot assume the role even for its own account.
    fn keeps_sagemaker_out(&self) -> bool {
        let context = of_service(SAGEMAKER, self.account);
        self.lets_in(&Requester::Service(SAGEMAKER.to_owned()), "sts:AssumeRole", context) == Some(false)
    }

    /// What is wrong if SageMaker can assume the role on behalf of another account.
    fn sagemaker_for_strangers(&self) -> Option<String> {
        let sagemaker = Requester::Service(SAGEMAKER.to_owned());
        let is_let_in = |context: Context| self.lets_in(&sagemaker, "sts:AssumeRole", context) == Some(true);
        let any = "the role trusts SageMaker on behalf of any account";
        // `…IfExists` relies on a key that a request may lack.
        let keys = ["aws:SourceAccount", "aws:SourceArn", "aws:SourceOrgID", "aws:SourceOrgPaths"];
        if is_let_in(keys.into_iter().fold(of_service(SAGEMAKER, ""), Context::without)) {
            return Some(any.to_owned());
        }
        let (arns, organizations) = (self.document.values("aws:SourceArn"), self.strange_organizations());
        let mut accounts = self.strange_accounts(&arns).into_iter();
        let account = accounts.find(|account| {
            let sources = self.sources(&arns, account);
            let asked = sources.iter().flat_map(|source| organizations.iter().map(move |one| (source, one)));
            let mut contexts = asked.map(|(source, (organization, path))| {
                let context = of_service(SAGEMAKER, account).with("aws:SourceArn", source);
                context.with("aws:SourceOrgID", organization).with_values("aws:SourceOrgPaths", [path])
            });
            contexts.any(is_let_in)
        })?;
        Some(match account.as_str() {
            STRANGER => any.to_owned(),
            account => format!("the role trusts SageMaker on behalf of account `{account}`"),
        })
    }

    /// Accounts that are not the role's own: one that no policy names, and examples of those that the conditions do.
    fn strange_accounts(&self, arns: &[NamedText]) -> Vec<String> {
        let of_arns = arns.iter().filter_map(|arn| arn::account(&arn.example("*")).map(str::to_owned));
        let named = self.document.values("aws:SourceAccount").iter().map(account).chain(of_arns).collect::<Vec<_>>();
        let is_account = |text: &String| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
        let is_strange =
            |account: &String| account != self.account && !self.accounts.iter().any(|known| known.matches(account));
        [STRANGER.to_owned()].into_iter().chain(named).filter(is_account).filter(is_strange).collect()
    }

    /// Resources of an account on whose behalf SageMaker could ask: a job, and examples of those that the conditions name.
    fn sources(&self, arns: &[NamedText], account: &str) -> Vec<String> {
        let job = format!("arn:{}:sagemaker:{}:{account}:training-job/any", arn::partition(self.region), self.region);
        let named = arns.iter().filter_map(|arn| {
            let example = arn.example("any");
            let mut parts: Vec<_> = example.splitn(6, ':').collect();
            *parts.get_mut(4)? = account;
            Some(parts.join(":"))
        });
        [job].into_iter().chain(named).collect()
    }

    /// Organisations that are not the role's own, each with a path in it.
    fn strange_organizations(&self) -> Vec<(String, String)> {
        let ids = self.document.values("aws:SourceOrgID").into_iter().map(|id| id.example("any"));
        let paths = self.document.values("aws:SourceOrgPaths").into_iter().map(|path| path.example("any"));
        let named = ids.map(|id| (id.clone(), format!("{id}/r-any/"))).chain(
            paths.map(|path| (path.split('/').next().unwrap_or_default().to_owned(), path.clone())),
        );
        let is_strange =
            |id: &str| self.organizations.is_some_and(|known| !known.iter().any(|pattern| pattern.matches(id)));
        let stranger = (STRANGE_ORGANIZATION.to_owned(), format!("{STRANGE_ORGANIZATION}/r-any/"));
        [stranger].into_iter().chain(named.filter(|(id, _)| is_strange(id))).collect()
    }

    /// What is wrong with everybody whom the policy lets in besides SageMaker.
    fn others(&self) -> Vec<String> {
        let mut problems = Vec::new();
        for (principal, statement) in trusted(self.document) {
            let (requester, context, who) = match principal {
                NamedPrincipal::One(Requester::Service(service)) if service == SAGEMAKER => continue,
                NamedPrincipal::One(one) => {
                    let (context, name) = match one {
                        Requester::Service(service) => (of_service(service, self.account), service),
                        Requester::Aws(arn) => (of_principal().with("aws:PrincipalArn", arn), arn),
                        Requester::Federated(provider) => (of_principal(), provider),
                    };
                    (one.clone(), context, format!("`{name}`"))
                }
                NamedPrincipal::Account(account) => {
                    let who = match account == self.account {
                        true => "the principals of its own account".to_owned(),
                        false => format!("account `{account}`"),
                    };
                    (any_role(account), of_principal().with("aws:PrincipalAccount", account), who)
                }
                NamedPrincipal::Anyone => (any_role(STRANGER), of_principal(), "everybody (`*`)".to_owned()),
            };
            let context = with_account(statement.satisfied(context), &requester);
            if ASSUMING.iter().any(|action| self.lets_in(&requester, action, context.clone()) == Some(true)) {
                problems.push(format!("the role trusts {who}"));
            }
        }
        problems
    }
}

/// What is known of a request that a service makes on behalf of an account (IAM User Guide, "AWS global condition context keys").
fn of_service(service: &str, account: &str) -> Context {
    let context = Context::default().with("aws:PrincipalIsAWSService", "true").with("aws:PrincipalServiceName", service);
    let context = context.with_values("aws:PrincipalServiceNamesList", [service]).with("aws:SourceAccount", account);
    let missing = ["aws:PrincipalOrgID", "aws:PrincipalOrgPaths", "sts:ExternalId", "aws:MultiFactorAuthPresent"];
    missing.into_iter().fold(context, Context::without).complete("aws:PrincipalTag/").complete("aws:RequestTag/")
}

/// What is known of a request that a service does not make.
fn of_principal() -> Context {
    let missing = ["aws:PrincipalServiceName", "aws:PrincipalServiceNamesList", "aws:SourceAccount", "aws:SourceArn"];
    missing.into_iter().fold(Context::default().with("aws:PrincipalIsAWSService", "false"), Context::without)
}

/// The same, with the account and the ARN of a role or user, where the context does not say others.
fn with_account(context: Context, requester: &Requester) -> Context {
    match requester {
        Requester::Aws(arn) => {
            let context = context.with_default("aws:PrincipalArn", arn);
            arn::account(arn).into_iter().fold(context, |context, one| context.with_default("aws:PrincipalAccount", one))
        }
        Requester::Service(_) | Requester::Federated(_) => context,
    }
}

fn any_role(account: &str) -> Requester {
    Requester::Aws(format!("arn:aws:iam::{account}:role/any"))
}

/// An account that matches.
fn account(pattern: &NamedText) -> String {
    const DIGITS: usize = 12;
    pattern.example(&"0".repeat(DIGITS.saturating_sub(pattern.shortest())))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{EXECUTION_ROLE, document};
    use super::*;
    use crate::evidence::IamEntity;

    fn with_trust(statements: &str) -> Case {
        let role = IamEntity { trust_policy: Ok(document(statements)), ..IamEntity::default() };
        Case::training(&format!(r#"{{"roleArn":"{EXECUTION_ROLE}"}}"#)).role(role)
    }

    /// What is wrong with a trust policy; empty if nothing is.
    fn wrong(case: Case) -> String {
        match case.outcome(&RULE) {
            Outcome::Pass => String::new(),
            Outcome::Fail(violations) => {
                violations.into_iter().map(|violation| violation.message).collect::<Vec<_>>().join("; ")
            }
            other => format!("{other:?}"),
        }
    }

    fn allow(principal: &str, condition: &str) -> String {
        let condition = if condition.is_empty() { String::new() } else { format!(r#","Condition":{{{condition}}}"#) };
        format!(r#"{{"Effect":"Allow","Principal":{principal},"Action":"sts:AssumeRole"{condition}}}"#)
    }

    const SAGEMAKER: &str = r#"{"Service":"sagemaker.amazonaws.com"}"#;
    const OWN: &str = r#""StringEquals":{"aws:SourceAccount":"111122223333"}"#;
    const ANY: &str = "the role trusts SageMaker on behalf of any account";

    #[test]
    fn sagemaker_is_let_in_for_the_roles_own_account() {
        let other = "the role trusts SageMaker on behalf of account `444455556666`";
        for (condition, expected) in [
            (OWN, ""),
            (r#""StringEquals":{"aws:sourceaccount":["111122223333"]}"#, ""),
            (r#""StringLike":{"aws:SourceAccount":"111122223333"}"#, ""),
            (r#""ArnLike":{"aws:SourceArn":"arn:aws:sagemaker:*:111122223333:*"}"#, ""),
            (r#""ArnEquals":{"aws:SourceArn":"arn:aws:sagemaker:eu-west-1:111122223333:notebook-instance/*"}"#, ""),
            (r#""StringLike":{"aws:SourceArn":"arn:aws:sagemaker:*:111122223333:*"}"#, ""),
            (r#""StringEquals":{"aws:SourceOrgID":"o-a1b2c3d4e5"}"#, ""),
            (r#""ForAnyValue:StringLike":{"aws:SourceOrgPaths":"o-a1b2c3d4e5/*"}"#, ""),
            ("", ANY),
            (r#""StringLike":{"aws:SourceAccount":"*"}"#, ANY),
            (r#""StringLike":{"aws:SourceAccount":"1*"}"#, "the role trusts SageMaker on behalf of account `100000000000`"),
            (r#""StringEqualsIfExists":{"aws:SourceAccount":"111122223333"}"#, ANY),
            (r#""ArnLike":{"aws:SourceArn":"arn:aws:sagemaker:*:*:*"}"#, ANY),
            (r#""ArnLike":{"aws:SourceArn":"arn:aws:sagemaker:*:444455556666:training-job/x"}"#, other),
            (r#""StringEquals":{"aws:SourceAccount":["111122223333","444455556666"]}"#, other),
            (r#""StringNotEquals":{"aws:SourceAccount":"444455556666"}"#, ANY),
            (r#""StringLike":{"aws:SourceOrgID":"o-*"}"#, ANY),
            (r#""StringEquals":{"aws:PrincipalServiceName":"sagemaker.amazonaws.com"}"#, ANY),
        ] {
            assert_eq!(wrong(with_trust(&allow(SAGEMAKER, condition))), expected, "{condition}");
        }
        let foreign = allow(SAGEMAKER, r#""StringEquals":{"aws:SourceAccount":"444455556666"}"#);
        let keeps_out = "the role does not let SageMaker in, so what uses it fails";
        assert_eq!(wrong(with_trust(&foreign)), format!("{other}; {keeps_out}"));
        let pattern = allow(SAGEMAKER, "").replace("sts:AssumeRole", "sts:A*Role");
        assert_eq!(wrong(with_trust(&pattern)), ANY);
        let tags = allow(SAGEMAKER, "").replace("sts:AssumeRole", "sts:TagSession");
        assert_eq!(wrong(with_trust(&format!("[{},{tags}]", allow(SAGEMAKER, OWN)))), "");
        assert_eq!(wrong(with_trust(&tags)), keeps_out);
    }

    #[test]
    fn a_deny_keeps_strangers_out() {
        let deny = |condition: &str| allow(SAGEMAKER, condition).replace("Allow", "Deny");
        let both = |condition: &str| wrong(with_trust(&format!("[{},{}]", allow(SAGEMAKER, ""), deny(condition))));
        assert_eq!(both(r#""StringNotEquals":{"aws:SourceAccount":"111122223333"}"#), "");
        assert_eq!(both(r#""StringNotEqualsIfExists":{"aws:SourceAccount":"111122223333"}"#), "");
        assert_eq!(both(r#""StringEquals":{"aws:SourceAccount":"444455556666"}"#), ANY);
    }

    #[test]
    fn nobody_else_is_let_in() {
        let sagemaker = allow(SAGEMAKER, OWN);
        for (principal, condition, expected) in [
            (r#"{"Service":["sagemaker.amazonaws.com","lambda.amazonaws.com"]}"#, OWN, "the role trusts `lambda.amazonaws.com`"),
            (r#"{"AWS":"arn:aws:iam::444455556666:root"}"#, "", "the role trusts account `444455556666`"),
            (r#"{"AWS":"arn:aws:iam::444455556666:role/x"}"#, r#""StringEquals":{"sts:ExternalId":"x"}"#, "the role trusts `arn:aws:iam::444455556666:role/x`"),
            (r#"{"AWS":"111122223333"}"#, r#""StringEquals":{"aws:PrincipalTag/Persona":"mlops"}"#, "the role trusts the principals of its own account"),
            (r#"{"AWS":"*"}"#, r#""StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}"#, "the role trusts everybody (`*`)"),
            (r#"{"Federated":"arn:aws:iam::111122223333:saml-provider/x"}"#, "", "the role trusts `arn:aws:iam::111122223333:saml-provider/x`"),
        ] {
            let statements = format!("[{sagemaker},{}]", allow(principal, condition));
            assert_eq!(wrong(with_trust(&statements)), expected, "{principal}");
        }
        let not = format!("[{sagemaker},{}]", allow(r#"{"AWS":"1"}"#, OWN).replace("Principal", "NotPrincipal"));
        assert_eq!(wrong(with_trust(&not)), "", "everybody else lacks `aws:SourceAccount`");
        let denied = r#"{"Effect":"Deny","Principal":"*","Action":"sts:*","Condition":{"Bool":{"aws:PrincipalIsAWSService":"false"}}}"#;
        let root = allow(r#"{"AWS":"111122223333"}"#, "");
        assert_eq!(wrong(with_trust(&format!("[{sagemaker},{root},{denied}]"))), "");
    }

    #[test]
    fn the_policy_may_trust_more_accounts_and_fewer_organisations() {
        let accounts = allow(SAGEMAKER, r#""StringEquals":{"aws:SourceAccount":["111122223333","444455556666"]}"#);
        assert_eq!(wrong(with_trust(&accounts).policy("accounts = ['444455556666']")), "");
        let organization = allow(SAGEMAKER, r#""StringEquals":{"aws:SourceOrgID":"o-a1b2c3d4e5"}"#);
        assert_eq!(wrong(with_trust(&organization).policy("organizations = ['o-a1b2c3d4e5']")), "");
        assert_eq!(wrong(with_trust(&organization).policy("organizations = ['o-another']")), ANY);
    }

    #[test]
    fn a_trust_policy_that_was_not_looked_up_is_unknown() {
        let case = || Case::training(&format!(r#"{{"roleArn":"{EXECUTION_ROLE}"}}"#));
        assert_eq!(case().says(&RULE), "unknown roleArn");
        assert_eq!(case().role(IamEntity::default()).says(&RULE), "unknown roleArn");
    }
}
