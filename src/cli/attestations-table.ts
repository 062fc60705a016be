import { type ImageAttestation, type SignerName, summarizeStatement, type Verification } from '../client/index.js';
import type { Palette } from './arguments.js';

/** Bytes with a unit that keeps them short. */
function size(bytes: number | undefined): string {
  if (bytes === undefined) return '-';
  const steps = ['B', 'kB', 'MB', 'GB'];
  let value = bytes;
  let step = 0;
  for (; value >= 1000 && step < steps.length - 1; step++) value /= 1000;
  return `${step === 0 ? value : value.toPrecision(3)}${steps[step]}`;
}

const short = (digest: string | undefined): string => (digest ?? '').replace(/^[a-z0-9]+:/, '').slice(0, 12) || '-';

/** Control characters of an image must not reach the terminal. */
const printable = (text: string): string => text.replace(/\p{Cc}/gu, '\ufffd');

function signerText(signer: SignerName | undefined): string {
  if (signer === undefined) return 'yes';
  return signer.kind === 'public-key' ? `by key ${signer.id.slice(0, 12)}` : `by ${signer.subject}`;
}

function verifiedText(verification: Verification | undefined): string {
  if (!verification) return '-';
  if (!verification.verified) return 'no';
  return signerText(verification.signatures.find(({ verified }) => verified)?.signer);
}

/** A table of attestations, a line each. */
export function attestationsTable(
  shown: readonly ImageAttestation[],
  verification: Verification | undefined,
  { bold, green, red }: Palette,
): string {
  const verified = verifiedText(verification);
  const rows = shown.map(({ descriptor, predicateType, statement }) => {
    const summary = statement && summarizeStatement(statement);
    const maker = summary?.builder ?? summary?.tools?.join(', ');
    const subjects = summary?.subjects.map(short).join(', ');
    return [predicateType, subjects || '-', maker || '-', size(descriptor.size), short(descriptor.digest), verified];
  });
  const head = ['PREDICATE TYPE', 'SUBJECT', 'MADE BY', 'SIZE', 'DIGEST', 'VERIFIED'];
  const cells = [head, ...rows].map((row) => row.map(printable));
  const widths = head.map((_name, at) => Math.max(...cells.map((row) => (row[at] as string).length)));
  const paint = verification ? (verification.verified ? green : red) : (text: string): string => text;
  return cells
    .map((row, line) => {
      const padded = row.map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] as number)));
      if (line === 0) return `${bold(padded.join('  '))}\n`;
      return `${[...padded.slice(0, -1), paint(padded.at(-1) as string)].join('  ')}\n`;
    })
    .join('');
}

/** Why signatures do not hold, a line each. */
export function reasonLines({ reasons }: Verification): string {
  return reasons.map(({ code, detail }) => `not verified: ${code}: ${printable(detail)}\n`).join('');
}
