import { maxLogBytes } from '../../limits.js';
import type { ContainerLog } from './log.js';

/** The memory limit of all logs. Above it, the longest log drops its oldest entries. */
export class LogQuota {
  /**
   * @param logs the logs of all containers
   *
   * @param limit bytes of memory
   */
  constructor(
    private readonly logs: () => Iterable<ContainerLog>,
    private readonly limit = maxLogBytes,
  ) {}

  /** Drops old entries until the logs fit. */
  reclaim(): void {
    let usedBytes = 0;
    for (const log of this.logs()) usedBytes += log.allocatedBytes;
    while (usedBytes > this.limit) {
      let longest: ContainerLog | undefined;
      for (const log of this.logs()) if (log.allocatedBytes > (longest?.allocatedBytes ?? 0)) longest = log;
      const freed = longest?.letGo() ?? 0;
      if (freed === 0) return;
      usedBytes -= freed;
    }
  }
}
