"""Proves through boto3 that the emulator answers as AWS does, fails as told, notes every call."""

import json
import subprocess
import sys
import threading
import time
import unittest
import urllib.error
import urllib.request
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import boto3
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError

from listing import NEWEST_FIRST, ORDERS
from sagemaker_kinds import KINDS, LISTS

HERE = Path(__file__).parent
REGION = "eu-west-1"
ACCOUNT = "123456789012"
ACCESS_KEY = "AKIAIOSFODNN7EXAMPLE"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/atlas-train"
VPC = {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}
FOR_EVER = "inf"

server = None
url = None


def setUpModule():
    global server, url
    server = subprocess.Popen(
        [sys.executable, HERE / "emulator.py", "--port", "0"], stdout=subprocess.PIPE, text=True
    )
    url = server.stdout.readline().removeprefix("listening on ").strip()


def tearDownModule():
    server.kill()
    server.communicate()


def control_request(method, path, value=None):
    body = None if value is None else json.dumps(value).encode()
    return urllib.request.Request(f"{url}/_emulator/{path}", body, method=method)


def control(method, path, value=None):
    with urllib.request.urlopen(control_request(method, path, value)) as response:
        return json.load(response)


def failure(request):
    """The status and the JSON of an answer that is an error."""
    try:
        urllib.request.urlopen(request).close()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)
    raise AssertionError("no failure")


def client(service, access_key=ACCESS_KEY, secret="secret"):
    return boto3.client(
        service,
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret,
        config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
    )


def arn(kind, name):
    return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:{kind}/{name}"


def fault(service, action, kind, **more):
    control("POST", "faults", [{"service": service, "action": action, "kind": kind, **more}])


def journal():
    return control("GET", "journal")


class EmulatorTest(unittest.TestCase):
    def setUp(self):
        control("POST", "reset")
        self.sagemaker = client("sagemaker")

    def refused(self, code, call, *, status=400, message=None, **members):
        with self.assertRaises(ClientError) as raised:
            call(**members)
        response = raised.exception.response
        self.assertEqual(response["Error"]["Code"], code)
        self.assertEqual(response["ResponseMetadata"]["HTTPStatusCode"], status)
        if message:
            self.assertEqual(response["Error"]["Message"], message)
        return raised.exception

    def train(self, name="job", **more):
        members = {
            "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"},
            "RoleArn": ROLE,
            "OutputDataConfig": {"S3OutputPath": "s3://bucket/out"},
            "ResourceConfig": {
                "InstanceType": "ml.p5.48xlarge",
                "InstanceCount": 1,
                "VolumeSizeInGB": 10,
            },
            "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        }
        created = self.sagemaker.create_training_job(TrainingJobName=name, **{**members, **more})
        return created["TrainingJobArn"]

    def model(self, name="model", **more):
        created = self.sagemaker.create_model(
            ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer={"Image": "image"}, **more
        )
        return created["ModelArn"]

    def endpoint_config(self, name="config", instance_type="ml.g5.xlarge", **more):
        created = self.sagemaker.create_endpoint_config(
            EndpointConfigName=name, ProductionVariants=[variant(instance_type)], **more
        )
        return created["EndpointConfigArn"]

    def endpoint(self, name="endpoint", config="config"):
        created = self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
        return created["EndpointArn"]

    def one_of_each(self):
        return [self.train(), self.model(), self.endpoint_config(), self.endpoint()]

    def tags(self, resource_arn):
        listed = self.sagemaker.list_tags(ResourceArn=resource_arn)["Tags"]
        self.assertEqual(len(listed), len({tag["Key"] for tag in listed}))
        return {tag["Key"]: tag["Value"] for tag in listed}


def variant(instance_type="ml.g5.xlarge", model="model"):
    return {
        "VariantName": "all",
        "ModelName": model,
        "InstanceType": instance_type,
        "InitialInstanceCount": 1,
    }


class TrainingJobs(EmulatorTest):
    def describe(self, name="job"):
        return self.sagemaker.describe_training_job(TrainingJobName=name)

    def test_runs_until_it_is_stopped(self):
        self.train()
        job = self.describe()
        self.assertEqual(job["TrainingJobStatus"], "InProgress")
        self.assertEqual(job["SecondaryStatus"], "Training")
        self.assertNotIn("TrainingEndTime", job)
        listed = self.sagemaker.list_training_jobs(StatusEquals="InProgress")
        self.assertEqual(len(listed["TrainingJobSummaries"]), 1)

        self.sagemaker.stop_training_job(TrainingJobName="job")
        job = self.describe()
        self.assertEqual(job["TrainingJobStatus"], "Stopped")
        self.assertEqual(job["SecondaryStatus"], "Stopped")
        self.assertIn("TrainingEndTime", job)
        statuses = [transition["Status"] for transition in job["SecondaryStatusTransitions"]]
        self.assertEqual(statuses, ["Starting", "Training", "Stopped"])

    def test_has_a_unique_name(self):
        self.train()
        self.refused("ResourceInUse", self.train)

    def test_is_described_as_it_was_created(self):
        given = {
            "EnableNetworkIsolation": True,
            "EnableInterContainerTrafficEncryption": True,
            "EnableManagedSpotTraining": True,
            "VpcConfig": VPC,
            "RemoteDebugConfig": {"EnableRemoteDebug": True},
            "Environment": {"LEVEL": "debug"},
            "AlgorithmSpecification": {"TrainingImage": "other", "TrainingInputMode": "Pipe"},
            "ResourceConfig": {
                "VolumeSizeInGB": 10,
                "InstanceGroups": [
                    {
                        "InstanceType": "ml.g6.xlarge",
                        "InstanceCount": 2,
                        "InstanceGroupName": "group",
                    }
                ],
            },
        }
        self.train(**given)
        job = self.describe()
        self.assertEqual({name: job[name] for name in given}, given)

    def test_is_described_without_what_was_not_given(self):
        self.train()
        job = self.describe()
        self.assertFalse(job["EnableNetworkIsolation"])
        for absent in ("VpcConfig", "RemoteDebugConfig", "Environment"):
            self.assertNotIn(absent, job)

    def test_cannot_be_stopped_twice(self):
        self.train()
        self.sagemaker.stop_training_job(TrainingJobName="job")
        message = "The request was rejected because the training job is in status Stopped."
        stop = self.sagemaker.stop_training_job
        self.refused("ValidationException", stop, message=message, TrainingJobName="job")

    def test_unknown_is_not_found(self):
        for call in (self.sagemaker.stop_training_job, self.sagemaker.describe_training_job):
            message = "Requested resource not found."
            self.refused("ValidationException", call, message=message, TrainingJobName="none")


