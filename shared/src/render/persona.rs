//! Personas: what a function in a team may do, as a set of activities.
//!
//! Activities and personas are named as in SageMaker Role Manager ("ML activity reference", SageMaker developer guide).
//! Its templates lack `sagemaker:AddTags`, without which a principal cannot create resources with tags.

use super::abac::{self, Statements};
use super::identity::MANAGED;
use super::pack::pack;
use super::{Attachment, Rendered, output, storage};
use crate::operations::OPERATION_NAMES;
use crate::policy::Policy;
use crate::statement::{Condition, Statement};

/// What a persona's principals work with.
#[derive(Clone, Debug)]
pub struct PersonaPolicy {
    /// The persona: one of the policy's, or of [`names`].
    pub name: String,
    /// Buckets, or `bucket/prefix`, that it reads and writes.
    pub data: Vec<String>,
    /// Where execution roles are, as a path with `{project}` for the caller's project.
    pub role_path: String,
}

/// An activity: what people do with SageMaker.
struct Activity {
    /// Operations that create resources: only with the caller's own project's tag.
    creates: &'static [&'static str],
    /// Operations on existing resources: only on those of the caller's own project.
    uses: &'static [&'static str],
    /// Operations that do not name a resource with tags.
    reads: &'static [&'static str],
    /// Actions of other services, by the resources that they are for.
    elsewhere: &'static [(&'static str, &'static [&'static str])],
}

struct BuiltInPersona {
    name: &'static str,
    activities: &'static [&'static Activity],
}

/// The personas that are built in.
pub fn names() -> impl Iterator<Item = &'static str> {
    PERSONAS.iter().map(|persona| persona.name)
}

impl PersonaPolicy {
    /// Renders the persona. One that the policy defines may call only its operations, and those that go with them:
    /// describe, stop and delete what they created.
    ///
    /// # Errors
    /// If there is no such persona.
    pub fn render(&self, policy: &Policy) -> Result<Rendered, String> {
        let own = policy.personas.iter().find(|persona| persona.name == self.name);
        let built_in = PERSONAS.iter().find(|persona| persona.name == self.name);
        let permissions = match (own, built_in) {
            (Some(persona), _) => Permissions::of_operations(&persona.operations),
            (None, Some(persona)) => Permissions::of_activities(persona.activities),
            (None, None) => {
                let known: Vec<_> = policy
                    .personas
                    .iter()
                    .map(|persona| persona.name.as_str())
                    .chain(PERSONAS.iter().map(|persona| persona.name))
                    .collect();
                let near = crate::policy::nearest(&self.name, known.iter().copied());
                let help = match near {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!(
                        "expected one of {}",
                        known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
                    ),
                };
                return Err(format!("unknown persona `{}`; {help}", self.name));
            }
        };
        let mut statements = permissions.statements(policy, &self.role_path)?;
        statements.extend(storage::statements("*", &self.data, &[]));
        statements.extend(abac::keep_projects_apart(policy));
        let documents = pack(&abac::all(statements)?, MANAGED)?;
        Ok(Rendered::of(output::named(&format!("persona-{}", self.name), Attachment::Managed, documents)))
    }
}

