/** Levels of the log, the most talkative first; nothing is written at `none`. */
export const logLevels = ['debug', 'info', 'warn', 'error', 'none'] as const;

/** A level of the log. */
export type LogLevel = (typeof logLevels)[number];

/** Receives what the server has to say of itself. */
export type Log = (level: Exclude<LogLevel, 'none'>, message: string) => void;

/**
 * A log that writes lines to a stream.
 *
 * @param level the least level that is written
 */
export function streamLog(stream: { write(text: string): unknown }, level: LogLevel): Log {
  const least = logLevels.indexOf(level);
  return (at, message) => {
    if (logLevels.indexOf(at) < least) return;
    stream.write(`${new Date().toISOString()} ${at} ${message}\n`);
  };
}
