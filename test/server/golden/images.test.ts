import { type Exchange, imageRecordings, readImage, readRecording, recordedBody } from './recording.js';
import { type Account, type Replay, replay } from './replay.js';

function plan(recording: string): Replay {
  return {
    recording,
    body: ({ request }) => (request.method === 'POST' ? readImage(recording) : undefined),
    group: ({ request }) => {
      const path = request.path.split('?')[0] as string;
      return path.startsWith('/images/json') ? 'list' : (path.split('/').at(-1) as string);
    },
  };
}

/** Whether dockerd answered 200 with an error object. */
function isFault(exchange: Exchange): boolean {
  const path = exchange.request.path.split('?')[0] as string;
  const body = recordedBody(exchange)?.toString('utf8', 0, 12);
  return exchange.response.status === 200 && path.endsWith('/attestations') && body === '{"message":"';
}

function faults(recording: string): Account[] {
  const at = readRecording(recording).flatMap((exchange, place) => (isFault(exchange) ? [place] : []));
  return [{ at, reason: 'where dockerd answers 200 with an error object, the experimental channel answers 500' }];
}

describe('the recordings made image by image', () => {
  for (const recording of imageRecordings()) replay(plan(recording));
});

describe('the recordings made image by image, on the experimental channel', () => {
  for (const recording of imageRecordings())
    replay({ ...plan(recording), channel: 'experimental', accounts: faults(recording) });
});