/// Permissions for SageMaker and other services, each name once.
#[derive(Default)]
struct Permissions {
    creates: Vec<String>,
    uses: Vec<String>,
    reads: Vec<String>,
    elsewhere: Vec<(&'static str, &'static [&'static str])>,
}

impl Permissions {
    fn of_activities(activities: &[&Activity]) -> Self {
        let mut all = Self::default();
        for activity in activities {
            for (names, permissions) in
                [(activity.creates, &mut all.creates), (activity.uses, &mut all.uses), (activity.reads, &mut all.reads)]
            {
                permissions.extend(names.iter().map(|name| format!("sagemaker:{name}")));
            }
            all.elsewhere.extend(activity.elsewhere);
        }
        all.sorted()
    }

    fn of_operations(operations: &[String]) -> Self {
        let mut all = Self::default();
        for operation in operations {
            let permission = format!("sagemaker:{operation}");
            match operation.strip_prefix("Create") {
                None => all.uses.push(permission),
                Some(kind) => {
                    all.creates.push(permission);
                    let known = |name: String| {
                        OPERATION_NAMES.binary_search(&name.as_str()).is_ok().then(|| format!("sagemaker:{name}"))
                    };
                    let companions = ["Delete", "Describe", "Stop"].map(|verb| known(format!("{verb}{kind}")));
                    all.uses.extend(companions.into_iter().flatten());
                    all.reads.extend(known(format!("List{kind}s")));
                }
            }
        }
        all.uses.extend(["AddTags", "ListTags"].map(|name| format!("sagemaker:{name}")));
        all.sorted()
    }

    fn sorted(mut self) -> Self {
        for names in [&mut self.creates, &mut self.uses, &mut self.reads] {
            names.sort_unstable();
            names.dedup();
        }
        self
    }

    fn statements(self, policy: &Policy, role_path: &str) -> Result<Statements, String> {
        let mut statements: Statements = Vec::new();
        let mut allow = |sid: &str, names: Vec<String>, condition: Condition| {
            if !names.is_empty() {
                statements.push(Statement::allow(sid, names, condition));
            }
        };
        let makes = !self.creates.is_empty();
        allow("CreateInOwnProject", self.creates, abac::in_own_project(policy));
        allow("OwnResources", self.uses, abac::on_own_resources(policy));
        allow("Lists", self.reads, Condition::default());
        for (index, (resource, actions)) in self.elsewhere.into_iter().enumerate() {
            let sid = format!("OtherServices{}", index + 1);
            let statement = Statement::allow(sid, actions.iter().copied(), Condition::default());
            statements.push(statement.map(|statement| statement.on([resource])));
        }
        if makes {
            statements.push(abac::tag_on_create(policy));
            statements.push(abac::pass_own_roles(policy, role_path)?);
        }
        Ok(statements)
    }
}

#[rustfmt::skip]
const RUN_STUDIO_APPLICATIONS: Activity = Activity {
    creates: &["CreateApp", "CreateSpace"],
    uses: &["CreatePresignedDomainUrl", "DeleteApp", "DeleteSpace", "DescribeApp", "DescribeDomain", "DescribeSpace",
        "DescribeUserProfile", "StartSession", "UpdateSpace"],
    reads: &["ListApps", "ListDomains", "ListSpaces", "ListUserProfiles"],
    elsewhere: &[],
};

#[rustfmt::skip]
const MANAGE_ML_JOBS: Activity = Activity {
    creates: &["CreateAutoMLJob", "CreateAutoMLJobV2", "CreateCompilationJob", "CreateHyperParameterTuningJob",
        "CreateLabelingJob", "CreateProcessingJob", "CreateTrainingJob", "CreateTransformJob"],
    uses: &["AddTags", "DescribeAutoMLJob", "DescribeAutoMLJobV2", "DescribeCompilationJob", "DescribeHyperParameterTuningJob",
        "DescribeLabelingJob", "DescribeProcessingJob", "DescribeTrainingJob", "DescribeTransformJob", "ListTags",
        "StopAutoMLJob", "StopCompilationJob", "StopHyperParameterTuningJob", "StopLabelingJob", "StopProcessingJob",
        "StopTrainingJob", "StopTransformJob"],
    reads: &["ListAutoMLJobs", "ListCompilationJobs", "ListHyperParameterTuningJobs", "ListLabelingJobs", "ListProcessingJobs",
        "ListTrainingJobs", "ListTrainingJobsForHyperParameterTuningJob", "ListTransformJobs"],
    elsewhere: &[],
};

#[rustfmt::skip]
const MANAGE_MODELS: Activity = Activity {
    creates: &["CreateModel", "CreateModelCard", "CreateModelPackage", "CreateModelPackageGroup"],
    uses: &["AddTags", "BatchDescribeModelPackage", "DeleteModel", "DeleteModelCard", "DeleteModelPackage", "DeleteModelPackageGroup",
        "DescribeModel", "DescribeModelCard", "DescribeModelPackage", "DescribeModelPackageGroup", "ListTags", "UpdateModelCard",
        "UpdateModelPackage"],
    reads: &["ListModelCards", "ListModelMetadata", "ListModelPackageGroups", "ListModelPackages", "ListModels"],
    elsewhere: &[],
};

#[rustfmt::skip]
const MANAGE_ENDPOINTS: Activity = Activity {
    creates: &["CreateEndpoint", "CreateEndpointConfig", "CreateInferenceComponent"],
    uses: &["AddTags", "DeleteEndpoint", "DeleteEndpointConfig", "DeleteInferenceComponent", "DescribeEndpoint",
        "DescribeEndpointConfig", "DescribeInferenceComponent", "InvokeEndpoint", "InvokeEndpointAsync",
        "InvokeEndpointWithResponseStream", "ListTags", "UpdateEndpoint", "UpdateEndpointWeightsAndCapacities",
        "UpdateInferenceComponent", "UpdateInferenceComponentRuntimeConfig"],
    reads: &["ListEndpointConfigs", "ListEndpoints", "ListInferenceComponents"],
    elsewhere: &[],
};

#[rustfmt::skip]
const MANAGE_PIPELINES: Activity = Activity {
    creates: &["CreatePipeline"],
    uses: &["AddTags", "DeletePipeline", "DescribePipeline", "DescribePipelineDefinitionForExecution", "DescribePipelineExecution",
        "ListPipelineExecutionSteps", "ListPipelineExecutions", "ListTags", "RetryPipelineExecution",
        "SendPipelineExecutionStepFailure", "SendPipelineExecutionStepSuccess", "StartPipelineExecution",
        "StopPipelineExecution", "UpdatePipeline", "UpdatePipelineExecution"],
    reads: &["ListPipelines"],
    elsewhere: &[],
};

#[rustfmt::skip]
const MANAGE_EXPERIMENTS: Activity = Activity {
    creates: &["CreateExperiment", "CreateTrial", "CreateTrialComponent"],
    uses: &["AddTags", "AssociateTrialComponent", "DeleteExperiment", "DeleteTrial", "DeleteTrialComponent", "DescribeExperiment",
        "DescribeTrial", "DescribeTrialComponent", "DisassociateTrialComponent", "ListTags", "UpdateExperiment", "UpdateTrial",
        "UpdateTrialComponent"],
    reads: &["ListExperiments", "ListTrialComponents", "ListTrials", "Search"],
    elsewhere: &[],
};

#[rustfmt::skip]
const SEARCH_AND_VISUALIZE_EXPERIMENTS: Activity = Activity {
    creates: &[],
    uses: &["DescribeExperiment", "DescribeTrial", "DescribeTrialComponent", "ListTags"],
    reads: &["GetSearchSuggestions", "ListExperiments", "ListTrialComponents", "ListTrials", "QueryLineage", "Search"],
    elsewhere: &[],
};

#[rustfmt::skip]
const MANAGE_MODEL_MONITORING: Activity = Activity {
    creates: &["CreateDataQualityJobDefinition", "CreateModelBiasJobDefinition", "CreateModelExplainabilityJobDefinition",
        "CreateModelQualityJobDefinition", "CreateMonitoringSchedule"],
    uses: &["AddTags", "DeleteDataQualityJobDefinition", "DeleteModelBiasJobDefinition",
        "DeleteModelExplainabilityJobDefinition", "DeleteModelQualityJobDefinition", "DeleteMonitoringSchedule",
        "DescribeDataQualityJobDefinition", "DescribeModelBiasJobDefinition", "DescribeModelExplainabilityJobDefinition",
        "DescribeModelQualityJobDefinition", "DescribeMonitoringSchedule", "ListTags", "StartMonitoringSchedule",
        "StopMonitoringSchedule", "UpdateMonitoringSchedule"],
    reads: &["ListDataQualityJobDefinitions", "ListModelBiasJobDefinitions", "ListModelExplainabilityJobDefinitions",
        "ListModelQualityJobDefinitions", "ListMonitoringAlerts", "ListMonitoringExecutions", "ListMonitoringSchedules"],
    elsewhere: &[],
};

#[rustfmt::skip]
const QUERY_ATHENA_WORKGROUPS: Activity = Activity {
    creates: &[],
    uses: &[],
    reads: &[],
    elsewhere: &[
        ("*", &["athena:ListWorkGroups", "glue:GetDatabase", "glue:GetDatabases", "glue:GetPartitions", "glue:GetTable", "glue:GetTables"]),
        ("arn:*:athena:*:*:workgroup/*", &["athena:BatchGetQueryExecution", "athena:GetQueryExecution",
            "athena:GetQueryResults", "athena:GetWorkGroup", "athena:StartQueryExecution", "athena:StopQueryExecution"]),
    ],
};

/// Reads the logs and metrics of jobs, which SageMaker does not separate by project.
#[rustfmt::skip]
const READ_LOGS: Activity = Activity {
    creates: &[],
    uses: &[],
    reads: &[],
    elsewhere: &[
        ("*", &["cloudwatch:GetMetricData", "cloudwatch:GetMetricStatistics", "cloudwatch:ListMetrics", "logs:DescribeLogGroups"]),
        ("arn:*:logs:*:*:log-group:/aws/sagemaker/*", &["logs:DescribeLogStreams", "logs:FilterLogEvents", "logs:GetLogEvents"]),
    ],
};

static PERSONAS: &[BuiltInPersona] = &[
    BuiltInPersona {
        name: "business-analyst",
        activities: &[&SEARCH_AND_VISUALIZE_EXPERIMENTS, &QUERY_ATHENA_WORKGROUPS, &RUN_STUDIO_APPLICATIONS],
    },
    BuiltInPersona {
        name: "data-scientist",
        activities: &[
            &RUN_STUDIO_APPLICATIONS,
            &MANAGE_ML_JOBS,
            &MANAGE_MODELS,
            &MANAGE_EXPERIMENTS,
            &SEARCH_AND_VISUALIZE_EXPERIMENTS,
            &READ_LOGS,
        ],
    },
    BuiltInPersona {
        name: "ml-engineer",
        activities: &[
            &RUN_STUDIO_APPLICATIONS,
            &MANAGE_ML_JOBS,
            &MANAGE_MODELS,
            &MANAGE_PIPELINES,
            &MANAGE_EXPERIMENTS,
            &SEARCH_AND_VISUALIZE_EXPERIMENTS,
            &READ_LOGS,
        ],
    },
    BuiltInPersona {
        name: "mlops-engineer",
        activities: &[
            &MANAGE_MODELS,
            &MANAGE_ENDPOINTS,
            &MANAGE_PIPELINES,
            &MANAGE_MODEL_MONITORING,
            &SEARCH_AND_VISUALIZE_EXPERIMENTS,
            &READ_LOGS,
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_exists() {
        for activity in PERSONAS.iter().flat_map(|persona| persona.activities) {
            let names = [activity.creates, activity.uses, activity.reads].concat();
            for name in names {
                assert!(OPERATION_NAMES.binary_search(&name).is_ok(), "{name}");
            }
        }
    }
}
