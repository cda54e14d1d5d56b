//! A call changes or uses a resource of another project.

use super::prelude::*;
use crate::evidence::Owner;

/// `foreign-resource`
pub const RULE: Rule = Rule {
    id: "foreign-resource",
    fails_when: "the resource that a call is about, or one that it names, belongs to another project",
    why: "A resource's own tag says nothing about what it uses. A caller who names another project's model, image or \
        bucket reads that project's data, and one who updates, stops or opens another project's resource harms it.",
    fix: "use a resource of the caller's own project, or ask the owner, or list the owner's project under `shared` in \
        `[abac]` if everybody may use its resources",
    action: Action::Stop,
    severity: Severity::High,
    abac_relies_on_it: true,
    options: &[UNOWNED],
    governs: &NAMING,
    needs: &[Need::ResourceTags],
    prevention: Prevention::Partly("not what a request only names: IAM knows the tags of the resource that it is about"),
    example: r#"{"endpointConfigName": "churn",
 "productionVariants": [{"modelName": "borealis-churn", "instanceType": "ml.m5.xlarge"}]}"#,
    check,
    prevent,
    ..Rule::DEFAULTS
};

const UNOWNED: Spec = Spec {
    name: "unowned",
    meaning: "what to do about resources without the tag: `skip`, or `alert`",
    kind: Kind::Choice(&["skip", "alert"]),
    default: DefaultValue::Choice("skip"),
    example: "'alert'",
};

/// Why a call on somebody else's resource is not undone.
const VICTIM: &str = "the resource belongs to another project, which stopping or deleting it would harm";

fn check(facts: &Facts, settings: &Settings) -> Checked {
    let key = &settings.abac.tag;
    let skip = |why: &str| Ok(Outcome::Skip(why.to_owned()));
    if facts.caller.is_service_linked_role() {
        return skip(SERVICE_LINKED_ROLE);
    }
    if settings.abac.is_administrator(facts.caller.arn.as_deref()) {
        return skip(ADMINISTRATOR);
    }
    let named = facts.named_resources();
    if named.is_empty() {
        return skip("the call names no existing resource");
    }
    let mut findings = Findings::default();
    let mut why = None;
    let mut is_victims = false;
    for resource in named {
        let Some(resource) = findings.read(resource) else { continue };
        if let Err(reason) = &resource.carrier {
            why.get_or_insert_with(|| format!("`{}` cannot be looked up: {reason}", resource.name));
            continue;
        }
        let own = facts.caller.tag(key).ok().flatten().map(|(own, _)| own);
        let owner = resource.owner(facts.call, facts.evidence, settings.abac, own);
        let Some(owner) = findings.read(owner) else { continue };
        match owner {
            Owner::NotLookedUp => {
                why.get_or_insert_with(|| "there is no data on the owners of resources".to_owned());
            }
            Owner::Nobody if settings.choice(&UNOWNED) == Some("alert") => findings.fail(unowned(&resource, key)),
            Owner::Nobody => {
                why.get_or_insert_with(|| format!("`{}` has no tag `{key}`", resource.name));
            }
            Owner::Project(project) => {
                let Some(own) = findings.read(facts.caller.tag(key)) else { continue };
                let Some((own, _)) = own else { return skip("the caller has no project") };
                let is_excused = !resource.is_changed && settings.abac.shared.iter().any(|shared| shared == project);
                let is_foreign = project != own && !is_excused;
                is_victims |= is_foreign && resource.is_subject;
                findings.fail_if(is_foreign, || foreign(&resource, project, own, is_victims));
            }
        }
    }
    Ok(findings.outcome(why.unwrap_or_default()))
}

