import { connect } from 'node:net';
import { expect } from 'chai';
import { readRecording } from './recording.js';
import { replay, type Target } from './replay.js';

const recording = 'topics/events';

/** The exchange of the recording that is the stream itself. */
const streamAt = 10;

/** Everything that came over the stream so far. */
let received = '';

/** Open the stream and wait until the server has answered its header: from there on, nothing may be missed. */
function openStream({ socket: path }: Target): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.on('error', reject);
    socket.on('data', (piece: Buffer) => {
      received += piece.toString();
      if (received.includes('\r\n\r\n')) resolve();
    });
    socket.write('GET /events HTTP/1.1\r\nHost: attestd\r\n\r\n');
  });
}

type Event = Record<string, unknown>;

/** The events in the text of a stream, chunk sizes between them, without their times. */
function eventsOf(stream: string): string[] {
  const lines = stream.split('\n').filter((line) => line.startsWith('{'));
  return lines.map((line) => {
    const event = JSON.parse(line) as Event;
    expect(String(event.timeNano).slice(0, 10)).to.equal(String(event.time));
    return JSON.stringify({ ...event, time: 0, timeNano: 0 });
  });
}

async function tag(target: Target, ...names: string[]): Promise<void> {
  for (const name of names) {
    const [repo, label] = name.split(':');
    await target.send('POST', `/images/att-basic/tag?repo=${repo}&tag=${label}`);
  }
}

const ofThatDay = 'the events of the day of the recording';

describe('the recording of events', () => {
  replay({
    recording,
    images: ['att-basic', 'plain-manifest', 'two-names'],
    setup: async (target) => {
      await target.send('POST', '/images/att-basic/tag?repo=localhost:5000/team/app&tag=2.0');
      await target.send('POST', '/images/att-basic/tag?repo=example.test/a/b/c&tag=latest');
      await tag(target, 'json:latest', 'x/attestations:latest', 'tagged:four', 'tagged:latest', 'tagged:three');
      await openStream(target);
    },
    group: ({ request }, at) => `#${at} ${request.method} ${decodeURIComponent(request.path)}`,
    accounts: [{ at: [11, 12, 13, 17, 20, 21, 22], reason: ofThatDay }],
    elsewhere: [{ at: [streamAt], reason: 'it runs beside the others and is compared at the end' }],
    finally: {
      title: 'the stream beside them brought the recorded events, in order',
      check: async () => {
        const { raw } = readRecording(recording)[streamAt]?.response as unknown as { raw: string };
        const wanted = eventsOf(raw);
        expect(eventsOf(received)).to.deep.equal(wanted);
        const [head] = received.split('\r\n\r\n');
        expect(head).to.include('Content-Type: application/jsonl').and.to.include('Transfer-Encoding: chunked');
      },
    },
  });
});