class Endpoints(EmulatorTest):
    def setUp(self):
        super().setUp()
        self.model()

    def not_found(self, noun, resource_arn, call, **members):
        message = f'Could not find {noun} "{resource_arn}".'
        self.refused("ValidationException", call, message=message, **members)

    def test_configuration_is_described_as_it_was_created(self):
        given = {
            "VpcConfig": VPC,
            "EnableNetworkIsolation": True,
            "ExecutionRoleArn": ROLE,
            "ShadowProductionVariants": [{**variant(), "VariantName": "shadow"}],
            "KmsKeyId": "key",
        }
        self.endpoint_config(**given)
        config = self.sagemaker.describe_endpoint_config(EndpointConfigName="config")
        self.assertEqual({name: config[name] for name in given}, given)

    def test_configuration_is_described_without_what_was_not_given(self):
        self.endpoint_config()
        config = self.sagemaker.describe_endpoint_config(EndpointConfigName="config")
        self.assertNotIn("VpcConfig", config)
        self.assertNotIn("DataCaptureConfig", config)

    def test_configuration_takes_any_instance_type(self):
        for instance_type in ("ml.g5.xlarge", "ml.g6.48xlarge", "ml.p5.48xlarge"):
            self.endpoint_config(instance_type, instance_type)

    def test_configuration_may_name_no_model_but_no_unknown_one(self):
        without = {name: value for name, value in variant().items() if name != "ModelName"}
        create = self.sagemaker.create_endpoint_config
        create(EndpointConfigName="config", ProductionVariants=[without])
        unknown = {"EndpointConfigName": "other", "ProductionVariants": [variant(model="none")]}
        self.not_found("model", arn("model", "none"), create, **unknown)

    def test_configuration_in_use_can_be_deleted(self):
        self.endpoint_config()
        self.endpoint()
        self.sagemaker.delete_endpoint_config(EndpointConfigName="config")
        endpoint = self.sagemaker.describe_endpoint(EndpointName="endpoint")
        self.assertEqual(endpoint["EndpointConfigName"], "config")
        unknown = arn("endpoint-config", "config")
        for call in (
            self.sagemaker.delete_endpoint_config,
            self.sagemaker.describe_endpoint_config,
        ):
            self.not_found("endpoint configuration", unknown, call, EndpointConfigName="config")

    def test_names_are_unique(self):
        self.endpoint_config()
        self.endpoint()
        for create in (self.model, self.endpoint_config, self.endpoint):
            self.refused("ValidationException", create)

    def test_endpoint_takes_another_configuration(self):
        self.endpoint_config("old")
        self.endpoint_config("new")
        self.endpoint(config="old")
        update = self.sagemaker.update_endpoint
        updated = update(EndpointName="endpoint", EndpointConfigName="new")
        self.assertEqual(updated["EndpointArn"], arn("endpoint", "endpoint"))
        endpoint = self.sagemaker.describe_endpoint(EndpointName="endpoint")
        self.assertEqual(endpoint["EndpointConfigName"], "new")
        self.assertEqual(endpoint["EndpointStatus"], "InService")

        unknown = {"EndpointName": "none", "EndpointConfigName": "new"}
        self.not_found("endpoint", arn("endpoint", "none"), update, **unknown)
        unknown = {"EndpointName": "endpoint", "EndpointConfigName": "none"}
        unknown_arn = arn("endpoint-config", "none")
        self.not_found("endpoint configuration", unknown_arn, update, **unknown)

    def test_endpoints_are_listed_newest_first_ten_a_page(self):
        self.endpoint_config()
        names = [f"endpoint-{number:02}" for number in range(12)]
        for name in names:
            self.endpoint(name)
        first = self.sagemaker.list_endpoints()
        second = self.sagemaker.list_endpoints(NextToken=first["NextToken"])
        listed = [*first["Endpoints"], *second["Endpoints"]]
        self.assertEqual(len(first["Endpoints"]), 10)
        self.assertNotIn("NextToken", second)
        self.assertEqual([endpoint["EndpointName"] for endpoint in listed], names[::-1])
        self.assertEqual(listed[0]["EndpointArn"], arn("endpoint", "endpoint-11"))
        self.assertEqual(listed[0]["EndpointStatus"], "InService")

    def test_endpoints_are_filtered_and_sorted(self):
        self.endpoint_config()
        for name in ("blue-1", "green-1", "blue-2"):
            self.endpoint(name)
        members = {"NameContains": "blue", "SortBy": "Name", "SortOrder": "Ascending"}
        self.assertEqual(self.listed(**members), ["blue-1", "blue-2"])
        self.assertEqual(self.listed(StatusEquals="Failed"), [])
        self.assertEqual(self.listed(CreationTimeAfter=time.time() + 60), [])
        self.assertEqual(len(self.listed(CreationTimeBefore=time.time() + 60, MaxResults=2)), 2)

    def listed(self, **members):
        endpoints = self.sagemaker.list_endpoints(**members)["Endpoints"]
        return [endpoint["EndpointName"] for endpoint in endpoints]

    def test_unknown_endpoints_and_models_are_not_found(self):
        for call in (self.sagemaker.describe_endpoint, self.sagemaker.delete_endpoint):
            self.not_found("endpoint", arn("endpoint", "none"), call, EndpointName="none")
        for call in (self.sagemaker.describe_model, self.sagemaker.delete_model):
            self.not_found("model", arn("model", "none"), call, ModelName="none")

    def test_known_endpoints_and_models_are_deleted(self):
        self.endpoint_config()
        self.endpoint()
        self.sagemaker.delete_endpoint(EndpointName="endpoint")
        self.sagemaker.delete_model(ModelName="model")
        self.assertEqual(self.listed(), [])
        self.assertEqual(self.sagemaker.list_models()["Models"], [])


class AnyKind(EmulatorTest):
    """Calls operations of any kind of resource with as little as they can do with."""

    # What names a resource of whatever kind.
    NAMES = {"DomainId": "d-1", "AppType": "JupyterLab", "JobCategory": "AgentRFT", "PipelineName": "p"}

    def call(self, operation, **members):
        """Calls an operation with those of the members that it takes."""
        method = xform_name(operation)
        takes = self.sagemaker.meta.service_model.operation_model(operation).input_shape.members
        return getattr(self.sagemaker, method)(**{k: v for k, v in members.items() if k in takes})

    def setUp(self):
        super().setUp()
        config = Config(retries={"total_max_attempts": 1}, parameter_validation=False)
        self.sagemaker = boto3.client(
            "sagemaker",
            endpoint_url=url,
            region_name=REGION,
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key="secret",
            config=config,
        )


