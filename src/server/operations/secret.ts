import { parseFilters } from '../../engine/filters.js';
import { type ContentKind, type ContentSpec, configKind, secretKind } from '../../engine/swarm/content-kind.js';
import {
  createContent,
  inspectContent,
  listContents,
  removeContent,
  updateContent,
} from '../../engine/swarm/contents.js';
import { zero } from '../../go/json/decode.js';
import { readJson } from '../json-body.js';
import type { DescribedHandlers, OperationRequest } from '../operation.js';
import { readVersion } from '../swarm-parameters.js';

/** Longest body that is read: the largest configuration in base64, and what is said of it. */
const maximumBody = 2 * 1024 * 1024;

const idOf = (request: OperationRequest): string => request.params.id ?? '';
const filtersOf = async (request: OperationRequest) => parseFilters((await request.form()).get('filters'));
const specOf = (request: OperationRequest, { spec }: ContentKind): Promise<ContentSpec> =>
  readJson(request, spec, () => zero(spec) as ContentSpec, maximumBody);

/** Operations on secrets and configurations of a swarm (docs/behaviour.md#secrets-and-configurations). */
export const handlers: DescribedHandlers = {
  async SecretList(request, context) {
    return { kind: 'json', value: listContents(context, secretKind, await filtersOf(request)) };
  },
  async SecretCreate(request, context) {
    const value = createContent(context, secretKind, await specOf(request, secretKind));
    return { kind: 'json', status: 201, value };
  },
  SecretInspect: (request, context) => ({ kind: 'json', value: inspectContent(context, secretKind, idOf(request)) }),
  async SecretUpdate(request, context) {
    const spec = await specOf(request, secretKind);
    updateContent(context, secretKind, idOf(request), await readVersion(request, 'secret', false), spec);
    return { kind: 'empty' };
  },
  SecretDelete(request, context) {
    removeContent(context, secretKind, idOf(request));
    return { kind: 'empty', status: 204 };
  },
  async ConfigList(request, context) {
    return { kind: 'json', value: listContents(context, configKind, await filtersOf(request)) };
  },
  async ConfigCreate(request, context) {
    const value = createContent(context, configKind, await specOf(request, configKind));
    return { kind: 'json', status: 201, value };
  },
  ConfigInspect: (request, context) => ({ kind: 'json', value: inspectContent(context, configKind, idOf(request)) }),
  async ConfigUpdate(request, context) {
    const spec = await specOf(request, configKind);
    updateContent(context, configKind, idOf(request), await readVersion(request, 'config', false), spec);
    return { kind: 'empty' };
  },
  ConfigDelete(request, context) {
    removeContent(context, configKind, idOf(request));
    return { kind: 'empty', status: 204 };
  },
};
