"""Kinds of SageMaker resources that moto lacks, or knows too little of: one store for all of them.

A resource is what was given to create it. What its operations take and answer, and with which error
one refuses a resource that does not exist, the service's model tells (SageMaker API reference).
"""

from dataclasses import dataclass
from itertools import count

from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import camelcase_to_underscores, get_service_model, utcnow
from moto.sagemaker.exceptions import SagemakerClientError

import automl
import cluster
from listing import page, seconds


@dataclass(frozen=True)
class Kind:
    """A kind of resource, by the names of its members and its states in the API reference."""

    arn: str
    """What its ARN ends with, made of members that were given. `{id}` is the service's own, `{owner}` a user or a space."""
    running: str | None = None
    stopped: str | None = "Stopped"
    status: str | None = None
    """The member that holds its state, where that is not called after the kind."""
    creation: str = "Create"


def job(kind, name, running="InProgress", stopped="Stopped", **more):
    return Kind(f"{kind}/{{{name}}}", running, stopped, **more)


def kept(kind, name):
    return Kind(f"{kind}/{{{name}}}")


KINDS = {
    "HyperParameterTuningJob": job("hyper-parameter-tuning-job", "HyperParameterTuningJobName"),
    "AutoMLJob": job("automl-job", "AutoMLJobName"),
    "AutoMLJobV2": job("automl-job", "AutoMLJobName", status="AutoMLJobStatus"),
    "TrainingSession": job("training-session", "TrainingSessionName", "Running"),
    "Algorithm": kept("algorithm", "AlgorithmName"),
    "ProcessingJob": job("processing-job", "ProcessingJobName"),
    "TransformJob": job("transform-job", "TransformJobName"),
    "CompilationJob": job("compilation-job", "CompilationJobName", "INPROGRESS", "STOPPED"),
    "EdgePackagingJob": job("edge-packaging-job", "EdgePackagingJobName", "INPROGRESS", "STOPPED"),
    "OptimizationJob": job("optimization-job", "OptimizationJobName", "INPROGRESS", "STOPPED"),
    "LabelingJob": job("labeling-job", "LabelingJobName"),
    "InferenceRecommendationsJob": job(
        "inference-recommendations-job", "JobName", "IN_PROGRESS", "STOPPED", status="Status"
    ),
    "AIBenchmarkJob": job("ai-benchmark-job", "AIBenchmarkJobName"),
    "AIRecommendationJob": job("ai-recommendation-job", "AIRecommendationJobName"),
    "AIWorkloadConfig": kept("ai-workload-config", "AIWorkloadConfigName"),
    "Job": job("job/{JobCategory}", "JobName"),
    "MonitoringSchedule": job("monitoring-schedule", "MonitoringScheduleName", "Scheduled"),
    "DataQualityJobDefinition": kept("data-quality-job-definition", "JobDefinitionName"),
    "ModelQualityJobDefinition": kept("model-quality-job-definition", "JobDefinitionName"),
    "ModelBiasJobDefinition": kept("model-bias-job-definition", "JobDefinitionName"),
    "ModelExplainabilityJobDefinition": kept(
        "model-explainability-job-definition", "JobDefinitionName"
    ),
    "InferenceComponent": job("inference-component", "InferenceComponentName", "InService"),
    "InferenceExperiment": job("inference-experiment", "Name", "Running", "Completed", status="Status"),
    "NotebookInstance": job("notebook-instance", "NotebookInstanceName", "InService"),
    "Domain": Kind("domain/d-{id}", "InService", status="Status"),
    "UserProfile": Kind("user-profile/{DomainId}/{UserProfileName}", "InService", status="Status"),
    "Space": Kind("space/{DomainId}/{SpaceName}", "InService", status="Status"),
    "App": Kind("app/{DomainId}/{owner}/{AppType}/{AppName}", "InService", status="Status"),
    "Cluster": Kind("cluster/{id}", "InService"),
    "Pipeline": kept("pipeline", "PipelineName"),
    "PipelineExecution": Kind(
        "pipeline/{PipelineName}/execution/{id}", "Executing", creation="Start"
    ),
    "MlflowTrackingServer": job(
        "mlflow-tracking-server", "TrackingServerName", "Created", status="TrackingServerStatus"
    ),
    "MlflowApp": Kind("mlflow-app/app-{id}", "Created", status="Status"),
    "PartnerApp": Kind("partner-app/app-{id}", "Available", status="Status"),
    "FeatureGroup": job("feature-group", "FeatureGroupName", "Created"),
    "ModelPackage": kept("model-package", "ModelPackageName"),
    "ModelCard": kept("model-card", "ModelCardName"),
    "Image": kept("image", "ImageName"),
    "FlowDefinition": kept("flow-definition", "FlowDefinitionName"),
    "Hub": kept("hub", "HubName"),
}

