import { type ContentKind, type ContentSpec, configKind, secretKind } from '../../engine/swarm/content-kind.js';
import {
  createContent,
  inspectContent,
  listContents,
  removeContent,
  updateContent,
} from '../../engine/swarm/contents.js';
import { zero } from '../../support/go/json/decode.js';
import { readJson } from '../json-body.js';
import type { DescribedHandlers, OperationHandler, OperationRequest } from '../operation.js';
import { filtersOf, readVersion } from '../swarm-parameters.js';

/** Longest body that is read: the largest configuration in base64, and what is said of it. */
const maximumBody = 2 * 1024 * 1024;

const specOf = (request: OperationRequest, { spec }: ContentKind): Promise<ContentSpec> =>
  readJson(request, spec, () => zero(spec) as ContentSpec, maximumBody);

const idOf = ({ params }: OperationRequest): string => params.id ?? '';

/** Operations that secrets and configs have in common. */
function operationsOn(kind: ContentKind) {
  return {
    async list(request, context) {
      return { kind: 'json', value: listContents(context, kind, await filtersOf(request)) };
    },
    async create(request, context) {
      return { kind: 'json', status: 201, value: createContent(context, kind, await specOf(request, kind)) };
    },
    inspect: (request, context) => ({ kind: 'json', value: inspectContent(context, kind, idOf(request)) }),
    async update(request, context) {
      const spec = await specOf(request, kind);
      updateContent(context, kind, idOf(request), await readVersion(request, kind.name, false), spec);
      return { kind: 'empty' };
    },
    remove(request, context) {
      removeContent(context, kind, idOf(request));
      return { kind: 'empty', status: 204 };
    },
  } satisfies Record<string, OperationHandler>;
}

const [secrets, configs] = [operationsOn(secretKind), operationsOn(configKind)];

/** Operations on secrets and configurations of a swarm (docs/reference/behavior/swarm.md#secrets-and-configurations). */
export const handlers = {
  SecretList: secrets.list,
  SecretCreate: secrets.create,
  SecretInspect: secrets.inspect,
  SecretUpdate: secrets.update,
  SecretDelete: secrets.remove,
  ConfigList: configs.list,
  ConfigCreate: configs.create,
  ConfigInspect: configs.inspect,
  ConfigUpdate: configs.update,
  ConfigDelete: configs.remove,
} satisfies DescribedHandlers;
