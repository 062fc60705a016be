import { html } from '../../support/foundation/markup.js';
import type { ConformanceResult } from './result.js';

/** Width of a character of 11 px, on average. */
const character = 6.6;

/** Verdicts by what they say of a daemon, the worst last. */
const colours: readonly (readonly [verdict: RegExp, colour: string])[] = [
  [/^conformant$/, '#1a6b3c'],
  [/^conformant but/, '#4c6b1a'],
  [/^partial$/, '#7a5200'],
  [/^not conformant$|^error$/, '#b3261e'],
];

/**
 * A badge: a profile, and what a daemon's result says of it.
 *
 * @returns the text of an SVG file that loads nothing
 */
export function badge(result: ConformanceResult, profile: string): string {
  const verdict = result.profiles[profile] ?? 'not judged';
  const colour = colours.find(([pattern]) => pattern.test(verdict))?.[1] ?? '#5b6570';
  const [left, right] = [profile, verdict].map((text) => Math.round(text.length * character) + 12);
  const width = (left ?? 0) + (right ?? 0);
  const text = (x: number, words: string): string => `<text x="${x}" y="14">${html.escape(words)}</text>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="20" role="img" aria-label="${html.escape(`${result.daemon.title}, ${profile}: ${verdict}`)}">
<title>${html.escape(`${result.daemon.title}, ${profile}: ${verdict}`)}</title>
<rect width="${width}" height="20" rx="3" fill="#3a4149"/><rect x="${left}" width="${right}" height="20" rx="3" fill="${colour}"/>
<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">${text((left ?? 0) / 2, profile)}${text((left ?? 0) + (right ?? 0) / 2, verdict)}</g></svg>
`;
}
