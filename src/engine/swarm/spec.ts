import { AttestdError } from '../../support/foundation/errors.js';
import {
  type GoType,
  goBool,
  goInt,
  goInt64,
  goString,
  goUint64,
  map,
  named,
  pointer,
  slice,
  struct,
} from '../../support/go/json.js';
import { quote } from '../../support/go/quote.js';
import { type Annotations, annotationFields, type Driver, driverType } from './annotations.js';
import { invalid } from './invalid.js';

/** An authority elsewhere that certifies nodes (`swarm.ExternalCA`). */
export interface ExternalCa {
  Protocol: string;
  URL: string;
  Options?: Record<string, string>;
  CACert: string;
}

/** The configuration of a swarm (`swarm.Spec`). */
export interface SwarmSpec extends Annotations {
  Orchestration: { TaskHistoryRetentionLimit?: number };
  Raft: {
    SnapshotInterval?: number;
    KeepOldSnapshots?: number;
    LogEntriesForSlowFollowers?: number;
    ElectionTick: number;
    HeartbeatTick: number;
  };
  Dispatcher: { HeartbeatPeriod?: number };
  CAConfig: {
    NodeCertExpiry?: number;
    ExternalCAs?: (ExternalCa | undefined)[];
    SigningCACert?: string;
    SigningCAKey?: string;
    ForceRotate?: number;
  };
  TaskDefaults: { LogDriver?: Driver };
  EncryptionConfig: { AutoLockManagers: boolean };
}

const duration: GoType<number> = { ...goInt64, name: 'time.Duration' };

const externalCa = struct<ExternalCa>('swarm.ExternalCA', {
  Protocol: named('swarm.ExternalCAProtocol'),
  URL: goString,
  'Options?': map(goString),
  CACert: goString,
});

export const swarmSpecType: GoType<SwarmSpec> = struct<SwarmSpec>('swarm.Spec', {
  ...annotationFields,
  Orchestration: struct<SwarmSpec['Orchestration']>('swarm.OrchestrationConfig', {
    'TaskHistoryRetentionLimit?': pointer(goInt64),
  }),
  Raft: struct<SwarmSpec['Raft']>('swarm.RaftConfig', {
    'SnapshotInterval?': goUint64,
    'KeepOldSnapshots?': pointer(goUint64),
    'LogEntriesForSlowFollowers?': goUint64,
    ElectionTick: goInt,
    HeartbeatTick: goInt,
  }),
  Dispatcher: struct<SwarmSpec['Dispatcher']>('swarm.DispatcherConfig', { 'HeartbeatPeriod?': duration }),
  CAConfig: struct<SwarmSpec['CAConfig']>('swarm.CAConfig', {
    'NodeCertExpiry?': duration,
    'ExternalCAs?': slice(pointer(externalCa)),
    'SigningCACert?': goString,
    'SigningCAKey?': goString,
    'ForceRotate?': goUint64,
  }),
  TaskDefaults: struct<SwarmSpec['TaskDefaults']>('swarm.TaskDefaults', { 'LogDriver?': pointer(driverType) }),
  EncryptionConfig: struct<SwarmSpec['EncryptionConfig']>('swarm.EncryptionConfig', { AutoLockManagers: goBool }),
});

/** Nanoseconds. */
const second = 1_000_000_000;
const hour = 3600 * second;
const day = 24 * hour;

/** There is one name for swarms. @throws INVALID_ARGUMENT for another */
export function checkName({ Name: name }: SwarmSpec): void {
  if (name !== '' && name !== 'default')
    throw new AttestdError('INVALID_ARGUMENT', 'swarm spec must be named "default"');
}

/**
 * Applies a manager's checks to a spec.
 *
 * @throws INVALID_ARGUMENT
 */
export function checkSpec({ CAConfig: ca, Dispatcher: { HeartbeatPeriod: heartbeat = 0 } }: SwarmSpec): void {
  const refused = (reason: string): AttestdError => new AttestdError('INVALID_ARGUMENT', reason);
  for (const { Protocol: protocol } of (ca.ExternalCAs ?? []).map((one) => one ?? { Protocol: '' }))
    if (protocol.toLowerCase() !== 'cfssl') throw refused(`invalid protocol: ${quote(protocol)}`);
  if (ca.NodeCertExpiry && ca.NodeCertExpiry < hour) throw invalid('minimum certificate expiry time is: 1h0m0s');
  if (ca.SigningCAKey && !ca.SigningCACert)
    throw invalid('if a signing CA key is provided, the signing CA cert must also be provided');
  if (heartbeat < 0) throw invalid('heartbeat time period cannot be a negative duration');
}

/** The specification of a new swarm: what was not said is as dockerd has it. */
export function foundingSpec(spec: SwarmSpec): SwarmSpec {
  const { Orchestration: orchestration, Raft: raft, Dispatcher: dispatcher, CAConfig: ca } = spec;
  return keptSpec({
    ...spec,
    Orchestration: { TaskHistoryRetentionLimit: orchestration.TaskHistoryRetentionLimit ?? 5 },
    Raft: {
      SnapshotInterval: raft.SnapshotInterval || 10_000,
      KeepOldSnapshots: raft.KeepOldSnapshots ?? 0,
      LogEntriesForSlowFollowers: raft.LogEntriesForSlowFollowers || 500,
      ElectionTick: raft.ElectionTick || 10,
      HeartbeatTick: raft.HeartbeatTick || 1,
    },
    Dispatcher: { HeartbeatPeriod: dispatcher.HeartbeatPeriod || 5 * second },
    CAConfig: { ...ca, NodeCertExpiry: ca.NodeCertExpiry || 90 * day },
  });
}

/** Returns the stored form of a spec: with a fixed name, without signing keys and log drivers. */
export function keptSpec(spec: SwarmSpec): SwarmSpec {
  const { Orchestration: orchestration, Raft: raft, CAConfig: ca } = spec;
  return {
    ...spec,
    Name: 'default',
    Labels: spec.Labels ?? {},
    Orchestration: { TaskHistoryRetentionLimit: orchestration.TaskHistoryRetentionLimit ?? 0 },
    Raft: {
      ...raft,
      KeepOldSnapshots: raft.KeepOldSnapshots ?? 0,
      // Managers keep them as numbers without a sign.
      ElectionTick: raft.ElectionTick >>> 0,
      HeartbeatTick: raft.HeartbeatTick >>> 0,
    },
    CAConfig: {
      ...ca,
      ExternalCAs: ca.ExternalCAs?.map((one) => ({ URL: '', CACert: '', ...one, Protocol: 'cfssl' })),
      SigningCACert: '',
      SigningCAKey: '',
    },
    TaskDefaults: {},
  };
}
