import { filters } from '../../api.js';
import { at, type Dock } from '../../containers/dock.js';
import { containers, operationPointer } from '../../containers/family.js';
import { same } from '../../expect.js';
import type { Requirement } from '../../requirement.js';
import { whenFree } from '../common.js';

/** A label that only the containers of one check have, to be given and to be asked for. */
function marked(d: Dock): { readonly Labels: Readonly<Record<string, string>>; readonly label: readonly string[] } {
  const [key, value] = ['attestd.conformance.prune', d.unique('p')];
  return { Labels: { [key]: value }, label: [`${key}=${value}`] };
}

/** Pruning containers. */
export const prune: readonly Requirement[] = containers(
  { operationId: 'ContainerPrune', pointer: operationPointer('POST', '/containers/prune'), destructive: true },
  [
    {
      id: 'stopped-only',
      title: 'what does not run is removed and named, what runs stays',
      pointer: '+/responses/200',
      why: 'It is what the operation is for.',
      async check(d) {
        const { Labels, label } = marked(d);
        const [gone, stays] = [await d.create({ Labels }), await d.running({ Labels })];
        const body = (await whenFree(d.api, '/containers/prune', { filters: filters({ label }) })).status(200).json();
        body.at('ContainersDeleted').is([gone.id]);
        body.at('SpaceReclaimed').number();
        (await d.api.get(at(gone.id, '/json'))).error(404);
        (await d.inspect(stays.id)).at('State', 'Running').is(true);
      },
    },
    {
      id: 'label-not',
      title: 'label! leaves those with the label',
      pointer: '+/parameters/0',
      why: 'Some are to stay.',
      async check(d) {
        const { Labels, label } = marked(d);
        const gone = await d.create({ Labels });
        const stays = await d.create({ Labels: { ...Labels, keep: 'me' } });
        const query = { filters: filters({ label, 'label!': ['keep'] }) };
        (await whenFree(d.api, '/containers/prune', query)).status(200).json().at('ContainersDeleted').is([gone.id]);
        (await d.inspect(stays.id)).at('Id').is(stays.id);
      },
    },
    {
      id: 'until',
      title: 'until leaves younger ones',
      pointer: '+/parameters/0',
      why: 'What was just made is about to be used.',
      async check(d) {
        const { Labels, label } = marked(d);
        const { id } = await d.create({ Labels });
        const query = { filters: filters({ label, until: ['1h'] }) };
        const deleted = (await whenFree(d.api, '/containers/prune', query)).status(200).json().at('ContainersDeleted');
        same((deleted.value as unknown[] | null) ?? [], [], 'ContainersDeleted');
        (await d.inspect(id)).at('Id').is(id);
      },
    },
    {
      id: 'filter-unknown',
      title: 'a filter that is none is refused',
      observed: true,
      why: 'Ignoring it would remove everything.',
      async check(d) {
        const query = { filters: filters({ label: [`none=${d.unique()}`], nothing: ['x'] }) };
        (await whenFree(d.api, '/containers/prune', query)).error(400);
      },
    },
  ],
);
