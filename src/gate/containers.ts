import type { LRUCache } from 'lru-cache';
import type { EngineClient } from '../client/engine-client.js';
import { platformText } from '../client/platform.js';
import { createRequestType } from '../engine/containers/create/config.js';
import { isDigest } from '../oci/digest.js';
import { parsePlatform } from '../oci/platform.js';
import { asList, type JsonObject } from '../policy/json-values.js';
import type { PolicyAccess } from '../policy/policy.js';
import { AttestdError } from '../support/foundation/errors.js';
import { wellFormed } from '../support/go/json/text.js';
import { readBody, shape } from './body.js';
import type { DaemonFiles } from './daemon-files.js';
import type { Exception } from './exceptions.js';
import type { Onward } from './forward.js';
import type { GateJudge, GatePlatform, GateVerdict, Question } from './judge.js';
import { type GateTarget, readQuery, writeQuery, writeTarget } from './target.js';

/** What the checks of a request need. */
export interface Around {
  readonly client: EngineClient;
  /** The same, of images, remembered. */
  readonly access: PolicyAccess;
  readonly judge: GateJudge;
  readonly files: DaemonFiles;
  /** What clients called the images of containers, by the containers' ids. */
  readonly names: LRUCache<string, string>;
  /** What the daemon was seen to make containers of, by what it was asked: the state of `access` meanwhile. */
  readonly made: LRUCache<string, number>;
  /** Which rules are off. */
  readonly allows: (exception: Exception) => boolean;
}

/** A request that may go to the daemon, and what was found of it on the way. */
export interface Admitted extends Onward {
  readonly body: Buffer;
  readonly image?: string;
  readonly id?: string;
  readonly manifest?: string;
  readonly container?: string;
  readonly warnings?: readonly string[];
  /** Looks at what the daemon did; throws where it is not what was judged. */
  readonly check?: (created: { readonly Id?: string }) => Promise<void>;
}

/** What the policy says no to. */
export class Denied extends AttestdError {
  constructor(
    readonly about: { readonly image: string; readonly id: string; readonly manifest?: string },
    readonly reasons: readonly string[],
  ) {
    super('FORBIDDEN', `${about.image} may not run: ${reasons.join('; ')}`);
  }
}

const isText = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && wellFormed(value) === value;

/** The daemon's own words, without what the client library says before them. */
async function daemonsWords<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (!(error instanceof AttestdError)) throw error;
    throw new AttestdError(error.code, error.message.replace(/^[A-Z]+ \/\S*: /, ''), { cause: error });
  }
}

/** @throws AttestdError FORBIDDEN for a mount of the daemon's own files, unless they may be mounted */
function checkMounts({ files, allows }: Around, request: JsonObject): void {
  const reached = files.inContainer(request);
  if (reached !== undefined && !allows('daemon-socket'))
    throw new AttestdError(
      'FORBIDDEN',
      `the gate refuses the mount of '${reached}': the daemon would be reached by it`,
    );
}

/** Images that a request mounts, by their place among the mounts. */
function mountedImages(request: JsonObject): (readonly [at: number, source: string])[] {
  return asList(shape(request.HostConfig).Mounts).flatMap((mount, at) => {
    const { Type, Source } = shape(mount);
    if (Type !== 'image') return [];
    if (!isText(Source))
      throw new AttestdError('INVALID_ARGUMENT', 'the gate refuses a mount of an image without a name');
    return [[at, Source] as const];
  });
}

/** Ask the policy. @throws Denied when it does not allow */
async function ask({ judge }: Around, question: Question): Promise<GateVerdict> {
  const verdict = await daemonsWords(judge(question));
  const { allowed, reasons, image: id, manifest } = verdict;
  if (!isDigest(id)) throw new AttestdError('INTERNAL', `the daemon gives no id for the image '${question.image}'`);
  if (allowed === true && reasons.length === 0) return verdict;
  const why = reasons.length > 0 ? reasons : ['the policy does not allow it'];
  throw new Denied({ image: question.image, id, ...(manifest !== undefined && { manifest }) }, why);
}

