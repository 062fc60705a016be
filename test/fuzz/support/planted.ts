import type { Target } from '../target.js';

/** A parser whose fault is three conditions deep: chance alone would need millions of inputs. */
function faulty(bytes: Buffer): void {
  if (bytes[0] !== 0x66) return;
  if (bytes[1] !== 0x75) return;
  if (bytes[2] === 0x7a) throw new TypeError('the planted fault');
}

function endless(bytes: Buffer): void {
  while (bytes[0] === 0x80 && bytes.length > 0);
}

export const targets: readonly Target[] = [
  { name: 'planted', words: [], seeds: ['aaaa'], run: faulty },
  { name: 'endless', words: [], seeds: ['\u0001'], run: endless },
];