class Kinds(AnyKind):
    """The kinds of resources that share a store."""

    def made(self, noun, kind):
        """Creates a resource, and returns what names it."""
        name = kind.arn.rsplit("/", 1)[1].strip("{}")
        given = {**self.NAMES, name: f"of-{noun}", "Tags": [{"Key": "Project", "Value": "atlas"}]}
        answer = self.call(f"{kind.creation}{noun}", **given)
        answer.pop("ResponseMetadata")
        return {**given, **answer}

    def operations(self, verb):
        known = self.sagemaker.meta.service_model.operation_names
        return {noun: kind for noun, kind in KINDS.items() if f"{verb}{noun}" in known}

    def refusal(self, operation, code):
        """The code, where the operation knows it."""
        model = self.sagemaker.meta.service_model.operation_model(operation)
        known = {shape.name for shape in model.error_shapes}
        return code if code in known else "ValidationException"

    def test_a_resource_is_described_as_it_was_created(self):
        for noun, kind in KINDS.items():
            with self.subTest(noun):
                names = self.made(noun, kind)
                described = self.call(f"Describe{noun}", **names)
                described = described.get(f"{noun}Detail", described)
                known = {key: value for key, value in names.items() if key in described and key != "Tags"}
                self.assertEqual({key: described[key] for key in known}, known)
                if kind.running:
                    self.assertEqual(described[kind.status or f"{noun}Status"], kind.running)
                arns = [value for key, value in names.items() if key.endswith("Arn")]
                if arns and noun != "PipelineExecution":
                    tags = self.sagemaker.list_tags(ResourceArn=arns[0])["Tags"]
                    self.assertEqual(tags, names["Tags"])

    def test_a_job_stops_once(self):
        for noun, kind in self.operations("Stop").items():
            with self.subTest(noun):
                names = self.made(noun, kind)
                self.call(f"Stop{noun}", **names)
                described = self.call(f"Describe{noun}", **names)
                described = described.get(f"{noun}Detail", described)
                self.assertEqual(described[kind.status or f"{noun}Status"], kind.stopped)
                code = self.refusal(f"Stop{noun}", "ConflictException")
                self.refused(code, self.call, operation=f"Stop{noun}", **names)

    def test_what_is_deleted_is_gone(self):
        for noun, kind in self.operations("Delete").items():
            with self.subTest(noun):
                names = self.made(noun, kind)
                self.call(f"Delete{noun}", **names)
                for verb in ("Delete", "Describe"):
                    code = self.refusal(f"{verb}{noun}", "ResourceNotFound")
                    self.refused(code, self.call, operation=f"{verb}{noun}", **names)

    def test_apps_of_two_users_may_have_one_name(self):
        for user in ("ana", "ben"):
            app = {**self.NAMES, "UserProfileName": user, "AppName": "default"}
            created = self.call("CreateApp", **app)
            self.assertEqual(created["AppArn"], arn(f"app/d-1/{user}/JupyterLab", "default"))
            self.assertEqual(self.call("DescribeApp", **app)["UserProfileName"], user)

    def test_the_second_version_describes_automl_jobs_of_both(self):
        source = {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/in"}}}
        security, split = {"VpcConfig": VPC}, {"ValidationFraction": 0.25}
        criteria, algorithms = {"MaxCandidates": 1}, [{"AutoMLAlgorithms": ["xgboost"]}]
        common = {"OutputDataConfig": {"S3OutputPath": "s3://bucket/out"}, "RoleArn": ROLE}
        self.sagemaker.create_auto_ml_job(
            AutoMLJobName="first",
            InputDataConfig=[{**source, "TargetAttributeName": "churn"}],
            ProblemType="Regression",
            AutoMLJobConfig={
                "SecurityConfig": security,
                "DataSplitConfig": split,
                "CompletionCriteria": criteria,
                "CandidateGenerationConfig": {"AlgorithmsConfig": algorithms},
            },
            **common,
        )
        tabular = {
            "TargetAttributeName": "churn",
            "ProblemType": "Regression",
            "CompletionCriteria": criteria,
            "CandidateGenerationConfig": {"AlgorithmsConfig": algorithms},
        }
        given = {
            "AutoMLJobInputDataConfig": [source],
            "AutoMLProblemTypeConfig": {"TabularJobConfig": tabular},
            "SecurityConfig": security,
            "DataSplitConfig": split,
            **common,
        }
        self.sagemaker.create_auto_ml_job_v2(AutoMLJobName="second", **given)
        for name in ("first", "second"):
            job = self.sagemaker.describe_auto_ml_job_v2(AutoMLJobName=name)
            self.assertEqual({member: job[member] for member in given}, given)
            self.assertEqual(job["AutoMLProblemTypeConfigName"], "Tabular")
        self.assertNotIn("AutoMLJobConfig", job)
        # The first version does not describe those of the second.
        first = self.sagemaker.describe_auto_ml_job
        self.assertEqual(first(AutoMLJobName="first")["ProblemType"], "Regression")
        self.refused("ResourceNotFound", first, AutoMLJobName="second")
        jobs = self.sagemaker.list_auto_ml_jobs()["AutoMLJobSummaries"]
        self.assertEqual([job["AutoMLJobName"] for job in jobs], ["second", "first"])


class Lists(AnyKind):
    """The List… operations: one mechanism for all kinds."""

    NOUNS = (*LISTS, "TrainingJob", "Model", "EndpointConfig", "Endpoint")
    NAMED = {
        "InferenceRecommendationsJob": "JobName",
        "InferenceExperiment": "Name",
        "MlflowTrackingServer": "TrackingServerName",
        "MlflowApp": "Name",
        "PartnerApp": "Name",
    }
    # What summaries must say, and only the caller knows.
    GIVEN = {
        "HyperParameterTuningJob": {"HyperParameterTuningJobConfig": {"Strategy": "Random"}},
        "LabelingJob": {"HumanTaskConfig": {"WorkteamArn": "team"}},
        "InferenceRecommendationsJob": {"JobDescription": "d", "JobType": "Default", "RoleArn": ROLE},
        "OptimizationJob": {
            "DeploymentInstanceType": "ml.g5.xlarge",
            "OptimizationConfigs": [{"ModelQuantizationConfig": {}}],
        },
        "InferenceComponent": {"EndpointName": "e", "VariantName": "v"},
        "InferenceExperiment": {"Type": "ShadowMode"},
        "App": {"UserProfileName": "ana"},
    }

    @contextmanager
    def account_for(self, noun):
        """An account with nothing but what resources of the kind need."""
        with self.subTest(noun):
            control("POST", "reset")
            if noun in ("EndpointConfig", "Endpoint"):
                self.model()
            if noun == "Endpoint":
                self.endpoint_config()
            yield

    def make(self, noun, *names):
        own = {
            "TrainingJob": self.train,
            "Model": self.model,
            "EndpointConfig": self.endpoint_config,
            "Endpoint": self.endpoint,
        }
        for name in names:
            if noun in own:
                own[noun](name)
            else:
                self.call(f"Create{noun}", **{**self.NAMES, **self.GIVEN.get(noun, {}), self.name_of(noun): name})

    def name_of(self, noun):
        return self.NAMED.get(noun, f"{noun}Name")

    def nouns(self, *members):
        """The kinds whose list takes these members."""
        return [noun for noun in self.NOUNS if all(member in self.shape(noun).members for member in members)]

    def shape(self, noun, of="input_shape"):
        return getattr(self.sagemaker.meta.service_model.operation_model(f"List{noun}s"), of)

    def list(self, noun, **members):
        """The summaries of a page, and the token for the next one."""
        answer = getattr(self.sagemaker, xform_name(f"List{noun}s"))(**members)
        return next(value for value in answer.values() if isinstance(value, list)), answer.get("NextToken")

    def named(self, noun, summary):
        # A training session's summary has its ARN alone.
        return summary.get(self.name_of(noun)) or summary[f"{noun}Arn"].rsplit("/", 1)[1]

    def names(self, noun, **members):
        return [self.named(noun, one) for one in self.list(noun, **members)[0]]

    def pages(self, noun, **members):
        """The names on all pages."""
        token = {}
        while True:
            page, more = self.list(noun, **members, **token)
            yield [self.named(noun, one) for one in page]
            if not more:
                return
            token = {"NextToken": more}

    def refused_list(self, noun, message=None, **members):
        call = getattr(self.sagemaker, xform_name(f"List{noun}s"))
        self.refused("ValidationException", call, message=message, **members)

    def test_summaries_have_the_members_of_the_reference(self):
        for noun in self.NOUNS:
            with self.account_for(noun):
                self.make(noun, "one")
                [summary], token = self.list(noun)
                self.assertIsNone(token)
                listed = next(s for s in self.shape(noun, "output_shape").members.values() if s.type_name == "list")
                self.assertLessEqual(set(listed.member.required_members), set(summary))
                self.assertIn("CreationTime", summary)

    def test_are_in_the_order_of_the_reference(self):
        for noun in self.NOUNS:
            with self.account_for(noun):
                self.make(noun, "b", "c", "a")
                by, direction = ORDERS.get(f"List{noun}s", NEWEST_FIRST)
                usual = ["a", "b", "c"] if by == "Name" else ["b", "c", "a"]
                self.assertEqual(self.names(noun), usual if direction == "Ascending" else usual[::-1])
                keys = self.shape(noun).members["SortBy"].enum if noun in self.nouns("SortBy") else []
                if "CreationTime" in keys:
                    newest = self.pages(noun, MaxResults=2, SortBy="CreationTime", SortOrder="Descending")
                    self.assertEqual(list(newest), [["a", "c"], ["b"]])
                    self.assertEqual(self.names(noun, SortBy="CreationTime", SortOrder="Ascending"), ["b", "c", "a"])
                if "Name" in keys:
                    by_name = self.pages(noun, MaxResults=2, SortBy="Name", SortOrder="Ascending")
                    self.assertEqual(list(by_name), [["a", "b"], ["c"]])

    def test_pages_are_of_ten_or_as_many_as_asked_for(self):
        names = [f"n{number:02}" for number in range(11)]
        for noun in self.NOUNS:
            with self.account_for(noun):
                self.make(noun, *names)
                of_ten = [11] if noun == "OptimizationJob" else [10, 1]
                self.assertEqual([len(page) for page in self.pages(noun)], of_ten)
                pages = list(self.pages(noun, MaxResults=4))
                self.assertEqual([len(page) for page in pages], [4, 4, 3])
                self.assertEqual(sorted(name for page in pages for name in page), names)
                self.assertEqual(len(list(self.pages(noun, MaxResults=11))), 1)
                for wrong in (0, 101):
                    self.refused_list(noun, MaxResults=wrong)

    def test_tokens_are_those_of_the_operation(self):
        self.make("TrainingJob", "one", "two")
        self.make("ProcessingJob", "one", "two")
        _, token = self.list("ProcessingJob", MaxResults=1)
        for wrong in ("", "1", "NQ==", "WzFd", token):
            self.refused_list("TrainingJob", NextToken=wrong)

    def test_a_page_begins_where_the_last_one_ended_whatever_was_deleted(self):
        self.model()
        self.make("EndpointConfig", "one", "two", "three", "four")
        page, token = self.list("EndpointConfig", MaxResults=2)
        for config in page:
            self.sagemaker.delete_endpoint_config(EndpointConfigName=config["EndpointConfigName"])
        self.endpoint_config("five")
        self.assertEqual(self.names("EndpointConfig", NextToken=token), ["two", "one"])

    def test_are_filtered_by_time(self):
        for after, before in (("CreationTimeAfter", "CreationTimeBefore"), ("CreatedAfter", "CreatedBefore")):
            for noun in self.nouns(after, before):
                with self.account_for(noun):
                    self.make(noun, "old")
                    time.sleep(0.002)
                    between = time.time()
                    self.make(noun, "new")
                    self.assertEqual(self.names(noun, **{after: between}), ["new"])
                    self.assertEqual(self.names(noun, **{before: between}), ["old"])

    def test_are_filtered_by_name(self):
        for noun in self.nouns("NameContains"):
            with self.account_for(noun):
                self.make(noun, "blue-1", "green-1", "blue-2")
                self.assertEqual(sorted(self.names(noun, NameContains="blue")), ["blue-1", "blue-2"])

    def test_are_filtered_by_status(self):
        for noun in self.nouns("StatusEquals"):
            with self.account_for(noun):
                self.make(noun, "one", "two")
                kind = KINDS.get(noun)
                running = kind.running if kind else {"TrainingJob": "InProgress"}.get(noun, "InService")
                self.assertEqual(len(self.names(noun, StatusEquals=running)), 2)
                self.refused_list(noun, StatusEquals="Typo")
                if f"Stop{noun}" in self.sagemaker.meta.service_model.operation_names:
                    self.call(f"Stop{noun}", **{self.name_of(noun): "one"})
                    stopped = kind.stopped if kind else "Stopped"
                    self.assertEqual(self.names(noun, StatusEquals=running), ["two"])
                    self.assertEqual(self.names(noun, StatusEquals=stopped), ["one"])

    def test_of_training_jobs_are_filtered_by_status_page_by_page(self):
        self.make("TrainingJob", *(f"job-{number}" for number in range(5)))
        for number in (1, 3, 4):
            self.sagemaker.stop_training_job(TrainingJobName=f"job-{number}")
        pages = self.pages("TrainingJob", MaxResults=2, StatusEquals="InProgress")
        self.assertEqual(list(pages), [[], ["job-2"], ["job-0"]])
        self.assertEqual(self.names("TrainingJob", StatusEquals="InProgress"), ["job-2", "job-0"])

    def test_are_filtered_by_members(self):
        for domain, user in (("d-1", "ana"), ("d-1", "ben"), ("d-2", "ana")):
            app = {"DomainId": domain, "UserProfileName": user, "AppType": "JupyterLab", "AppName": "default"}
            self.sagemaker.create_app(**app)
        self.assertEqual(len(self.names("App", DomainIdEquals="d-1")), 2)
        self.assertEqual(len(self.names("App", DomainIdEquals="d-1", UserProfileNameEquals="ana")), 1)
        for name in ("one", "two"):
            config = {"MonitoringJobDefinitionName": name}
            self.sagemaker.create_monitoring_schedule(MonitoringScheduleName=name, MonitoringScheduleConfig=config)
        self.assertEqual(self.names("MonitoringSchedule", MonitoringJobDefinitionName="one"), ["one"])
        self.refused("UnknownOperationException", self.sagemaker.list_optimization_jobs, OptimizationContains="q")


class Models(EmulatorTest):
    def test_is_described_as_it_was_created(self):
        self.model("isolated", EnableNetworkIsolation=True, VpcConfig=VPC)
        self.model("open")
        isolated = self.sagemaker.describe_model(ModelName="isolated")
        self.assertEqual((isolated["EnableNetworkIsolation"], isolated["VpcConfig"]), (True, VPC))
        open_ = self.sagemaker.describe_model(ModelName="open")
        self.assertFalse(open_["EnableNetworkIsolation"])
        self.assertNotIn("VpcConfig", open_)


class Tags(EmulatorTest):
    def add(self, resource_arn, **tags):
        pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
        return self.sagemaker.add_tags(ResourceArn=resource_arn, Tags=pairs)

    def test_are_added_overwritten_and_deleted(self):
        for resource_arn in self.one_of_each():
            self.add(resource_arn, Project="atlas", Team="a")
            self.add(resource_arn, Project="zephyr")
            self.assertEqual(self.tags(resource_arn), {"Project": "zephyr", "Team": "a"})
            self.sagemaker.delete_tags(ResourceArn=resource_arn, TagKeys=["Team"])
            self.assertEqual(self.tags(resource_arn), {"Project": "zephyr"})

    def test_are_fifty_at_most(self):
        resource_arn = self.train()
        self.add(resource_arn, **{f"key{number}": "" for number in range(50)})
        self.add(resource_arn, key0="overwritten")
        with self.assertRaises(ClientError) as raised:
            self.add(resource_arn, key50="one too many")
        self.assertEqual(raised.exception.response["Error"]["Code"], "ResourceLimitExceeded")
        self.assertEqual(len(self.tags(resource_arn)), 50)

    def test_belong_to_a_resource_that_exists(self):
        space = arn("space", "domain/space")
        elsewhere = self.train().replace(ACCOUNT, "210987654321")
        for resource_arn in (arn("training-job", "none"), space, elsewhere):
            list_tags = self.sagemaker.list_tags
            self.refused("ValidationException", list_tags, ResourceArn=resource_arn)


class ResourceGroupsTagging(EmulatorTest):
    def setUp(self):
        super().setUp()
        self.tagging = client("resourcegroupstaggingapi")

    def test_shares_the_tags_of_sagemaker(self):
        arns = self.one_of_each()
        tagged = self.tagging.tag_resources(ResourceARNList=arns, Tags={"Project": "atlas"})
        self.assertEqual(tagged["FailedResourcesMap"], {})
        for resource_arn in arns:
            self.assertEqual(self.tags(resource_arn), {"Project": "atlas"})
        project = [{"Key": "Project", "Values": ["atlas"]}]
        found = self.tagging.get_resources(TagFilters=project)["ResourceTagMappingList"]
        self.assertEqual({resource["ResourceARN"] for resource in found}, set(arns))

        untagged = self.tagging.untag_resources(ResourceARNList=arns, TagKeys=["Project"])
        self.assertEqual(untagged["FailedResourcesMap"], {})
        for resource_arn in arns:
            self.assertEqual(self.tags(resource_arn), {})

    def test_reports_each_failure_and_does_the_rest(self):
        existing = self.train()
        missing = [
            arn("training-job", "none"),
            arn("endpoint-config", "none"),
            existing.replace(REGION, "eu-central-1"),
            "arn:aws:logs:eu-west-1:123456789012:log-group:none",
        ]
        arns = [*missing, existing]
        tagged = self.tagging.tag_resources(ResourceARNList=arns, Tags={"Project": "atlas"})
        untagged = self.tagging.untag_resources(ResourceARNList=arns, TagKeys=["Other"])
        for failed in (tagged["FailedResourcesMap"], untagged["FailedResourcesMap"]):
            self.assertEqual(set(failed), set(missing))
            for failure in failed.values():
                self.assertEqual(failure["StatusCode"], 400)
                self.assertEqual(failure["ErrorCode"], "InvalidParameterException")
                self.assertTrue(failure["ErrorMessage"])
        self.assertEqual(self.tags(existing), {"Project": "atlas"})

    def test_takes_twenty_resources(self):
        arns = [arn("training-job", f"job-{number}") for number in range(21)]
        tag = self.tagging.tag_resources
        self.refused("InvalidParameterException", tag, ResourceARNList=arns, Tags={"a": "b"})


class EventHistory(EmulatorTest):
    """CloudTrail's LookupEvents."""

    SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/DataScientist/ana"

    def setUp(self):
        super().setUp()
        self.cloudtrail = client("cloudtrail")

    def lookup(self, key=None, value=None, **members):
        if key:
            members["LookupAttributes"] = [{"AttributeKey": key, "AttributeValue": value}]
        return self.cloudtrail.lookup_events(**members)

    def names(self, *attribute, **members):
        return [event["EventName"] for event in self.lookup(*attribute, **members)["Events"]]

    def test_tells_of_a_call_that_wrote(self):
        before = int(time.time())
        secrets = {"Environment": {"KEY": "secret"}, "HyperParameters": {"key": "secret"}}
        job = self.train(Tags=[{"Key": "A", "Value": "B"}], **secrets)
        self.sagemaker.describe_training_job(TrainingJobName="job")
        self.sagemaker.list_training_jobs()
        [event] = self.lookup()["Events"]
        self.assertEqual(event["EventName"], "CreateTrainingJob")
        self.assertEqual(event["EventSource"], "sagemaker.amazonaws.com")
        self.assertEqual((event["ReadOnly"], event["Username"]), ("false", "ana"))
        self.assertEqual(event["AccessKeyId"], ACCESS_KEY)
        self.assertTrue(before <= event["EventTime"].timestamp() <= time.time())
        self.assertEqual(event["Resources"], [{"ResourceType": "AWS::SageMaker::TrainingJob", "ResourceName": job}])

        self.assertNotIn("secret", event["CloudTrailEvent"])
        record = json.loads(event["CloudTrailEvent"])
        sample = json.loads((HERE / "../../events/CreateTrainingJob.missing-tag.json").read_text())["detail"]
        self.assertEqual(set(sample) - set(record), {"tlsDetails"})
        self.assertEqual(record["eventID"], event["EventId"])
        self.assertEqual(record["responseElements"], {"trainingJobArn": job})
        request = record["requestParameters"]
        self.assertEqual(request["outputDataConfig"], {"s3OutputPath": "s3://bucket/out"})
        self.assertEqual(request["resourceConfig"]["volumeSizeInGB"], 10)
        self.assertEqual(request["tags"], [{"key": "A", "value": "B"}])
        self.assertEqual((record["awsRegion"], record["recipientAccountId"]), (REGION, ACCOUNT))
        self.assertIs(record["readOnly"], False)
        self.assertEqual(record["userIdentity"]["arn"], self.SESSION)

    def test_tells_of_a_call_that_was_refused(self):
        self.train()
        self.refused("ResourceInUse", self.train)
        refused, made = (json.loads(event["CloudTrailEvent"]) for event in self.lookup()["Events"])
        self.assertEqual((refused["errorCode"], refused["responseElements"]), ("ResourceInUse", None))
        self.assertTrue(refused["errorMessage"])
        self.assertNotIn("errorCode", made)

    def test_does_not_tell_of_what_did_not_arrive(self):
        fault("sagemaker", "CreateTrainingJob", "error", times=1, code="ThrottlingException")
        self.refused("ThrottlingException", self.train)
        fault("sagemaker", "CreateTrainingJob", "drop", times=1)
        with self.assertRaises(ConnectionClosedError):
            self.train()
        self.assertEqual(self.names(), [])
        fault("sagemaker", "CreateTrainingJob", "lost-response", times=1)
        with self.assertRaises(ConnectionClosedError):
            self.train()
        self.assertEqual(self.names(), ["CreateTrainingJob"])

    def test_tells_who_called(self):
        self.train("by-default")
        iam, sts = client("iam"), client("sts")
        iam.create_user(UserName="eve")
        key = iam.create_access_key(UserName="eve")["AccessKey"]
        client("sagemaker", key["AccessKeyId"]).add_tags(ResourceArn=arn("training-job", "by-default"), Tags=[])
        role = iam.create_role(RoleName="Builder", AssumeRolePolicyDocument="{}")["Role"]
        session = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="bob")
        key = session["Credentials"]["AccessKeyId"]
        client("sagemaker", key).stop_training_job(TrainingJobName="by-default")
        client("sagemaker", "guard-training").add_tags(ResourceArn=arn("training-job", "by-default"), Tags=[])
        root = {"type": "Root", "principalId": ACCOUNT, "arn": f"arn:aws:iam::{ACCOUNT}:root", "accountId": ACCOUNT}
        control("PUT", "identity", root)
        self.train("by-root")

        events = self.lookup()["Events"][::-1]
        self.assertEqual([event.get("Username") for event in events], ["ana", "eve", "bob", "guard-training", "root"])
        callers = [json.loads(event["CloudTrailEvent"])["userIdentity"] for event in events]
        types = ["AssumedRole", "IAMUser", "AssumedRole", "AssumedRole", "Root"]
        self.assertEqual([one["type"] for one in callers], types)
        self.assertEqual(callers[1]["arn"], f"arn:aws:iam::{ACCOUNT}:user/eve")
        self.assertEqual(callers[2]["principalId"], f"{role['RoleId']}:bob")
        self.assertEqual(callers[2]["sessionContext"]["sessionIssuer"]["arn"], role["Arn"])
        self.assertEqual(callers[3]["sessionContext"]["sessionIssuer"]["userName"], "guard-training")
        self.assertEqual(callers[4], root)
        self.assertEqual(failure(control_request("PUT", "identity", {}))[0], 400)
        control("POST", "reset")
        self.train()
        self.assertEqual(self.lookup()["Events"][0]["Username"], "ana")

    def test_is_looked_up_by_an_attribute(self):
        job, model = self.train(), self.model()
        self.sagemaker.stop_training_job(TrainingJobName="job")
        everything = ["StopTrainingJob", "CreateModel", "CreateTrainingJob"]
        self.assertEqual(self.names(), everything)
        self.assertEqual(self.names("EventName", "CreateModel"), ["CreateModel"])
        self.assertEqual(self.names("EventSource", "sagemaker.amazonaws.com"), everything)
        self.assertEqual(self.names("Username", "ana"), everything)
        self.assertEqual(self.names("AccessKeyId", ACCESS_KEY), everything)
        self.assertEqual((self.names("ReadOnly", "false"), self.names("ReadOnly", "true")), (everything, []))
        self.assertEqual(self.names("ResourceName", model), ["CreateModel"])
        self.assertEqual(self.names("ResourceType", "AWS::SageMaker::TrainingJob"), ["CreateTrainingJob"])
        last = self.lookup()["Events"][0]["EventId"]
        self.assertEqual(self.names("EventId", last), ["StopTrainingJob"])
        self.assertEqual(self.names("ResourceName", job.replace(REGION, "eu-central-1")), [])

        twice = [{"AttributeKey": "EventName", "AttributeValue": "CreateModel"}] * 2
        wrong = "InvalidLookupAttributesException"
        self.refused(wrong, self.cloudtrail.lookup_events, LookupAttributes=twice)
        self.refused(wrong, self.lookup, key="Typo", value="x")

    def test_is_looked_up_by_time(self):
        self.train()
        [event] = self.lookup()["Events"]
        made, second = event["EventTime"], timedelta(seconds=1)
        self.assertEqual(len(self.names(StartTime=made, EndTime=made)), 1)
        self.assertEqual(self.names(StartTime=made + second), [])
        self.assertEqual(self.names(EndTime=made - second), [])
        wrong = {"StartTime": made, "EndTime": made - second}
        self.refused("InvalidTimeRangeException", self.lookup, **wrong)

    def test_comes_in_pages(self):
        self.train()
        for _ in range(51):
            self.sagemaker.add_tags(ResourceArn=arn("training-job", "job"), Tags=[])
        first = self.lookup("EventName", "AddTags")
        token = first["NextToken"]
        self.assertEqual(len(first["Events"]), 50)
        self.model()
        second = self.lookup("EventName", "AddTags", NextToken=token)
        self.assertEqual((len(second["Events"]), second.get("NextToken")), (1, None))
        self.assertEqual(len(self.lookup(MaxResults=2)["Events"]), 2)
        for wrong in ({"NextToken": "typo"}, {"NextToken": token}):
            self.refused("InvalidNextTokenException", self.lookup, **wrong)
        self.refused("InvalidMaxResultsException", self.lookup, MaxResults=51)

    def test_is_of_a_region(self):
        self.train()
        elsewhere = boto3.client(
            "cloudtrail",
            endpoint_url=url,
            region_name="eu-central-1",
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key="secret",
        )
        self.assertEqual(elsewhere.lookup_events()["Events"], [])

    def test_is_forgotten(self):
        self.train()
        control("DELETE", "history")
        self.assertEqual(self.names(), [])
        self.assertEqual(len(self.sagemaker.list_training_jobs()["TrainingJobSummaries"]), 1)
        self.model()
        self.assertEqual(self.names(), ["CreateModel"])


