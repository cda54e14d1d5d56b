"""SageMaker as AWS documents it, where moto differs.

Each correction names the page of the SageMaker API reference that it follows.
"""

from copy import deepcopy
from functools import cache

from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import camelcase_to_underscores, get_service_model, utcnow
from moto.sagemaker import urls
from moto.sagemaker.exceptions import (
    ResourceInUseException,
    SagemakerClientError,
    ValidationError,
)
from moto.sagemaker.models import (
    FakeEndpointConfig,
    SageMakerModelBackend,
    sagemaker_backends,
)
from moto.sagemaker.responses import SageMakerResponse
from moto.sagemaker.utils import arn_formatter

import sagemaker_kinds
from listing import page, seconds

MOST_TAGS = 50


def install():
    sagemaker_backends.backend = SageMakerBackend
    urls.url_paths["{0}/$"] = SageMaker.dispatch
    sagemaker_kinds.install(SageMaker)
    # ProductionVariant: moto's list of instance types is years old.
    FakeEndpointConfig.validate_instance_type = lambda self, instance_type: None


class SageMakerBackend(SageMakerModelBackend):
    # moto finds a service's urls by the name of the module.
    __module__ = SageMakerModelBackend.__module__

    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        self.store = sagemaker_kinds.Store(self._arn("", "")[:-1])

    # Training jobs

    def create_training_job(self, training_job_name, algorithm_specification, **members):
        """CreateTrainingJob: an existing name is ResourceInUse; a job runs until it is stopped; the algorithm is optional."""
        existing = self.training_jobs.get(training_job_name)
        if existing:
            raise ResourceInUseException(
                "Job name must be unique within an AWS account and region, "
                f"and a job with this name already exists ({existing.arn})"
            )
        algorithm = dict(algorithm_specification or {})
        job = super().create_training_job(
            training_job_name=training_job_name, algorithm_specification=algorithm, **members
        )
        job.algorithm_specification = algorithm_specification
        job.training_end_time = None
        job.final_metric_data_list = None
        _enter(job, "InProgress", "Training")
        return job

    def describe_training_job(self, training_job_name):
        return self._training_job(training_job_name).response_object

    def stop_training_job(self, training_job_name):
        """StopTrainingJob: a job that has ended is refused; here a job stops at once."""
        job = self._training_job(training_job_name)
        if job.training_job_status != "InProgress":
            raise ValidationError(
                "The request was rejected because the training job is in status "
                f"{job.training_job_status}."
            )
        job.training_end_time = utcnow()
        _enter(job, "Stopped", "Stopped")

    def _training_job(self, name):
        if name not in self.training_jobs:
            raise ValidationError("Requested resource not found.")
        return self.training_jobs[name]

    # Models

    def create_model(self, model_name, **members):
        self._must_be_new(self._models, model_name, "model", "model")
        return super().create_model(model_name=model_name, **members)

    def describe_model(self, model_name):
        return self._find(self._models, model_name, "model", "model")

    def delete_model(self, model_name):
        self.describe_model(model_name)
        super().delete_model(model_name)

    # Endpoint configurations

    def create_endpoint_config(self, endpoint_config_name, **members):
        kind = "endpoint-config", "endpoint configuration"
        self._must_be_new(self.endpoint_configs, endpoint_config_name, *kind)
        config = super().create_endpoint_config(
            endpoint_config_name=endpoint_config_name, **members
        )
        # moto stores the ARN as a tuple, which the Resource Groups Tagging API then shows.
        config.arn = config.endpoint_config_arn
        return config

    def validate_production_variants(self, production_variants):
        """ProductionVariant: ModelName is optional; a model that is named must exist."""
        for variant in production_variants:
            if "ModelName" in variant:
                self.describe_model(variant["ModelName"])

    def describe_endpoint_config(self, endpoint_config_name):
        return self._endpoint_config(endpoint_config_name).response_object

    def delete_endpoint_config(self, endpoint_config_name):
        """DeleteEndpointConfig: the configuration must exist; that it is in use does not matter."""
        self._endpoint_config(endpoint_config_name)
        super().delete_endpoint_config(endpoint_config_name)

    def _endpoint_config(self, name):
        return self._find(self.endpoint_configs, name, "endpoint-config", "endpoint configuration")

    # Endpoints

    def create_endpoint(self, endpoint_name, **members):
        self._must_be_new(self.endpoints, endpoint_name, "endpoint", "endpoint")
        return super().create_endpoint(endpoint_name=endpoint_name, **members)

    def describe_endpoint(self, endpoint_name):
        return self._endpoint(endpoint_name).response_object

    def update_endpoint(self, endpoint_name, endpoint_config_name):
        """UpdateEndpoint: the endpoint serves the new configuration, here at once."""
        endpoint = self._endpoint(endpoint_name)
        config = self._endpoint_config(endpoint_config_name)
        endpoint.endpoint_config_name = endpoint_config_name
        endpoint.production_variants = endpoint._process_production_variants(
            config.production_variants
        )
        endpoint.last_modified_time = utcnow()
        return endpoint

    def delete_endpoint(self, endpoint_name):
        self._endpoint(endpoint_name)
        super().delete_endpoint(endpoint_name)

    def _endpoint(self, name):
        return self._find(self.endpoints, name, "endpoint", "endpoint")

    # Tags

    def add_tags(self, arn, tags):
        """AddTags: adds or overwrites, the keys of a resource are unique, 50 tags at most."""
        resource = self._get_resource_from_arn(arn)
        merged = {tag["Key"]: tag["Value"] for tag in [*resource.tags, *tags]}
        if len(merged) > MOST_TAGS:
            raise SagemakerClientError(
                "ResourceLimitExceeded", f"A resource has at most {MOST_TAGS} tags: {arn}"
            )
        resource.tags = [{"Key": key, "Value": value} for key, value in merged.items()]
        return resource.tags

    def owns_arn(self, arn):
        """moto would tag the resource of the same name for another account's or region's ARN."""
        return arn.startswith(arn_formatter("", "", self.account_id, self.region_name)[:-1])

    def _get_resource_from_arn(self, arn):
        if resource := self.store.by_arn(arn):
            return resource
        try:
            resource = super()._get_resource_from_arn(arn) if self.owns_arn(arn) else None
        except (AttributeError, ValueError):
            # A kind of resource that moto does not know.
            resource = None
        if resource is None:
            raise ValidationError(f'Could not find resource "{arn}".')
        return resource

    # Names

    def _find(self, resources, name, kind, noun):
        if name not in resources:
            raise ValidationError(f'Could not find {noun} "{self._arn(kind, name)}".')
        return resources[name]

    def _must_be_new(self, resources, name, kind, noun):
        """CreateModel, CreateEndpointConfig, CreateEndpoint: the name is unique."""
        if name in resources:
            raise ValidationError(
                f'Cannot create already existing {noun} "{self._arn(kind, name)}".'
            )

    def _arn(self, kind, name):
        return arn_formatter(kind, name, self.account_id, self.region_name)


