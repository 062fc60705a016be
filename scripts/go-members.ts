/** Reads off the facts about dockerd's Go structs what each member of the description's schemas is on the wire. */
import type { Description, Schema } from '../src/spec/document.js';
import { listOperations } from '../src/spec/operations.js';

/** What is known of a member of a Go struct. */
interface GoMember {
  readonly kind: string;
  readonly always: boolean;
  readonly null: boolean;
  readonly embedded?: boolean;
}

/** Go structs by name, such as `image.InspectResponse`. */
export type GoStructs = Readonly<Record<string, Readonly<Record<string, GoMember>>>>;

/** The struct of each body that has a struct of its own; what these hold is found from the kinds of their members. */
const roots: Readonly<Record<string, string>> = {
  'ContainerCreate body': 'container.CreateRequest',
  'ContainerUpdate body': 'container.UpdateConfig',
  'ContainerPrune 200': 'container.PruneReport',
  'ContainerExec body': 'container.ExecCreateRequest',
  'ExecStart body': 'container.ExecStartRequest',
  'ExecInspect 200': 'container.ExecInspectResponse',
  'ImagePrune 200': 'image.PruneReport',
  'BuildPrune 200': 'build.CachePruneReport',
  'SystemDataUsage 200': 'system.DiskUsage',
  'NetworkCreate body': 'network.CreateRequest',
  'NetworkPrune 200': 'network.PruneReport',
  'VolumePrune 200': 'volume.PruneReport',
  'SwarmInit body': 'swarm.InitRequest',
  'SwarmJoin body': 'swarm.JoinRequest',
  'SwarmUnlockkey 200': 'swarm.UnlockKeyResponse',
  'SwarmUnlock body': 'swarm.UnlockRequest',
  AttestationStatement: 'image.AttestationStatement',
  AuthConfig: 'registry.AuthConfig',
  AuthResponse: 'registry.AuthResponse',
  Config: 'swarm.Config',
  ContainerConfig: 'container.Config',
  ContainerCreateResponse: 'container.CreateResponse',
  ContainerInspectResponse: 'container.InspectResponse',
  ContainerStatsResponse: 'container.StatsResponse',
  ContainerSummary: 'container.Summary',
  ContainerTopResponse: 'container.TopResponse',
  ContainerUpdateResponse: 'container.UpdateResponse',
  ContainerWaitResponse: 'container.WaitResponse',
  DistributionInspect: 'registry.DistributionInspect',
  ErrorResponse: 'common.ErrorResponse',
  EventMessage: 'events.Message',
  FilesystemChange: 'container.FilesystemChange',
  IDResponse: 'common.IDResponse',
  ImageDeleteResponseItem: 'image.DeleteResponse',
  ImageHistoryResponseItem: 'image.HistoryResponseItem',
  ImageInspect: 'image.InspectResponse',
  ImageSummary: 'image.Summary',
  NetworkConnectRequest: 'network.ConnectRequest',
  NetworkCreateResponse: 'network.CreateResponse',
  NetworkDisconnectRequest: 'network.DisconnectRequest',
  NetworkInspect: 'network.Inspect',
  NetworkSummary: 'network.Summary',
  Node: 'swarm.Node',
  Plugin: 'plugin.Plugin',
  PluginPrivilege: 'plugin.Privilege',
  Secret: 'swarm.Secret',
  Service: 'swarm.Service',
  ServiceCreateResponse: 'swarm.ServiceCreateResponse',
  ServiceUpdateResponse: 'swarm.ServiceUpdateResponse',
  Swarm: 'swarm.Swarm',
  SystemInfo: 'system.Info',
  SystemVersion: 'system.VersionResponse',
  Task: 'swarm.Task',
  Volume: 'volume.Volume',
  VolumeCreateRequest: 'volume.CreateRequest',
  VolumeListResponse: 'volume.ListResponse',
};

class Reader {
  readonly found = new Map<string, string>();
  private readonly seen = new Set<string>();

  constructor(
    private readonly description: Description,
    private readonly structs: GoStructs,
  ) {}

  /** The members of a struct, with those of the structs that it embeds. */
  private membersOf(type: string): Map<string, GoMember & { readonly in: string }> {
    const own = Object.entries(this.structs[type] ?? {});
    const inner = own
      .filter(([, { embedded }]) => embedded)
      .flatMap(([, { kind }]) => [...this.membersOf(this.resolve(kind, type))]);
    const named = own
      .filter(([, { embedded }]) => !embedded)
      .map(([name, member]) => [name, { ...member, in: type }] as const);
    return new Map([...inner, ...named]);
  }

  /** The struct that a kind names, within the package of the struct that has it. */
  private resolve(kind: string, from: string): string {
    const bare = kind.replace(/^(?:(?:pointer to|slice of|map of) )+/, '');
    return bare.includes('.') ? bare : `${from.split('.')[0]}.${bare}`;
  }

  /** Notes a schema's members, at a place, as those of a struct. */
  read(schema: Schema, place: string, type: string, depth = 0): void {
    if (this.structs[type] === undefined || depth > 20) return;
    if (schema.$ref !== undefined) {
      this.define(schema.$ref.replace('#/definitions/', ''), type, depth);
      return;
    }
    for (const branch of schema.allOf ?? []) this.read(branch, place, type, depth + 1);
    const members = this.membersOf(type);
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      const member = members.get(name);
      if (!member) continue;
      this.found.set(`${place}.${name}`, `${member.always ? 'a' : ''}${member.null ? 'n' : ''}`);
      let inner: Schema = property;
      while (inner.items ?? (typeof inner.additionalProperties === 'object' ? inner.additionalProperties : undefined)) {
        inner = (inner.items ?? inner.additionalProperties) as Schema;
      }
      this.read(inner, `${place}.${name}`, this.resolve(member.kind, member.in), depth + 1);
    }
  }

  /** Notes a named schema, once: the first struct that it is found to be. */
  define(name: string, type: string, depth = 0): void {
    const definition = this.description.definitions[name];
    if (!definition || this.seen.has(name)) return;
    this.seen.add(name);
    this.read(definition, name, type, depth + 1);
  }
}

/**
 * Reads what each member of the description is on the wire.
 *
 * @param description the description
 * @param structs the facts about Go's structs
 * @returns by place (`ImageInspect.RootFS.Layers`, `GET /system/df 200.ImageUsage`): `a` when the member is always sent, `n`
 *   when it can be null, both or neither
 */
export function goMembers(description: Description, structs: GoStructs): Record<string, string> {
  const reader = new Reader(description, structs);
  for (const [place, type] of Object.entries(roots)) {
    if (structs[type] === undefined) throw new Error(`no struct ${type}`);
    const [id, part] = place.split(' ') as [string, string | undefined];
    if (part === undefined) reader.define(id, type);
    const located = listOperations(description).find(({ operation }) => operation.operationId === id);
    if (part === undefined || !located) continue;
    const { method, path, operation } = located;
    const schema =
      part === 'body'
        ? operation.parameters?.find((each) => each.in === 'body')?.schema
        : operation.responses[part]?.schema;
    if (schema) reader.read(schema, `${method.toUpperCase()} ${path} ${part}`, type);
  }
  return Object.fromEntries([...reader.found].sort(([a], [b]) => (a < b ? -1 : 1)));
}
