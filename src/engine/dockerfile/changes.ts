import type { RunConfig } from '../../oci/image-config.js';
import { AttestdError } from '../../support/foundation/errors.js';
import { Draft } from './draft.js';
import { type Change, configuring } from './instructions.js';

const bad = (message: string): AttestdError => new AttestdError('INVALID_ARGUMENT', message);

/**
 * A configuration from Dockerfile instructions, as `changes` of an import gives them.
 *
 * @param changes each one or more lines: CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER,
 *   VOLUME or WORKDIR
 * @param base what is changed; it stays as it is
 * @throws INVALID_ARGUMENT with dockerd's text
 */
export function applyChanges(changes: readonly string[], base: RunConfig = {}): RunConfig {
  const lines = changes
    .join('\n')
    .replace(/\\[ \t]*\n/g, '')
    .split('\n');
  const parsed = lines.flatMap((line): Change[] => {
    const text = line.trim();
    if (text === '' || text.startsWith('#')) return [];
    const [word = ''] = /^\S+/.exec(text) ?? [];
    const read = Object.hasOwn(configuring, word.toLowerCase()) ? configuring[word.toLowerCase()] : undefined;
    if (read === undefined) throw bad(`${word.toUpperCase()} is not a valid change command`);
    return [read(text.slice(word.length).trim())];
  });
  if (changes.length > 0 && parsed.length === 0) throw bad('file with no instructions');
  const draft = new Draft(base);
  for (const change of parsed) change(draft);
  return draft.finish();
}