class SageMaker(SageMakerResponse):
    """The operations: takes the members that moto leaves aside, adds the operations it lacks."""

    def create_training_job(self):
        given = deepcopy(self.params)
        result = super().create_training_job()
        job = self.sagemaker_backend.training_jobs[given["TrainingJobName"]]
        _keep(given, job, "DescribeTrainingJob")
        return result

    def describe_training_job(self):
        return _without_empty(super().describe_training_job())

    def stop_training_job(self):
        self.sagemaker_backend.stop_training_job(self._get_param("TrainingJobName"))
        return EmptyResult()

    def create_model(self):
        given = deepcopy(self.params)
        result = super().create_model()
        model = self.sagemaker_backend.describe_model(given["ModelName"])
        _keep(given, model, "DescribeModel")
        return result

    def describe_model(self):
        return _without_empty(super().describe_model())

    def create_endpoint_config(self):
        given = deepcopy(self.params)
        result = super().create_endpoint_config()
        config = self.sagemaker_backend.endpoint_configs[given["EndpointConfigName"]]
        _keep(given, config, "DescribeEndpointConfig")
        return result

    def describe_endpoint_config(self):
        return _without_empty(super().describe_endpoint_config())

    def describe_endpoint(self):
        return _without_empty(super().describe_endpoint())

    def update_endpoint(self):
        endpoint = self.sagemaker_backend.update_endpoint(
            self._get_param("EndpointName"), self._get_param("EndpointConfigName")
        )
        return ActionResult(endpoint.response_create)

    def list_training_jobs(self):
        return self._page("TrainingJob", self.sagemaker_backend.training_jobs)

    def list_models(self):
        return self._page("Model", self.sagemaker_backend._models)

    def list_endpoint_configs(self):
        return self._page("EndpointConfig", self.sagemaker_backend.endpoint_configs)

    def list_endpoints(self):
        return self._page("Endpoint", self.sagemaker_backend.endpoints)

    def _page(self, noun, resources):
        return page(f"List{noun}s", (Listed(noun, one) for one in resources.values()), self.params)


class Listed:
    """A resource of moto's, as lists want it."""

    def __init__(self, noun, resource):
        self.noun, self.resource, self.arn = noun, resource, resource.arn

    @property
    def name(self):
        return self.member(f"{self.noun}Name")

    @property
    def state(self):
        return self.member(f"{self.noun}Status")

    @property
    def created(self):
        return seconds(self.resource.creation_time)

    @property
    def modified(self):
        return seconds(self.resource.last_modified_time)

    def member(self, name):
        return self.arn if name == f"{self.noun}Arn" else getattr(self.resource, _attribute(name), None)


# A list asks for the same few names, for each resource.
_attribute = cache(camelcase_to_underscores)


def _enter(job, status, secondary_status):
    """DescribeTrainingJob: the status, and the transitions that led there."""
    now = job.last_modified_time = utcnow()
    job.training_job_status = status
    job.secondary_status = secondary_status
    job.secondary_status_transitions[-1]["EndTime"] = now
    job.secondary_status_transitions.append({"Status": secondary_status, "StartTime": now})


def _keep(given, resource, describe):
    """DescribeTrainingJob, DescribeModel, DescribeEndpointConfig: answer what was given."""
    described = get_service_model("sagemaker").operation_model(describe).output_shape.members
    for name in described.keys() & given.keys():
        # moto builds the answer from the attributes of the resource.
        setattr(resource, camelcase_to_underscores(name), given[name])


def _without_empty(result):
    """A structure that was not given is absent, not empty: an SDK could not tell the difference."""
    return ActionResult({name: value for name, value in result.result.items() if value != {}})