class Keys(EmulatorTest):
    def test_of_aws_aliases_are_managed_by_aws(self):
        kms = client("kms")
        for alias in ("alias/aws/sagemaker", "alias/aws/s3"):
            key = kms.describe_key(KeyId=alias)["KeyMetadata"]
            self.assertEqual(key["KeyManager"], "AWS")
            for key_id in (key["KeyId"], key["Arn"], alias):
                self.assertEqual(kms.describe_key(KeyId=key_id)["KeyMetadata"], key)

    def test_of_customers_are_managed_by_them(self):
        kms = client("kms")
        created = kms.create_key()["KeyMetadata"]
        kms.create_alias(AliasName="alias/own", TargetKeyId=created["KeyId"])
        described = kms.describe_key(KeyId="alias/own")["KeyMetadata"]
        self.assertEqual((described["Arn"], described["KeyManager"]), (created["Arn"], "CUSTOMER"))
        self.refused("NotFoundException", kms.describe_key, KeyId="alias/none")


class Errors(EmulatorTest):
    def test_of_json_protocols_come_as_json(self):
        tagging = client("resourcegroupstaggingapi")
        dynamodb = client("dynamodb")
        describe = self.sagemaker.describe_training_job
        self.refused("ValidationException", describe, TrainingJobName="none")
        self.refused("ResourceNotFoundException", dynamodb.describe_table, TableName="none")
        self.refused("NotFoundException", client("kms").describe_key, KeyId="none")
        self.refused("InvalidParameterException", tagging.get_resources, TagsPerPage=1)

    def test_of_access_come_as_json(self):
        iam = client("iam")
        iam.create_user(UserName="nobody")
        key = iam.create_access_key(UserName="nobody")["AccessKey"]
        identity = key["AccessKeyId"], key["SecretAccessKey"]
        self.authorize("0")
        try:
            for service, call in (
                ("sagemaker", "list_endpoints"),
                ("dynamodb", "list_tables"),
                ("kms", "list_keys"),
                ("resourcegroupstaggingapi", "get_resources"),
                ("sqs", "list_queues"),
            ):
                self.refused("AccessDeniedException", getattr(client(service, *identity), call))
            self.refused("AccessDenied", client("iam", *identity).list_roles, status=403)
            self.refused("UnrecognizedClientException", self.sagemaker.list_endpoints)
        finally:
            self.authorize(FOR_EVER)

    def authorize(self, free_calls):
        """Lets moto authorize every call after so many."""
        headers = {"Content-Type": "text/plain"}
        request = urllib.request.Request(f"{url}/moto-api/reset-auth", free_calls.encode(), headers)
        urllib.request.urlopen(request).close()

    def test_name_operations_that_are_missing(self):
        unknown = "UnknownOperationException"
        self.refused(unknown, self.sagemaker.list_images)
        self.refused(unknown, client("dynamodb").list_contributor_insights)
        self.refused("InvalidAction", client("iam").list_organizations_features)

    def test_of_the_emulator_itself_come_as_json(self):
        # moto does not look whether there is such an experiment.
        describe = self.sagemaker.describe_experiment
        raised = self.refused("InternalFailure", describe, status=500, ExperimentName="none")
        self.assertIn("KeyError", str(raised))


