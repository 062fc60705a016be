import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';

/** Bytes by which a heap may grow before it is collected, where half of what has stayed is less. */
const room = 24 << 20;

/** Percent of what has stayed by which a heap may grow. */
const least = 50;

/**
 * Keep V8 from taking memory ahead of need, in a process that serves and does nothing else: young objects get 1 MB and no more, and
 * what has stayed is collected when there is half as much again, not several times as much; a small heap may grow by more, for an
 * upload's buffers would have it collected a hundred times in a second. Both flags are read whenever a heap grows, so they
 * hold in a process that has begun; a limit of the young generation would not.
 */
export function holdHeap(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  let set = 0;
  // Looked at after each collection, of young objects too: V8 reckons with the share of when it ends one.
  const adjust = (): void => {
    const share = Math.max(least, Math.round((room / getHeapStatistics().used_heap_size) * 100));
    if (share === set) return;
    set = share;
    setFlagsFromString(`--heap-growing-percent=${share}`);
  };
  adjust();
  new PerformanceObserver(adjust).observe({ entryTypes: ['gc'] });
}