/// The violation. What the call is about may be the victim's.
fn foreign(resource: &NamedResource, project: &str, own: &str, is_victims: bool) -> Violation {
    let what = match (resource.is_subject, resource.is_changed) {
        (true, _) => "acts on",
        (false, true) => "changes",
        (false, false) => "uses",
    };
    let name = resource.name;
    let message =
        format!("the call {what} `{name}`, which belongs to project `{project}`, but the caller's project is `{own}`");
    Violation {
        fix: resource.is_changed.then(|| format!("ask project `{project}` to make the change")),
        at_most: is_victims.then_some(Action::Alert),
        not_stopped: is_victims.then_some(VICTIM),
        ..Violation::new(&resource.at, message, format!("a resource of project `{own}`")).actual(name)
    }
}

fn unowned(resource: &NamedResource, key: &str) -> Violation {
    let name = resource.name;
    let message = format!("`{name}` has no tag `{key}`: it belongs to no project");
    Violation {
        fix: Some(format!("set the tag `{key}` of the resource to its owner's project")),
        at_most: Some(Action::Alert),
        ..Violation::new(&resource.at, message, format!("a resource with the tag `{key}`")).actual(name)
    }
}

fn prevent(settings: &Settings, operations: &[&'static Operation]) -> Vec<Denial> {
    let key = &settings.abac.tag;
    let of_resource = format!("aws:ResourceTag/{key}");
    let denies = |operations: &[&'static Operation], differs: Test| {
        let condition = Condition::from([differs, Test::has_text(&of_resource), Test::has_text(principal_tag(key))]);
        deny(operations, condition).except_administrators(settings.abac)
    };
    let (changing, using): (Vec<&Operation>, Vec<&Operation>) =
        operations.iter().copied().partition(|operation| operation.has(Field::Subject));
    let using: Vec<_> = using.into_iter().filter(|operation| USING.contains(&operation.name)).collect();
    let foreign = Test::differs_from(&of_resource, &principal_tag(key));
    let unshared = Test::differs_from_all(&of_resource, &principal_tag(key), &settings.abac.shared);
    // IAM decides UpdateEndpoint on the endpoint, which it changes, and on the configuration, which it uses.
    let (both, mut changing): (Vec<&Operation>, Vec<&Operation>) =
        changing.into_iter().partition(|operation| operation.has(Field::EndpointConfig));
    if foreign == unshared {
        changing.extend(&both);
    }
    let mut denials = vec![
        denies(&changing, foreign.clone()).but(INHERITED).but(UNJUDGED),
        denies(&using, unshared.clone()).but(NAMED),
    ];
    if foreign != unshared {
        denials.extend([
            denies(&both, foreign).on("arn:*:sagemaker:*:*:endpoint/*"),
            denies(&both, unshared).on("arn:*:sagemaker:*:*:endpoint-config/*"),
        ]);
    }
    denials
}

/// Operations that IAM authorises on the resource that they use (Service Authorization Reference, "Resource types").
const USING: [&str; 7] = [
    "CreateEndpoint",
    "CreatePartnerAppPresignedUrl",
    "CreatePresignedDomainUrl",
    "CreatePresignedMlflowAppUrl",
    "CreatePresignedMlflowTrackingServerUrl",
    "CreatePresignedNotebookInstanceUrl",
    "StartPipelineExecution",
];

const INHERITED: Difference = Difference::Looser(
    "changes of what has the tags of another resource, such as executions of pipelines and versions of model packages",
);

const UNJUDGED: Difference = Difference::Stricter("other calls that change a resource, such as `PutRecord` and `DeleteTags`");

const NAMED: Difference = Difference::Looser("what a request only names, such as models, images, keys and buckets");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::{Standing, TagChange};

    const ATLAS: &[(&str, &str)] = &[("Project", "atlas")];

    fn arn(resource: &str) -> String {
        format!("arn:aws:sagemaker:eu-west-1:111122223333:{resource}")
    }

    /// A call by a caller of `atlas`, with what is known about resources: their ARNs and their projects.
    fn case(operation: &'static str, request: &str, owners: &[(&str, &str)]) -> Case {
        let case = Case::of(operation, request).caller(ATLAS);
        owners.iter().fold(case, |case, (arn, project)| case.owned(arn, project))
    }

    fn config_request(model: &str) -> String {
        format!(r#"{{"productionVariants":[{{"modelName":"{model}","instanceType":"ml.m5.large"}}]}}"#)
    }

    fn config(model: &str, owner: &str) -> Case {
        case("CreateEndpointConfig", &config_request(model), &[(&arn("model/churn"), owner)])
    }

    #[test]
    fn what_a_request_names_belongs_to_somebody() {
        let found = "fail productionVariants[0].modelName";
        assert_eq!(config("churn", "atlas").says(&RULE), "pass");
        assert_eq!(config("Churn", "borealis").says(&RULE), found, "ARNs have names in lower case");
        assert_eq!(config("churn", "").says(&RULE), "skip", "it belongs to nobody");
        assert_eq!(config("churn", "").policy("unowned = 'alert'").says(&RULE), found);
        assert_eq!(config("other", "borealis").says(&RULE), "skip", "nothing is known about it");
        assert_eq!(config("churn", "borealis").caller(&[]).says(&RULE), "skip");
        assert_eq!(config("churn", "borealis").by_service_linked_role().says(&RULE), "skip");
    }

    #[test]
    fn shared_resources_may_be_used_but_not_changed() {
        let shared = "[abac]\nshared = ['platform']";
        assert_eq!(config("churn", "platform").policy(shared).says(&RULE), "pass");
        let update = case("UpdateEndpoint", r#"{"endpointName":"e","endpointConfigName":"c"}"#, &[
            (&arn("endpoint/e"), "platform"),
            (&arn("endpoint-config/c"), "platform"),
        ]);
        assert_eq!(update.policy(shared).says(&RULE), "fail endpointName");
    }

    #[test]
    fn administrators_may_change_anything() {
        let delete = || case("DeleteModel", r#"{"modelName":"churn"}"#, &[(&arn("model/churn"), "borealis")]);
        assert_eq!(delete().says(&RULE), "fail modelName");
        assert_eq!(delete().policy("[abac]\nadministrators = ['arn:aws:iam::*:role/DataScientist']").says(&RULE), "skip");
    }

    #[test]
    fn resources_of_every_kind_are_found() {
        for (operation, request, owned, at) in [
            ("StopTrainingJob", r#"{"trainingJobName":"j"}"#, arn("training-job/j"), "trainingJobName"),
            ("DeleteSpace", r#"{"domainId":"d-1","spaceName":"S"}"#, arn("space/d-1/s"), "spaceName"),
            ("StartPipelineExecution", r#"{"pipelineName":"P"}"#, arn("pipeline/p"), "pipelineName"),
            (
                "StopPipelineExecution",
                r#"{"pipelineExecutionArn":"arn:aws:sagemaker:eu-west-1:111122223333:pipeline/p/execution/x"}"#,
                arn("pipeline/p"),
                "pipelineExecutionArn",
            ),
            (
                "CreateModel",
                r#"{"primaryContainer":{"modelPackageName":"arn:aws:sagemaker:eu-west-1:111122223333:model-package/g/3"}}"#,
                arn("model-package-group/g"),
                "primaryContainer.modelPackageName",
            ),
            ("CreateModelPackage", r#"{"modelPackageGroupName":"g"}"#, arn("model-package-group/g"), "modelPackageGroupName"),
            (
                "CreateModel",
                r#"{"primaryContainer":{"modelDataUrl":"s3://bucket/m.tar.gz"}}"#,
                "arn:aws:s3:::bucket".to_owned(),
                "primaryContainer.modelDataUrl",
            ),
            (
                "CreateModel",
                r#"{"primaryContainer":{"image":"111122223333.dkr.ecr.eu-west-1.amazonaws.com/team/churn:1"}}"#,
                "arn:aws:ecr:eu-west-1:111122223333:repository/team/churn".to_owned(),
                "primaryContainer.image",
            ),
            (
                "CreateModelCard",
                r#"{"securityConfig":{"kmsKeyId":"k"}}"#,
                "arn:aws:kms:eu-west-1:111122223333:key/k".to_owned(),
                "securityConfig.kmsKeyId",
            ),
        ] {
            assert_eq!(case(operation, request, &[(&owned, "borealis")]).says(&RULE), format!("fail {at}"), "{request}");
            assert_eq!(case(operation, request, &[(&owned, "atlas")]).says(&RULE), "pass", "{request}");
        }
    }

    #[test]
    fn what_cannot_be_looked_up_is_not_suspected() {
        let model = |name: &str, owned: &str| {
            let request = format!(r#"{{"primaryContainer":{{{name}}}}}"#);
            case("CreateModel", &request, &[(owned, "borealis")]).says(&RULE)
        };
        let image = r#""image":"444455556666.dkr.ecr.eu-west-1.amazonaws.com/churn""#;
        assert_eq!(model(image, "arn:aws:ecr:eu-west-1:444455556666:repository/churn"), "skip");
        let package = "arn:aws:sagemaker:us-east-1:111122223333:model-package/g/1";
        assert_eq!(model(&format!(r#""modelPackageName":"{package}""#), package), "skip");
    }

    #[test]
    fn records_outweigh_what_was_looked_up() {
        let created = |project: &str| {
            format!(
                r#"{{"eventSource":"sagemaker.amazonaws.com","eventName":"CreateModel","eventTime":"2026-03-02T08:00:00Z",
                "requestParameters":{{"modelName":"churn","tags":[{{"key":"Project","value":"{project}"}}]}},
                "responseElements":{{"modelArn":"{}"}}}}"#,
                arn("model/churn")
            )
        };
        assert_eq!(config("churn", "borealis").record(&created("atlas")).says(&RULE), "pass");
        assert_eq!(config("churn", "atlas").record(&created("borealis")).says(&RULE), "fail productionVariants[0].modelName");
    }

    /// Whoever may tag resources can have stolen it, or another resource may have got its name.
    #[test]
    fn the_tags_of_today_prove_nothing_by_themselves() {
        let unknown = "unknown productionVariants[0].modelName";
        let model = arn("model/churn");
        let case = || Case::endpoint_config(&config_request("churn")).caller(ATLAS);
        assert_eq!(case().owned_today(&model, "atlas").says(&RULE), "pass");
        assert_eq!(case().owned_today(&model, "borealis").says(&RULE), unknown);
        let created = |project: &str| {
            let tags = [("Project", project)].into_iter().collect();
            case().ledger(TagChange::created(&model, "2026-03-02T08:00:00Z".parse().expect("a time"), tags, Standing::Unknown))
        };
        assert_eq!(created("borealis").owned_today(&model, "borealis").says(&RULE), "fail productionVariants[0].modelName");
        assert_eq!(created("borealis").owned_today(&model, "atlas").says(&RULE), unknown);
        assert_eq!(created("atlas").owned_today(&model, "borealis").says(&RULE), "pass", "it was stolen");
        // Who may tag a bucket is not for SageMaker to say.
        let bucket = "arn:aws:s3:::atlas-data";
        let data = r#"{"trainingJobName":"j","outputDataConfig":{"s3OutputPath":"s3://atlas-data/out"}}"#;
        let job = Case::training(data).caller(ATLAS).owned_today(bucket, "borealis");
        assert_eq!(job.says(&RULE), "fail outputDataConfig.s3OutputPath");
    }

    #[test]
    fn a_failed_look_up_is_unknown() {
        let case = config("churn", "atlas").not_owned(&arn("model/churn"));
        assert_eq!(case.says(&RULE), "unknown productionVariants[0].modelName");
    }
}
