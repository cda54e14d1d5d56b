//! A helper for the tests of all rules: a call, what is known about it, and a short form of what a rule says.

use crate::evidence::{AttachedPolicy, EndpointConfig, Evidence, GrantSources, IamEntity, Key, Model, TagChange};
use crate::facts::{Caller, Facts};
use crate::grants::PolicyDocument;
use crate::operations::Operation;
use crate::policy::Policy;
use crate::record::Call;
use crate::record::json::Value;
use crate::rules::{Outcome, Rule};
use crate::settings::Settings;
use crate::terms::SessionTags;

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const CALLER: &str = "arn:aws:iam::111122223333:role/DataScientist";
pub(crate) const EXECUTION_ROLE: &str = "arn:aws:iam::111122223333:role/ml/atlas-train";

/// Further tags of an organisation, in a policy file.
pub(crate) const FOUR_TAGS: &str = "
[tags.CostCenter]
required = true
match = 'principal'
values = ['CC-*']
default = 'principal'
[tags.Environment]
required = true
values = ['dev', 'prod']
default = 'dev'
[tags.Owner]
required = true
[tags.DataClassification]
match = 'principal'
";

/// A call by the role [`CALLER`] in eu-west-1.
pub(crate) struct Case {
    operation: &'static str,
    caller: &'static str,
    request: String,
    evidence: Evidence,
    models: Vec<(String, Model)>,
    endpoint_configs: Vec<(String, EndpointConfig)>,
    policy: String,
}

impl Case {
    pub(crate) fn of(operation: &'static str, request: &str) -> Self {
        Self {
            operation,
            caller: CALLER,
            request: request.to_owned(),
            evidence: Evidence::new(""),
            models: Vec::new(),
            endpoint_configs: Vec::new(),
            policy: String::new(),
        }
    }

    pub(crate) fn training(request: &str) -> Self {
        Self::of("CreateTrainingJob", request)
    }

    pub(crate) fn endpoint_config(request: &str) -> Self {
        Self::of("CreateEndpointConfig", request)
    }

    /// The caller is the role of automatic scaling.
    pub(crate) fn by_service_linked_role(self) -> Self {
        let path = "aws-service-role/sagemaker.application-autoscaling.amazonaws.com";
        let name = "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint";
        Self { caller: format!("arn:aws:iam::{ACCOUNT}:role/{path}/{name}").leak(), ..self }
    }

    /// The caller's tags are known to be these.
    pub(crate) fn caller(mut self, tags: &[(&str, &str)]) -> Self {
        self.evidence.principal_mut(CALLER).tags = Ok(tags.iter().copied().collect());
        self
    }

    /// The tags of the user of this name are known to be these.
    pub(crate) fn user(mut self, name: &str, tags: &[(&str, &str)]) -> Self {
        let arn = format!("arn:aws:iam::{ACCOUNT}:user/{name}");
        self.evidence.principal_mut(&arn).tags = Ok(tags.iter().copied().collect());
        self
    }

    /// The execution role is known to be this.
    pub(crate) fn role(mut self, role: IamEntity) -> Self {
        *self.evidence.principal_mut(EXECUTION_ROLE) = role;
        self
    }

    pub(crate) fn role_tags(mut self, tags: &[(&str, &str)]) -> Self {
        self.evidence.principal_mut(EXECUTION_ROLE).tags = Ok(tags.iter().copied().collect());
        self
    }

    /// The execution role has this statement, or list of statements, as an inline policy.
    pub(crate) fn inline(mut self, statements: &str) -> Self {
        self.grants().inline.push(("inline".to_owned(), Ok(document(statements))));
        self
    }

    /// The execution role has a managed policy of the account with this statement.
    pub(crate) fn managed(mut self, name: &str, statements: &str) -> Self {
        let arn = format!("arn:aws:iam::{ACCOUNT}:policy/{name}");
        self.evidence.add_managed_policy(&arn, Ok(document(statements)));
        self.grants().attached.push(AttachedPolicy { name: name.to_owned(), arn });
        self
    }

    /// The execution role has these managed policies of AWS, whose documents are not known.
    pub(crate) fn attached(mut self, names: &[&str]) -> Self {
        let arn =
            |name: &&str| AttachedPolicy { name: (*name).to_owned(), arn: format!("arn:aws:iam::aws:policy/{name}") };
        self.grants().attached.extend(names.iter().map(arn));
        self
    }

    /// The permissions boundary of the execution role has this statement.
    pub(crate) fn boundary(mut self, statements: &str) -> Self {
        let arn = format!("arn:aws:iam::{ACCOUNT}:policy/Boundary");
        self.evidence.add_managed_policy(&arn, Ok(document(statements)));
        self.grants().boundary = Some(arn);
        self
    }

    /// What grants permissions to the execution role.
    fn grants(&mut self) -> &mut GrantSources {
        let role = self.evidence.principal_mut(EXECUTION_ROLE);
        if role.grants.is_err() {
            role.grants = Ok(GrantSources::default());
        }
        role.grants.as_mut().expect("it was set")
    }

    pub(crate) fn model(mut self, name: &str, network_isolation: bool, subnets: &[&str]) -> Self {
        let subnets: Vec<String> = subnets.iter().map(|&subnet| subnet.to_owned()).collect();
        // One security group for each subnet, with the same number.
        let security_groups = subnets.iter().map(|subnet| subnet.replace("subnet", "sg")).collect();
        self.models.push((name.to_owned(), Model { network_isolation, subnets, security_groups }));
        self
    }

