/** A JSON array of strings; undefined for anything else, which is then a shell's. */
export function execForm(args: string): string[] | undefined {
  if (!args.startsWith('[')) return undefined;
  try {
    const parsed: unknown = JSON.parse(args);
    return Array.isArray(parsed) && parsed.every((item) => typeof item === 'string') ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** What a container runs: as given, or by a shell. */
export function commandOf(args: string): string[] {
  return execForm(args) ?? (args === '' ? ['/bin/sh', '-c'] : ['/bin/sh', '-c', args]);
}
