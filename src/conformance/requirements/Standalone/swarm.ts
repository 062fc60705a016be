import { operations } from '../../../generated/operations.js';
import type { OperationEntry } from '../../../spec/table.js';
import { operationPointer } from '../../containers/family.js';
import { type Requirement, requirements } from '../../requirement.js';

/** Founding and joining a swarm, which a daemon would do that is in none: their 503 is for one that is in one. */
const founding: readonly string[] = ['SwarmInit', 'SwarmJoin'];

const ofSwarms: readonly OperationEntry[] = operations.filter(
  ({ operationId, responses }) => '503' in responses && !founding.includes(operationId),
);

/** A well-formed request with what the operation cannot do without. */
function request({ path, parameters }: OperationEntry): {
  readonly place: string;
  readonly query: Readonly<Record<string, string>>;
  readonly hasBody: boolean;
} {
  // Logs need stdout or stderr, although the description gives defaults.
  const needed = parameters.filter(
    ({ in: place, name, required }) => place === 'query' && (required || name === 'stdout'),
  );
  return {
    place: path.replaceAll(/\{\w+\}/g, 'attestd-none'),
    query: Object.fromEntries(needed.map(({ name }) => [name, '1'])),
    hasBody: parameters.some(({ in: place }) => place === 'body'),
  };
}

/** Answers to swarm operations by a daemon that is not in a swarm. */
export const swarm: readonly Requirement[] = ofSwarms.flatMap((operation) => {
  const { operationId, method, path, since } = operation;
  return requirements(
    {
      operationId,
      pointer: operationPointer(method, path),
      features: ['engine', 'no-swarm'],
      ...(since ? { since } : {}),
      ...(operationId === 'SwarmLeave' ? { destructive: true } : {}),
    },
    [
      {
        id: 'no-swarm',
        title: `${method} ${path} is answered 503 by a daemon that is in no swarm`,
        pointer: '+/responses/503',
        why: 'Clients tell by it that there is no swarm, not that something is missing in it.',
        async check({ api }) {
          const { place, query, hasBody } = request(operation);
          const body = { body: '{}', headers: { 'Content-Type': 'application/json' } };
          (await api.send(method, place, { query, ...(hasBody ? body : {}) })).error(503);
        },
      },
    ],
  );
});
