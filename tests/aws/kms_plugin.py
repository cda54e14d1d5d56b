"""KMS as AWS documents it: the keys behind alias/aws/* are AWS managed keys."""

from moto.kms.models import KmsBackend, kms_backends


def install():
    kms_backends.backend = ManagedKeysBackend


class ManagedKeysBackend(KmsBackend):
    # moto finds a service's urls by the name of the module.
    __module__ = KmsBackend.__module__

    def get_key_id_from_alias(self, alias_name):
        """KMS API reference, DescribeKey: asking for a service's key by its alias creates it."""
        if alias_name.startswith("alias/aws/") and not self.alias_exists(alias_name):
            key = self.create_key(None, "ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT", "", None)
            # KMS API reference, KeyMetadata.
            key.key_manager = "AWS"
            self.create_alias(key.id, alias_name)
        return super().get_key_id_from_alias(alias_name)
