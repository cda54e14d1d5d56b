//! Notebook instances, and Studio: domains, user profiles, spaces and apps.

use super::Field::{
    ContentKey, ExecutionRole, InputUri, InstanceType, InternetAccess, OutputKey, OutputUri, RemoteAccess, RootAccess,
    SecurityGroup, ServiceRole, StorageKey, Subnet, Variables, Vpc,
};
use super::Stop::{By, Never};
use super::groups::{OPTIONAL_ROLE, ROLE, TAGS, changes, create, required, slot, update, uses};
use super::{Operation, Slot, Stop, Untagged};

/// `UserSettings` at a path. The instance types are the defaults of apps.
macro_rules! user_settings {
    ($path:literal) => {
        &[
            slot(ExecutionRole, concat!($path, ".executionRole")),
            slot(SecurityGroup, concat!($path, ".securityGroups[]")),
            slot(InstanceType, concat!($path, ".jupyterServerAppSettings.defaultResourceSpec.instanceType")),
            slot(InstanceType, concat!($path, ".kernelGatewayAppSettings.defaultResourceSpec.instanceType")),
            slot(InstanceType, concat!($path, ".tensorBoardAppSettings.defaultResourceSpec.instanceType")),
            slot(InstanceType, concat!($path, ".rSessionAppSettings.defaultResourceSpec.instanceType")),
            slot(InstanceType, concat!($path, ".codeEditorAppSettings.defaultResourceSpec.instanceType")),
            slot(InstanceType, concat!($path, ".jupyterLabAppSettings.defaultResourceSpec.instanceType")),
            slot(OutputKey, concat!($path, ".sharingSettings.s3KmsKeyId")),
            slot(OutputUri, concat!($path, ".sharingSettings.s3OutputPath")),
            slot(OutputKey, concat!($path, ".canvasAppSettings.workspaceSettings.s3KmsKeyId")),
            slot(OutputUri, concat!($path, ".canvasAppSettings.workspaceSettings.s3ArtifactPath")),
            slot(InputUri, concat!($path, ".customFileSystemConfigs[].s3FileSystemConfig.s3Uri")),
            slot(ServiceRole, concat!($path, ".canvasAppSettings.timeSeriesForecastingSettings.amazonForecastRoleArn")),
            slot(
                ServiceRole,
                concat!($path, ".canvasAppSettings.modelRegisterSettings.crossAccountModelRegisterRoleArn"),
            ),
            slot(ServiceRole, concat!($path, ".canvasAppSettings.generativeAiSettings.amazonBedrockRoleArn")),
            slot(ServiceRole, concat!($path, ".canvasAppSettings.emrServerlessSettings.executionRoleArn")),
            slot(ServiceRole, concat!($path, ".jupyterLabAppSettings.emrSettings.assumableRoleArns[]")),
            slot(ServiceRole, concat!($path, ".jupyterLabAppSettings.emrSettings.executionRoleArns[]")),
        ]
    };
}

/// The defaults of a domain's spaces.
const DEFAULT_SPACE_SETTINGS: &[Slot] = &[
    slot(ExecutionRole, "defaultSpaceSettings.executionRole"),
    slot(SecurityGroup, "defaultSpaceSettings.securityGroups[]"),
    slot(InstanceType, "defaultSpaceSettings.jupyterServerAppSettings.defaultResourceSpec.instanceType"),
    slot(InstanceType, "defaultSpaceSettings.kernelGatewayAppSettings.defaultResourceSpec.instanceType"),
    slot(InstanceType, "defaultSpaceSettings.jupyterLabAppSettings.defaultResourceSpec.instanceType"),
    slot(InputUri, "defaultSpaceSettings.customFileSystemConfigs[].s3FileSystemConfig.s3Uri"),
    slot(ServiceRole, "defaultSpaceSettings.jupyterLabAppSettings.emrSettings.assumableRoleArns[]"),
    slot(ServiceRole, "defaultSpaceSettings.jupyterLabAppSettings.emrSettings.executionRoleArns[]"),
];

const SPACE_SETTINGS: &[Slot] = &[
    slot(InstanceType, "spaceSettings.jupyterServerAppSettings.defaultResourceSpec.instanceType"),
    slot(InstanceType, "spaceSettings.kernelGatewayAppSettings.defaultResourceSpec.instanceType"),
    slot(InstanceType, "spaceSettings.codeEditorAppSettings.defaultResourceSpec.instanceType"),
    slot(InstanceType, "spaceSettings.jupyterLabAppSettings.defaultResourceSpec.instanceType"),
    slot(InputUri, "spaceSettings.customFileSystems[].s3FileSystem.s3Uri"),
    slot(RemoteAccess, "spaceSettings.remoteAccess"),
];

/// `RStudioServerProDomainSettings` and similar shapes, and other settings of a domain for all of its apps.
macro_rules! domain_settings {
    ($path:literal, $rstudio:literal) => {
        &[
            slot(SecurityGroup, concat!($path, ".securityGroupIds[]")),
            slot(ExecutionRole, concat!($path, ".", $rstudio, ".domainExecutionRoleArn")),
            slot(InstanceType, concat!($path, ".", $rstudio, ".defaultResourceSpec.instanceType")),
            slot(OutputUri, concat!($path, ".unifiedStudioSettings.projectS3Path")),
        ]
    };
}

/// The network of a domain. "Specifies the VPC used for non-EFS traffic. The default value is PublicInternetOnly." (API
/// reference, `AppNetworkAccessType`)
const DOMAIN_NETWORK: &[Slot] =
    &[slot(Vpc, "subnetIds"), slot(Subnet, "subnetIds[]"), slot(InternetAccess, "appNetworkAccessType")];