class Faults(EmulatorTest):
    def test_error_is_answered_and_nothing_done(self):
        self.train()
        stop = self.sagemaker.stop_training_job
        more = {"status": 400, "code": "ThrottlingException", "message": "Rate exceeded"}
        fault("sagemaker", "StopTrainingJob", "error", times=2, **more)
        for _ in range(2):
            message = "Rate exceeded"
            self.refused("ThrottlingException", stop, message=message, TrainingJobName="job")
        self.assertEqual(self.status(), "InProgress")
        stop(TrainingJobName="job")
        self.assertEqual(self.status(), "Stopped")

    def status(self, name="job"):
        return self.sagemaker.describe_training_job(TrainingJobName=name)["TrainingJobStatus"]

    def test_error_comes_in_the_protocol_of_the_service(self):
        tagging = client("resourcegroupstaggingapi")
        for service, action, call, members in (
            ("sagemaker", "ListEndpoints", self.sagemaker.list_endpoints, {}),
            ("dynamodb", "ListTables", client("dynamodb").list_tables, {}),
            ("kms", "ListKeys", client("kms").list_keys, {}),
            ("tagging", "GetResources", tagging.get_resources, {}),
            ("sqs", "ListQueues", client("sqs").list_queues, {}),
            ("iam", "ListRoles", client("iam").list_roles, {}),
            ("sns", "ListTopics", client("sns").list_topics, {}),
            ("sts", "GetCallerIdentity", client("sts").get_caller_identity, {}),
            ("s3", "PutObject", client("s3").put_object, {"Bucket": "b", "Key": "k", "Body": b"x"}),
            ("lambda", "ListFunctions", client("lambda").list_functions, {}),
        ):
            with self.subTest(service):
                fault(service, action, "error", status=503, code="Broken", message="a < b & c")
                self.refused("Broken", call, status=503, message="a < b & c", **members)

    def test_delay_comes_before_the_effect(self):
        fault("sagemaker", "ListEndpoints", "delay", times=1, seconds=0.3)
        began = time.monotonic()
        self.sagemaker.list_endpoints()
        self.assertGreaterEqual(time.monotonic() - began, 0.3)
        began = time.monotonic()
        self.sagemaker.list_endpoints()
        self.assertLess(time.monotonic() - began, 0.3)

    def test_delay_holds_up_no_other_call(self):
        fault("sagemaker", "ListEndpoints", "delay", seconds=1)
        slow = threading.Thread(target=self.sagemaker.list_endpoints)
        slow.start()
        began = time.monotonic()
        self.sagemaker.list_models()
        self.assertLess(time.monotonic() - began, 0.9)
        slow.join()

    def test_drop_does_nothing_and_answers_nothing(self):
        self.train()
        fault("sagemaker", "StopTrainingJob", "drop", times=1)
        with self.assertRaises(ConnectionClosedError):
            self.sagemaker.stop_training_job(TrainingJobName="job")
        self.assertEqual(self.status(), "InProgress")

    def test_lost_response_does_it_and_answers_nothing(self):
        self.train()
        fault("sagemaker", "StopTrainingJob", "lost-response", times=1)
        with self.assertRaises(ConnectionClosedError):
            self.sagemaker.stop_training_job(TrainingJobName="job")
        self.assertEqual(self.status(), "Stopped")

    def test_the_newest_is_met_first(self):
        models = self.sagemaker.list_models
        fault("sagemaker", "ListModels", "error", code="Older")
        fault("sagemaker", "ListModels", "error", code="Newer", times=1)
        self.refused("Newer", models)
        for _ in range(3):
            self.refused("Older", models)

    def test_are_cleared(self):
        fault("sagemaker", "ListModels", "error")
        self.refused("InternalFailure", self.sagemaker.list_models)
        control("DELETE", "faults")
        self.sagemaker.list_models()

    def test_are_checked(self):
        right = {"service": "sagemaker", "action": "ListModels", "kind": "error"}
        for wrong in ({**right, "kind": "typo"}, {**right, "typo": 1}, {"kind": "error"}, "typo"):
            status, answer = failure(control_request("POST", "faults", [right, wrong]))
            self.assertEqual(status, 400)
            self.assertIn("error", answer)
        self.sagemaker.list_models()


