//! What people do with SageMaker, as sets of operations, and what goes with these operations.
//!
//! Activities are named as in SageMaker Role Manager ("ML activity reference", SageMaker Developer Guide). Its templates lack
//! `sagemaker:AddTags`, without which a principal cannot create resources with tags.

/// An activity: what people do with SageMaker.
pub(super) struct Activity {
    /// Operations that create resources: only with the caller's own project's tag.
    pub creates: &'static [&'static str],
    /// Operations on existing resources: only on those of the caller's own project.
    pub uses: &'static [&'static str],
    /// Operations that do not name a resource with tags.
    pub reads: &'static [&'static str],
}

/// Actions of other services, by the resources that they are for.
pub(super) type Elsewhere = (&'static str, &'static [&'static str]);

/// What a principal also needs if it may call one of these operations.
pub(super) struct Companion {
    /// The operations.
    pub of: &'static [&'static str],
    /// Actions on existing resources of the caller's own project.
    pub uses: &'static [&'static str],
    /// Actions that do not name a resource with tags, or before its tags are known.
    pub reads: &'static [&'static str],
    /// Actions of other services on resources of the caller's own project.
    pub uses_elsewhere: &'static [&'static str],
    /// Actions of other services.
    pub elsewhere: &'static [Elsewhere],
}

#[rustfmt::skip]
pub(super) static COMPANIONS: &[Companion] = &[
    // Studio looks before it knows what is the caller's ("Give your users access to spaces", SageMaker Developer Guide).
    Companion {
        of: &["CreateApp", "CreateSpace"],
        uses: &[],
        reads: &["DescribeApp", "DescribeDomain", "DescribeSpace", "DescribeUserProfile", "ListApps", "ListDomains", "ListSpaces",
            "ListUserProfiles"],
        uses_elsewhere: &[],
        elsewhere: &[],
    },
    // Logs and metrics of jobs and endpoints, which SageMaker does not separate by project.
    Companion {
        of: &["CreateAutoMLJob", "CreateAutoMLJobV2", "CreateEndpoint", "CreateHyperParameterTuningJob", "CreatePipeline",
            "CreateProcessingJob", "CreateTrainingJob", "CreateTransformJob"],
        uses: &[],
        reads: &[],
        uses_elsewhere: &[],
        elsewhere: &[
            ("*", &["cloudwatch:GetMetricData", "cloudwatch:GetMetricStatistics", "cloudwatch:ListMetrics", "logs:DescribeLogGroups"]),
            ("arn:*:logs:*:*:log-group:/aws/sagemaker/*", &["logs:DescribeLogStreams", "logs:FilterLogEvents", "logs:GetLogEvents"]),
        ],
    },
    Companion {
        of: &["CreateEndpoint", "UpdateEndpoint"],
        uses: &[],
        reads: &[],
        uses_elsewhere: &[],
        elsewhere: &[("*", &[
            "application-autoscaling:DeleteScalingPolicy", "application-autoscaling:DeleteScheduledAction",
            "application-autoscaling:DeregisterScalableTarget", "application-autoscaling:Describe*",
            "application-autoscaling:PutScalingPolicy", "application-autoscaling:PutScheduledAction",
            "application-autoscaling:RegisterScalableTarget", "cloudwatch:DeleteAlarms", "cloudwatch:DescribeAlarms",
            "cloudwatch:PutMetricAlarm",
        ])],
    },
    // JumpStart's models are in a public hub, which has no tags of ours.
    Companion {
        of: &["CreateModel", "CreateTrainingJob"],
        uses: &[],
        reads: &["DescribeHub", "DescribeHubContent", "ListHubContentVersions", "ListHubContents", "ListHubs"],
        uses_elsewhere: &[],
        elsewhere: &[],
    },
    Companion {
        of: &["CreateExperiment", "CreateMlflowApp", "CreateMlflowTrackingServer"],
        uses: &["CreatePresignedMlflowAppUrl", "CreatePresignedMlflowTrackingServerUrl", "DescribeMlflowTrackingServer"],
        reads: &["ListMlflowTrackingServers"],
        uses_elsewhere: &["sagemaker-mlflow:*"],
        elsewhere: &[],
    },
    Companion {
        of: &["CreateNotebookInstance"],
        uses: &["CreatePresignedNotebookInstanceUrl", "StartNotebookInstance"],
        reads: &[],
        uses_elsewhere: &[],
        elsewhere: &[],
    },
    // The online store is SageMaker's, the catalogue of the offline store is Glue's.
    Companion {
        of: &["CreateFeatureGroup"],
        uses: &["BatchGetRecord", "DeleteRecord", "GetRecord", "PutRecord"],
        reads: &[],
        uses_elsewhere: &[],
        elsewhere: &[("*", &["glue:CreateTable", "glue:GetDatabase", "glue:GetTable", "glue:UpdateTable"])],
    },
];

