import type { Exchange } from '../../src/conformance/api.js';
import { everything } from '../../src/conformance/plan.js';
import type { Requirement } from '../../src/conformance/requirement.js';
import type { RunOutcome } from '../../src/conformance/runner.js';

/** A requirement to test plans and reports with. */
export function sample(more: Partial<Requirement> = {}): Requirement {
  return {
    id: 'ImageAttestations.sample',
    title: 'a sample',
    level: 'MUST',
    features: ['attestations'],
    operationId: 'ImageAttestations',
    pointer: '/paths/~1images~1{name}~1attestations/get',
    basis: { kind: 'published', section: '/paths/~1images~1{name}~1attestations/get' },
    images: [],
    why: 'Tests need one.',
    check: async () => undefined,
    ...more,
  };
}

/** An exchange with an answer of the given text. */
export function exchange(body: string | Buffer, more: Partial<Exchange> = {}): Exchange {
  return {
    method: 'GET',
    path: '/v1.55/images/x/attestations',
    requestHeaders: {},
    version: '1.55',
    status: 200,
    headers: [['Content-Type', 'application/json']],
    body: Buffer.from(body),
    durationMs: 1.234,
    ...more,
  };
}

const quiet = { reason: '', exchanges: [], durationMs: 2 };

/** A run with one requirement of each outcome, one failed SHOULD and one known deviation. */
export function sampleRun(more: Partial<RunOutcome> = {}): RunOutcome {
  const failure = { message: 'status', expected: '200', actual: '500 <b>&"quoted"</b>\u0007' };
  const deviation = {
    requirement: 'ImageAttestations.known',
    description: 'd',
    behaviour: 'b',
    actual: 'a',
    evidence: 'e',
  };
  return {
    daemon: {
      product: 'dockerd',
      title: 'dockerd 29.7.2',
      store: 'containerd',
      driver: 'overlayfs',
      version: '29.7.2',
      apiVersion: '1.55',
      minApiVersion: '1.40',
      os: 'linux',
      arch: 'amd64',
      platformName: '',
    },
    run: 'attestd-test',
    host: { os: 'linux', architecture: 'amd64' },
    apiVersion: '1.55',
    selection: everything,
    findings: new Map([
      ['attestations', { supported: true, evidence: 'answers 200' }],
      ['statements', { supported: false, evidence: 'no Statements' }],
    ]),
    results: [
      { requirement: sample({ id: 'ImageAttestations.a-passed' }), outcome: 'passed', ...quiet },
      {
        requirement: sample({ id: 'ImageAttestations.b-failed' }),
        outcome: 'failed',
        ...quiet,
        failure,
        exchanges: [exchange('{"message":"</script><b>"}', { status: 500 }), exchange(Buffer.from([0xff, 0xfe, 0, 1]))],
      },
      {
        requirement: sample({ id: 'ImageAttestations.c-should', level: 'SHOULD' }),
        outcome: 'failed',
        ...quiet,
        failure,
      },
      { requirement: sample({ id: 'ImageAttestations.known' }), outcome: 'failed', ...quiet, failure, deviation },
      {
        requirement: sample({ id: 'ImageAttestations.z-blocked' }),
        outcome: 'blocked',
        ...quiet,
        reason: 'blocked by ImageAttestations.b-failed: status',
        blockedBy: 'ImageAttestations.b-failed',
        failure,
      },
      {
        requirement: sample({ id: 'ImagePrune.d-skipped' }),
        outcome: 'skipped',
        ...quiet,
        reason: 'left out by --skip',
      },
      {
        requirement: sample({ id: 'Statements.e-unsupported', features: ['statements'] }),
        outcome: 'unsupported',
        ...quiet,
        reason: 'statements: none',
      },
      {
        requirement: sample({ id: 'Versions.f-error' }),
        outcome: 'error',
        ...quiet,
        reason: 'the suite broke: TypeError',
        failure,
      },
    ],
    schema: [
      {
        kind: 'deviation',
        operationId: 'ImageInspect',
        pointer: '/paths/~1x/get/responses/200',
        place: '/*/Labels',
        message: 'must be object',
        example: 'null',
        count: 3,
        request: 'GET /x',
      },
    ],
    schemaChecked: 12,
    repaired: [],
    expired: [],
    leftovers: [],
    interrupted: false,
    startedAt: new Date('2026-01-02T03:04:05Z'),
    durationMs: 1234.5,
    ...more,
  };
}

/** Context of the sample report. */
export const sampleContext = {
  address: 'unix:///run/docker.sock',
  suiteVersion: '0.1.0',
  description: { apiVersion: '1.55', sha256: 'f'.repeat(64) },
};
