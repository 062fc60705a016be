import { type Area, answers, type Reply, requests } from '../mutant.js';
import { elementsOf } from '../text.js';

const list = /^\/images\/json$/;
const inspect = /^\/images\/.+\/json$/;
const attestations = /^\/images\/.+\/attestations$/;

const both = (change: (reply: Reply) => Reply | undefined) => ({
  after: (asked: Parameters<NonNullable<ReturnType<typeof answers>['after']>>[0], reply: Reply) =>
    (asked.is('GET', list) || asked.is('GET', inspect)) && reply.status === 200 ? change(reply) : undefined,
});

const array = (elements: readonly string[]): string => `[${elements.join(',')}]`;

/** Faults of AttestationData.Statements and of comma-separated types. */
export const statements: Area = {
  name: 'statements',
  only: ['Statements', 'TypeLists', 'ImageInspect', 'ImageList'],
  mutants: [
    {
      id: 'statements-list-absent',
      title: 'the list has no Statements',
      ...answers('GET', list, (reply) => reply.without('Statements')),
    },
    {
      id: 'statements-inspect-absent',
      title: 'inspect has no Statements',
      ...answers('GET', inspect, (reply) => reply.without('Statements')),
    },
    {
      id: 'statements-only-first',
      title: 'only the first statement of a manifest is there',
      ...both((reply) => reply.members('Statements', (value) => array(elementsOf(value).slice(0, 1)))),
    },
    {
      id: 'statements-reversed',
      title: 'statements are in reverse order',
      ...both((reply) => reply.members('Statements', (value) => array(elementsOf(value).reverse()))),
    },
    {
      id: 'statements-reserialised',
      title: 'statements in inspect are parsed and written again',
      ...answers('GET', inspect, (reply) =>
        reply.members('Statements', (value) =>
          Buffer.from(JSON.stringify(JSON.parse(Buffer.from(value, 'latin1').toString()))).toString('latin1'),
        ),
      ),
    },
    {
      id: 'statements-list-reserialised',
      title: 'statements in the list are parsed and written again',
      ...answers('GET', list, (reply) =>
        reply.members('Statements', (value) =>
          Buffer.from(JSON.stringify(JSON.parse(Buffer.from(value, 'latin1').toString()))).toString('latin1'),
        ),
      ),
    },
    {
      id: 'statements-empty-array',
      title: 'an attestation manifest without statements has an empty array',
      ...both((reply) =>
        reply.members('AttestationData', (value) =>
          value.includes('"Statements":') ? value : value.replace(/\}$/, ',"Statements":[]}'),
        ),
      ),
    },
    {
      id: 'statements-null-for-broken',
      title: 'a statement that is no JSON object appears as null',
      ...both((reply) => reply.members('Statements', (value) => array([...elementsOf(value), 'null']))),
    },
    {
      id: 'statements-as-text',
      title: 'statements are texts instead of objects',
      ...both((reply) =>
        reply.members('Statements', (value) => array(elementsOf(value).map((one) => JSON.stringify(one)))),
      ),
    },
    {
      id: 'statements-below-1.55',
      title: 'statements are sent below API 1.55 too',
      before: (asked) =>
        (asked.is('GET', list) || asked.is('GET', inspect)) && asked.query.has('manifests')
          ? asked.at((path) => path.replace(/^\/v1\.\d+\//, '/v1.55/'))
          : undefined,
    },
    {
      id: 'statements-wrong-manifest',
      title: 'statements of one platform appear with another',
      ...both((reply) => {
        const all: string[] = [];
        all.push(...reply.valuesOf('Statements'));
        all.push(all.shift() ?? '');
        return reply.members('Statements', () => all.shift() ?? '[]');
      }),
    },
    {
      id: 'type-list-not-split',
      title: 'a comma-separated type selects nothing',
      ...requests('GET', attestations, (asked) =>
        asked.query.get('type')?.includes(',https:') || asked.query.get('type')?.includes(', https:')
          ? asked.ask((query) => query.set('type', 'none'))
          : undefined,
      ),
    },
    {
      id: 'type-list-only-first',
      title: 'only the first part of a comma-separated type counts',
      ...requests('GET', attestations, (asked) => {
        const type = asked.query.get('type');
        return type?.includes(',') ? asked.ask((query) => query.set('type', type.split(',')[0] ?? '')) : undefined;
      }),
    },
    {
      id: 'type-list-no-whole',
      title: 'a predicate type that holds a comma is not found by its whole text',
      ...requests('GET', attestations, (asked) => {
        const types = asked.query.getAll('type');
        if (!types.some((type) => type.includes(','))) return undefined;
        return asked.ask((query) => {
          query.delete('type');
          for (const part of types.flatMap((type) => type.split(','))) query.append('type', part);
        });
      }),
    },
  ],
};
