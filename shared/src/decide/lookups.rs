//! What has to be looked up before a call can be judged: only what the policy's rules need.

use std::collections::BTreeSet;

use crate::evidence::Evidence;
use crate::facts::{Caller, Facts};
use crate::operations::{Absence, Field, Operation};
use crate::policy::Policy;
use crate::record::{Call, arn, kms};
use crate::rules::Need;

/// Something to look up.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lookup {
    /// This IAM role or user: its unique id, its tags, and whom a role trusts.
    Principal(String),
    /// The same of this role, and what it may do.
    Grants(String),
    /// This model.
    Model(String),
    /// This endpoint configuration, with its tags.
    EndpointConfig(String),
    /// The KMS key with this ARN, which is the key's or an alias's.
    Key(String),
    /// The tags of the resources with these ARNs.
    ResourceTags(BTreeSet<String>),
}

impl Lookup {
    /// The resources whose tags it asks for, if it does.
    pub fn resource_tags(self) -> Option<BTreeSet<String>> {
        match self {
            Self::ResourceTags(arns) => Some(arns),
            _ => None,
        }
    }
}

/// The look-ups that a call to `operation` needs: always the caller's tags, and everything else if a rule that is on
/// needs it. What cannot be read from the request is not looked up. Neither are roles and users of other accounts: IAM
/// takes names, and would answer for this account's role of the same name. The rules then report that it is unknown.
pub fn lookups(call: &Call, operation: &'static Operation, policy: &Policy) -> BTreeSet<Lookup> {
    let nothing = Evidence::default();
    if !policy.covers(operation) {
        return BTreeSet::new();
    }
    let facts = Facts::of(call, operation, Caller::of(call, &nothing, policy.abac.session_tags), &nothing);
    let mut lookups = BTreeSet::new();
    if facts.caller.has_tags_to_look_up() {
        lookups.extend(
            facts.caller.arn.as_deref().filter(|arn| is_here(arn, call)).map(|arn| Lookup::Principal(arn.to_owned())),
        );
    }
    let names = |field| facts.all(field).filter_map(|found| found.text().ok()?).map(str::to_owned);
    let roles = |field| names(field).filter(|arn| is_here(arn, call));
    let all_roles = || roles(Field::ExecutionRole).chain(roles(Field::ServiceRole));
    for need in policy.rules(call, &facts.caller).flat_map(|(rule, _)| rule.needs) {
        match need {
            Need::RoleTags => lookups.extend(all_roles().map(Lookup::Principal)),
            Need::RoleGrants => lookups.extend(all_roles().map(Lookup::Grants)),
            Need::RoleTrust => lookups.extend(roles(Field::ExecutionRole).map(Lookup::Principal)),
            Need::Models => lookups.extend(names(Field::Model).map(Lookup::Model)),
            Need::EndpointConfigs => lookups.extend(names(Field::EndpointConfig).map(Lookup::EndpointConfig)),
            Need::ResourceTags | Need::InheritedTags => {}
            Need::Keys => {
                let keys = Field::KEYS.into_iter().flat_map(|field| facts.all(field));
                let arns = keys.filter_map(|found| Some(kms::arn(found.text().ok()??, call).into_owned()));
                // Aliases of AWS-managed keys need no look-up.
                lookups.extend(arns.filter(|arn| !kms::is_aws_managed_alias(arn)).map(Lookup::Key));
            }
        }
    }
    for arn in all_roles().filter(|arn| lookups.contains(&Lookup::Grants(arn.clone()))).collect::<Vec<_>>() {
        lookups.remove(&Lookup::Principal(arn));
    }
    lookups.extend(resource_tags(carriers(&facts, policy)));
    lookups
}

/// The look-ups that judging needs after the first ones: those for what an endpoint configuration names, and for the
/// tags of what the first ones found. Configurations do not use each other, so there are only these two steps.
pub fn further_lookups(
    call: &Call,
    operation: &'static Operation,
    policy: &Policy,
    evidence: &Evidence,
) -> BTreeSet<Lookup> {
    let facts = Facts::of(call, operation, Caller::of(call, evidence, policy.abac.session_tags), evidence);
    let mut further = BTreeSet::new();
    let mut tagged = carriers(&facts, policy);
    for (_, _, config) in facts.endpoint_configs(&policy.abac).into_iter().flatten() {
        config.as_created(call, |created, operation| {
            further.extend(lookups(created, operation, policy));
            tagged.extend(carriers(&Facts::of(created, operation, facts.caller.clone(), evidence), policy));
        });
    }
    further.retain(|lookup| !matches!(lookup, Lookup::ResourceTags(_)));
    if !further.is_empty() {
        further = &further - &lookups(call, operation, policy);
    }
    tagged.retain(|arn| !evidence.has_resource_tags(arn));
    further.extend(resource_tags(tagged));
    further
}

/// The ARNs that carry the tags that judging needs: of all resources that a call names, or only of those whose tags the
/// created resource has.
fn carriers(facts: &Facts, policy: &Policy) -> BTreeSet<String> {
    let is_needed = |need| policy.rules(facts.call, &facts.caller).any(|(rule, _)| rule.needs.contains(&need));
    let named = if is_needed(Need::ResourceTags) {
        facts.named_resources()
    } else if is_needed(Need::InheritedTags) {
        facts.tagged_like()
    } else {
        Vec::new()
    };
    named.into_iter().flatten().filter_map(|named| named.carrier.ok()).collect()
}

/// All of them are looked up at once.
fn resource_tags(arns: BTreeSet<String>) -> Option<Lookup> {
    (!arns.is_empty()).then_some(Lookup::ResourceTags(arns))
}

