import { checkKeys, flagOf, parseFilters } from '../../engine/filters.js';
import { createPlugin, pullPlugin } from '../../engine/plugins.js';
import { familiarString, type NamedReference, parseReference, tagNameOnly } from '../../oci/reference.js';
import { AttestdError } from '../../support/foundation/errors.js';
import { renderJson } from '../../support/go/json/render.js';
import { type GoType, goAny, goString, slice } from '../../support/go/json.js';
import { quote } from '../../support/go/quote.js';
import { atoi } from '../../support/go/strconv.js';
import { readJson } from '../json-body.js';
import type { DescribedHandlers, OperationRequest, OperationResult } from '../operation.js';
import { registryUse } from '../registry-use.js';

function notFound(name: string): AttestdError {
  return new AttestdError('NOT_FOUND', `plugin ${quote(name)} not found`);
}

const privilegesType = { ...slice(goAny), name: 'plugin.Privileges' } as GoType<unknown[] | undefined>;

async function readPrivileges(request: OperationRequest): Promise<void> {
  await readJson(request, privilegesType, () => undefined);
}

/**
 * The name that a plugin is to have here, with its tag.
 *
 * @throws INTERNAL for what is none, or has a digest
 */
function localName(text: string): string {
  let reference: NamedReference;
  try {
    reference = tagNameOnly(parseReference(text));
  } catch (error) {
    throw new AttestdError('INTERNAL', (error as Error).message, { cause: error });
  }
  if (reference.digest !== undefined) throw new AttestdError('INTERNAL', 'cannot use digest in plugin tag');
  return familiarString(reference);
}

/** Say with the refusal under which name the plugin would have been. */
async function underName(name: string, act: () => Promise<never>): Promise<OperationResult<never>> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof AttestdError)) throw error;
    const { httpStatus: status, message } = error;
    const content = renderJson({ message });
    const body = { length: content.length, content };
    return { kind: 'body', contentType: 'application/json', status, headers: { 'Docker-Plugin-Name': name }, body };
  }
}

/** Plugin operations: the daemon has none (docs/reference/behavior/daemon.md#plugins). */
export const handlers = {
  async PluginList(request) {
    const filters = parseFilters((await request.query()).filters);
    checkKeys(filters, ['enabled', 'capability']);
    flagOf(filters, 'enabled', false);
    return { kind: 'json', value: [] };
  },

  async GetPluginPrivileges(request) {
    parseReference((await request.query()).remote);
    return { kind: 'json', value: [] };
  },

  async PluginPull(request, context) {
    const query = await request.query();
    await readPrivileges(request);
    const remote = parseReference(query.remote);
    const name = localName(query.name || familiarString({ ...remote, digest: undefined }));
    return underName(name, () => pullPlugin(context, tagNameOnly(remote), registryUse(request)));
  },

  PluginInspect(request) {
    throw notFound(request.params.name);
  },

  PluginDelete(request) {
    throw notFound(request.params.name);
  },

  async PluginEnable(request) {
    // The description has a default that dockerd has not.
    const timeout = (await request.form()).get('timeout');
    try {
      atoi(timeout);
    } catch (error) {
      throw new AttestdError('INVALID_ARGUMENT', (error as Error).message, { cause: error });
    }
    throw notFound(request.params.name);
  },

  PluginDisable(request) {
    throw notFound(request.params.name);
  },

  async PluginUpgrade(request) {
    const { remote } = await request.query();
    await readPrivileges(request);
    parseReference(remote);
    const name = localName(request.params.name);
    return underName(name, () => Promise.reject(notFound(name)));
  },

  async PluginCreate(request) {
    const name = (await request.query()).name;
    let reference: NamedReference;
    try {
      reference = parseReference(name);
    } catch (error) {
      const why = `failed to parse reference ${name}: ${(error as Error).message}`;
      throw new AttestdError('INTERNAL', why, { cause: error });
    }
    if (reference.digest !== undefined) throw new AttestdError('INTERNAL', 'canonical references are not permitted');
    return createPlugin(request.body);
  },

  PluginPush(request) {
    throw notFound(request.params.name);
  },

  async PluginSet(request) {
    await readJson(request, slice(goString), () => undefined);
    throw notFound(request.params.name);
  },
} satisfies DescribedHandlers;
