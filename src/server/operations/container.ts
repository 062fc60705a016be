import { createContainer } from '../../engine/containers/create/create.js';
import { readCreateRequest } from '../../engine/containers/create/create-request.js';
import { type UpdateRequest, updateRequestType } from '../../engine/containers/create/resources.js';
import { inspectContainer } from '../../engine/containers/inspect.js';
import { listContainers } from '../../engine/containers/list.js';
import { pruneContainers } from '../../engine/containers/prune.js';
import { removeByName } from '../../engine/containers/remove.js';
import { renameContainer } from '../../engine/containers/rename.js';
import { restartContainer } from '../../engine/containers/run/restart.js';
import { startContainer } from '../../engine/containers/run/start.js';
import {
  killContainer,
  pauseContainer,
  type StopOptions,
  stopContainer,
  unpauseContainer,
} from '../../engine/containers/run/stop.js';
import { waitForContainer } from '../../engine/containers/run/wait.js';
import { updateContainer } from '../../engine/containers/update.js';
import { parseFilters } from '../../engine/filters.js';
import { parsePlatform } from '../../oci/platform.js';
import { AttestdError } from '../../support/foundation/errors.js';
import { zero } from '../../support/go/json/decode.js';
import { atoi } from '../../support/go/strconv.js';
import { checkForJson, readBody, readJson } from '../json-body.js';
import type { DescribedHandlers, OperationResult } from '../operation.js';

const nothing: OperationResult<never> = { kind: 'empty', status: 204 };

/** Parses a whole number; undefined if it is absent or empty. */
function integer(text: string): number | undefined {
  if (text === '') return undefined;
  try {
    return atoi(text);
  } catch (error) {
    throw new AttestdError('INVALID_ARGUMENT', (error as Error).message, { cause: error });
  }
}

type StopQuery = Readonly<Record<'signal' | 't', string>>;

function stopOptions({ signal, t }: StopQuery): StopOptions {
  return { signal: signal || undefined, timeout: integer(t) };
}

/** A restart's: what is no number is told as the daemon's fault, unlike a stop's. */
function restartOptions(query: StopQuery): StopOptions {
  try {
    return stopOptions(query);
  } catch (error) {
    throw new AttestdError('INTERNAL', (error as Error).message, { cause: error });
  }
}

/** Container operations (docs/reference/behavior/containers.md#containers). */
export const handlers = {
  async ContainerList(request, context) {
    const { all, limit, size, ...query } = await request.query();
    const filters = parseFilters(query.filters);
    const value = await listContainers(context, {
      apiVersion: request.apiVersion,
      limit: integer(limit) ?? 0,
      all,
      size,
      filters,
    });
    return { kind: 'json', value };
  },

  async ContainerCreate(request, context) {
    const { name, platform } = await request.query();
    checkForJson(request);
    const parts = readCreateRequest(await readBody(request), request.apiVersion);
    const wanted = platform === '' ? undefined : parsePlatform(platform);
    const options = { name, platform: wanted, apiVersion: request.apiVersion };
    const { container, warnings } = await createContainer(context, parts, options);
    return { kind: 'json', status: 201, value: { Id: container.id, Warnings: warnings } };
  },

  async ContainerInspect(request, context) {
    const { size } = await request.query();
    const options = { apiVersion: request.apiVersion, size };
    return { kind: 'json', value: inspectContainer(context, request.params.id, options) };
  },

  async ContainerStart(request, context) {
    const { 'content-length': length = '0', 'transfer-encoding': coding } = request.headers;
    if (Number(length) > 7 || coding !== undefined)
      throw new AttestdError(
        'INVALID_ARGUMENT',
        'starting container with non-empty request body was deprecated since API v1.22 and removed in v1.24',
      );
    const form = await request.form();
    const checkpoint = { name: form.get('checkpoint'), directory: form.get('checkpoint-dir') };
    await startContainer(context, request.params.id, checkpoint);
    return nothing;
  },

  async ContainerStop(request, context) {
    await stopContainer(context, request.params.id, stopOptions(await request.query()));
    return nothing;
  },

  async ContainerKill(request, context) {
    await killContainer(context, request.params.id, (await request.query()).signal);
    return nothing;
  },

  async ContainerRestart(request, context) {
    await restartContainer(context, request.params.id, restartOptions(await request.query()));
    return nothing;
  },

  async ContainerPause(request, context) {
    await pauseContainer(context, request.params.id);
    return nothing;
  },

  async ContainerUnpause(request, context) {
    await unpauseContainer(context, request.params.id);
    return nothing;
  },

  async ContainerWait(request, context) {
    const { condition } = await request.query();
    const records = waitForContainer(context, request.params.id, condition, () => request.signal);
    // The header tells the client that the wait has begun.
    return { kind: 'records', contentType: 'application/json', records, early: true };
  },

  async ContainerRename(request, context) {
    renameContainer(context, request.params.id, (await request.query()).name);
    return nothing;
  },

  async ContainerUpdate(request, context) {
    const wanted = await readJson(request, updateRequestType, () => zero(updateRequestType) as UpdateRequest);
    return { kind: 'json', value: updateContainer(context, request.params.id, wanted, request.apiVersion) };
  },

  async ContainerDelete(request, context) {
    const { force, v: volumes, link } = await request.query();
    await removeByName(context, request.params.id, { force, volumes, link });
    return nothing;
  },

  async ContainerPrune(request, context) {
    const { filters } = await request.query();
    return { kind: 'json', value: await pruneContainers(context, parseFilters(filters)) };
  },
} satisfies DescribedHandlers;
