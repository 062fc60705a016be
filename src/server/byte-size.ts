import type { TerminalSize } from '../engine/containers/io/terminal.js';
import { AttestdError } from '../support/foundation/errors.js';
import { quote } from '../support/go/quote.js';

const largest = 2 ** 32 - 1;

/**
 * The size that a resize asks for.
 *
 * @throws INVALID_ARGUMENT with the daemon's words for what is no number of 32 bits
 */
export function readSize({ h, w }: Readonly<Record<'h' | 'w', string>>): TerminalSize {
  return { height: side(h, 'height'), width: side(w, 'width') };
}

function side(text: string, name: string): number {
  const refuse = (why: string): never => {
    throw new AttestdError('INVALID_ARGUMENT', `invalid resize ${name} ${quote(text)}: ${why}`);
  };
  if (!/^-?\d+$/.test(text)) refuse('invalid syntax');
  const value = Number(text);
  return text.startsWith('-') || value > largest ? refuse('value out of range') : value;
}
