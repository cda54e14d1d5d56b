"""`tagwarden-stack`: what is broken is found, and what failed is judged again."""

import json
import os
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from caller import document
from cloud import ROOT
from inbox import Inbox, Listener
from samples import ACCOUNT, REGION
from scenario import Scenario
from stack import NAME, POLICY_TEXT

COMMAND = ROOT / "target/debug/tagwarden-stack"
RENDER = ROOT / "target/debug/tagwarden"
DENY = {"Effect": "Deny", "Action": "sagemaker:StopTrainingJob", "Resource": "*"}


class Stacked(Scenario):
    def command(self, *arguments, session=None):
        """Runs the command. Returns its exit status and its lines."""
        keys = session or {"AccessKeyId": ACCOUNT, "SecretAccessKey": "test", "SessionToken": ""}
        environment = {
            "AWS_ENDPOINT_URL": self.cloud.address,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
            "AWS_SESSION_TOKEN": keys["SessionToken"],
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        environment = {name: value for name, value in environment.items() if value}
        ran = subprocess.run([COMMAND, *arguments, "--stack", NAME], env=environment, capture_output=True, text=True)
        self.assertEqual(ran.stderr, "")
        return ran.returncode, ran.stdout.splitlines()


class Doctor(Stacked):
    def setUp(self):
        super().setUp()
        self.names = self.stack.names
        self.trail()
        self.swept(time.time() - 600)
        # Those of other scenarios.
        self.failures.messages()
        self.undelivered.messages()

    def test_doctor(self):
        """`doctor` passes a healthy stack, and its right line fails for each thing that is broken"""
        self.assertEqual(self.doctor(), (0, {"pass"}, {}))
        for line, sabotage in [
            ("trail", self.stopped_trail),
            ("rules", self.disabled_rule),
            ("rules", self.narrowed_rule),
            ("functions", self.halted_function),
            ("functions", self.unread_queue),
            ("roles", self.lost_statement),
            ("roles", self.denied_action),
            ("policy", self.broken_policy),
            ("policy", self.gone_policy),
            ("topic", self.unheard_alerts),
            ("table", self.kept_for_ever),
            ("queues", self.failed_event),
            ("sweep", self.late_sweep),
            ("alarms", self.ringing_alarm),
        ]:
            with self.subTest(sabotage.__name__), sabotage():
                status, _, failed = self.doctor()
                self.assertEqual((status, list(failed)), (1, [line]), failed)
                self.assertTrue(failed[line]["fix"])
        self.assertEqual(self.doctor(), (0, {"pass"}, {}))

    def test_key(self):
        """`doctor` fails the line of a key that is disabled"""
        kms = self.cloud.client("kms")
        key = kms.create_key()["KeyMetadata"]
        self.addCleanup(self.stack.deploy)
        self.stack.deploy(KeyArn=key["Arn"])
        self.assertEqual(self.doctor(), (0, {"pass"}, {}))
        kms.disable_key(KeyId=key["KeyId"])
        status, _, failed = self.doctor()
        self.assertEqual((status, list(failed)), (1, ["key"]))
        self.assertIn("Disabled", failed["key"]["found"])
        kms.enable_key(KeyId=key["KeyId"])

    def test_guardrails(self):
        """`doctor --scp` compares the policies that are in force with those that were rendered"""
        organizations = self.cloud.client("organizations")
        organizations.create_organization(FeatureSet="ALL")
        root = organizations.list_roots()["Roots"][0]["Id"]
        with tempfile.TemporaryDirectory() as folder:
            render = [RENDER, "render", "scp", "--policy", ROOT / "policy.toml", "--out", folder]
            subprocess.run(render, check=True, capture_output=True)
            asked = ["--scp", folder, "--target", root]
            self.assertEqual(list(self.doctor(*asked)[2]), ["scp"])
            for path in sorted(Path(folder).glob("*.json")):
                described = {"Name": path.stem, "Description": "", "Type": "SERVICE_CONTROL_POLICY", "Content": path.read_text()}
                policy = organizations.create_policy(**described)["Policy"]["PolicySummary"]["Id"]
                organizations.attach_policy(PolicyId=policy, TargetId=root)
            self.assertEqual(self.doctor(*asked), (0, {"pass"}, {}))
            organizations.detach_policy(PolicyId=policy, TargetId=root)
            self.assertEqual(list(self.doctor(*asked)[2]), ["scp"])

    def test_unknown(self):
        """`doctor` says that it does not know what its credentials may not read"""
        self.cloud.client("iam").put_role_policy(
            RoleName=self.role.name,
            PolicyName="read",
            PolicyDocument=document({"Effect": "Allow", "Action": "cloudformation:*", "Resource": "*"}),
        )
        session = self.role.assume()[0].credentials
        status, outcomes, failed = self.doctor(session=session)
        self.assertEqual((status, outcomes, failed), (3, {"pass", "unknown"}, {}))

    def doctor(self, *arguments, session=None):
        """Its exit status, the outcomes of its lines, and those that fail, by their names."""
        status, lines = self.command("doctor", "--json", *arguments, session=session)
        lines = [json.loads(line) for line in lines]
        failed = {line["check"]: line for line in lines if line["outcome"] == "fail"}
        return status, {line["outcome"] for line in lines}, failed

    def trail(self):
        """A trail, for all scenarios. Its bucket is where the trail is played."""
        self.trails = self.cloud.client("cloudtrail")
        if not self.trails.describe_trails()["trailList"]:
            self.cloud.elsewhere("s3").create_bucket(
                Bucket="trail", CreateBucketConfiguration={"LocationConstraint": REGION}
            )
            self.trails.create_trail(Name="all", S3BucketName="trail", IsMultiRegionTrail=True)
            self.trails.start_logging(Name="all")

    def swept(self, seconds):
        self.cloud.client("dynamodb").update_item(
            TableName=self.names["Table"],
            Key={"id": {"S": "sweep#ListTrainingJobs"}},
            UpdateExpression="SET finished = :time",
            ExpressionAttributeValues={":time": {"N": str(int(seconds))}},
        )

    @contextmanager
    def stopped_trail(self):
        self.trails.stop_logging(Name="all")
        yield
        self.trails.start_logging(Name="all")

    @contextmanager
    def disabled_rule(self):
        events = self.cloud.client("events")
        events.disable_rule(Name=self.names["GuardTrainingCalled"])
        yield
        events.enable_rule(Name=self.names["GuardTrainingCalled"])

    @contextmanager
    def narrowed_rule(self):
        events, name = self.cloud.client("events"), self.names["RecordSessionsIssued"]
        rule = events.describe_rule(Name=name)
        kept = {"Name": name, "EventPattern": rule["EventPattern"]}
        events.put_rule(**kept, State="ENABLED")
        yield
        events.put_rule(**kept, State=rule["State"])

    @contextmanager
    def halted_function(self):
        lambda_, function = self.cloud.client("lambda"), {"FunctionName": self.names["GuardHosting"]}
        lambda_.put_function_concurrency(**function, ReservedConcurrentExecutions=0)
        yield
        lambda_.delete_function_concurrency(**function)

    @contextmanager
    def unread_queue(self):
        lambda_ = self.cloud.client("lambda")
        [mapping] = lambda_.list_event_source_mappings(FunctionName=self.names["ImportFindings"])["EventSourceMappings"]
        lambda_.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
        yield
        lambda_.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)

    @contextmanager
    def lost_statement(self):
        iam, role = self.cloud.client("iam"), self.names["GuardTrainingRole"]
        [name] = iam.list_role_policies(RoleName=role)["PolicyNames"]
        policy = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        fewer = {**policy, "Statement": policy["Statement"][:-1]}
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(fewer))
        yield
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(policy))

    @contextmanager
    def denied_action(self):
        iam, policy = self.cloud.client("iam"), {"RoleName": self.names["GuardTrainingRole"], "PolicyName": "denied"}
        iam.put_role_policy(**policy, PolicyDocument=document(DENY))
        yield
        iam.delete_role_policy(**policy)

    @contextmanager
    def broken_policy(self):
        self.stack.put_policy(POLICY_TEXT + "[rules.no-such-rule]\n")
        yield
        self.stack.put_policy(POLICY_TEXT)

    @contextmanager
    def gone_policy(self):
        self.stack.remove_policy()
        yield
        self.stack.put_policy(POLICY_TEXT)

    @contextmanager
    def unheard_alerts(self):
        sns, topic = self.cloud.client("sns"), self.names["Alerts"]
        [subscription] = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
        sns.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])
        yield
        sns.subscribe(TopicArn=topic, Protocol=subscription["Protocol"], Endpoint=subscription["Endpoint"])

    @contextmanager
    def kept_for_ever(self):
        self.expire(False)
        yield
        self.expire(True)

    def expire(self, enabled):
        specification = {"Enabled": enabled, "AttributeName": "expires"}
        self.cloud.client("dynamodb").update_time_to_live(
            TableName=self.names["Table"], TimeToLiveSpecification=specification
        )

    @contextmanager
    def failed_event(self):
        self.cloud.client("sqs").send_message(QueueUrl=self.names["Failures"], MessageBody="{}")
        yield
        self.failures.messages()

    @contextmanager
    def late_sweep(self):
        self.swept(time.time() - 3 * 3600)
        yield
        self.swept(time.time() - 600)

    @contextmanager
    def ringing_alarm(self):
        cloudwatch, name = self.cloud.client("cloudwatch"), self.names["FailuresAlarm"]
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a test")
        yield
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="a test")


