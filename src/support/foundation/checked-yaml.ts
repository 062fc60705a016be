/** Documents in YAML or JSON that a schema of schemas/ describes. Both libraries are loaded when something is read. */
import { readFileSync } from 'node:fs';
import { AttestdError } from './errors.js';

/**
 * Read a document from YAML (or JSON) and check it.
 *
 * @param text of the file
 * @param name of the file, for messages
 * @param schema file of the JSON schema
 * @throws AttestdError INVALID_ARGUMENT that names the place and what is wrong there
 */
export async function readCheckedYaml<Value>(text: string, name: string, schema: URL): Promise<Value> {
  const { parseDocument } = await import('yaml');
  const document = parseDocument(text, { prettyErrors: true, logLevel: 'error' });
  const [fault] = document.errors;
  if (fault !== undefined) throw invalid(name, fault.message.split('\n', 1)[0] as string);
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw invalid(name, (error as Error).message);
  }
  return checkAgainst<Value>(value, name, schema);
}

/**
 * Check a value that a program has, as one of a file is checked.
 *
 * @throws AttestdError INVALID_ARGUMENT
 */
export async function checkAgainst<Value>(value: unknown, name: string, schema: URL): Promise<Value> {
  const { Ajv } = await import('ajv');
  const ajv = new Ajv({ allErrors: false, strict: false });
  const validate = ajv.compile<Value>(JSON.parse(readFileSync(schema, 'utf8')));
  if (!validate(value)) throw invalid(name, explain(validate.errors ?? []));
  return value;
}

interface Fault {
  readonly instancePath: string;
  readonly message?: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** The deepest fault is the one that is meant where there were several ways. */
function explain(faults: readonly Fault[]): string {
  const [fault] = [...faults].sort((a, b) => depth(b) - depth(a));
  if (fault === undefined) return 'not valid';
  const place = fault.instancePath
    .slice(1)
    .split('/')
    .map((part) => (/^\d+$/.test(part) ? `[${part}]` : `.${part}`))
    .join('')
    .replace(/^\./, '');
  const extra = Object.values(fault.params).filter((value) => typeof value === 'string' || Array.isArray(value));
  const detail = /additional|allowed values/.test(fault.message ?? '') ? ` (${extra.flat().join(', ')})` : '';
  return `${place === '' ? 'the document' : place} ${fault.message ?? 'is not valid'}${detail}`;
}

const depth = ({ instancePath }: Fault): number => instancePath.split('/').length;

/** An error of a document: its name, and what is wrong. */
export function invalid(name: string, why: string): AttestdError {
  return new AttestdError('INVALID_ARGUMENT', `${name}: ${why}`);
}