class Journal(EmulatorTest):
    def test_notes_calls_in_order_of_arrival(self):
        self.train()
        fault("sagemaker", "StopTrainingJob", "lost-response", times=1)
        fault("sagemaker", "StopTrainingJob", "drop", times=1)
        for _ in range(2):
            with self.assertRaises(ConnectionClosedError):
                self.sagemaker.stop_training_job(TrainingJobName="job")
        self.refused("ValidationException", self.sagemaker.describe_model, ModelName="none")
        iam = client("iam", access_key="AKIAI44QH8DHBEXAMPLE")
        self.refused("NoSuchEntity", iam.get_role, status=404, RoleName="none")
        noted = [tuple(entry.values()) for entry in journal()]
        self.assertEqual(
            noted,
            [
                (ACCESS_KEY, "sagemaker", "CreateTrainingJob", "job", 200, None),
                (ACCESS_KEY, "sagemaker", "StopTrainingJob", "job", None, "drop"),
                (ACCESS_KEY, "sagemaker", "StopTrainingJob", "job", 200, "lost-response"),
                (ACCESS_KEY, "sagemaker", "DescribeModel", "none", 400, None),
                ("AKIAI44QH8DHBEXAMPLE", "iam", "GetRole", "none", 404, None),
            ],
        )
        members = ["access_key", "service", "action", "resource", "status", "fault"]
        self.assertEqual(list(journal()[0]), members)

    def test_names_service_action_and_resource_of_each_protocol(self):
        job = self.train()
        topic = client("sns").create_topic(Name="topic")["TopicArn"]
        client("sns").publish(TopicArn=topic, Message="{}")
        queue = client("sqs").create_queue(QueueName="queue")["QueueUrl"]
        client("sqs").receive_message(QueueUrl=queue)
        client("kms").describe_key(KeyId="alias/aws/s3")
        client("dynamodb").list_tables()
        client("sts").get_caller_identity()
        s3 = client("s3")
        s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_object(Bucket="bucket", Key="a/key", Body=b"\xff\x00ab")
        self.assertEqual(s3.get_object(Bucket="bucket", Key="a/key")["Body"].read(), b"\xff\x00ab")
        self.assertEqual(s3.head_object(Bucket="bucket", Key="a/key")["ContentLength"], 4)
        tagging = client("resourcegroupstaggingapi")
        tagging.tag_resources(ResourceARNList=[job], Tags={"a": "b"})
        noted = [(entry["service"], entry["action"], entry["resource"]) for entry in journal()]
        self.assertEqual(
            noted[1:],
            [
                ("sns", "CreateTopic", "topic"),
                ("sns", "Publish", topic),
                ("sqs", "CreateQueue", "queue"),
                ("sqs", "ReceiveMessage", queue),
                ("kms", "DescribeKey", "alias/aws/s3"),
                ("dynamodb", "ListTables", None),
                ("sts", "GetCallerIdentity", None),
                ("s3", "CreateBucket", "/bucket"),
                ("s3", "PutObject", "/bucket/a/key"),
                ("s3", "GetObject", "/bucket/a/key"),
                ("s3", "HeadObject", "/bucket/a/key"),
                ("tagging", "TagResources", job),
            ],
        )
        self.assertEqual({entry["status"] for entry in journal()}, {200})

    def test_is_cleared(self):
        self.sagemaker.list_models()
        control("DELETE", "journal")
        self.assertEqual(journal(), [])


