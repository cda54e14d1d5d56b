"""Proves through boto3 that the emulator answers as AWS does, fails as told, notes every call."""

import json
import subprocess
import sys
import threading
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path

import boto3
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError

from sagemaker_kinds import KINDS

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


class Kinds(EmulatorTest):
    """The kinds of resources that share a store."""

    # What names a resource of whatever kind.
    NAMES = {"DomainId": "d-1", "AppType": "JupyterLab", "JobCategory": "AgentRFT", "PipelineName": "p"}

    def call(self, operation, **members):
        """Calls an operation with as little as names the resource."""
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

    def test_lists_show_the_newest_that_match(self):
        for name in ("one", "two"):
            self.call("CreateTransformJob", TransformJobName=name)
            config = {"MonitoringJobDefinitionName": name}
            members = {"MonitoringScheduleName": name, "MonitoringScheduleConfig": config}
            self.call("CreateMonitoringSchedule", **members)
        jobs = self.sagemaker.list_transform_jobs(CreationTimeAfter=0)["TransformJobSummaries"]
        self.assertEqual([job["TransformJobName"] for job in jobs], ["two", "one"])
        page = self.sagemaker.list_transform_jobs(MaxResults=1)
        self.assertEqual((len(page["TransformJobSummaries"]), "NextToken" in page), (1, True))
        in_a_minute = time.time() + 60
        jobs = self.sagemaker.list_transform_jobs(CreationTimeAfter=in_a_minute)
        self.assertEqual(jobs["TransformJobSummaries"], [])
        schedules = self.sagemaker.list_monitoring_schedules(MonitoringJobDefinitionName="one")
        names = [one["MonitoringScheduleName"] for one in schedules["MonitoringScheduleSummaries"]]
        self.assertEqual(names, ["one"])


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
        self.refused(unknown, self.sagemaker.list_spaces)
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
            self.assertEqual(role["Tags"], [{"Key": "Project", "Value": "atlas"}])
        role = iam.get_role(RoleName="atlas-train")["Role"]
        trust = role["AssumeRolePolicyDocument"]["Statement"][0]
        self.assertEqual(trust["Principal"], {"Service": "sagemaker.amazonaws.com"})
        self.assertEqual(trust["Condition"], {"StringEquals": {"aws:SourceAccount": ACCOUNT}})


if __name__ == "__main__":
    unittest.main()
