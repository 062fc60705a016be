import type { TerminalSize } from '../../../support/sandbox/types.js';

export type { TerminalSize } from '../../../support/sandbox/types.js';

/** The size that a client gives a terminal; undefined for none, and for a terminal without height or width. */
export function sizeOf([height = 0, width = 0]: readonly number[] = []): TerminalSize | undefined {
  return height > 0 && width > 0 ? { height, width } : undefined;
}
