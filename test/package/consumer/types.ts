/** Uses every entry of the package as an importer would. It is compiled by test/package/package.package.test.ts, not run. */
import { AttestdError, currentRelease, type ErrorCode, type AttestationStatement as FromRoot, version } from 'attestd';
import { type AttestationChain, connect, resolveAttestations, verifyAttestations } from 'attestd/client';
import { exitCode, profileNames, type Report, runConformance } from 'attestd/conformance';
import { image, type ScenarioName, scenarios, signingKey } from 'attestd/fixtures';
import { type Daemon, type DaemonOptions, type JournalEntry, startDaemon } from 'attestd/server';
import { findOperation, readDescription, validateResponse } from 'attestd/spec';
import type { AttestationStatement, ImageInspect } from 'attestd/types';

const same: FromRoot = {} as AttestationStatement;
const code: ErrorCode = new AttestdError('NOT_FOUND', 'none').code;
const known: string = `${version} ${currentRelease.engine} ${currentRelease.api}`;
const options: DaemonOptions = { images: ['five-platforms', image('app:1').sbom()], channel: 'standard' };

export async function all(): Promise<Report> {
  const daemon: Daemon = await startDaemon(options);
  const client = await connect({ host: daemon.host });
  const chain: AttestationChain = await resolveAttestations(client, 'app:1');
  const key = signingKey();
  const { verified } = await verifyAttestations(chain, { publicKey: key.publicKey });
  const asked: readonly JournalEntry[] = daemon.requests;
  const name: ScenarioName | undefined = scenarios[0]?.name;
  const described = findOperation(readDescription('swagger.yaml'), 'ImageAttestations');
  const broken = validateResponse('ImageAttestations', 200, {} satisfies Partial<ImageInspect>).violations;
  const report = await runConformance({ host: daemon.host, profiles: profileNames, only: ['SystemPing'] });
  await daemon[Symbol.asyncDispose]();
  console.log(verified, asked.length, name, described, broken, exitCode(report, false), same, code, known);
  return report;
}
// @ts-expect-error a daemon has no such channel
export const wrong: DaemonOptions = { channel: 'beta' };