# An operation of one kind on resources of another: both versions of AutoML make the same jobs.
SAME = {"AutoMLJobV2": "AutoMLJob"}

# Kinds of which the description has members that are not as they were given.
DESCRIBED = {"AutoMLJobV2": automl.version_2, "Cluster": cluster.described}

LISTS = (
    "HyperParameterTuningJob",
    "AutoMLJob",
    "TrainingSession",
    "ProcessingJob",
    "TransformJob",
    "CompilationJob",
    "LabelingJob",
    "InferenceRecommendationsJob",
    "OptimizationJob",
    "AIBenchmarkJob",
    "AIRecommendationJob",
    "MonitoringSchedule",
    "NotebookInstance",
    "InferenceComponent",
    "InferenceExperiment",
    "App",
    "Space",
    "UserProfile",
    "Domain",
    "Cluster",
    "MlflowTrackingServer",
    "MlflowApp",
    "PartnerApp",
    "FeatureGroup",
)

# What is always told of a resource, and here never changes.
TOLD = {
    "AutoMLJobSecondaryStatus": "Starting",
    "IsActive": "Active",
    "LabelCounters": dict.fromkeys(
        ("TotalLabeled", "HumanLabeled", "MachineLabeled", "FailedNonRetryableError", "Unlabeled"), 0
    ),
    "ObjectiveStatusCounters": dict.fromkeys(("Succeeded", "Pending", "Failed"), 0),
    "TrainingJobStatusCounters": dict.fromkeys(
        ("Completed", "InProgress", "RetryableError", "NonRetryableError", "Stopped"), 0
    ),
}


class Resource:
    """One resource: what was given, its ARN, its state and its tags."""

    def __init__(self, noun, given, arn):
        self.noun = noun
        self.given = given
        self.arn = arn
        self.own_id = arn.rsplit("/", 1)[1]
        # Of most kinds, the ARN ends with the name.
        self.name = given.get(f"{noun}Name", given.get("Name", self.own_id))
        self.state = KINDS[noun].running
        self.created = self.modified = seconds(utcnow())
        self.tags = given.pop("Tags", [])

    def enter(self, state):
        self.state = state
        self.modified = seconds(utcnow())

    def members(self):
        """What is known of it, by all the names that operations have for it."""
        kind, name = KINDS[self.noun], SAME.get(self.noun, self.noun)
        arns = (f"{self.noun}Arn", f"{name}Arn", "Arn", "JobArn", "JobDefinitionArn", "TrackingServerArn")
        known = {arn: self.arn for arn in arns}
        if self.noun == "Domain":
            known["DomainId"] = self.own_id
        if kind.running:
            known[kind.status or f"{name}Status"] = self.state
        if "SecurityGroupIds" in self.given:
            # DescribeNotebookInstance has another name for them.
            known["SecurityGroups"] = self.given["SecurityGroupIds"]
        if "LifecycleConfigName" in self.given:
            known["NotebookInstanceLifecycleConfigName"] = self.given["LifecycleConfigName"]
        if self.noun == "PipelineExecution" and "PipelineName" in self.given:
            known["PipelineArn"] = f"{self.arn.rsplit(':', 1)[0]}:pipeline/{self.given['PipelineName'].lower()}"
        if "EndpointName" in self.given:
            known["EndpointArn"] = f"{self.arn.rsplit(':', 1)[0]}:endpoint/{self.given['EndpointName']}"
        if "OptimizationConfigs" in self.given:
            kinds = [name for config in self.given["OptimizationConfigs"] for name in config]
            known["OptimizationTypes"] = [name.removeprefix("Model").removesuffix("Config") for name in kinds]
        times = {"CreationTime": self.created, "LastModifiedTime": self.modified}
        return {**TOLD, **self.given, **known, **times}

    def member(self, name):
        """A member of its summary: those may have been given inside another one, such as a job's configuration."""
        members = self.members()
        inside = (value for value in self.given.values() if isinstance(value, dict) and name in value)
        return members[name] if name in members else next(inside, {}).get(name)


