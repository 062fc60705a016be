import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { realClock } from '../../../../src/support/sandbox/clock.js';
import { container, sh } from '../support.js';

/** What busybox 1.35 (as in the recordings' images) printed for a command, run by `sh -c` in the same files. */
interface Observation {
  readonly command: string;
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const file = new URL('../observed/busybox-1.35.json', import.meta.url);
const observations = JSON.parse(readFileSync(file, 'utf8')) as Observation[];

describe('the shell and its programs print what busybox printed', () => {
  for (const { command, ...observed } of observations) {
    it(command.replaceAll('\n', '⏎'), async () => {
      expect(await sh(command, { in: await container({ clock: realClock }) })).to.deep.equal(observed);
    });
  }
});
