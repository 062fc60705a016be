import {
  type AttestationChain,
  type ImageAttestation,
  type Reason,
  type SignerName,
  summarizeStatement,
  type Verification,
} from '../client/index.js';
import { type Piece, type Terminal, terminal, visible } from '../support/foundation/markup.js';
import type { Palette } from './output.js';

/** Formats a number of bytes with a decimal unit. */
export function size(bytes: number | undefined): string {
  if (bytes === undefined) return '-';
  const steps = ['B', 'kB', 'MB', 'GB'];
  let value = bytes;
  let step = 0;
  for (; value >= 1000 && step < steps.length - 1; step++) value /= 1000;
  return `${step === 0 ? value : value.toPrecision(3)}${steps[step]}`;
}

/** Returns the first 12 hex digits of a digest. */
export const short = (digest: string | undefined): string =>
  (digest ?? '').replace(/^[a-z0-9]+:/, '').slice(0, 12) || '-';

/** Cuts a text to a width, with an ellipsis at the end. */
export const clip = (text: string, width: number): string =>
  text.length > width ? `${text.slice(0, width - 1)}…` : text;

/** Widest predicate type in a table of 80 columns. */
const typeWidth = 35;

/** A row of the table, with details on lines below it. */
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
      clip(visible(predicateType), typeWidth),
      `${short(subject)}${subjects.length > 0 ? ` +${subjects.length}` : ''}`,
      size(descriptor.size),
      short(descriptor.digest),
      verified,
    ],
    below: [...(predicateType.length > typeWidth ? [predicateType] : []), ...(maker ? [`made by ${maker}`] : [])],
  };
}

/**
 * Renders attestations as a table of 80 columns. Lines below a row name the maker of the statement and a predicate type that was
 * cut.
 *
 * @param verification undefined if signatures were not checked
 */
export function attestationsTable(
  shown: readonly ImageAttestation[],
  verification: Verification | undefined,
  { bold, dim, green, red }: Palette,
): Terminal[] {
  const verified = verification === undefined ? '-' : verification.verified ? 'yes' : 'no';
  const head = ['PREDICATE TYPE', 'SUBJECT', 'SIZE', 'DIGEST', 'VERIFIED'];
  const rows = shown.map((attestation) => row(attestation, verified));
  const widths = head.map((name, at) =>
    Math.max(name.length, ...rows.map(({ cells }) => (cells[at] as string).length)),
  );
  const paint = verification ? (verification.verified ? green : red) : (text: string): Piece<'terminal'> => text;
  const line = (cells: readonly string[], last: (text: string) => Piece<'terminal'>): Terminal =>
    terminal`${cells.map((cell, at) => (at === cells.length - 1 ? last(cell) : cell.padEnd((widths[at] ?? 0) + 2)))}`;
  const lines = rows.flatMap(({ cells, below }) => [line(cells, paint), ...below.map((text) => dim(`  ${text}`))]);
  return [bold(line(head, (text) => text)), ...lines];
}

/** Names the signer, as the end of a sentence. */
export function signerText(signer: SignerName | undefined): string {
  if (signer === undefined) return '';
  return signer.kind === 'public-key' ? ` by key ${signer.id}` : ` by ${signer.subject}`;
}

/** Renders the signer or the reasons of failure, then the statements that only the registry has. */
export function verificationLines(verification: Verification, { green, red }: Palette): Terminal[] {
  const { verified, signatures, reasons, statements = [] } = verification;
  const failures = (list: readonly Reason[], what = ''): Terminal[] =>
    list.map(({ code, detail }) => terminal`${red('not verified')}: ${what}${code}: ${detail}`);
  const signer = signatures.find((signature) => signature.verified)?.signer;
  const head = verified ? [terminal`${green('verified')}${signerText(signer)}`] : failures(reasons);
  const attached = statements.flatMap(({ predicateType, verified: holds, signer: by, reasons: why }) => {
    const what = `in the registry, ${predicateType}`;
    return holds ? [terminal`${green('verified')}: ${what}${signerText(by)}`] : failures(why, `${what}: `);
  });
  return [...head, ...attached];
}

/** Renders the signatures and statements that only the registry has. */
export function registryLines({ signatureManifests, statements = [] }: AttestationChain): string[] {
  const attached = statements.map(({ predicateType, form }) => `in the registry: ${predicateType} (${form})`);
  return [...signatureManifests.map((digest) => `signed: ${digest}`), ...attached];
}

/** Writes the verbatim bytes of statements, each with a line feed. */
export function writeStatements(shown: readonly ImageAttestation[]): void {
  for (const { statement } of shown)
    process.stdout.write(Buffer.concat([statement ?? Buffer.alloc(0), Buffer.from('\n')]));
}
