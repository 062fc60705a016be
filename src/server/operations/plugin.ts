import { checkKeys, flagOf, parseFilters } from '../../engine/filters.js';
import { createPlugin, pullPlugin } from '../../engine/plugins.js';
import { familiarString, type NamedReference, parseReference, tagNameOnly } from '../../oci/reference.js';
import { AttestdError } from '../../support/foundation/errors.js';
import { type GoType, goAny, goString, slice } from '../../support/go/json.js';
import { quote } from '../../support/go/quote.js';
import { atoi } from '../../support/go/strconv.js';
import { readJson } from '../json-body.js';
import type { OperationHandlers, OperationRequest, OperationResult } from '../operation.js';
import { registryUse } from '../registry-use.js';

const nameOf = (request: OperationRequest): string => request.params.name ?? '';

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
async function underName(name: string, act: () => Promise<never>): Promise<OperationResult> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof AttestdError)) throw error;
    const { httpStatus: status, message } = error;
    return { kind: 'json', status, headers: { 'Docker-Plugin-Name': name }, value: { message } };
  }
}

/** Plugin operations: the daemon has none (docs/reference/behavior/daemon.md#plugins). */
export const handlers: OperationHandlers = {
  async PluginList(request) {
    const filters = parseFilters((await request.form()).get('filters'));
    checkKeys(filters, ['enabled', 'capability']);
    flagOf(filters, 'enabled', false);
    return { kind: 'json', value: [] };
  },

  async GetPluginPrivileges(request) {
    parseReference((await request.form()).get('remote'));
    return { kind: 'json', value: [] };
  },

  async PluginPull(request, context) {
    const form = await request.form();
    await readPrivileges(request);
    const remote = parseReference(form.get('remote'));
    const name = localName(form.get('name') || familiarString({ ...remote, digest: undefined }));
    return underName(name, () => pullPlugin(context, tagNameOnly(remote), registryUse(request)));
  },

  PluginInspect(request) {
    throw notFound(nameOf(request));
  },

  PluginDelete(request) {
    throw notFound(nameOf(request));
  },

  async PluginEnable(request) {
    const timeout = (await request.form()).get('timeout');
    try {
      atoi(timeout);
    } catch (error) {
      throw new AttestdError('INVALID_ARGUMENT', (error as Error).message, { cause: error });
    }
    throw notFound(nameOf(request));
  },

  PluginDisable(request) {
    throw notFound(nameOf(request));
  },

  async PluginUpgrade(request) {
    const form = await request.form();
    await readPrivileges(request);
    parseReference(form.get('remote'));
    const name = localName(nameOf(request));
    return underName(name, () => Promise.reject(notFound(name)));
  },

  async PluginCreate(request) {
    const name = (await request.form()).get('name');
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
    throw notFound(nameOf(request));
  },

  async PluginSet(request) {
    await readJson(request, slice(goString), () => undefined);
    throw notFound(nameOf(request));
  },
};
