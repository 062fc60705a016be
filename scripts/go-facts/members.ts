/** Maps the members of Go structs to the schemas of a description. */
import { isObject, type Json, type JsonObject } from '../../src/spec/document.js';
import type { GoStructs } from './structs.js';

/** The struct of a body or response, by operation and part. Names changed over time: the first one that exists counts. */
const roots: Readonly<Record<string, string>> = {
  'ContainerCreate body': 'container.CreateRequest|container.Config',
  'ContainerCreate 201': 'container.CreateResponse|container.ContainerCreateCreatedBody|types.ContainerCreateResponse',
  'ContainerInspect 200': 'container.InspectResponse|types.ContainerJSON',
  'ContainerList 200': 'container.Summary|types.Container',
  'ContainerTop 200': 'container.TopResponse|container.ContainerTopOKBody|types.ContainerProcessList',
  'ContainerChanges 200': 'container.FilesystemChange|container.ContainerChangeResponseItem|types.ContainerChange',
  'ContainerStats 200': 'container.StatsResponse|types.StatsJSON',
  'ContainerUpdate body': 'container.UpdateConfig',
  'ContainerUpdate 200': 'container.UpdateResponse|container.ContainerUpdateOKBody|types.ContainerUpdateResponse',
  'ContainerWait 200': 'container.WaitResponse|container.ContainerWaitOKBody|types.ContainerWaitResponse',
  'ContainerPrune 200': 'container.PruneReport|types.ContainersPruneReport',
  'ContainerExec body': 'container.ExecCreateRequest|container.ExecOptions|types.ExecConfig',
  'ExecStart body': 'container.ExecStartRequest|container.ExecStartOptions|types.ExecStartCheck',
  'ExecInspect 200': 'container.ExecInspectResponse|types.ContainerExecInspect',
  'ImageList 200': 'image.Summary|types.ImageSummary|types.Image',
  'ImageInspect 200': 'image.InspectResponse|types.ImageInspect',
  'ImageHistory 200': 'image.HistoryResponseItem|types.ImageHistory',
  'ImageDelete 200': 'image.DeleteResponse|types.ImageDeleteResponseItem|types.ImageDelete',
  'ImageSearch 200': 'registry.SearchResult',
  'ImagePrune 200': 'image.PruneReport|types.ImagesPruneReport',
  'BuildPrune 200': 'build.CachePruneReport|types.BuildCachePruneReport',
  'SystemAuth body': 'registry.AuthConfig|types.AuthConfig',
  'SystemAuth 200': 'registry.AuthResponse|registry.AuthenticateOKBody|types.AuthResponse',
  'SystemInfo 200': 'system.Info|types.Info',
  'SystemVersion 200': 'system.VersionResponse|types.Version',
  'SystemEvents 200': 'events.Message',
  'SystemDataUsage 200': 'system.DiskUsage|types.DiskUsage',
  'NetworkList 200': 'network.Summary|network.Inspect|types.NetworkResource',
  'NetworkInspect 200': 'network.Inspect|types.NetworkResource',
  'NetworkCreate body': 'network.CreateRequest|types.NetworkCreateRequest',
  'NetworkCreate 201': 'network.CreateResponse|types.NetworkCreateResponse',
  'NetworkConnect body': 'network.ConnectRequest|network.ConnectOptions|types.NetworkConnect',
  'NetworkDisconnect body': 'network.DisconnectRequest|network.DisconnectOptions|types.NetworkDisconnect',
  'NetworkPrune 200': 'network.PruneReport|types.NetworksPruneReport',
  'VolumeList 200': 'volume.ListResponse|volume.VolumeListOKBody|volume.VolumesListOKBody|types.VolumesListResponse',
  'VolumeCreate body': 'volume.CreateRequest|volume.CreateOptions|volume.VolumeCreateBody|volume.VolumesCreateBody',
  'VolumeCreate 201': 'volume.Volume|types.Volume',
  'VolumeInspect 200': 'volume.Volume|types.Volume',
  'VolumePrune 200': 'volume.PruneReport|types.VolumesPruneReport',
  'PluginList 200': 'plugin.Plugin|types.Plugin',
  'GetPluginPrivileges 200': 'plugin.Privilege|types.PluginPrivilege',
  'NodeList 200': 'swarm.Node',
  'SwarmInspect 200': 'swarm.Swarm',
  'SwarmInit body': 'swarm.InitRequest',
  'SwarmJoin body': 'swarm.JoinRequest',
  'SwarmUnlockkey 200': 'swarm.UnlockKeyResponse|types.SwarmUnlockKeyResponse',
  'SwarmUnlock body': 'swarm.UnlockRequest',
  'ServiceList 200': 'swarm.Service',
  'ServiceCreate 201': 'swarm.ServiceCreateResponse|types.ServiceCreateResponse',
  'ServiceUpdate 200': 'swarm.ServiceUpdateResponse|types.ServiceUpdateResponse',
  'TaskList 200': 'swarm.Task',
  'SecretList 200': 'swarm.Secret',
  'ConfigList 200': 'swarm.Config',
  'DistributionInspect 200': 'registry.DistributionInspect',
  'ImageAttestations 200': 'image.AttestationStatement',
  ErrorResponse: 'common.ErrorResponse|types.ErrorResponse',
  IDResponse: 'common.IDResponse|types.IDResponse|types.ContainerCommitResponse',
};

