import { checkKeys, flagOf, parseFilters } from '../../engine/filters.js';
import { createPlugin, pullPlugin } from '../../engine/plugins.js';
import { AttestdError } from '../../errors.js';
import { type GoType, goAny, goString, slice } from '../../go/json.js';
import { quote } from '../../go/quote.js';
import { atoi } from '../../go/strconv.js';
import { isNameOnly, parseReference, tagNameOnly, withTag } from '../../oci/reference.js';
import { readJson } from '../json-body.js';
import type { OperationHandlers, OperationRequest } from '../operation.js';
import { registryUse } from '../registry-use.js';

const nameOf = (request: OperationRequest): string => request.params.name ?? '';

function notFound(name: string): AttestdError {
  return new AttestdError('NOT_FOUND', `plugin ${quote(name)} not found`);
}

const privilegesType = { ...slice(goAny), name: 'plugin.Privileges' } as GoType<unknown[] | undefined>;

async function readPrivileges(request: OperationRequest): Promise<void> {
  await readJson(request, privilegesType, () => undefined);
}

/** Plugin operations: the daemon has none (docs/behaviour.md#a-daemon-without-plugins). */
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
    const remote = tagNameOnly(parseReference(form.get('remote')));
    if (form.get('name') !== '') parseReference(form.get('name'));
    return pullPlugin(context, remote, registryUse(request));
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
    const name = parseReference(nameOf(request));
    const { path, tag = '' } = isNameOnly(name) ? withTag(name, 'latest') : name;
    throw notFound(`${path.replace(/^library\//, '')}:${tag}`);
  },

  async PluginCreate(request) {
    const name = (await request.form()).get('name');
    try {
      parseReference(name);
    } catch (error) {
      const why = `failed to parse reference ${name}: ${(error as Error).message}`;
      throw new AttestdError('INTERNAL', why, { cause: error });
    }
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