/// The resources whose history judging needs, by ARN: the one that the call tags or updates, the endpoint configurations that it
/// uses, and all that it names if a rule compares owners.
pub fn resources(call: &Call, operation: &'static Operation, policy: &Policy) -> BTreeSet<String> {
    let nothing = Evidence::default();
    let facts = Facts::of(call, operation, Caller::of(call, &nothing, policy.abac.session_tags), &nothing);
    let mut rules = policy.rules(call, &facts.caller);
    let uses_configs = rules.any(|(rule, _)| rule.needs.contains(&Need::EndpointConfigs));
    let configs = facts.all(Field::EndpointConfig).filter(|_| uses_configs).filter_map(|found| found.text().ok()?);
    let configs = configs.filter_map(|name| arn::of_sagemaker(call, "endpoint-config", name));
    let changes =
        operation.only_tags() || (operation.absence == Absence::Unchanged && operation.has(Field::EndpointConfig));
    let changed = operation.arn(call).filter(|_| changes).map(str::to_owned);
    configs.chain(changed).chain(carriers(&facts, policy)).collect()
}

/// Whether an IAM role or user belongs to the account that the call was made in.
fn is_here(arn: &str, call: &Call) -> bool {
    arn::account(arn) == call.account
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::EndpointConfig;
    use crate::record::json::Value;

    fn looked_up(rules: &str, request: &str) -> Vec<Lookup> {
        with_call("CreateEndpointConfig", rules, request, |call, operation, policy| {
            lookups(call, operation, policy).into_iter().collect()
        })
    }

    fn with_call<T>(
        name: &str,
        rules: &str,
        request: &str,
        then: impl FnOnce(&Call, &'static Operation, &Policy) -> T,
    ) -> T {
        let policy = Policy::parse(&format!("version = 1\n{rules}")).unwrap();
        let record = format!(
            r#"{{"eventSource":"sagemaker.amazonaws.com","eventName":"{name}","awsRegion":"eu-west-1",
            "eventTime":"2026-03-02T09:00:00Z","recipientAccountId":"111122223333","userIdentity":{{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/eve"}},
            "requestParameters":{request}}}"#
        );
        let record: Value = serde_json::from_str(&record).unwrap();
        then(&Call::read(&record).unwrap(), Operation::named(name).unwrap(), &policy)
    }

    #[test]
    fn what_a_configuration_names_is_looked_up_once_it_is_known() {
        let config = r#"{"kmsKeyId":"k","productionVariants":[{"modelName":"m"}],"endpointConfigName":"c"}"#;
        let rules = "[rules.noncompliant-endpoint-config]\n[rules.missing-vpc]\n[rules.unapproved-kms-key]";
        let request = r#"{"endpointName":"e","endpointConfigName":"c"}"#;
        with_call("UpdateEndpoint", rules, request, |call, operation, policy| {
            let eve = Lookup::Principal("arn:aws:iam::111122223333:user/eve".to_owned());
            let config_itself = Lookup::EndpointConfig("c".to_owned());
            assert_eq!(lookups(call, operation, policy), [eve, config_itself].into());
            let mut evidence = Evidence::default();
            assert_eq!(further_lookups(call, operation, policy, &evidence), [].into());
            let known =
                EndpointConfig { arn: None, request: serde_json::from_str(config).unwrap(), has_tags_of_today: false };
            evidence.endpoint_configs.add(call, "c", call.time().unwrap(), Ok(known));
            let key = Lookup::Key("arn:aws:kms:eu-west-1:111122223333:key/k".to_owned());
            let model = Lookup::Model("m".to_owned());
            assert_eq!(further_lookups(call, operation, policy, &evidence), [model, key].into());
        });
    }

    #[test]
    fn only_what_the_rules_ask_for_is_looked_up() {
        let request = r#"{"executionRoleArn":"arn:aws:iam::111122223333:role/r","kmsKeyId":"k",
            "productionVariants":[{"modelName":"m"},{"modelName":"m"},{"modelName":7}]}"#;
        let eve = Lookup::Principal("arn:aws:iam::111122223333:user/eve".to_owned());
        let role = || "arn:aws:iam::111122223333:role/r".to_owned();
        for (rules, expected) in [
            ("", vec![]),
            ("[rules.missing-vpc]", vec![Lookup::Model("m".to_owned())]),
            ("[rules.missing-vpc]\n[rules.network-isolation-off]", vec![Lookup::Model("m".to_owned())]),
            ("[rules.foreign-execution-role]", vec![Lookup::Principal(role())]),
            ("[rules.overprivileged-execution-role]", vec![Lookup::Grants(role())]),
            (
                "[rules.overprivileged-execution-role]\n[rules.foreign-execution-role]\n[rules.confused-deputy-trust]",
                vec![Lookup::Grants(role())],
            ),
            ("[rules.confused-deputy-trust]", vec![Lookup::Principal(role())]),
            ("[rules.unapproved-kms-key]", vec![Lookup::Key("arn:aws:kms:eu-west-1:111122223333:key/k".to_owned())]),
        ] {
            let mut expected = expected;
            expected.push(eve.clone());
            expected.sort();
            assert_eq!(looked_up(rules, request), expected, "{rules}");
        }
        assert_eq!(looked_up("[rules.missing-vpc]", "null"), std::slice::from_ref(&eve));
        assert_eq!(looked_up("[rules.noncompliant-endpoint-config]", request), std::slice::from_ref(&eve));
        let elsewhere = r#"{"executionRoleArn":"arn:aws:iam::999900001111:role/r"}"#;
        assert_eq!(looked_up("[rules.foreign-execution-role]", elsewhere), [eve]);
    }
}
