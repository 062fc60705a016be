import type { Duplex } from 'node:stream';
import type { Machine } from '../kernel/machine.js';
import type { Program } from '../kernel/task.js';
import type { ProcessSpec } from '../types.js';

/** A script while its container runs. */
export interface RunningScript {
  /** What a process does; undefined where the script says nothing of it. */
  answer(spec: ProcessSpec): { readonly argv: readonly string[]; readonly program: Program } | undefined;
  /** TCP ports that are answered. */
  ports(): number[];
  /** Answer a connection. False when nothing listens on the port. */
  connect(port: number, socket: Duplex, machine: Machine): boolean;
}
