import { parseObject } from './manifests.js';

/** What a statement tells of itself, for people and for simple policies. */
export interface StatementSummary {
  /** Digests of what it is about, `algorithm:hex`. */
  readonly subjects: readonly string[];
  /** Identity of the builder, of provenance; empty when the builder gave none. */
  readonly builder?: string;
  /** Tools that made an SBOM. */
  readonly tools?: readonly string[];
}

type Shape = Readonly<Record<string, unknown>>;

const isShape = (value: unknown): value is Shape =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value at the end of a path; undefined when the path leads nowhere. */
function at(value: unknown, ...path: string[]): unknown {
  return path.reduce((from, name) => (isShape(from) ? from[name] : undefined), value);
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const text = (value: unknown): string[] => (typeof value === 'string' ? [value] : []);

/** SLSA provenance 0.2 and 1 keep the builder in different places. */
function builderOf(predicate: unknown): string | undefined {
  return [at(predicate, 'builder', 'id'), at(predicate, 'runDetails', 'builder', 'id')].flatMap(text)[0];
}

/** Tools of an SPDX document, or of a CycloneDX one in its older and newer form. */
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

/** Digests of what a statement is about, `algorithm:hex`. */
export function subjectsOf(statement: unknown): string[] {
  return list(at(statement, 'subject')).flatMap((subject) => {
    const digests = at(subject, 'digest');
    return isShape(digests)
      ? Object.entries(digests).flatMap(([name, hex]) => text(hex).map((one) => `${name}:${one}`))
      : [];
  });
}

/**
 * Read what a statement is about and who made it. The statement's bytes stay as they are.
 *
 * @param statement bytes of an in-toto statement
 * @returns undefined when the bytes are not a JSON object
 */
export function summarizeStatement(statement: Uint8Array): StatementSummary | undefined {
  const document = parseObject(statement);
  if (!document) return undefined;
  const subjects = subjectsOf(document);
  const builder = builderOf(document.predicate);
  const tools = toolsOf(document.predicate);
  return { subjects, ...(builder !== undefined && { builder }), ...(tools !== undefined && { tools }) };
}
