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
import { isAtLeast } from '../../engine/versions.js';
import { parsePlatform } from '../../oci/platform.js';
import { AttestdError } from '../../support/foundation/errors.js';
import { zero } from '../../support/go/json/decode.js';
import { atoi } from '../../support/go/strconv.js';
import type { Form } from '../form.js';
import { checkForJson, readBody, readJson } from '../json-body.js';
import type { DescribedHandlers, OperationRequest, OperationResult } from '../operation.js';

const nothing: OperationResult<never> = { kind: 'empty', status: 204 };

const nameOf = (request: OperationRequest): string => request.params.id ?? '';

/** A whole number of the query; undefined when it is absent or empty. */
function integer(form: Form, name: string): number | undefined {
  const text = form.get(name);
  if (text === '') return undefined;
  try {
    return atoi(text);
  } catch (error) {
    throw new AttestdError('INVALID_ARGUMENT', (error as Error).message, { cause: error });
  }
}

function stopOptions(request: OperationRequest, form: Form): StopOptions {
  return {
    signal: isAtLeast(request.apiVersion, '1.42') ? form.get('signal') || undefined : undefined,
    timeout: integer(form, 't'),
  };
}

/** A restart's: what is no number is told as the daemon's fault, unlike a stop's. */
function restartOptions(request: OperationRequest, form: Form): StopOptions {
  try {
    return stopOptions(request, form);
  } catch (error) {
    throw new AttestdError('INTERNAL', (error as Error).message, { cause: error });
  }
}

/** Container operations (docs/reference/behavior/containers.md#containers). */
export const handlers: DescribedHandlers = {
  async ContainerList(request, context) {
    const form = await request.form();
    const filters = parseFilters(form.get('filters'));
    const value = await listContainers(context, {
      apiVersion: request.apiVersion,
      limit: integer(form, 'limit') ?? 0,
      all: form.flag('all'),
      size: form.flag('size'),
      filters,
    });
    return { kind: 'json', value };
  },

  async ContainerCreate(request, context) {
    const form = await request.form();
    checkForJson(request);
    const parts = readCreateRequest(await readBody(request), request.apiVersion);
    const platform = form.get('platform');
    const wanted = isAtLeast(request.apiVersion, '1.41') && platform !== '' ? parsePlatform(platform) : undefined;
    const options = { name: form.get('name'), platform: wanted, apiVersion: request.apiVersion };
    const { container, warnings } = await createContainer(context, parts, options);
    return { kind: 'json', status: 201, value: { Id: container.id, Warnings: warnings } };
  },

  async ContainerInspect(request, context) {
    const form = await request.form();
    const options = { apiVersion: request.apiVersion, size: form.flag('size') };
    return { kind: 'json', value: inspectContainer(context, nameOf(request), options) };
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
    await startContainer(context, nameOf(request), checkpoint);
    return nothing;
  },

  async ContainerStop(request, context) {
    await stopContainer(context, nameOf(request), stopOptions(request, await request.form()));
    return nothing;
  },

  async ContainerKill(request, context) {
    await killContainer(context, nameOf(request), (await request.form()).get('signal'));
    return nothing;
  },

  async ContainerRestart(request, context) {
    await restartContainer(context, nameOf(request), restartOptions(request, await request.form()));
    return nothing;
  },

  async ContainerPause(request, context) {
    await pauseContainer(context, nameOf(request));
    return nothing;
  },

  async ContainerUnpause(request, context) {
    await unpauseContainer(context, nameOf(request));
    return nothing;
  },

  async ContainerWait(request, context) {
    const form = await request.form();
    const records = waitForContainer(context, nameOf(request), form.get('condition'), () => request.signal);
    // The header tells the client that the wait has begun.
    return { kind: 'records', contentType: 'application/json', records, early: true };
  },

  async ContainerRename(request, context) {
    renameContainer(context, nameOf(request), (await request.form()).get('name'));
    return nothing;
  },

  async ContainerUpdate(request, context) {
    const wanted = await readJson(request, updateRequestType, () => zero(updateRequestType) as UpdateRequest);
    return { kind: 'json', value: updateContainer(context, nameOf(request), wanted, request.apiVersion) };
  },

  async ContainerDelete(request, context) {
    const form = await request.form();
    await removeByName(context, nameOf(request), {
      force: form.flag('force'),
      volumes: form.flag('v'),
      link: form.flag('link'),
    });
    return nothing;
  },

  async ContainerPrune(request, context) {
    const form = await request.form();
    return { kind: 'json', value: await pruneContainers(context, parseFilters(form.get('filters'))) };
  },
};
