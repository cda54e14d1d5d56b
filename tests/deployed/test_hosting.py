"""Models, configurations and endpoints."""

from scenario import Scenario


class Hosting(Scenario):
    def setUp(self):
        super().setUp()
        # The model of the samples' configurations.
        if not self.sagemaker.list_models(NameContains="churn-v3")["Models"]:
            self.session.repeat("CreateModel.isolated", ModelName="churn-v3")

    def test_deleted(self):
        """a model without network isolation and a configuration without a key are deleted"""
        model = self.session.repeat("CreateModel.open", ModelName="open")
        config = self.session.repeat("CreateEndpointConfig.no-volume-key", EndpointConfigName="in-clear")
        for event in (model, config):
            self.cloud.publish(event)
            self.until_processed(event)
        self.assertEqual(self.sagemaker.list_models(NameContains="open")["Models"], [])
        self.assertEqual(self.configs("in-clear"), [])

    def test_in_use(self):
        """a configuration that an endpoint uses is marked, not deleted"""
        config = self.session.repeat("CreateEndpointConfig.no-volume-key", EndpointConfigName="used")
        self.session.repeat("CreateEndpoint.compliant", EndpointName="user", EndpointConfigName="used")
        self.cloud.publish(config)
        self.until_processed(config)
        self.assertEqual(self.tags(config, "endpointConfigArn")["tagwarden:violation"], "unencrypted-volume")
        self.assertEqual(self.configs("used"), ["used"])

    def configs(self, name):
        found = self.sagemaker.list_endpoint_configs(NameContains=name)["EndpointConfigs"]
        return [config["EndpointConfigName"] for config in found]
