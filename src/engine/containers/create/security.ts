import { AttestdError } from '../../../support/foundation/errors.js';
import { quote } from '../../../support/go/quote.js';
import { parseBool } from '../../../support/go/strconv.js';

const alone = ['disable', 'no-new-privileges', 'writable-cgroups'];
const known = ['label', 'apparmor', 'seccomp', 'no-new-privileges', 'writable-cgroups'];
/** Options with a boolean value. */
const flags = ['no-new-privileges', 'writable-cgroups'];

/**
 * Check the security options of a container.
 *
 * @throws INTERNAL for an option that is none, as dockerd does
 */
export function checkSecurity(options: readonly string[]): void {
  for (const option of options) {
    if (alone.includes(option)) continue;
    const [name, value] = parts(option);
    if (value === undefined) throw new AttestdError('INTERNAL', `invalid --security-opt 1: ${quote(option)}`);
    if (!known.includes(name) || (flags.includes(name) && isTrue(value) === undefined))
      throw new AttestdError('INTERNAL', `invalid --security-opt 2: ${quote(option)}`);
  }
}

/** The profile of AppArmor that the last option names; empty for none. */
export function profileOf(options: readonly string[]): string {
  return options.map(parts).findLast(([name]) => name === 'apparmor')?.[1] ?? '';
}

/** Whether a container may create control groups. */
export function writesControlGroups(options: readonly string[]): boolean {
  return options.some((option) => {
    const [name, value = 'true'] = parts(option);
    return name === 'writable-cgroups' && isTrue(value) === true;
  });
}

/** Name and value; an older form has a colon. */
function parts(option: string): [string, string | undefined] {
  const at = option.search(/[=:]/);
  return at < 0 ? [option, undefined] : [option.slice(0, at), option.slice(at + 1)];
}

function isTrue(text: string): boolean | undefined {
  try {
    return parseBool(text);
  } catch {
    return undefined;
  }
}
