import { createHash, randomBytes } from 'node:crypto';
import type { components } from '../../support/foundation/types.js';
import { type GoType, goInt64, goObject, goString, slice, struct } from '../../support/go/json.js';
import { trimRight } from '../../support/go/strings.js';
import type { Wire } from '../wire.js';
import { newRoot, type SwarmRoot } from './certificate.js';
import { base36 } from './ids.js';
import { type ObjectKind, objectMeta, type SwarmObject } from './objects.js';
import { type SwarmSpec, swarmSpecType } from './spec.js';

/** The state of a swarm without its nodes and objects. */
export interface ClusterData {
  readonly spec: SwarmSpec;
  readonly pools: string[] | undefined;
  readonly subnetSize: number;
  readonly dataPathPort: number;
  readonly root: SwarmRoot;
  /** The last parts of the tokens that nodes join with. */
  readonly workerSecret: string;
  readonly managerSecret: string;
  /** Unlocks a locked manager. Empty if autolock is off. */
  readonly unlockKey: string;
}

const rootType: GoType<SwarmRoot> = struct<SwarmRoot>('state.Root', {
  certificate: goString,
  subject: goString,
  publicKey: goString,
});

/** The one thing of its kind in a swarm. */
export const clusterKind: ObjectKind<ClusterData> = {
  name: 'cluster',
  record: struct<ClusterData>('state.Cluster', {
    spec: swarmSpecType,
    pools: slice(goString),
    subnetSize: goInt64,
    dataPathPort: goInt64,
    root: rootType,
    workerSecret: goString,
    managerSecret: goString,
    unlockKey: goString,
  }),
  annotations: ({ spec }) => spec,
};

/** Returns the secret part of a join token. */
export const newSecret = (): string => base36(randomBytes(16), 25);

/** Returns a new unlock key for managers. */
export const newUnlockKey = (): string => `SWMKEY-1-${trimRight(randomBytes(32).toString('base64'), '=')}`;

/** A new swarm's data. @param now milliseconds since 1970 */
export function newCluster(
  parts: Pick<ClusterData, 'spec' | 'pools' | 'subnetSize' | 'dataPathPort'>,
  now: number,
): ClusterData {
  return {
    ...parts,
    root: newRoot(now),
    workerSecret: newSecret(),
    managerSecret: newSecret(),
    unlockKey: parts.spec.EncryptionConfig.AutoLockManagers ? newUnlockKey() : '',
  };
}

/** Returns a root certificate in the API's form. */
export function tlsInfo({ certificate, subject, publicKey }: SwarmRoot): Wire<components['schemas']['TLSInfo']> {
  return { TrustRoot: certificate, CertIssuerSubject: subject, CertIssuerPublicKey: publicKey };
}

/** Returns a swarm in the form of `/info`. */
export function clusterObject(cluster: SwarmObject<ClusterData>): Wire<components['schemas']['ClusterInfo']> {
  const { spec, root, pools, subnetSize, dataPathPort } = cluster.data;
  return {
    ...objectMeta(cluster),
    Spec: goObject(spec, swarmSpecType),
    TLSInfo: tlsInfo(root),
    RootRotationInProgress: false,
    DefaultAddrPool: pools ?? [],
    SubnetSize: subnetSize,
    DataPathPort: dataPathPort,
  } satisfies Wire<components['schemas']['ClusterInfo']>;
}

/** Returns the join tokens, which contain the root's digest. */
export function joinTokens({ data }: SwarmObject<ClusterData>): { Worker: string; Manager: string } {
  const digest = base36(createHash('sha256').update(data.root.certificate).digest(), 50);
  const token = (secret: string): string => `SWMTKN-1-${digest}-${secret}`;
  return { Worker: token(data.workerSecret), Manager: token(data.managerSecret) };
}