class Store:
    """The resources of an account and region."""

    def __init__(self, prefix):
        self.prefix = prefix
        self.resources = {}
        self._ids = count(1)

    def by_arn(self, arn):
        return next((ones[arn] for ones in self.resources.values() if arn in ones), None)

    def create(self, noun, given):
        kind = KINDS[noun]
        arn = self._arn(noun, given, f"{next(self._ids):012}")
        if self.by_arn(arn):
            raise SagemakerClientError("ResourceInUse", f"{arn} exists already.")
        resource = self._of(noun)[arn] = Resource(noun, given, arn)
        return _answer(f"{kind.creation}{noun}", resource.members())

    def describe(self, noun, given):
        resource = self._find("Describe", noun, given)
        if resource.noun == "AutoMLJobV2" and noun == "AutoMLJob":
            # DescribeAutoMLJob
            raise _not_found("Describe", noun, given)
        members = resource.members()
        if noun in DESCRIBED:
            members |= DESCRIBED[noun](resource.given)
        return _answer(f"Describe{noun}", {f"{noun}Detail": members, **members})

    def stop(self, noun, given):
        """Stop…: what does not run is refused."""
        resource, kind = self._find("Stop", noun, given), KINDS[noun]
        if resource.state != kind.running:
            code = _refusal(f"Stop{noun}", "ConflictException")
            raise SagemakerClientError(code, f"{resource.arn} is in status {resource.state}.")
        resource.enter(kind.stopped)
        return EmptyResult()

    def delete(self, noun, given):
        del self._of(noun)[self._find("Delete", noun, given).arn]
        return EmptyResult()

    def list(self, noun, given):
        return page(f"List{noun}s", self._of(noun).values(), given)

    def _of(self, noun):
        return self.resources.setdefault(SAME.get(noun, noun), {})

    def _arn(self, noun, given, own_id):
        # An app belongs to a user or to a space.
        owner = given.get("UserProfileName", given.get("SpaceName"))
        return self.prefix + KINDS[noun].arn.format(**{**given, "owner": owner, "id": own_id})

    def _find(self, verb, noun, given):
        """The resource that the members of a request name, all of them."""
        takes = _model(f"{verb}{noun}").input_shape.members
        wanted = {name: given[name] for name in takes if name in given and not name.endswith("Token")}
        ones = self._of(noun)
        try:
            named = ones.get(self._arn(noun, wanted, ""))
        except KeyError:
            named = None
        for resource in [named] if named else ones.values():
            members = resource.members()
            # A model package is named by its ARN as well.
            if all(value in (members.get(name), resource.arn) for name, value in wanted.items()):
                return resource
        raise _not_found(verb, noun, wanted)


def install(responses):
    """Adds the operations to the class of SageMaker's responses."""
    operations = get_service_model("sagemaker").operation_names
    for noun, kind in KINDS.items():
        verbs = {kind.creation: Store.create, "Describe": Store.describe, "Stop": Store.stop, "Delete": Store.delete}
        for verb, carry_out in verbs.items():
            if f"{verb}{noun}" in operations:
                _add(responses, f"{verb}{noun}", noun, carry_out)
    for noun in LISTS:
        _add(responses, f"List{noun}s", noun, Store.list)


def _add(responses, operation, noun, carry_out):
    def respond(self):
        return carry_out(self.sagemaker_backend.store, noun, dict(self.params))

    setattr(responses, camelcase_to_underscores(operation), respond)


def _model(operation):
    return get_service_model("sagemaker").operation_model(operation)


def _refusal(operation, code):
    """The code of a refusal: this one where the operation knows it."""
    return code if code in {shape.name for shape in _model(operation).error_shapes} else "ValidationException"


def _not_found(verb, noun, wanted):
    return SagemakerClientError(_refusal(f"{verb}{noun}", "ResourceNotFound"), f"Could not find {noun} {wanted}.")


def _answer(operation, members):
    shape = _model(operation).output_shape
    if shape is None:
        return EmptyResult()
    return ActionResult({name: members[name] for name in shape.members if name in members})
