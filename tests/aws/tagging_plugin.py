"""Resource Groups Tagging API as AWS documents it: one resource's failure is not the others'."""

from moto.core.exceptions import ServiceException
from moto.resourcegroupstaggingapi.exceptions import ResourceGroupsTaggingAPIError
from moto.resourcegroupstaggingapi.models import (
    ResourceGroupsTaggingAPIBackend,
    resourcegroupstaggingapi_backends,
)

MOST_RESOURCES = 20


def install():
    resourcegroupstaggingapi_backends.backend = TaggingBackend


class TaggingBackend(ResourceGroupsTaggingAPIBackend):
    # moto finds a service's urls by the name of the module.
    __module__ = ResourceGroupsTaggingAPIBackend.__module__

    def tag_resources(self, resource_arns, tags):
        """Resource Groups Tagging API reference, TagResources."""
        return self._failures(resource_arns, lambda arn: self._owner(arn).tag_resource(arn, tags))

    def untag_resources(self, resource_arn_list, tag_keys):
        """Resource Groups Tagging API reference, UntagResources."""
        return self._failures(
            resource_arn_list, lambda arn: self._owner(arn).untag_resource(arn, tag_keys)
        )

    def _owner(self, arn):
        owner = self._get_backend_for_resource(arn)
        if owner is None:
            raise ResourceGroupsTaggingAPIError(f"There is no resource {arn}.")
        return owner

    def _failures(self, arns, change):
        """Changes each resource and returns the FailedResourcesMap: FailureInfo by ARN."""
        if len(arns) > MOST_RESOURCES:
            raise ResourceGroupsTaggingAPIError(
                "InvalidParameterException", f"ResourceARNList has more than {MOST_RESOURCES} ARNs."
            )
        failures = {}
        for arn in arns:
            try:
                change(arn)
            except (ServiceException, NotImplementedError) as reason:
                failures[arn] = {
                    "StatusCode": 400,
                    "ErrorCode": "InvalidParameterException",
                    "ErrorMessage": getattr(reason, "message", str(reason)),
                }
        return failures