/// Queries of data that Canvas imports.
#[rustfmt::skip]
pub(super) const QUERY_ATHENA_WORKGROUPS: &[Elsewhere] = &[
    ("*", &["athena:ListWorkGroups", "glue:GetDatabase", "glue:GetDatabases", "glue:GetPartitions", "glue:GetTable", "glue:GetTables"]),
    ("arn:*:athena:*:*:workgroup/*", &["athena:BatchGetQueryExecution", "athena:GetQueryExecution",
        "athena:GetQueryResults", "athena:GetWorkGroup", "athena:StartQueryExecution", "athena:StopQueryExecution"]),
];

/// Studio's own reads come with it: see [`COMPANIONS`].
#[rustfmt::skip]
pub(super) const RUN_STUDIO_APPLICATIONS: Activity = Activity {
    creates: &["CreateApp", "CreateSpace"],
    uses: &["DeleteApp", "DeleteSpace", "StartSession", "UpdateSpace"],
    reads: &[],
};

/// What Canvas calls for its users (SageMaker Developer Guide, "Amazon SageMaker Canvas").
#[rustfmt::skip]
pub(super) const RUN_CANVAS: Activity = Activity {
    creates: &["CreateAutoMLJobV2", "CreateModel", "CreateProcessingJob", "CreateTransformJob"],
    uses: &["AddTags", "DescribeAutoMLJobV2", "DescribeEndpoint", "DescribeModel", "DescribeProcessingJob", "DescribeTransformJob",
        "InvokeEndpoint", "ListCandidatesForAutoMLJob", "ListTags", "StopAutoMLJob", "StopProcessingJob", "StopTransformJob"],
    reads: &["ListAutoMLJobs", "ListEndpoints", "ListModels", "ListProcessingJobs", "ListTransformJobs"],
};

#[rustfmt::skip]
pub(super) const MANAGE_ML_JOBS: Activity = Activity {
    creates: &["CreateAutoMLJob", "CreateAutoMLJobV2", "CreateCompilationJob", "CreateHyperParameterTuningJob",
        "CreateLabelingJob", "CreateProcessingJob", "CreateTrainingJob", "CreateTransformJob"],
    uses: &["AddTags", "DescribeAutoMLJob", "DescribeAutoMLJobV2", "DescribeCompilationJob", "DescribeHyperParameterTuningJob",
        "DescribeLabelingJob", "DescribeProcessingJob", "DescribeTrainingJob", "DescribeTransformJob", "ListTags",
        "StopAutoMLJob", "StopCompilationJob", "StopHyperParameterTuningJob", "StopLabelingJob", "StopProcessingJob",
        "StopTrainingJob", "StopTransformJob"],
    reads: &["ListAutoMLJobs", "ListCompilationJobs", "ListHyperParameterTuningJobs", "ListLabelingJobs", "ListProcessingJobs",
        "ListTrainingJobs", "ListTrainingJobsForHyperParameterTuningJob", "ListTransformJobs"],
};

#[rustfmt::skip]
pub(super) const MANAGE_MODELS: Activity = Activity {
    creates: &["CreateModel", "CreateModelCard", "CreateModelPackage", "CreateModelPackageGroup"],
    uses: &["AddTags", "BatchDescribeModelPackage", "DeleteModel", "DeleteModelCard", "DeleteModelPackage", "DeleteModelPackageGroup",
        "DescribeModel", "DescribeModelCard", "DescribeModelPackage", "DescribeModelPackageGroup", "ListTags", "UpdateModelCard",
        "UpdateModelPackage"],
    reads: &["ListModelCards", "ListModelMetadata", "ListModelPackageGroups", "ListModelPackages", "ListModels"],
};