function platformOf(text: string | undefined): GatePlatform | undefined {
  if (text === undefined || text === '') return undefined;
  if (!/^[A-Za-z0-9]+\/[A-Za-z0-9_]+(\/[A-Za-z0-9.]+)?$/.test(text))
    throw new AttestdError('INVALID_ARGUMENT', `the gate refuses the platform '${text}': it is not os/arch[/variant]`);
  return parsePlatform(text);
}

/** What of a container says which image it is of. */
export interface InspectedContainer {
  readonly Id?: string;
  readonly Name?: string;
  readonly Image?: string;
  readonly ImageManifestDescriptor?: { readonly digest?: string; readonly platform?: GatePlatform };
  readonly Config?: JsonObject;
  readonly HostConfig?: JsonObject;
  readonly NetworkSettings?: { readonly Networks?: unknown };
}

/** What the daemon says of a container. @throws AttestdError NOT_FOUND in the daemon's words */
export async function inspectContainer({ client }: Around, name: string): Promise<InspectedContainer> {
  const path = `/containers/${encodeURIComponent(name)}/json`;
  const { body } = await daemonsWords(client.request('GET', path));
  return JSON.parse(body.toString()) as InspectedContainer;
}

/** Whether a container is of what was judged, and of nothing else. */
function isOf(container: InspectedContainer, id: string, manifest: string | undefined): boolean {
  const { Image, ImageManifestDescriptor } = container;
  const actual = ImageManifestDescriptor?.digest;
  if (actual !== undefined && manifest !== undefined) return actual === manifest;
  return Image === id || (actual !== undefined && actual === id);
}

/**
 * Judge a request that makes a container. What goes to the daemon names the image by the id that was judged.
 *
 * @throws Denied by the policy; AttestdError for what cannot be judged, and NOT_FOUND as the daemon says it
 */
