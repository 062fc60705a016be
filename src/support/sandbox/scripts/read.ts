import { readFile } from 'node:fs/promises';
import { checkAgainst, invalid, readCheckedYaml } from '../../foundation/checked-yaml.js';
import { AttestdError } from '../../foundation/errors.js';
import { quote } from '../../go/quote.js';
import { parseSignal } from '../kernel/signals.js';
import type { Script, ScriptsSource } from './types.js';

/** The schema of scripts. */
export const scriptsSchemaFile = new URL('../../../../schemas/scripts-1.0.json', import.meta.url);

/**
 * Read scripts from YAML (or JSON).
 *
 * @param text of the file
 * @param name of the file, for messages
 * @throws INVALID_ARGUMENT that names the place and what is wrong there
 */
export async function readScripts(text: string, name: string): Promise<readonly Script[]> {
  return checkTogether(await readCheckedYaml<File>(text, name, scriptsSchemaFile), name);
}

/**
 * Read scripts from wherever they are, in that order.
 *
 * @throws NOT_FOUND for a file that cannot be read; INVALID_ARGUMENT as `readScripts` does
 */
export async function readScriptSources(sources: readonly ScriptsSource[]): Promise<readonly Script[]> {
  const all: Script[] = [];
  for (const source of sources) {
    if (typeof source !== 'string') {
      all.push(...(await checkScripts(source)));
      continue;
    }
    const text = await readFile(source, 'utf8').catch((cause) => {
      throw new AttestdError('NOT_FOUND', `scripts: cannot read '${source}'`, { cause });
    });
    all.push(...(await readScripts(text, source)));
  }
  return all;
}

/**
 * Check scripts that a program has, as those of a file are checked.
 *
 * @param value `{ version, scripts }`
 * @throws INVALID_ARGUMENT
 */
export async function checkScripts(value: unknown, name = 'scripts'): Promise<readonly Script[]> {
  return checkTogether(await checkAgainst<File>(value, name, scriptsSchemaFile), name);
}

interface File {
  readonly scripts: readonly Script[];
}

/** Checks rules that the schema cannot express. */
function checkTogether({ scripts }: File, name: string): readonly Script[] {
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