#[rustfmt::skip]
pub(super) const MANAGE_ENDPOINTS: Activity = Activity {
    creates: &["CreateEndpoint", "CreateEndpointConfig", "CreateInferenceComponent"],
    uses: &["AddTags", "DeleteEndpoint", "DeleteEndpointConfig", "DeleteInferenceComponent", "DescribeEndpoint",
        "DescribeEndpointConfig", "DescribeInferenceComponent", "InvokeEndpoint", "InvokeEndpointAsync",
        "InvokeEndpointWithResponseStream", "ListTags", "UpdateEndpoint", "UpdateEndpointWeightsAndCapacities",
        "UpdateInferenceComponent", "UpdateInferenceComponentRuntimeConfig"],
    reads: &["ListEndpointConfigs", "ListEndpoints", "ListInferenceComponents"],
};

#[rustfmt::skip]
pub(super) const MANAGE_PIPELINES: Activity = Activity {
    creates: &["CreatePipeline"],
    uses: &["AddTags", "DeletePipeline", "DescribePipeline", "DescribePipelineDefinitionForExecution", "DescribePipelineExecution",
        "ListPipelineExecutionSteps", "ListPipelineExecutions", "ListTags", "RetryPipelineExecution",
        "SendPipelineExecutionStepFailure", "SendPipelineExecutionStepSuccess", "StartPipelineExecution",
        "StopPipelineExecution", "UpdatePipeline", "UpdatePipelineExecution"],
    reads: &["ListPipelines"],
};

#[rustfmt::skip]
pub(super) const MANAGE_EXPERIMENTS: Activity = Activity {
    creates: &["CreateAction", "CreateArtifact", "CreateContext", "CreateExperiment", "CreateTrial", "CreateTrialComponent"],
    uses: &["AddAssociation", "AddTags", "AssociateTrialComponent", "BatchPutMetrics", "DeleteAssociation",
        "DeleteExperiment", "DeleteTrial", "DeleteTrialComponent", "DescribeExperiment", "DescribeTrial", "DescribeTrialComponent",
        "DisassociateTrialComponent", "ListTags", "UpdateExperiment", "UpdateTrial", "UpdateTrialComponent"],
    reads: &["ListAssociations", "ListExperiments", "ListTrialComponents", "ListTrials", "QueryLineage", "Search"],
};

#[rustfmt::skip]
pub(super) const MANAGE_FEATURES: Activity = Activity {
    creates: &["CreateFeatureGroup"],
    uses: &["AddTags", "DeleteFeatureGroup", "DescribeFeatureGroup", "DescribeFeatureMetadata", "ListTags", "UpdateFeatureGroup",
        "UpdateFeatureMetadata"],
    reads: &["ListFeatureGroups"],
};

#[rustfmt::skip]
pub(super) const SEARCH_AND_VISUALIZE_EXPERIMENTS: Activity = Activity {
    creates: &[],
    uses: &["DescribeExperiment", "DescribeTrial", "DescribeTrialComponent", "ListTags"],
    reads: &["GetSearchSuggestions", "ListExperiments", "ListTrialComponents", "ListTrials", "QueryLineage", "Search"],
};

#[rustfmt::skip]
pub(super) const MANAGE_MODEL_MONITORING: Activity = Activity {
    creates: &["CreateDataQualityJobDefinition", "CreateModelBiasJobDefinition", "CreateModelExplainabilityJobDefinition",
        "CreateModelQualityJobDefinition", "CreateMonitoringSchedule"],
    uses: &["AddTags", "DeleteDataQualityJobDefinition", "DeleteModelBiasJobDefinition",
        "DeleteModelExplainabilityJobDefinition", "DeleteModelQualityJobDefinition", "DeleteMonitoringSchedule",
        "DescribeDataQualityJobDefinition", "DescribeModelBiasJobDefinition", "DescribeModelExplainabilityJobDefinition",
        "DescribeModelQualityJobDefinition", "DescribeMonitoringSchedule", "ListTags", "StartMonitoringSchedule",
        "StopMonitoringSchedule", "UpdateMonitoringSchedule"],
    reads: &["ListDataQualityJobDefinitions", "ListModelBiasJobDefinitions", "ListModelExplainabilityJobDefinitions",
        "ListModelQualityJobDefinitions", "ListMonitoringAlerts", "ListMonitoringExecutions", "ListMonitoringSchedules"],
};