class Redrive(Stacked):
    def test_redrive(self):
        """`redrive` sends what failed and what was undelivered on, once, leaves what it does not understand, and tries nothing dry"""
        self.failures.messages()
        self.undelivered.messages()
        failed = self.session.repeat("CreateTrainingJob.no-vpc", TrainingJobName="failed-before")
        undelivered = self.session.repeat("CreateTrainingJob.no-vpc", TrainingJobName="undelivered-before")
        function = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{self.stack.names['GuardTraining']}"
        self.send("Failures", {"requestContext": {"functionArn": f"{function}:$LATEST"}, "requestPayload": failed})
        self.send("Undelivered", undelivered, TARGET_ARN=function)
        self.send("Undelivered", {"of": "another"})

        status, dry = self.command("redrive", "--dry-run")
        self.assertEqual((status, dry[-1]), (1, "would be sent on: 2, left: 1"))
        status, lines = self.command("redrive")
        self.assertEqual((status, lines[-1]), (1, "sent on: 2, left: 1"))
        self.assertEqual([line for line in lines if "left" in line], [line for line in lines if line.startswith("Undelivered")][-1:] + lines[-1:])
        for job in ("failed-before", "undelivered-before"):
            self.until(lambda job=job: self.status(job) == "Stopped", "stopped")
        self.assertEqual([message["Body"] for message in self.undelivered.messages()][-1], {"of": "another"})
        self.assertEqual(self.command("redrive"), (0, ["sent on: 0, left: 0"]))

    def test_channels(self):
        """`redrive` brings what did not reach another bus or chat there"""
        self.undelivered.messages()
        bus, chat = Listener(self.cloud, "redriven"), Inbox(self.cloud, "redriven", self.stack.names["Chat"])
        detail = {"number": 1, "chat": {"version": "1.0", "source": "custom"}}
        event = {"source": "redriven", "detail-type": "Tagwarden Alert", "detail": detail}
        self.send("Undelivered", event, TARGET_ARN=f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default")
        self.send("Undelivered", event, TARGET_ARN=self.stack.names["Chat"])
        status, lines = self.command("redrive")
        self.assertEqual((status, lines[-1]), (0, "sent on: 2, left: 0"))
        [message] = self.until(bus.messages, "on the bus")
        self.assertEqual({name: message["Body"][name] for name in event}, event)
        self.assertEqual(self.until(chat.texts, "in chat"), [detail["chat"]])

    def send(self, queue, body, **attributes):
        self.cloud.client("sqs").send_message(
            QueueUrl=self.stack.names[queue],
            MessageBody=json.dumps(body),
            MessageAttributes={name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()},
        )
