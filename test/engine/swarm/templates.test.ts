import { expect } from 'chai';
import { expand } from '../../../src/engine/swarm/templates.js';

const scope = {
  service: { id: 's1', name: 'web', labels: { a: 'A', long: 'x'.repeat(500_000) } },
  node: { id: 'n1', hostname: 'host', os: 'linux', architecture: 'x86_64' },
  task: { id: 't1', name: 'web.1.t1', slot: '1' },
};

describe('Placeholders of a task', () => {
  it('stand for what is known of it', () => {
    expect(
      expand('{{.Service.Name}}-{{- .Task.Slot -}} {{ index .Service.Labels "a" }}{{.Service.Labels.b}} }}', scope),
    ).to.equal('web-1 A<no value> }}');
  });

  it('are gone through once, and make no text without end', () => {
    const open = `{{${' '.repeat(900_000)}`;
    expect(expand(open, scope)).to.equal(open);
    expect(() => expand('{{.Service.Labels.long}}'.repeat(20_000), scope)).to.throw('more than 1048576 characters');
  });

  it('are none of what every object has', () => {
    expect(() => expand('{{constructor}}', scope)).to.throw('not defined');
    expect(expand('{{.Service.Labels.toString}}', scope)).to.equal('<no value>');
  });
});
