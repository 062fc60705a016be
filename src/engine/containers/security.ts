import { AttestdError } from '../../errors.js';
import { quote } from '../../go/quote.js';

const alone = ['disable', 'no-new-privileges'];
const known = ['label', 'apparmor', 'seccomp', 'no-new-privileges', 'writable-cgroups'];

/**
 * Check the security options of a container.
 *
 * @throws INTERNAL for an option that is none, as dockerd does
 */
export function checkSecurity(options: readonly string[]): void {
  for (const option of options) {
    if (alone.includes(option)) continue;
    // An older form has a colon.
    const at = option.search(/[=:]/);
    if (at < 0) throw new AttestdError('INTERNAL', `invalid --security-opt 1: ${quote(option)}`);
    if (!known.includes(option.slice(0, at)))
      throw new AttestdError('INTERNAL', `invalid --security-opt 2: ${quote(option)}`);
  }
}