class Control(EmulatorTest):
    def test_reset_clears_backends_faults_and_journal(self):
        self.one_of_each()
        client("sns").create_topic(Name="topic")
        fault("sagemaker", "ListModels", "error")
        control("POST", "reset")
        self.assertEqual(journal(), [])
        self.assertEqual(self.sagemaker.list_models()["Models"], [])
        self.assertEqual(self.sagemaker.list_training_jobs()["TrainingJobSummaries"], [])
        self.assertEqual(client("sns").list_topics()["Topics"], [])

    def test_knows_its_endpoints(self):
        self.assertEqual(failure(control_request("GET", "typo"))[0], 404)


class Concurrency(EmulatorTest):
    def test_one_of_many_conditional_writes_wins(self):
        dynamodb = client("dynamodb")
        dynamodb.create_table(
            TableName="claims",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        won = []

        def claim(number):
            try:
                dynamodb.put_item(
                    TableName="claims",
                    Item={"id": {"S": "one"}},
                    ConditionExpression="attribute_not_exists(id)",
                )
                won.append(number)
            except dynamodb.exceptions.ConditionalCheckFailedException:
                pass

        threads = [threading.Thread(target=claim, args=[number]) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(won), 1)

    def test_waiting_for_a_message_holds_up_no_other_call(self):
        sqs = client("sqs")
        queue = sqs.create_queue(QueueName="queue")["QueueUrl"]
        message = {"QueueUrl": queue, "MessageBody": "x"}
        sender = threading.Timer(0.2, sqs.send_message, kwargs=message)
        sender.start()
        received = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5)
        self.assertEqual(received["Messages"][0]["Body"], "x")

    def test_delays_of_messages_can_be_skipped(self):
        sqs = client("sqs")
        queue = sqs.create_queue(QueueName="queue")["QueueUrl"]
        for body, delay in (("x", 60), ("y", 120)):
            sqs.send_message(QueueUrl=queue, MessageBody=body, DelaySeconds=delay)
        self.assertNotIn("Messages", sqs.receive_message(QueueUrl=queue))
        self.assertEqual(control("DELETE", "delays"), [60, 120])
        received = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
        self.assertEqual(sorted(message["Body"] for message in received), ["x", "y"])
        self.assertEqual(control("DELETE", "delays"), [])


