import { AttestdError } from '../../errors.js';
import { quote } from '../../go/quote.js';
import { bytesIn } from '../../go/units.js';
import type { HostConfig } from './host-config.js';
import type { LogBounds } from './log.js';

const drivers = ['awslogs', 'fluentd', 'gcplogs', 'gelf', 'journald', 'json-file', 'local', 'none', 'splunk', 'syslog'];
/** Drivers whose logs can be read. */
const readable = ['json-file', 'local', 'journald'];
const jsonFileOptions = ['max-file', 'max-size', 'compress', 'env', 'env-regex', 'labels', 'labels-regex', 'tag'];

/** What is kept of a log without bounds, in bytes: a reference server's memory is not the machine's disk. */
const defaultSize = 16 * 1024 * 1024;

/** What of a log may be kept at most. */
const largest = 2 * defaultSize;

/** Whether the daemon can read back what a driver was given: of the others it keeps a copy, unless it is told not to. */
export function isReadable({ Type: driver, Config: options = {} }: HostConfig['LogConfig']): boolean {
  if (readable.includes(driver)) return true;
  return driver !== 'none' && !/^(?:1|t|true)$/i.test(options['cache-disabled'] ?? '');
}

/**
 * Check how a container's output is logged, and fill in the daemon's default.
 *
 * @throws INVALID_ARGUMENT with dockerd's texts
 */
export function checkLogConfig(log: HostConfig['LogConfig']): void {
  if (log.Type === '') log.Type = 'json-file';
  log.Config ??= {};
  if (log.Type === 'none') return;
  const { mode = '' } = log.Config;
  const refuse = (why: string): never => {
    throw new AttestdError('INVALID_ARGUMENT', why);
  };
  if (!['', 'blocking', 'non-blocking'].includes(mode)) refuse(`logger: logging mode not supported: ${mode}`);
  if (log.Config['max-buffer-size'] !== undefined && mode !== 'non-blocking')
    refuse("logger: max-buffer-size option is only supported with 'mode=non-blocking'");
  const buffer = log.Config['max-buffer-size'];
  if (buffer !== undefined && bytesIn(buffer) === undefined)
    refuse(`error parsing option max-buffer-size: invalid size: '${buffer}'`);
  if (!drivers.includes(log.Type))
    refuse(`error looking up logging plugin ${log.Type}: plugin ${quote(log.Type)} not found`);
  if (log.Type !== 'json-file') return;
  for (const key of Object.keys(log.Config))
    if (!['mode', 'max-buffer-size', ...jsonFileOptions].includes(key) && !key.startsWith('cache-'))
      refuse(`unknown log opt '${key}' for json-file log driver`);
}

/** How much of a log is kept: what max-size and max-file say, and not more than a bound of our own. */
export function logBounds({ Config: options = {} }: HostConfig['LogConfig']): LogBounds {
  const files = Number(options['max-file'] ?? '1');
  const fileSize = bytesOf(options['max-size'] ?? '') ?? defaultSize;
  return {
    fileSize,
    files: Number.isInteger(files) && files > 0 ? Math.min(files, Math.ceil(largest / fileSize)) : 1,
  };
}

function bytesOf(text: string): number | undefined {
  const size = bytesIn(text);
  return size === undefined || size === 0 ? undefined : Math.min(size, largest);
}
