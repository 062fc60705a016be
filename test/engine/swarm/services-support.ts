import type { Context } from '../../../src/engine/context.js';
import { noFilters, parseFilters } from '../../../src/engine/filters.js';
import { type ServiceSpec, serviceSpecType } from '../../../src/engine/swarm/service-spec.js';
import { createService, inspectService, updateService } from '../../../src/engine/swarm/services.js';
import { listTasks } from '../../../src/engine/swarm/tasks.js';
import { decodeJson } from '../../../src/support/go/json.js';
import { makeBase } from '../build/support.js';
import { type ContainerEngine, openContainers, settled } from '../containers/support.js';
import { parsed } from '../support.js';
import { found } from './support.js';

const sigterm = 15;

/** A daemon in a swarm, with the image `base:1`; its time and programs are the test's, which end when they are told to. */
export async function openSwarm(body: object = {}): Promise<ContainerEngine & { readonly nodeId: string }> {
  const engine = await openContainers();
  engine.model.begin = (process) => process.deadly.set(sigterm, 0);
  await makeBase(engine.context);
  return { ...engine, nodeId: found(engine.context, body) };
}

/** A specification as a client sends it. */
export const read = (body: object): ServiceSpec => decodeJson(Buffer.from(JSON.stringify(body)), serviceSpecType);

/** The body of a request: a service that runs `program`, with what else a test asks of it. */
export function bodyOf(name: string, { container = {}, template = {}, ...more }: Body = {}): object {
  const TaskTemplate = { ContainerSpec: { Image: 'base:1', Command: ['program'], ...container }, ...template };
  return { Name: name, TaskTemplate, ...more };
}

export interface Body {
  readonly container?: object;
  readonly template?: object;
  readonly [member: string]: unknown;
}

/** Create a service, and let its tasks come as far as they do at once. */
export async function create(context: Context, name: string, body: Body = {}): Promise<string> {
  const { ID: id } = createService(context, read(bodyOf(name, body))) as { ID: string };
  await calm();
  return id;
}

/** Update the present version of one. */
export async function update(context: Context, name: string, body: Body, rollback = ''): Promise<void> {
  const { Version } = inspected(context, name);
  updateService(context, name, read(bodyOf(name, body)), { version: Version.Index, rollback, registryAuthFrom: '' });
  await calm();
}

/** All that waits for nothing but the event loop is done. */
export async function calm(): Promise<void> {
  for (let round = 0; round < 10; round++) await settled();
}

/** Let time pass. */
export async function pass({ clock }: ContainerEngine, milliseconds: number): Promise<void> {
  await clock.advance(milliseconds);
  await calm();
}

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of many shapes
export const inspected = (context: Context, name: string, defaults = false): any =>
  parsed(inspectService(context, name, defaults));

/** The tasks as a client gets them. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of many shapes
export const tasks = (context: Context, filters?: object): any[] =>
  parsed(listTasks(context, filters === undefined ? noFilters : parseFilters(JSON.stringify(filters)))).sort(
    (a: { Version: { Index: number } }, b: { Version: { Index: number } }) => a.Version.Index - b.Version.Index,
  );

/** What became of the tasks, as `slot state→desired error`, sorted. */
export const states = (context: Context): string[] =>
  tasks(context)
    .map(
      ({ Slot, Status: { State, Err }, DesiredState }) =>
        `${Slot ?? '-'} ${State}→${DesiredState}${Err === undefined ? '' : ` ${Err}`}`,
    )
    .sort();
