import { expect } from 'chai';
import { subscribeEvents } from '../../../src/engine/events/subscribe.js';
import { openEngine, refusal } from '../support.js';

describe('the options of an event stream', () => {
  it('are read in dockerd’s order: a bad time is named before bad filters', async () => {
    const { context, close } = await openEngine();
    try {
      const [code, message] = await refusal(() => subscribeEvents(context, { until: '1h', filters: 'x' }));
      expect(code).to.equal('INVALID_ARGUMENT');
      expect(message).to.match(/^invalid value for 'until'/);
      expect((await refusal(() => subscribeEvents(context, { until: '1', filters: 'x' })))[0]).to.equal(
        'INVALID_ARGUMENT',
      );
    } finally {
      await close();
    }
  });
});
