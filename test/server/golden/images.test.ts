import { imageRecordings, readImage } from './recording.js';
import { replay } from './replay.js';

describe('the recordings made image by image', () => {
  for (const recording of imageRecordings())
    replay({
      recording,
      body: ({ request }) => (request.method === 'POST' ? readImage(recording) : undefined),
      group: ({ request }) => {
        const path = request.path.split('?')[0] as string;
        return path.startsWith('/images/json') ? 'list' : (path.split('/').at(-1) as string);
      },
    });
});