const HOLDS_FILES: Stop = Never("it holds people's files");

/// The domain that a user profile or space is in.
const IN_DOMAIN: &[Slot] = &[uses("domain", "domainId").required()];

/// The scripts that run when a notebook instance starts.
const LIFECYCLE_CONFIG: &[Slot] = &[uses("notebook-instance-lifecycle-config", "lifecycleConfigName")];

pub(super) const OPERATIONS: &[Operation] = &[
    create(
        "CreateNotebookInstance",
        "notebook-instance",
        "notebookInstanceName",
        "notebookInstanceArn",
        By("StopNotebookInstance"),
        &[
            TAGS,
            ROLE,
            LIFECYCLE_CONFIG,
            &[
                required(InstanceType, "instanceType"),
                // The storage volume is EBS with any instance type (developer guide, "Protecting Data at Rest").
                slot(StorageKey, "kmsKeyId"),
                // If the request gives no security group, the VPC's default one applies.
                slot(Vpc, "subnetId"),
                slot(Subnet, "subnetId"),
                slot(SecurityGroup, "securityGroupIds[]"),
                slot(InternetAccess, "directInternetAccess"),
                slot(RootAccess, "rootAccess"),
            ],
        ],
    )
    .described()
    .listed_by("ListNotebookInstances")
    .announced_by("SageMaker Notebook Instance State Change", &["InService"]),
    update(
        "UpdateNotebookInstance",
        "notebook-instance",
        "notebookInstanceName",
        "",
        By("StopNotebookInstance"),
        &[OPTIONAL_ROLE, LIFECYCLE_CONFIG, &[slot(InstanceType, "instanceType"), slot(RootAccess, "rootAccess")]],
    ),
    update("StartNotebookInstance", "notebook-instance", "notebookInstanceName", "", By("StopNotebookInstance"), &[]),
    create(
        "CreateNotebookInstanceLifecycleConfig",
        "notebook-instance-lifecycle-config",
        "notebookInstanceLifecycleConfigName",
        "notebookInstanceLifecycleConfigArn",
        Never("notebook instances may already start with it"),
        &[TAGS],
    ),
    create(
        "CreateDomain",
        "domain",
        "domainName",
        "domainArn",
        HOLDS_FILES,
        &[
            TAGS,
            DOMAIN_NETWORK,
            // "to encrypt EFS and EBS volumes attached to the domain" (API reference, `KmsKeyId`); its deprecated name
            &[slot(StorageKey, "kmsKeyId"), slot(ContentKey, "homeEfsFileSystemKmsKeyId")],
            user_settings!("defaultUserSettings"),
            DEFAULT_SPACE_SETTINGS,
            domain_settings!("domainSettings", "rStudioServerProDomainSettings"),
        ],
    )
    .described()
    .listed_by("ListDomains"),
    update(
        "UpdateDomain",
        "domain",
        "domainId",
        "domainArn",
        HOLDS_FILES,
        &[
            DOMAIN_NETWORK,
            user_settings!("defaultUserSettings"),
            DEFAULT_SPACE_SETTINGS,
            domain_settings!("domainSettingsForUpdate", "rStudioServerProDomainSettingsForUpdate"),
        ],
    ),
    create(
        "CreateUserProfile",
        "user-profile",
        "userProfileName",
        "userProfileArn",
        HOLDS_FILES,
        &[TAGS, IN_DOMAIN, user_settings!("userSettings")],
    )
    .described()
    .listed_by("ListUserProfiles"),
    update(
        "UpdateUserProfile",
        "user-profile",
        "userProfileName",
        "userProfileArn",
        HOLDS_FILES,
        &[user_settings!("userSettings")],
    ),
    create("CreateSpace", "space", "spaceName", "spaceArn", HOLDS_FILES, &[TAGS, IN_DOMAIN, SPACE_SETTINGS])
        .described()
        .listed_by("ListSpaces")
        .untagged(Untagged::AddedLater),
    update("UpdateSpace", "space", "spaceName", "spaceArn", HOLDS_FILES, &[SPACE_SETTINGS]),
    update("StartSession", "space", "", "resourceIdentifier", Never("no operation ends a session"), &[]),
    create(
        "CreateApp",
        "app",
        "appName",
        "appArn",
        By("DeleteApp"),
        &[
            TAGS,
            &[
                slot(InstanceType, "resourceSpec.instanceType"),
                uses("domain", "domainId").required(),
                changes("user-profile", "userProfileName"),
                changes("space", "spaceName"),
            ],
        ],
    )
    .described()
    .listed_by("ListApps")
    // "Tags that you specify for the User Profile are also added to all Apps that the User Profile launches"; likewise those
    // of the domain (API reference, `CreateUserProfile` and `CreateDomain`). Studio launches the apps of a space for it.
    .untagged(Untagged::Inherits(&["spaceName", "userProfileName", "domainId"])),
    create(
        "CreateAppImageConfig",
        "app-image-config",
        "appImageConfigName",
        "appImageConfigArn",
        Never("apps may already start with it"),
        &[
            TAGS,
            &[
                slot(Variables, "jupyterLabAppImageConfig.containerConfig.containerEnvironmentVariables"),
                slot(Variables, "codeEditorAppImageConfig.containerConfig.containerEnvironmentVariables"),
            ],
        ],
    ),
    create(
        "CreateStudioLifecycleConfig",
        "studio-lifecycle-config",
        "studioLifecycleConfigName",
        "studioLifecycleConfigArn",
        Never("apps may already start with it"),
        &[TAGS],
    ),
];
