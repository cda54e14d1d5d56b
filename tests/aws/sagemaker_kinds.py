"""Kinds of SageMaker resources that moto lacks, or knows too little of: one store for all of them.

A resource is what was given to create it. What its operations take and answer, and with which error
one refuses a resource that does not exist, the service's model tells (SageMaker API reference).
"""

from dataclasses import dataclass
from itertools import count

from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import camelcase_to_underscores, get_service_model, utcnow
from moto.sagemaker.exceptions import SagemakerClientError


@dataclass(frozen=True)
class Kind:
    """A kind of resource, by the names of its members and its states in the API reference."""

    arn: str
    """What its ARN ends with, made of members that were given; `{id}` is the service's own."""
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
    "InferenceExperiment": job("inference-experiment", "Name", "Running", status="Status"),
    "NotebookInstance": job("notebook-instance", "NotebookInstanceName", "InService"),
    "Domain": Kind("domain/d-{id}", "InService", status="Status"),
    "UserProfile": Kind("user-profile/{DomainId}/{UserProfileName}", "InService", status="Status"),
    "Space": Kind("space/{DomainId}/{SpaceName}", "InService", status="Status"),
    "App": Kind("app/{DomainId}/{AppName}", "InService", status="Status"),
    "Pipeline": kept("pipeline", "PipelineName"),
    "PipelineExecution": Kind(
        "pipeline/{PipelineName}/execution/{id}", "Executing", creation="Start"
    ),
    "MlflowTrackingServer": job(
        "mlflow-tracking-server", "TrackingServerName", "Created", status="TrackingServerStatus"
    ),
    "MlflowApp": Kind("mlflow-app/app-{id}"),
    "PartnerApp": Kind("partner-app/app-{id}"),
    "FeatureGroup": kept("feature-group", "FeatureGroupName"),
    "ModelPackage": kept("model-package", "ModelPackageName"),
    "ModelCard": kept("model-card", "ModelCardName"),
    "Image": kept("image", "ImageName"),
    "FlowDefinition": kept("flow-definition", "FlowDefinitionName"),
    "Hub": kept("hub", "HubName"),
}

# An operation of one kind on resources of another: both versions of AutoML make the same jobs.
SAME = {"AutoMLJobV2": "AutoMLJob"}

# The lists that show which resources use another one.
LISTS = ("TransformJob", "InferenceComponent", "MonitoringSchedule")


class Resource:
    """One resource: what was given, its ARN, its state and its tags."""

    def __init__(self, given, arn, kind):
        self.given = given
        self.arn = arn
        self.state = kind.running
        self.created = utcnow()
        self.tags = given.pop("Tags", [])


class Store:
    """The resources of an account and region."""

    def __init__(self, prefix):
        self.prefix = prefix
        self.resources = {}
        self._ids = count(1)

    def by_arn(self, arn):
        found = (one for ones in self.resources.values() for one in ones if one.arn == arn)
        return next(found, None)

    def create(self, noun, given):
        kind = KINDS[noun]
        arn = self.prefix + kind.arn.format(**given, id=f"{next(self._ids):012}")
        if self.by_arn(arn):
            raise SagemakerClientError("ResourceInUse", f"{arn} exists already.")
        resource = Resource(given, arn, kind)
        self._of(noun).append(resource)
        return _answer(f"{kind.creation}{noun}", _members(noun, resource))

    def describe(self, noun, given):
        resource = self._find("Describe", noun, given)
        members = _members(noun, resource)
        return _answer(f"Describe{noun}", {f"{noun}Detail": members, **members})

    def stop(self, noun, given):
        """Stop…: what does not run is refused."""
        resource, kind = self._find("Stop", noun, given), KINDS[noun]
        if resource.state != kind.running:
            code = _refusal(f"Stop{noun}", "ConflictException")
            raise SagemakerClientError(code, f"{resource.arn} is in status {resource.state}.")
        resource.state = kind.stopped
        return EmptyResult()

    def delete(self, noun, given):
        self._of(noun).remove(self._find("Delete", noun, given))
        return EmptyResult()

    def list(self, noun, given):
        """List…: the newest first, filtered by time of creation and by job definition."""
        since, definition = given.get("CreationTimeAfter"), given.get("MonitoringJobDefinitionName")
        found = [
            _members(noun, one)
            for one in reversed(self._of(noun))
            if (since is None or one.created.timestamp() > since.timestamp())
            and definition in (None, _definition(one))
        ]
        page = found[: given.get("MaxResults", 10)]
        shape = _model(f"List{noun}s").output_shape
        items = next(name for name, member in shape.members.items() if member.type_name == "list")
        item = shape.members[items].member.members
        listed = [{key: value for key, value in one.items() if key in item} for one in page]
        return ActionResult({items: listed, **({"NextToken": "more"} if len(found) > len(page) else {})})

    def _of(self, noun):
        return self.resources.setdefault(SAME.get(noun, noun), [])

    def _find(self, verb, noun, given):
        """The resource that the members of a request name, all of them."""
        takes = _model(f"{verb}{noun}").input_shape.members
        wanted = {name: given[name] for name in takes if name in given and not name.endswith("Token")}
        for resource in self._of(noun):
            members = _members(noun, resource)
            # A model package is named by its ARN as well.
            if all(value in (members.get(name), resource.arn) for name, value in wanted.items()):
                return resource
        code = _refusal(f"{verb}{noun}", "ResourceNotFound")
        raise SagemakerClientError(code, f"Could not find {noun} {wanted}.")


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


def _members(noun, resource):
    """What is known of a resource, by all the names that operations have for it."""
    kind, name = KINDS[noun], SAME.get(noun, noun)
    arns = (f"{noun}Arn", f"{name}Arn", "Arn", "JobArn", "JobDefinitionArn", "TrackingServerArn")
    known = {arn: resource.arn for arn in arns}
    if noun == "Domain":
        known["DomainId"] = resource.arn.rsplit("/", 1)[1]
    if kind.running:
        known[kind.status or f"{name}Status"] = resource.state
    if "SecurityGroupIds" in resource.given:
        # DescribeNotebookInstance has another name for them.
        known["SecurityGroups"] = resource.given["SecurityGroupIds"]
    return {**resource.given, **known, "CreationTime": resource.created}


def _definition(schedule):
    return schedule.given.get("MonitoringScheduleConfig", {}).get("MonitoringJobDefinitionName")


def _answer(operation, members):
    shape = _model(operation).output_shape
    if shape is None:
        return EmptyResult()
    return ActionResult({name: members[name] for name in shape.members if name in members})
