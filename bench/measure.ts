/** One line of a benchmark: what was done, how fast. */
export interface Measurement {
  readonly what: string;
  readonly seconds: number;
  /** Bytes that went through, for a throughput. */
  readonly bytes?: number;
  /** How many times, for a rate. */
  readonly times?: number;
}

/** Do something once and take the time. */
export async function measure(
  what: string,
  amount: { bytes?: number; times?: number },
  act: () => unknown,
): Promise<Measurement> {
  const began = performance.now();
  await act();
  return { what, seconds: (performance.now() - began) / 1000, ...amount };
}

/** Print measurements as a table; resident memory is the process's peak so far. */
export function print(rows: readonly Measurement[]): void {
  for (const { what, seconds, bytes, times } of rows) {
    const rate = [
      bytes === undefined ? '' : `${(bytes / seconds / (1 << 20)).toFixed(0)} MiB/s`,
      times === undefined ? '' : `${(times / seconds).toFixed(0)}/s`,
    ];
    process.stdout.write(
      `${what.padEnd(56)} ${seconds.toFixed(3).padStart(8)} s  ${rate.filter(Boolean).join(', ')}\n`,
    );
  }
  process.stdout.write(`peak memory ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB\n`);
}
