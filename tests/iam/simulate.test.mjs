// What the simulator makes of IAM's rules, through simulate.mjs. The last part shows where it differs from AWS.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { after, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { runSimulation, runUnsafeSimulation } from '@cloud-copilot/iam-simulate'

const child = spawn(process.execPath, [fileURLToPath(new URL('simulate.mjs', import.meta.url))], { stdio: ['pipe', 'pipe', 'inherit'] })
async function* linesOf(stream) {
  let rest = ''
  for await (const chunk of stream.setEncoding('utf8')) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop()
    yield* lines
  }
}
const answers = linesOf(child.stdout)
after(() => child.stdin.end())

// Answers come in the order of the lines, so each question waits for the one before it.
let turn = Promise.resolve()
function ask(line) {
  const asked = turn.then(async () => {
    child.stdin.write(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`)
    return JSON.parse((await answers.next()).value)
  })
  turn = asked.catch(() => {})
  return asked
}

const ARN = 'arn:aws:iam::111122223333:role/ml/X'
const JOB = 'arn:aws:sagemaker:eu-west-1:111122223333:training-job/j'
const PROJECT = 'aws:RequestTag/Project'
const CALLERS_PROJECT = '${aws:PrincipalTag/Project}'
const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/0d1e2f3a'

const policy = (...statements) => ({ Version: '2012-10-17', Statement: statements })
const deny = (Condition, Sid = 'Denied') => ({ Sid, Effect: 'Deny', Action: 'sagemaker:CreateTrainingJob', Resource: '*', Condition })
const request = (context, action = 'sagemaker:CreateTrainingJob', resource = JOB) => ({ action, resource, context })

/** The simulator itself, without simulate.mjs before it. */
const simulation = (statement, context) => ({
  request: { action: 'sagemaker:CreateTrainingJob', principal: ARN, resource: { resource: JOB, accountId: '111122223333' }, contextVariables: context },
  identityPolicies: [{ name: 'identity', policy: policy({ Effect: 'Allow', Action: '*', Resource: '*' }, statement) }],
  serviceControlPolicies: [],
  resourceControlPolicies: [],
})
const simulate = (statement, context, options) => runSimulation(simulation(statement, context), options)

let sets = 0
async function define(definition) {
  const name = `set-${sets++}`
  const answer = await ask({ define: name, ...definition })
  assert.deepEqual(answer, { defined: name })
  return name
}

/** Whether a Deny under `condition` takes effect on a request of `context`, from a principal with `tags`. */
const matches = (condition, context, tags) => applies(policy(deny(condition)), context, tags)

/** Whether the statements of a document take effect on a request of `context`, from a principal with `tags`. */
async function applies(document, context, tags = {}) {
  const policies = await define({ scps: [document] })
  const answer = await ask({ id: 1, policies, principal: { arn: ARN, tags }, request: request(context) })
  assert.equal(answer.error, undefined)
  return !answer.allowed
}

const record = (eventName, requestParameters) => ({ eventName, awsRegion: 'eu-west-1', recipientAccountId: '111122223333', requestParameters })

describe('the protocol', () => {
  test('a denied call says which requests are denied, and by which statements', async () => {
    const policies = await define({
      scps: [policy(deny({ Null: { [PROJECT]: 'true' } }, 'NoTag'), deny({ Null: { 'sagemaker:VpcSubnets': 'true' } }, 'NoVpc'))],
      boundary: policy({ Effect: 'Allow', Action: 'sagemaker:*', Resource: '*' }),
    })
    const role = 'arn:aws:iam::111122223333:role/atlas-train'
    const answer = await ask({ id: 'x', policies, principal: { arn: ARN }, record: record('CreateTrainingJob', { trainingJobName: 'j', roleArn: role }) })
    assert.deepEqual(answer, {
      id: 'x',
      allowed: false,
      denied: [
        { action: 'sagemaker:CreateTrainingJob', resource: JOB, by: ['NoTag', 'NoVpc'] },
        { action: 'iam:PassRole', resource: role, by: [], implicit: ['pb'] },
      ],
    })
  })

  test('an allowed call, explained', async () => {
    const policies = await define({})
    const answer = await ask({ id: 1, policies, principal: { arn: ARN }, record: record('CreateTrainingJob', { trainingJobName: 'j', enableNetworkIsolation: true }), explain: true })
    assert.equal(answer.allowed, true)
    assert.equal(answer.requests.length, 1)
    assert.equal(answer.requests[0].context['sagemaker:NetworkIsolation'], 'true')
  })

  test('a role of another account cannot be passed, a record of another account is an error', async () => {
    const policies = await define({})
    const passing = { ...record('CreateTrainingJob', { trainingJobName: 'j', roleArn: 'arn:aws:iam::444455556666:role/x' }) }
    assert.deepEqual((await ask({ id: 1, policies, principal: { arn: ARN }, record: passing })).denied[0].implicit, ['other-account'])
    assert.match((await ask({ id: 1, policies, principal: { arn: ARN }, record: { ...passing, recipientAccountId: '444455556666' } })).error, /account/)
  })

  test('identity policies count when there are some', async () => {
    const policies = await define({ identity: [policy({ Effect: 'Allow', Action: 'sagemaker:CreateModel', Resource: '*' })] })
    assert.deepEqual((await ask({ id: 1, policies, principal: { arn: ARN }, request: request({}) })).denied[0].implicit, ['identity'])
  })

  test('deprecated keys are known where their successors are', async () => {
    const policies = await define({ scps: [policy(deny({ Null: { 'sagemaker:VolumeKmsKey': 'false' } }, 'Old'), deny({ Null: { 'sagemaker:VolumeKmsKeyArn': 'false' } }, 'New'))] })
    const by = async (kms) => (await ask({ id: 1, policies, principal: { arn: ARN }, record: record('CreateTrainingJob', { trainingJobName: 'j', resourceConfig: { volumeKmsKeyId: KEY } }), variant: { kms } })).denied[0].by
    assert.deepEqual(await by('old'), ['Old'])
    assert.deepEqual(await by('new'), ['New'])
    assert.deepEqual(await by('both'), ['Old', 'New'])
  })

  test('keys that an action does not take are missing, and said to be', async () => {
    const policies = await define({ scps: [policy(deny({ StringEquals: { 'sagemaker:RootAccess': 'Enabled' } }))] })
    const answer = await ask({ id: 1, policies, principal: { arn: ARN }, request: request({ 'sagemaker:RootAccess': 'Enabled' }) })
    assert.deepEqual(answer, { id: 1, allowed: true, denied: [], ignored: ['sagemaker:RootAccess'] })
  })

  test('variables without a value, and keys that a record does not tell of, are said', async () => {
    const policies = await define({ scps: [policy(deny({ StringEquals: { [PROJECT]: CALLERS_PROJECT } }), { Effect: 'Deny', Action: 'sagemaker:CreateApp', Resource: '*', Condition: { StringEquals: { 'sagemaker:SpaceSharingType': 'Shared' } } })] })
    const answer = await ask({ id: 1, policies, principal: { arn: ARN }, record: record('CreateApp', { domainId: 'd', spaceName: 's', appType: 'JupyterLab', appName: 'a' }) })
    assert.deepEqual(answer, { id: 1, allowed: true, denied: [], unresolved: ['aws:principaltag/project'], untold: ['sagemaker:SpaceSharingType'] })
  })

  test('whatever cannot be decided is an error', async () => {
    const policies = await define({})
    const principal = { arn: ARN }
    for (const [line, error] of [
      ['not JSON', /JSON/],
      ['7', /object/],
      [{ id: 1, policies: 'none', principal, request: request({}) }, /`none`/],
      [{ id: 1, policies, request: request({}) }, /principal/],
      [{ id: 1, policies, principal: { arn: 'ana' }, request: request({}) }, /`ana`/],
      [{ id: 1, policies, principal }, /either/],
      [{ id: 1, policies, principal, request: { action: 'sagemaker:CreateNothing', resource: JOB } }, /CreateNothing/],
      [{ id: 1, policies, principal, request: request({}, 'sagemaker:CreateTrainingJob', 'arn:aws:s3:::bucket') }, /no\.resource\.types/],
      [{ id: 1, policies, principal, request: request({}, 'sagemaker:CreateTrainingJob', `${JOB}*`) }, /wildcards/],
      [{ id: 1, policies, principal, request: request({ [PROJECT]: ['a', 'b'] }) }, /single-valued/],
      [{ id: 1, policies, principal, request: request({ 'sagemaker:MaxRuntimeInSeconds': 5 }) }, /string/],
      [{ id: 1, policies, principal: { arn: ARN, tags: { Project: 'a', project: 'b' } }, request: request({}) }, /case/],
      [{ id: 1, policies, principal, record: record('CreateTrainingJob', null) }, /requestParameters/],
      [{ id: 1, policies, principal, record: record('CreateTrainingJob', {}), variant: { kms: 'x' } }, /kms/],
    ]) {
      const answer = await ask(line)
      assert.match(answer.error ?? 'no error', error)
      assert.equal(answer.allowed, undefined)
    }
  })

  test('line separators within a string do not end a line', async () => {
    const policies = await define({})
    assert.equal((await ask({ id: 'a\u2028b', policies, principal: { arn: ARN }, request: request({ [PROJECT]: '\u2028' }) })).id, 'a\u2028b')
  })

  test('policies with errors decide nothing', async () => {
    const answer = await ask({ define: 'bad', scps: [policy({ Effect: 'Deny', Action: 'sagemaker:*', Resource: '*', Condition: { StringsEqual: { a: 'b' } } })] })
    assert.match(answer.errors.join(), /scps\[0\] Statement.*StringsEqual/)
    assert.match((await ask({ id: 1, policies: 'bad', principal: { arn: ARN }, request: request({}) })).error, /errors/)
  })
})

describe('IAM, as AWS documents it', () => {
  test('the conditions of one statement are all needed: five of them let nearly every violation through', async () => {
    const guards = [
      [{ Null: { [PROJECT]: 'true' } }, [PROJECT, 'atlas']],
      [{ Null: { 'sagemaker:VpcSubnets': 'true' } }, ['sagemaker:VpcSubnets', ['subnet-1']]],
      [{ BoolIfExists: { 'sagemaker:NetworkIsolation': 'false' } }, ['sagemaker:NetworkIsolation', 'true']],
      [{ StringNotEquals: { 'sagemaker:VolumeKmsKeyArn': KEY } }, ['sagemaker:VolumeKmsKeyArn', KEY]],
      [{ NumericGreaterThanIfExists: { 'sagemaker:MaxRuntimeInSeconds': '3600' } }, ['sagemaker:MaxRuntimeInSeconds', '60']],
    ]
    const merged = {}
    for (const [condition] of guards) for (const [operator, keys] of Object.entries(condition)) merged[operator] = { ...merged[operator], ...keys }
    const together = await define({ scps: [policy(deny(merged))] })
    const apart = await define({ scps: [policy(...guards.map(([condition], index) => deny(condition, `Guard${index}`)))] })
    let through = 0
    for (let violations = 1; violations < 2 ** guards.length; violations++) {
      // A guard is violated where its key is missing.
      const context = Object.fromEntries(guards.filter((_, index) => !(violations & (1 << index))).map(([, pair]) => pair))
      const decide = async (policies) => ask({ id: 1, policies, principal: { arn: ARN }, request: request(context) })
      if ((await decide(together)).allowed) through++
      assert.deepEqual((await decide(apart)).denied[0].by, guards.flatMap((_, index) => (violations & (1 << index) ? [`Guard${index}`] : [])))
    }
    assert.equal(through, 30)
  })

  const cases = [
    ['a missing key does not equal', { StringEquals: { [PROJECT]: 'a' } }, {}, false],
    ['a missing key is not equal', { StringNotEquals: { [PROJECT]: 'a' } }, {}, true],
    ['a missing key is not like `?*`', { StringNotLike: { [PROJECT]: '?*' } }, {}, true],
    ['an empty value is not like `?*`', { StringNotLike: { [PROJECT]: '?*' } }, { [PROJECT]: '' }, true],
    ['a value is like `?*`', { StringNotLike: { [PROJECT]: '?*' } }, { [PROJECT]: 'a' }, false],
    ['StringEquals takes `*` as it is', { StringEquals: { [PROJECT]: 'a*' } }, { [PROJECT]: 'ab' }, false],
    ['values are case-sensitive', { StringEquals: { [PROJECT]: 'Atlas' } }, { [PROJECT]: 'atlas' }, false],
    ['values are not, if the operator says so', { StringEqualsIgnoreCase: { [PROJECT]: 'Atlas' } }, { [PROJECT]: 'atlas' }, true],
    ['the names of keys are not case-sensitive', { StringEquals: { 'AWS:requesttag/PROJECT': 'a' } }, { 'aws:RequestTag/project': 'a' }, true],
    ['the values of aws:TagKeys are', { 'ForAnyValue:StringEquals': { 'aws:TagKeys': 'Project' } }, { 'aws:TagKeys': ['project'] }, false],
    ['a negated operator is true if no value matches', { StringNotEquals: { [PROJECT]: ['a', 'b'] } }, { [PROJECT]: 'c' }, true],
    ['a negated operator is false if any value matches', { StringNotEquals: { [PROJECT]: ['a', 'b'] } }, { [PROJECT]: 'b' }, false],

    ['ForAnyValue on a missing key is false', { 'ForAnyValue:StringEquals': { 'sagemaker:InstanceTypes': 'a' } }, {}, false],
    ['ForAnyValue, negated, on a missing key is false', { 'ForAnyValue:StringNotLike': { 'sagemaker:InstanceTypes': 'a' } }, {}, false],
    ['ForAllValues on a missing key is true', { 'ForAllValues:StringEquals': { 'sagemaker:InstanceTypes': 'a' } }, {}, true],
    ['ForAllValues, negated, on a missing key is true', { 'ForAllValues:StringNotEquals': { 'sagemaker:InstanceTypes': 'a' } }, {}, true],
    ['ForAllValues with a Null check is false on a missing key', { 'ForAllValues:StringEquals': { 'sagemaker:InstanceTypes': 'a' }, Null: { 'sagemaker:InstanceTypes': 'false' } }, {}, false],
    ['ForAnyValue: one of the values', { 'ForAnyValue:StringNotLike': { 'sagemaker:InstanceTypes': ['ml.m5.*', 'ml.t3.*'] } }, { 'sagemaker:InstanceTypes': ['ml.m5.large', 'ml.p5.48xlarge'] }, true],
    ['ForAnyValue: none of the values', { 'ForAnyValue:StringNotLike': { 'sagemaker:InstanceTypes': ['ml.m5.*', 'ml.t3.*'] } }, { 'sagemaker:InstanceTypes': ['ml.m5.large', 'ml.t3.large'] }, false],
    ['ForAllValues: all of the values', { 'ForAllValues:StringLike': { 'sagemaker:InstanceTypes': 'ml.m5.*' } }, { 'sagemaker:InstanceTypes': ['ml.m5.large', 'ml.m5.xlarge'] }, true],
    ['ForAllValues: not all of the values', { 'ForAllValues:StringLike': { 'sagemaker:InstanceTypes': 'ml.m5.*' } }, { 'sagemaker:InstanceTypes': ['ml.m5.large', 'ml.p5.48xlarge'] }, false],

    ['Null is true on a missing key', { Null: { [PROJECT]: 'true' } }, {}, true],
    ['Null is false on a key that is there', { Null: { [PROJECT]: 'true' } }, { [PROJECT]: 'a' }, false],
    ['Null `false` asks for the key', { Null: { [PROJECT]: 'false' } }, { [PROJECT]: 'a' }, true],
    ['…IfExists is true on a missing key', { StringEqualsIfExists: { [PROJECT]: 'a' } }, {}, true],
    ['…IfExists compares a key that is there', { StringEqualsIfExists: { [PROJECT]: 'a' } }, { [PROJECT]: 'b' }, false],
    ['Bool on a missing key is false', { Bool: { 'sagemaker:NetworkIsolation': 'false' } }, {}, false],
    ['BoolIfExists on a missing key is true', { BoolIfExists: { 'sagemaker:NetworkIsolation': 'false' } }, {}, true],
    ['BoolIfExists compares a key that is there', { BoolIfExists: { 'sagemaker:NetworkIsolation': 'false' } }, { 'sagemaker:NetworkIsolation': 'true' }, false],
    ['NumericGreaterThan on a missing key is false', { NumericGreaterThan: { 'sagemaker:MaxRuntimeInSeconds': '3600' } }, {}, false],
    ['NumericGreaterThanIfExists on a missing key is true', { NumericGreaterThanIfExists: { 'sagemaker:MaxRuntimeInSeconds': '3600' } }, {}, true],
    ['numbers are compared as numbers', { NumericGreaterThan: { 'sagemaker:MaxRuntimeInSeconds': '3600' } }, { 'sagemaker:MaxRuntimeInSeconds': '10000' }, true],
    ['a number is not greater than itself', { NumericGreaterThanIfExists: { 'sagemaker:MaxRuntimeInSeconds': '3600' } }, { 'sagemaker:MaxRuntimeInSeconds': '3600' }, false],
    ['ARN operators compare part by part', { ArnLike: { 'sagemaker:VolumeKmsKeyArn': 'arn:aws:kms:*:111122223333:key/*' } }, { 'sagemaker:VolumeKmsKeyArn': KEY }, true],
    ['ARN operators, negated, are true on a missing key', { ArnNotLike: { 'sagemaker:VolumeKmsKeyArn': KEY } }, {}, true],
    ['ARN operators are case-sensitive', { ArnLike: { 'sagemaker:VolumeKmsKeyArn': KEY.toUpperCase() } }, { 'sagemaker:VolumeKmsKeyArn': KEY }, false],
    ['string operators compare a bare id with an ARN', { StringNotEquals: { 'sagemaker:VolumeKmsKeyArn': KEY } }, { 'sagemaker:VolumeKmsKeyArn': '0d1e2f3a' }, true],
  ]
  for (const [name, condition, context, expected] of cases) {
    test(name, async () => assert.equal(await matches(condition, context), expected))
  }

  test('a variable stands for the caller\'s tag', async () => {
    const condition = { StringNotEquals: { [PROJECT]: CALLERS_PROJECT } }
    assert.equal(await matches(condition, { [PROJECT]: 'atlas' }, { Project: 'atlas' }), false)
    assert.equal(await matches(condition, { [PROJECT]: 'atlas' }, { project: 'atlas' }), false)
    assert.equal(await matches(condition, { [PROJECT]: 'atlas' }, { Project: 'borealis' }), true)
    assert.equal(await matches(condition, {}, { Project: 'atlas' }), true)
  })

  test('a variable has its default where the tag is missing', async () => {
    const condition = { StringNotEquals: { [PROJECT]: "${aws:PrincipalTag/Project, 'none'}" } }
    assert.equal(await matches(condition, { [PROJECT]: 'atlas' }), true)
    assert.equal(await matches(condition, { [PROJECT]: 'none' }), false)
  })

  test('a variable without a value equals nothing', async () => {
    assert.equal(await matches({ StringEquals: { [PROJECT]: CALLERS_PROJECT } }, { [PROJECT]: 'atlas' }), false)
    assert.equal(await matches({ StringLike: { [PROJECT]: CALLERS_PROJECT } }, { [PROJECT]: 'atlas' }), false)
  })
})

const GUIDE = 'https://docs.aws.amazon.com/IAM/latest/UserGuide'
const NO_VALUE = `${GUIDE}/reference_policies_variables.html#policy-vars-no-value`
const VARIABLES = `${GUIDE}/reference_policies_variables.html`
const MULTIVALUED = `${GUIDE}/reference_policies_condition-single-vs-multi-valued-context-keys.html`
const OPERATORS = `${GUIDE}/reference_policies_elements_condition_operators.html`

// Each test holds what the simulator does, against what AWS documents. It fails when a new version of the simulator
// does as AWS; then it goes.
describe('where the simulator differs from what AWS documents', () => {
  const KMS = 'sagemaker:VolumeKmsKeyArn'
  // All of these conditions match on AWS, and do not here.
  const deviations = [
    // AWS: inverted operators match, because nothing equals a variable without a value. The simulator: they do not.
    [NO_VALUE, 'StringNotEquals and a variable without a value', { StringNotEquals: { [PROJECT]: CALLERS_PROJECT } }, { [PROJECT]: 'atlas' }],
    [NO_VALUE, 'StringNotEqualsIgnoreCase and a variable without a value', { StringNotEqualsIgnoreCase: { [PROJECT]: CALLERS_PROJECT } }, { [PROJECT]: 'atlas' }],
    [NO_VALUE, 'StringNotLike and a variable without a value', { StringNotLike: { [PROJECT]: CALLERS_PROJECT } }, { [PROJECT]: 'atlas' }],
    [NO_VALUE, 'ForAnyValue:StringNotEquals and a variable without a value', { 'ForAnyValue:StringNotEquals': { 'aws:TagKeys': CALLERS_PROJECT } }, { 'aws:TagKeys': ['a'] }],
    [NO_VALUE, 'ArnNotLike and a variable without a value', { ArnNotLike: { [KMS]: `arn:aws:kms:*:*:key/${CALLERS_PROJECT}` } }, { [KMS]: KEY }],
    [NO_VALUE, 'StringNotEquals and a variable without a value, beside another value that differs', { StringNotEquals: { [PROJECT]: [CALLERS_PROJECT, 'borealis'] } }, { [PROJECT]: 'atlas' }],
    // AWS: `${*}` stands for `*` wherever a variable may. The simulator: under operators without wildcards, for itself.
    [VARIABLES, 'StringEquals and `${*}`', { StringEquals: { [PROJECT]: '${*}' } }, { [PROJECT]: '*' }],
    // AWS: the negated ARN operators are the others' negation. The simulator: both are false if either side is no ARN.
    [`${OPERATORS}#Conditions_ARN`, 'ArnNotLike and a request with a bare id', { ArnNotLike: { [KMS]: KEY } }, { [KMS]: '0d1e2f3a' }],
    [`${OPERATORS}#Conditions_ARN`, 'ArnNotEquals and a policy with a bare id beside an ARN', { ArnNotEquals: { [KMS]: [`${KEY}0`, '0d1e2f3a'] } }, { [KMS]: KEY }],
    // AWS: ForAllValues is true, and so is Null, where a key is there without a value, such as an empty string.
    [MULTIVALUED, 'ForAllValues and an empty value', { 'ForAllValues:StringEquals': { 'aws:TagKeys': 'a' } }, { 'aws:TagKeys': [''] }],
    [`${OPERATORS}#Conditions_Null`, 'Null and a list without values', { Null: { 'aws:TagKeys': 'true' } }, { 'aws:TagKeys': [] }],
    // AWS: dates may be given in UNIX time, which is in seconds. The simulator compares them with milliseconds.
    [`${OPERATORS}#Conditions_Date`, 'DateLessThan and UNIX time', { DateLessThan: { 'aws:CurrentTime': '4102444800' } }, { 'aws:CurrentTime': '2026-01-01T00:00:00Z' }],
    // AWS: `*` is any run of characters, `?` any one. The simulator's are those of a regular expression.
    [`${OPERATORS}#Conditions_String`, '`*` and a line separator', { StringLike: { [PROJECT]: '*' } }, { [PROJECT]: 'a\u2028b' }],
    [`${OPERATORS}#Conditions_String`, '`?` and a character outside the basic plane', { StringLike: { [PROJECT]: '?' } }, { [PROJECT]: '😀' }],
  ]
  for (const [source, name, condition, context] of deviations) {
    test(`${name}: ${source}`, async () => assert.equal(await matches(condition, context), false))
  }

  test(`variables in a document without version 2012-10-17 are text to AWS: ${VARIABLES}`, async () => {
    const { Statement } = policy(deny({ StringEquals: { [PROJECT]: CALLERS_PROJECT } }))
    assert.equal(await applies({ Statement }, { [PROJECT]: 'atlas' }, { Project: 'atlas' }), true)
    assert.equal(await applies({ Version: '2008-10-17', Statement }, { [PROJECT]: 'atlas' }, { Project: 'atlas' }), true)
  })

  test(`NotResource with a variable without a value excludes nothing to AWS: ${NO_VALUE}`, async () => {
    const statement = { Effect: 'Deny', Action: '*', NotResource: `arn:aws:sagemaker:*:*:training-job/${CALLERS_PROJECT}-*` }
    assert.equal(await applies(policy(statement), {}), false)
  })

  test('an operator that AWS refuses passes the simulator, and its condition is false', async () => {
    const { overallResult } = await simulate(deny({ StringsEqual: { [PROJECT]: 'atlas' } }), { [PROJECT]: 'atlas' }, {})
    assert.equal(overallResult, 'Allowed')
  })

  test('no option of the simulator changes what a variable without a value does', async () => {
    const untagged = [deny({ StringNotEquals: { [PROJECT]: CALLERS_PROJECT } }), { [PROJECT]: 'atlas' }]
    const authoritative = [PROJECT, 'aws:PrincipalTag/Project'].map((keyName) => ({ keyName, presenceIsKnown: true, valueIsKnown: true }))
    for (const options of [{}, { simulationMode: 'Strict' }, { simulationMode: 'Discovery' }, { simulationMode: 'Discovery', discoveryContextKeyConstraints: authoritative }]) {
      assert.equal((await simulate(...untagged, options)).overallResult, 'Allowed')
    }
    assert.equal(runUnsafeSimulation(simulation(...untagged), {}), 'Allowed')
  })
})

// What the simulator does where AWS documents nothing, or two things that contradict each other.
describe('where AWS does not say', () => {
  const cases = [
    // IfExists says true for a missing key, ForAnyValue says false. That it is false has been reported of IAM.
    ['ForAnyValue with …IfExists on a missing key is false', { 'ForAnyValue:StringNotLikeIfExists': { 'sagemaker:InstanceTypes': 'ml.m5.*' } }, {}, false],
    ['a list under an operator without ForAnyValue or ForAllValues is false', { StringEquals: { 'sagemaker:InstanceTypes': 'a' } }, { 'sagemaker:InstanceTypes': ['a'] }, false],
    ['… and under a negated one as well', { StringNotEquals: { 'sagemaker:InstanceTypes': 'b' } }, { 'sagemaker:InstanceTypes': ['a'] }, false],
    ['a number is read up to the first character that is no digit', { NumericGreaterThan: { 'sagemaker:MaxRuntimeInSeconds': '10' } }, { 'sagemaker:MaxRuntimeInSeconds': '12abc' }, true],
    ['… so that exponents are cut off', { NumericGreaterThan: { 'sagemaker:MaxRuntimeInSeconds': '10' } }, { 'sagemaker:MaxRuntimeInSeconds': '1e6' }, false],
    ['no number is not unequal to a number', { NumericNotEquals: { 'sagemaker:MaxRuntimeInSeconds': '10' } }, { 'sagemaker:MaxRuntimeInSeconds': 'abc' }, false],
    ['Bool with what is no boolean is false', { Bool: { 'sagemaker:NetworkIsolation': 'false' } }, { 'sagemaker:NetworkIsolation': 'no' }, false],
    ['Bool takes any case', { Bool: { 'sagemaker:NetworkIsolation': 'TRUE' } }, { 'sagemaker:NetworkIsolation': 'true' }, true],
    // The page on variables says that Bool takes none, the one on operators that it does.
    ['Bool takes variables', { Bool: { 'sagemaker:NetworkIsolation': '${aws:SecureTransport}' } }, { 'sagemaker:NetworkIsolation': 'true' }, true],
    // AWS asks for Null against "empty values", and documents it for keys that are absent.
    ['Null takes an empty tag for a value', { Null: { [PROJECT]: 'true' } }, { [PROJECT]: '' }, false],
    ['`arn:aws:kms:*` has too few parts to be like an ARN', { ArnLike: { 'sagemaker:VolumeKmsKeyArn': 'arn:aws:kms:*' } }, { 'sagemaker:VolumeKmsKeyArn': KEY }, false],
  ]
  for (const [name, condition, context, expected] of cases) {
    test(name, async () => assert.equal(await matches(condition, context), expected))
  }

  test('an empty tag of the caller differs even from an empty tag', async () => {
    assert.equal(await matches({ StringNotEquals: { [PROJECT]: CALLERS_PROJECT } }, { [PROJECT]: '' }, { Project: '' }), true)
  })
})