export async function admitCreate(
  around: Around,
  target: GateTarget,
  bytes: Buffer,
  apiVersion: string,
): Promise<Admitted> {
  const query = readQuery(target.search, ['name', 'platform']);
  const body = readBody(bytes, createRequestType);
  const request = body.value;
  const name = request.Image;
  if (!isText(name)) throw new AttestdError('INVALID_ARGUMENT', 'the gate refuses a container without an image');
  checkMounts(around, request);
  const platform = platformOf(query.get('platform'));
  const containerName = query.get('name')?.replace(/^\//, '');
  const about = { moment: 'create', request, apiVersion, ...(containerName && { containerName }) } as const;
  const changes: [(string | number)[], string][] = [];
  for (const [at, source] of mountedImages(request)) {
    const mounted = await ask(around, { ...about, image: source });
    changes.push([['HostConfig', 'Mounts', at, 'Source'], mounted.image]);
  }
  const { image, manifest, warnings } = await ask(around, { ...about, image: name, ...(platform && { platform }) });
  changes.push([['Image'], image]);
  return {
    method: 'POST',
    path: writeTarget({
      ...target,
      search: writeQuery({ name: query.get('name'), platform: platform && platformText(platform) }),
    }),
    headers: { 'Content-Type': 'application/json' },
    body: body.with(changes),
    ...{ image: name, id: image, warnings },
    ...(manifest !== undefined && { manifest }),
    check: makesOf(around, name, { image, manifest, asked: [target.version, platform && platformText(platform)] }),
  };
}

/**
 * Looks at what the daemon has made a container of, and removes one of anything else than was judged. What it was seen to do with the same
 * question is believed while nothing happens to its images: to look takes longer than everything else that the gate does, and at
 * the start every container is looked at.
 *
 * @param name as the client calls the image
 */
function makesOf(
  around: Around,
  name: string,
  judged: { readonly image: string; readonly manifest: string | undefined; readonly asked: readonly unknown[] },
): (created: { readonly Id?: string }) => Promise<void> {
  const { access, made } = around;
  const { image, manifest } = judged;
  const question = JSON.stringify([image, manifest, judged.asked]);
  const { state } = access;
  return async ({ Id }) => {
    if (!isText(Id)) throw new AttestdError('INTERNAL', 'the daemon names no container that it made');
    if (state === undefined || access.state !== state || made.get(question) !== state) {
      const container = await inspectContainer(around, Id);
      if (!isOf(container, image, manifest)) {
        await around.client.request('DELETE', `/containers/${encodeURIComponent(Id)}`, { force: '1', v: '1' });
        const actual = container.ImageManifestDescriptor?.digest ?? container.Image;
        throw new Denied({ image: name, id: image, ...(manifest !== undefined && { manifest }) }, [
          `the daemon made the container of ${actual}, which was not judged`,
        ]);
      }
      if (state !== undefined) made.set(question, state);
    }
    around.names.set(Id, name);
  };
}

/**
 * By what name the image of a container is judged: as the client called it when it made the container through the gate, else by the name that
 * the container was made by or that the image has, as long as they lead to the image; its id otherwise.
 */
async function nameOf({ access, names }: Around, { Id = '', Image = '', Config }: InspectedContainer): Promise<string> {
  const { RepoTags } = await daemonsWords(access.inspectImage(Image));
  for (const name of [names.get(Id), Config?.Image, RepoTags?.[0]]) {
    if (!isText(name) || isDigest(name)) continue;
    const found = await access.inspectImage(name).catch(() => undefined);
    if (found?.Id === Image) return name;
  }
  return Image;
}

/**
 * Judge a request after which a container that is there may run: start, restart, and update for its restart policy. What goes to the
 * daemon names the container by its id.
 *
 * @param act the last part of the path
 * @throws Denied by the policy; AttestdError for what cannot be judged, and NOT_FOUND as the daemon says it
 */
export async function admitStart(
  around: Around,
  target: GateTarget,
  given: { readonly bytes: Buffer; readonly version: string },
): Promise<Admitted> {
  const [, , name = '', act = ''] = target.path.split('/');
  const query = readQuery(target.search, ['t', 'signal', 'detachKeys', 'checkpoint', 'checkpoint-dir']);
  if (['checkpoint', 'checkpoint-dir'].some((one) => query.has(one)) && !around.allows('checkpoints'))
    throw new AttestdError('FORBIDDEN', 'the gate refuses to start from a checkpoint: what would run cannot be judged');
  const container = await inspectContainer(around, name);
  const { Id, Image, ImageManifestDescriptor: descriptor, Config = {}, HostConfig = {} } = container;
  if (!isText(Id) || !isText(Image))
    throw new AttestdError('INTERNAL', 'the daemon does not say what the container is of');
  const request = { ...Config, HostConfig, NetworkingConfig: { EndpointsConfig: container.NetworkSettings?.Networks } };
  checkMounts(around, request);
  const { version: apiVersion } = given;
  const question = {
    moment: 'start',
    request,
    apiVersion,
    ...(container.Name && { containerName: container.Name.replace(/^\//, '') }),
  } as const;
  for (const [, source] of mountedImages(request)) {
    const { image: id } = await ask(around, { ...question, image: source });
    if (id !== source) throw new Denied({ image: source, id }, ['it is mounted by a name, which may move']);
  }
  const platform = descriptor?.platform;
  const called = await nameOf(around, container);
  const { image: judged, manifest } = await ask(around, { ...question, image: called, ...(platform && { platform }) });
  const about = { image: called, id: Image, ...(manifest !== undefined && { manifest }) };
  if (judged !== Image || !isOf(container, Image, manifest))
    throw new Denied(about, [`the container is of ${descriptor?.digest ?? Image}, which was not judged`]);
  const body = act === 'update' ? readBody(given.bytes, createRequestType) : undefined;
  const search = writeQuery(Object.fromEntries(query));
  return {
    method: 'POST',
    path: writeTarget({ ...target, path: `/containers/${Id}/${act}`, search }),
    headers: body ? { 'Content-Type': 'application/json' } : {},
    body: body ? given.bytes : Buffer.alloc(0),
    ...about,
    container: Id,
  };
}

/** Send a buffered answer of the daemon on, with the warnings of the policy. */
export function withWarnings(body: Buffer, warnings: readonly string[]): Buffer {
  if (warnings.length === 0) return body;
  const answer = JSON.parse(body.toString()) as { Warnings?: readonly string[] | null };
  return Buffer.from(`${JSON.stringify({ ...answer, Warnings: [...(answer.Warnings ?? []), ...warnings] })}\n`);
}
