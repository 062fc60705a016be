import { AttestdError } from '../../support/foundation/errors.js';
import { goObject } from '../../support/go/json.js';
import { quote } from '../../support/go/quote.js';
import type { Context } from '../context.js';
import { checkKeys, type Filters } from '../filters.js';
import { type AnswerOf, undescribed } from '../wire.js';
import type { ContentKind, ContentSpec } from './content-kind.js';
import { invalid } from './invalid.js';
import { objectMeta, type SwarmObject } from './objects.js';
import { rejectInUse } from './task-files.js';

type Answer = AnswerOf<'SecretInspect'> & AnswerOf<'ConfigInspect'>;

function contentObject(kind: ContentKind, object: SwarmObject<ContentSpec>): Answer {
  return { ...objectMeta(object), Spec: goObject(object.data, kind.schema) };
}

const maxNameLength = 64;
const validName = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-_.]*[a-zA-Z0-9])?$/;

/** @throws INVALID_ARGUMENT for an invalid secret or config; INTERNAL for an unknown driver */
function checkContent(kind: ContentKind, { Name: name, Data: data = '', Driver: driver }: ContentSpec): void {
  if (name === '') throw invalid('name must be provided');
  if (name.length > maxNameLength || !validName.test(name))
    throw invalid(
      `invalid name, only ${maxNameLength} [a-zA-Z0-9-_.] characters allowed, and the start and end character must be [a-zA-Z0-9]`,
    );
  if (driver !== undefined) {
    if (!driver.Name) throw invalid(`${kind.name} driver must have a name`);
    throw new AttestdError('INTERNAL', `rpc error: code = Unknown desc = plugin ${quote(driver.Name)} not found`);
  }
  const size = Buffer.byteLength(data, 'base64');
  if (size === 0 || size >= kind.limit)
    throw invalid(`${kind.name} data must be larger than 0 and less than ${kind.limit} bytes`);
}

/**
 * `GET /secrets` and `GET /configs` (docs/reference/behavior/swarm.md#secrets-and-configurations).
 *
 * @throws UNAVAILABLE without a swarm; INVALID_ARGUMENT for bad filters
 */
export function listContents({ swarm }: Context, kind: ContentKind, filters: Filters): Answer[] {
  checkKeys(filters, kind.filters);
  return swarm
    .manager()
    .store(kind)
    .select(filters, kind.filters)
    .map((object) => contentObject(kind, object));
}

/**
 * `GET /secrets/{id}` and `GET /configs/{id}`.
 *
 * @throws UNAVAILABLE without a swarm; NOT_FOUND; INVALID_ARGUMENT for an ambiguous id
 */
export function inspectContent({ swarm }: Context, kind: ContentKind, term: string): Answer {
  return contentObject(kind, swarm.manager().store(kind).resolve(term));
}

/**
 * `POST /secrets/create` and `POST /configs/create`.
 *
 * @throws UNAVAILABLE without a swarm; INVALID_ARGUMENT and INTERNAL for an invalid spec; ALREADY_EXISTS for a name in
 * use; NO_SPACE
 */
export function createContent(
  { swarm }: Context,
  kind: ContentKind,
  spec: ContentSpec,
): AnswerOf<'SecretCreate'> & AnswerOf<'ConfigCreate'> {
  const store = swarm.manager().store(kind);
  checkContent(kind, spec);
  const { id } = store.create({ ...spec, Labels: spec.Labels ?? {} });
  // The description calls it `Id`.
  return undescribed({ ID: id });
}

/**
 * `POST /secrets/{id}/update` and `POST /configs/{id}/update`: only labels may change. Drivers are ignored.
 *
 * @throws UNAVAILABLE without a swarm; NOT_FOUND; INVALID_ARGUMENT for other changes; INTERNAL for an outdated version
 */
export function updateContent(
  { swarm }: Context,
  kind: ContentKind,
  term: string,
  version: number,
  { Name: name, Labels: labels, Data: data }: ContentSpec,
): void {
  const store = swarm.manager().store(kind);
  const present = store.resolve(term);
  if (name !== present.data.Name || (data !== undefined && data !== present.data.Data))
    throw invalid('only updates to Labels are allowed');
  store.update(present, version, { ...present.data, Labels: labels ?? {} });
}

/**
 * `DELETE /secrets/{id}` and `DELETE /configs/{id}`.
 *
 * @throws UNAVAILABLE without a swarm; NOT_FOUND; INVALID_ARGUMENT for an ambiguous id or an object that services use
 */
export function removeContent({ swarm }: Context, kind: ContentKind, term: string): void {
  const manager = swarm.manager();
  const store = manager.store(kind);
  const object = store.resolve(term);
  rejectInUse(manager, kind, object.id);
  store.remove(object);
}