const objectOf = (value: Json | undefined): JsonObject => (isObject(value) ? (value as JsonObject) : {});
const definitionName = (ref: Json): string => String(ref).replace('#/definitions/', '');

/** Follows lists and maps to the schema of their values. */
function innermost(schema: JsonObject): JsonObject {
  let inner = schema;
  while (isObject(inner.items) || isObject(inner.additionalProperties)) {
    inner = objectOf(inner.items ?? inner.additionalProperties);
  }
  return inner;
}

class Reader {
  readonly found = new Map<string, string>();
  private readonly seen = new Set<string>();

  constructor(
    private readonly definitions: JsonObject,
    private readonly structs: GoStructs,
  ) {}

  /** Records the members of a schema at a place. */
  read(given: JsonObject, place: string, struct: string, depth = 0): void {
    const members = this.structs.get(struct);
    if (!members || depth > 20) return;
    const schema = innermost(given);
    if (schema.$ref !== undefined) {
      this.define(definitionName(schema.$ref), struct, depth);
      return;
    }
    for (const branch of [schema.allOf ?? []].flat()) this.read(objectOf(branch), place, struct, depth + 1);
    for (const [name, property] of Object.entries(objectOf(schema.properties))) {
      const member = members.get(name);
      const at = `${place}.${name}`;
      if (!member) {
        this.found.set(at, '-');
        continue;
      }
      this.found.set(at, `${member.kind}${member.always ? 'a' : ''}${member.null ? 'n' : ''}`);
      if (member.struct !== undefined) this.read(objectOf(property), at, member.struct, depth + 1);
    }
  }

  /** Records a named schema once, as the first struct that it represents. */
  define(name: string, struct: string, depth = 0): void {
    const definition = this.definitions[name];
    if (definition === undefined || this.seen.has(name)) return;
    this.seen.add(name);
    const target = innermost(objectOf(definition));
    if (target === definition) this.read(objectOf(definition), name, struct, depth + 1);
    // A named list or map has the members of its values.
    else this.read(target, name, struct, depth + 1);
  }
}

/**
 * Reads the wire form of each member of a description.
 *
 * @param description a parsed description in Swagger 2.0
 * @param structs the Go structs of an API version
 * @returns by place, such as `ImageInspect.RootFS.Layers` or `GET /system/df 200.ImageUsage`: the kind, `a` if it is always
 *   sent, `n` if it can be null; `-` if the struct has no such member
 */
export function goMembers(description: JsonObject, structs: GoStructs): Map<string, string> {
  const reader = new Reader(objectOf(description.definitions), structs);
  const choose = (names: string): string => names.split('|').find((name) => structs.has(name)) ?? '';
  const parts: [string, JsonObject, string][] = [];
  for (const [path, item] of Object.entries(objectOf(description.paths))) {
    for (const [method, value] of Object.entries(objectOf(item))) {
      const operation = objectOf(value);
      const title = `${method.toUpperCase()} ${path}`;
      const body = [operation.parameters ?? []]
        .flat()
        .map(objectOf)
        .find((each) => each.in === 'body');
      const responses = Object.entries(objectOf(operation.responses));
      for (const [part, holder] of [['body', body], ...responses] as [string, Json | undefined][]) {
        const names = roots[`${operation.operationId} ${part}`];
        if (names) parts.push([`${title} ${part}`, objectOf(objectOf(holder).schema), choose(names)]);
      }
    }
  }
  for (const [place, schema, struct] of parts) reader.read(schema, place, struct);
  for (const [name, names] of Object.entries(roots)) if (!name.includes(' ')) reader.define(name, choose(names));
  return reader.found;
}
