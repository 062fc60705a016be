import { readFileSync } from 'node:fs';
import { AttestdError } from '../../errors.js';
import { quote } from '../../go/quote.js';
import { parseSignal } from '../kernel/signals.js';
import type { Script } from './types.js';

/** Where the schema of scripts is. */
export const scriptsSchemaFile = new URL('../../../schemas/scripts-1.0.json', import.meta.url);

/**
 * Read scripts from YAML (or JSON).
 *
 * @param text of the file
 * @param name of the file, for messages
 * @throws INVALID_ARGUMENT that names the place and what is wrong there
 */
export async function readScripts(text: string, name: string): Promise<readonly Script[]> {
  const { parseDocument } = await import('yaml');
  const document = parseDocument(text, { prettyErrors: true });
  const [fault] = document.errors;
  if (fault !== undefined) throw invalid(name, fault.message.split('\n', 1)[0] as string);
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw invalid(name, (error as Error).message);
  }
  return checkScripts(value, name);
}

/**
 * Check scripts that a program has, as those of a file are checked.
 *
 * @param value `{ version, scripts }`
 * @throws INVALID_ARGUMENT
 */
export async function checkScripts(value: unknown, name = 'scripts'): Promise<readonly Script[]> {
  const { Ajv } = await import('ajv');
  const ajv = new Ajv({ allErrors: false, strict: false });
  const validate = ajv.compile<{ scripts: readonly Script[] }>(JSON.parse(readFileSync(scriptsSchemaFile, 'utf8')));
  if (!validate(value)) throw invalid(name, explain(validate.errors ?? []));
  const { scripts } = value;
  for (const [index, script] of scripts.entries()) {
    if (scripts.findIndex((other) => other.name === script.name) < index) {
      throw invalid(name, `scripts[${index}].name: ${quote(script.name)} is there twice`);
    }
    const unknown = Object.keys(script.signals ?? {}).find((signal) => parseSignal(signal) === undefined);
    if (unknown !== undefined) throw invalid(name, `scripts[${index}].signals: ${unknown} is no signal`);
    const fixed = Object.keys(script.signals ?? {}).find((signal) => signal === 'KILL' || signal === 'STOP');
    if (fixed !== undefined) throw invalid(name, `scripts[${index}].signals: nothing can be said of ${fixed}`);
    const port = Object.keys(script.serves ?? {}).find((text) => Number(text) > 65_535);
    if (port !== undefined) throw invalid(name, `scripts[${index}].serves: ${port} is no port`);
  }
  return scripts;
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

function invalid(name: string, why: string): AttestdError {
  return new AttestdError('INVALID_ARGUMENT', `${name}: ${why}`);
}
