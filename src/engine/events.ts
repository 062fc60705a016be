/** An event as `GET /events` reports it. */
export interface DaemonEvent {
  readonly type: string;
  readonly action: string;
  readonly actor: { readonly id: string; readonly attributes: Readonly<Record<string, string>> };
  /** Nanoseconds since 1970. */
  readonly timeNano: bigint;
}