    /// The endpoint configuration `name` is known to have been created by this request.
    pub(crate) fn endpoint_config_named(self, name: &str, request: &str) -> Self {
        let request = serde_json::from_str(request).expect(request);
        self.config(name, EndpointConfig { arn: None, request, has_tags_of_today: false })
    }

    /// The endpoint configuration `name` is known to be this one.
    pub(crate) fn config(mut self, name: &str, config: EndpointConfig) -> Self {
        self.endpoint_configs.retain(|(known, _)| known != name);
        self.endpoint_configs.push((name.to_owned(), config));
        self
    }

    /// This record was read as well.
    pub(crate) fn record(mut self, record: &str) -> Self {
        let record: Value = serde_json::from_str(record).expect(record);
        self.evidence.learn(&Call::read(&record).unwrap());
        self
    }

    /// A ledger says that this happened.
    pub(crate) fn ledger(mut self, change: Option<TagChange>) -> Self {
        self.evidence.tag_history.add(change.expect("an ARN"));
        self
    }

    /// An hour of such an instance has this list price in the region of the call.
    pub(crate) fn price(mut self, usage: &str, instance_type: &str, usd: &str) -> Self {
        let product = format!(
            r#"{{"product":{{"attributes":{{"regionCode":"eu-west-1","usagetype":"EU-{usage}:{instance_type}"}}}},
            "terms":{{"OnDemand":{{"o":{{"priceDimensions":{{"d":{{"unit":"Hrs","pricePerUnit":{{"USD":"{usd}"}}}}}}}}}}}}}}"#
        );
        assert_eq!(self.evidence.prices.add_list(&product), Vec::<String>::new());
        self
    }

    pub(crate) fn key(mut self, arn: &str, key: Key) -> Self {
        self.evidence.add_key(arn, Ok(key));
        self
    }

    /// A file says that the resource `arn` has this project, or none if that is empty.
    pub(crate) fn owned(mut self, arn: &str, project: &str) -> Self {
        let page = format!(
            r#"{{"ResourceTagMappingList":[{{"ResourceARN":"{arn}","Tags":[{{"Key":"Project","Value":"{project}"}}]}}]}}"#
        );
        self.evidence.add_page(&serde_json::from_str(&page).expect(&page));
        self
    }

    /// The resource `arn` has this project today.
    pub(crate) fn owned_today(mut self, arn: &str, project: &str) -> Self {
        self.evidence.add_resource_tags(arn, Ok([("Project", project)].into_iter().collect()));
        self
    }

    /// The tags of the resource `arn` could not be looked up.
    pub(crate) fn not_owned(mut self, arn: &str) -> Self {
        self.evidence.add_resource_tags(arn, Err("no permission".to_owned()));
        self
    }

    /// Adds lines to the policy file, behind the head of the rule's table.
    pub(crate) fn policy(mut self, lines: &str) -> Self {
        self.policy.push_str(lines);
        self
    }

    /// What the rule says: `pass`, `skip`, `fail` with the paths, or `unknown` with the path.
    pub(crate) fn says(self, rule: &'static Rule) -> String {
        summary(&self.outcome(rule))
    }

    pub(crate) fn outcome(self, rule: &'static Rule) -> Outcome {
        self.with_facts(rule, |facts, settings, _| rule.judge(facts, settings))
    }

    /// Calls `then` with the facts of the call, the rule's settings and the policy.
    pub(crate) fn with_facts<T>(
        mut self,
        rule: &'static Rule,
        then: impl FnOnce(&Facts, &Settings, &Policy) -> T,
    ) -> T {
        let policy = format!("version = 1\n[rules.{}]\n{}", rule.id, self.policy);
        let policy = Policy::parse(&policy).expect(&policy);
        let record = format!(
            r#"{{"eventSource":"sagemaker.amazonaws.com","eventName":"{}","eventTime":"2026-03-02T09:00:00Z",
            "awsRegion":"eu-west-1","recipientAccountId":"{ACCOUNT}",
            "userIdentity":{{"type":"AssumedRole","sessionContext":{{"sessionIssuer":{{"arn":"{}"}}}}}},
            "requestParameters":{}}}"#,
            self.operation, self.caller, self.request
        );
        let record: Value = serde_json::from_str(&record).expect(&record);
        let call = Call::read(&record).unwrap();
        for (name, model) in self.models {
            self.evidence.models.add(&call, &name, call.time().unwrap(), Ok(model));
        }
        for (name, config) in self.endpoint_configs {
            self.evidence.endpoint_configs.add(&call, &name, call.time().unwrap(), Ok(config));
        }
        let caller = Caller::of(&call, &self.evidence, SessionTags::Optional);
        let facts = Facts::of(&call, Operation::named(self.operation).unwrap(), caller, &self.evidence);
        let (_, settings) = policy.rules(&call, &facts.caller).find(|(known, _)| known.id == rule.id).unwrap();
        then(&facts, &settings, &policy)
    }
}

/// A policy document with this statement, or list of statements.
pub(crate) fn document(statements: &str) -> PolicyDocument {
    let document = format!(r#"{{"Version":"2012-10-17","Statement":{statements}}}"#);
    PolicyDocument::read(&serde_json::from_str(&document).expect(&document)).expect(&document)
}

/// The short form of an outcome.
pub(crate) fn summary(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Pass => "pass".to_owned(),
        Outcome::Skip(_) => "skip".to_owned(),
        Outcome::Unknown(unread) => format!("unknown {}", short(&unread.path)),
        Outcome::Fail(violations) => {
            let paths: Vec<_> = violations.iter().map(|violation| short(&violation.path)).collect();
            format!("fail {}", paths.join(" "))
        }
    }
}

fn short(path: &str) -> String {
    path.replace("requestParameters.", "")
}
