import { filters } from '../../api.js';
import { demand } from '../../expect.js';
import { type Requirement, requirements } from '../../requirement.js';
import { atMost } from '../../version.js';
import { pointers, prose } from '../common.js';
import { clock, loaded, moment, present } from './stream.js';

/** The forms of the stream of events. */
export const formats: readonly Requirement[] = requirements(
  { operationId: 'SystemEvents', features: ['events', 'images', 'event-formats'], pointer: pointers.events },
  [
    {
      id: 'json-lines',
      title: 'the stream is JSON lines by default',
      why: 'Clients choose their decoder by the media type.',
      async check(t) {
        const answer = await t.api.get('/events', { query: { since: '1', until: '2' } });
        answer.status(200).mediaType('application/jsonl');
      },
    },
    {
      id: 'json-seq',
      title: 'Accept: application/json-seq gives a record separator before each event',
      why: 'It is the standard form for JSON in streams.',
      async check(t) {
        const from = await clock(t);
        const image = await t.fresh('bare');
        await loaded(t, image, from);
        const query = { since: moment(from), until: await present(t), filters: filters({ type: ['image'] }) };
        const answer = await t.api.get('/events', { query, headers: { Accept: 'application/json-seq' } });
        answer.status(200).mediaType('application/json-seq');
        const records = answer.text.split('\n').filter((line) => line !== '');
        demand(
          records.length > 0 && records.every((record) => record.startsWith('\u001e')),
          'records',
          'a separator before each',
          answer.text,
        );
      },
    },
    {
      id: 'json-below-1.52',
      title: 'below API 1.52 the stream is application/json',
      why: 'Older clients know no other type.',
      async check(t) {
        const answer = await t.api.get('/events', { query: { since: '1', until: '2' }, version: '1.51' });
        answer.status(200).mediaType('application/json');
      },
    },
    {
      id: 'legacy-fields',
      features: ['events', 'images'],
      title: 'below API 1.52 status and id repeat the action and the id of the actor',
      basis: prose('Engine API, changes of 1.52'),
      why: 'Older clients read nothing else.',
      async check(t) {
        const from = await clock(t);
        const image = await t.fresh('bare');
        await loaded(t, image, from);
        const query = { since: moment(from), until: await present(t), filters: filters({ type: ['image'] }) };
        const version = atMost(t.version, '1.51');
        for (const event of (await t.api.get('/events', { query, version })).status(200).lines()) {
          event.at('status').is(event.at('Action').value);
          event.at('id').is(event.at('Actor', 'ID').value);
        }
      },
    },
  ],
);
