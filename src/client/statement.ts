import { parseObject } from './manifests.js';

/** Summary of a statement, for display and simple policies. */
export interface StatementSummary {
  /** Digests of the subjects, `algorithm:hex`. */
  readonly subjects: readonly string[];
  /** Builder identity from SLSA provenance; empty if the builder has none. */
  readonly builder?: string;
  /** Tools that created an SBOM. */
  readonly tools?: readonly string[];
}

type Shape = Readonly<Record<string, unknown>>;

const isShape = (value: unknown): value is Shape =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Returns the value at a path of member names; undefined if a member is missing. */
function at(value: unknown, ...path: string[]): unknown {
  return path.reduce((from, name) => (isShape(from) ? from[name] : undefined), value);
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const text = (value: unknown): string[] => (typeof value === 'string' ? [value] : []);

/** SLSA provenance 0.2 and 1 keep the builder in different places. */
function builderOf(predicate: unknown): string | undefined {
  return [at(predicate, 'builder', 'id'), at(predicate, 'runDetails', 'builder', 'id')].flatMap(text)[0];
}

/** Returns the tools of an SPDX document, or of a CycloneDX one in its older or newer form. */
function toolsOf(predicate: unknown): string[] | undefined {
  const creators = at(predicate, 'creationInfo', 'creators');
  if (creators !== undefined)
    return list(creators)
      .flatMap(text)
      .filter((one) => one.startsWith('Tool:'))
      .map((one) => one.slice(5).trim());
  const tools = at(predicate, 'metadata', 'tools');
  if (tools === undefined) return undefined;
  return [...list(tools), ...list(at(tools, 'components'))].map((one) =>
    [at(one, 'name'), at(one, 'version')].flatMap(text).join(' '),
  );
}

/** Returns the digests of a statement's subjects, `algorithm:hex`. */
export function subjectsOf(statement: unknown): string[] {
  return list(at(statement, 'subject')).flatMap((subject) => {
    const digests = at(subject, 'digest');
    return isShape(digests)
      ? Object.entries(digests).flatMap(([name, hex]) => text(hex).map((one) => `${name}:${one}`))
      : [];
  });
}

/**
 * Summarizes a statement: subjects, builder and tools. Does not change the statement's bytes.
 *
 * @param statement bytes of an in-toto statement
 * @returns undefined if the bytes are not a JSON object
 */
export function summarizeStatement(statement: Uint8Array): StatementSummary | undefined {
  const document = parseObject(statement);
  if (!document) return undefined;
  const subjects = subjectsOf(document);
  const builder = builderOf(document.predicate);
  const tools = toolsOf(document.predicate);
  return { subjects, ...(builder !== undefined && { builder }), ...(tools !== undefined && { tools }) };
}
