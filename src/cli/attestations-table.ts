import {
  type AttestationChain,
  type ImageAttestation,
  type Reason,
  type SignerName,
  summarizeStatement,
  type Verification,
} from '../client/index.js';
import type { Palette } from './terminal.js';

/** Bytes with a unit that keeps them short. */
export function size(bytes: number | undefined): string {
  if (bytes === undefined) return '-';
  const steps = ['B', 'kB', 'MB', 'GB'];
  let value = bytes;
  let step = 0;
  for (; value >= 1000 && step < steps.length - 1; step++) value /= 1000;
  return `${step === 0 ? value : value.toPrecision(3)}${steps[step]}`;
}

/** The beginning of a digest's hex. */
export const short = (digest: string | undefined): string =>
  (digest ?? '').replace(/^[a-z0-9]+:/, '').slice(0, 12) || '-';

/** Control characters of an image must not reach the terminal. */
export const printable = (text: string): string => text.replace(/\p{Cc}/gu, '\ufffd');

/** A text cut to a width, with an ellipsis where something is left out. */
export const clip = (text: string, width: number): string =>
  text.length > width ? `${text.slice(0, width - 1)}…` : text;

/** Longest predicate type that lets a line end within 80 columns. */
const typeWidth = 35;

/** A line of the table, and what is told below it. */
interface Row {
  readonly cells: readonly string[];
  readonly below: readonly string[];
}

function row({ descriptor, predicateType, statement }: ImageAttestation, verified: string): Row {
  const summary = statement && summarizeStatement(statement);
  const [subject, ...subjects] = summary?.subjects ?? [];
  const maker = summary?.builder ?? summary?.tools?.join(', ');
  return {
    cells: [
      clip(printable(predicateType), typeWidth),
      `${short(subject)}${subjects.length > 0 ? ` +${subjects.length}` : ''}`,
      size(descriptor.size),
      short(descriptor.digest),
      verified,
    ],
    below: [...(predicateType.length > typeWidth ? [predicateType] : []), ...(maker ? [`made by ${maker}`] : [])].map(
      printable,
    ),
  };
}

/**
 * A table of attestations within 80 columns. What is longer is told in lines below: who made the statement, and a
 * predicate type that had to be cut.
 *
 * @param shown the attestations
 * @param verification what checking the signatures gave; undefined when they were not checked
 * @param palette colours
 */
export function attestationsTable(
  shown: readonly ImageAttestation[],
  verification: Verification | undefined,
  { bold, dim, green, red }: Palette,
): string {
  const verified = verification === undefined ? '-' : verification.verified ? 'yes' : 'no';
  const head = ['PREDICATE TYPE', 'SUBJECT', 'SIZE', 'DIGEST', 'VERIFIED'];
  const rows = shown.map((attestation) => row(attestation, verified));
  const widths = head.map((name, at) =>
    Math.max(name.length, ...rows.map(({ cells }) => (cells[at] as string).length)),
  );
  const paint = verification ? (verification.verified ? green : red) : (text: string): string => text;
  const line = (cells: readonly string[], last: (text: string) => string): string =>
    cells.map((cell, at) => (at === cells.length - 1 ? last(cell) : cell.padEnd((widths[at] as number) + 2))).join('');
  const lines = rows.flatMap(({ cells, below }) => [line(cells, paint), ...below.map((text) => dim(`  ${text}`))]);
  return `${[bold(line(head, (text) => text)), ...lines].join('\n')}\n`;
}

/** Who signed, as the end of a sentence. */
export function signerText(signer: SignerName | undefined): string {
  if (signer === undefined) return '';
  return signer.kind === 'public-key' ? ` by key ${signer.id}` : ` by ${signer.subject}`;
}

/** Who signed, or why signatures do not hold, a line each; then what only the registry has, a line a statement. */
export function verificationLines(verification: Verification, { green, red }: Palette): string {
  const { verified, signatures, reasons, statements = [] } = verification;
  const failures = (list: readonly Reason[], what = ''): string =>
    list.map(({ code, detail }) => `${red('not verified')}: ${printable(`${what}${code}: ${detail}`)}\n`).join('');
  const signer = signatures.find((signature) => signature.verified)?.signer;
  const head = verified ? `${green('verified')}${printable(signerText(signer))}\n` : failures(reasons);
  const attached = statements.map(({ predicateType, verified: holds, signer: by, reasons: why }) => {
    const what = `in the registry, ${predicateType}`;
    return holds ? `${green('verified')}: ${printable(what + signerText(by))}\n` : failures(why, `${what}: `);
  });
  return head + attached.join('');
}

/** What the registry has beside the image's index, a line each. */
export function registryLines({ signatureManifests, statements = [] }: AttestationChain): string {
  const signed = signatureManifests.map((digest) => `signed: ${digest}\n`);
  const attached = statements.map(({ predicateType, form }) =>
    printable(`in the registry: ${predicateType} (${form})`),
  );
  return [...signed, ...attached.map((line) => `${line}\n`)].join('');
}

/** Write statements as they are, each with a line feed behind it. */
export function writeStatements(shown: readonly ImageAttestation[]): void {
  for (const { statement } of shown)
    process.stdout.write(Buffer.concat([statement ?? Buffer.alloc(0), Buffer.from('\n')]));
}
