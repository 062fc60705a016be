import { createRequire } from 'node:module';
import type { Logger } from 'pino';

/** Levels of the log, the most talkative first; nothing is written at `none`. */
export const logLevels = ['debug', 'info', 'warn', 'error', 'none'] as const;

/** A level of the log. */
export type LogLevel = (typeof logLevels)[number];

/** Forms of the log's lines. */
export const logFormats = ['text', 'json'] as const;

/** A form of the log's lines. */
export type LogFormat = (typeof logFormats)[number];

/** What a line says besides its message, by name. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Receives what the server has to say of itself. */
export type Log = (level: Exclude<LogLevel, 'none'>, message: string, fields?: LogFields) => void;

/** Whether lines of a level are written where `least` is the least level that is. */
export function isLogged(level: Exclude<LogLevel, 'none'>, least: LogLevel): boolean {
  return logLevels.indexOf(level) >= logLevels.indexOf(least);
}

/** Where lines go. */
interface Sink {
  write(text: string): unknown;
}

const require = createRequire(import.meta.url);

/** Longest text of a line: what clients send may be long, and is told of. */
const longestText = 4096;

function short<T>(value: T): T | string {
  if (typeof value !== 'string' || value.length <= longestText) return value;
  return `${value.slice(0, longestText)}… and ${value.length - longestText} more`;
}

/** A value in a line of text: quoted where it would be taken for something else, or would break the line. */
function textOf(value: unknown): string {
  const text = String(value);
  return /^[^\s"=\p{Cc}]+$/u.test(text) ? text : JSON.stringify(text);
}

/** A line of JSON as a line of text: time, level, message, `name=value`. */
function asText(line: string): string {
  const { time, level, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const message = String(msg).replace(/\p{Cc}+/gu, ' ');
  const rest = Object.entries(fields).map(([name, value]) => ` ${name}=${textOf(value)}`);
  return `${time} ${level} ${message}${rest.join('')}\n`;
}

/**
 * A log that writes lines to a stream. The library behind it is loaded with the first line: at `warn` most runs have none.
 *
 * @param level the least level that is written; texts above 4096 characters are cut
 */
export function streamLog(stream: Sink, level: LogLevel, format: LogFormat = 'text'): Log {
  let logger: Logger | undefined;
  const load = (): Logger => {
    const { pino } = require('pino') as typeof import('pino');
    const sink = format === 'json' ? stream : { write: (line: string) => stream.write(asText(line)) };
    const options = {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label: string) => ({ level: label }) },
    };
    return pino(options, sink as { write(text: string): void });
  };
  return (at, message, fields = {}) => {
    if (!isLogged(at, level)) return;
    logger ??= load();
    const told = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, short(value)]));
    logger[at](told, short(message));
  };
}
