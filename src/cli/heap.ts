import { setFlagsFromString } from 'node:v8';

/**
 * Keep V8 from taking memory ahead of need, in a process that serves and does nothing else: young objects get 1 MB and no more, and
 * what has stayed is collected when there is half as much again, not several times as much. Both are read whenever a heap
 * grows, so they hold in a process that has begun; a limit of the young generation would not.
 */
export function holdHeap(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=50');
}