class SecurityHub(EmulatorTest):
    ARN = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model/m"

    def finding(self, **members):
        return {
            "SchemaVersion": "2018-10-08", "Id": "a", "GeneratorId": "tagwarden/r", "AwsAccountId": ACCOUNT,
            "ProductArn": f"arn:aws:securityhub:{REGION}:{ACCOUNT}:product/{ACCOUNT}/default",
            "CreatedAt": "2026-03-02T09:00:00Z", "UpdatedAt": "2026-03-02T09:00:00Z", "Title": "t", "Description": "d",
            "Resources": [{"Type": "Other", "Id": self.ARN}], "RecordState": "ACTIVE",
        } | members

    def found(self, hub, **filters):
        filters = {name: [{"Value": value, "Comparison": "EQUALS"}] for name, value in filters.items()}
        return [finding["Id"] for finding in hub.get_findings(Filters=filters)["Findings"]]

    def test_keeps_and_filters_findings(self):
        hub = client("securityhub")
        with self.assertRaises(ClientError) as refused:
            hub.batch_import_findings(Findings=[self.finding()])
        self.assertEqual(refused.exception.response["Error"]["Code"], "InvalidAccessException")
        hub.enable_security_hub()
        newer, older = "2026-03-02T10:00:00Z", "2026-03-02T08:00:00Z"
        findings = [self.finding(), self.finding(Id="b", RecordState="ARCHIVED"), self.finding(Id="c", Severity={"Label": "LOW"})]
        imported = hub.batch_import_findings(Findings=findings)
        self.assertEqual([failed["Id"] for failed in imported["FailedFindings"]], ["c"])
        self.assertEqual(self.found(hub, RecordState="ACTIVE", ResourceId=self.ARN), ["a"])
        self.assertEqual(self.found(hub, ResourceId="another"), [])
        for updated, state in [(newer, "ARCHIVED"), (older, "ACTIVE")]:
            hub.batch_import_findings(Findings=[self.finding(UpdatedAt=updated, RecordState=state)])
        self.assertEqual(self.found(hub, RecordState="ACTIVE"), [])


class EventBridge(EmulatorTest):
    def test_refuses_events_as_aws_does(self):
        events = client("events")
        entry = {"Source": "mine", "DetailType": "t", "Detail": "{}"}
        put = events.put_events(Entries=[entry, entry | {"Source": "aws.sagemaker"}, entry | {"DetailType": "t" * 129}])
        self.assertEqual(put["FailedEntryCount"], 2)
        self.assertEqual(["EventId" in one for one in put["Entries"]], [True, False, False])


class Seed(EmulatorTest):
    def seed(self):
        arguments = [sys.executable, HERE / "seed.py", url]
        return json.loads(subprocess.run(arguments, check=True, capture_output=True).stdout)

    def test_fills_an_account_once(self):
        seeded = self.seed()
        self.assertEqual(self.seed(), seeded)
        sns, sqs, iam = client("sns"), client("sqs"), client("iam")
        topic = seeded["topic_arn"]
        subscriptions = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
        self.assertEqual(len(subscriptions), 1)
        sns.publish(TopicArn=topic, Message="alert")
        message = sqs.receive_message(QueueUrl=seeded["queue_url"])["Messages"][0]
        self.assertEqual(json.loads(message["Body"])["Message"], "alert")

        dynamodb = client("dynamodb")
        table = dynamodb.describe_table(TableName=seeded["table"])["Table"]
        self.assertEqual(table["KeySchema"], [{"AttributeName": "id", "KeyType": "HASH"}])
        ttl = dynamodb.describe_time_to_live(TableName=seeded["table"])["TimeToLiveDescription"]
        self.assertEqual(ttl, {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"})
        client("kms").describe_key(KeyId=seeded["key_arn"])

        for name, role_arn in seeded["roles"].items():
            role = iam.get_role(RoleName=name)["Role"]
            self.assertEqual(role["Arn"], role_arn)
            self.assertEqual(role["Tags"], [{"Key": "Project", "Value": "atlas"}, {"Key": "CostCenter", "Value": "4711"}])
        role = iam.get_role(RoleName="atlas-train")["Role"]
        trust = role["AssumeRolePolicyDocument"]["Statement"][0]
        self.assertEqual(trust["Principal"], {"Service": "sagemaker.amazonaws.com"})
        self.assertEqual(trust["Condition"], {"StringEquals": {"aws:SourceAccount": ACCOUNT}})


if __name__ == "__main__":
    unittest.main()
