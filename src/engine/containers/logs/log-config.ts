import { AttestdError } from '../../../support/foundation/errors.js';
import { quote } from '../../../support/go/quote.js';
import { parseBool } from '../../../support/go/strconv.js';
import { bytesIn } from '../../../support/go/units.js';
import type { HostConfig } from '../create/host-config.js';
import type { LogBounds } from './log.js';
import { checkDriverOptions, isLogDriver } from './log-drivers.js';

/** Drivers whose logs can be read. */
const readable = ['json-file', 'local', 'journald'];
/** Options that go to the daemon, whatever the driver. */
const everyOption = 'mode max-buffer-size cache-disabled cache-max-size cache-max-file cache-compress'.split(' ');

/** What is kept of a log without bounds, in bytes: a reference server's memory is not the machine's disk. */
const defaultSize = 16 * 1024 * 1024;

/** What of a log may be kept at most. */
const largest = 2 * defaultSize;

/** Whether the daemon can read back what a driver was given: of the others it keeps a copy, unless it is told not to. */
export function isReadable({ Type: driver, Config: options = {} }: HostConfig['LogConfig']): boolean {
  if (readable.includes(driver)) return true;
  return driver !== 'none' && !isTrue(options['cache-disabled'] ?? '');
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
  const refuse = (reason: string): never => {
    throw new AttestdError('INVALID_ARGUMENT', reason);
  };
  if (!['', 'blocking', 'non-blocking'].includes(mode)) refuse(`logger: logging mode not supported: ${mode}`);
  if (log.Config['max-buffer-size'] !== undefined && mode !== 'non-blocking')
    refuse("logger: max-buffer-size option is only supported with 'mode=non-blocking'");
  const buffer = log.Config['max-buffer-size'];
  if (buffer !== undefined && bytesIn(buffer) === undefined)
    refuse(`error parsing option max-buffer-size: invalid size: '${buffer}'`);
  if (!isLogDriver(log.Type))
    refuse(`error looking up logging plugin ${log.Type}: plugin ${quote(log.Type)} not found`);
  const cached = log.Config['cache-disabled'];
  if (cached !== undefined && isTrue(cached) === undefined)
    refuse(`invalid value for option cache-disabled: ${cached}`);
  const own = Object.entries(log.Config).filter(([key]) => !everyOption.includes(key));
  checkDriverOptions(log.Type, Object.fromEntries(own));
}

/**
 * Check what a driver looks at when the container starts (docs/reference/behavior/containers.md#container-start).
 *
 * @throws INTERNAL with the driver's words
 */
export function checkLogStart({ Type: type, Config: options = {} }: HostConfig['LogConfig']): void {
  const fail = (reason: string): never => {
    throw new AttestdError(
      'INTERNAL',
      `failed to create task for container: failed to initialize logging driver: ${reason}`,
    );
  };
  if (type === 'splunk') checkSplunk(options, fail);
  if (type !== 'json-file' && type !== 'local') return;
  const { 'max-size': size, 'max-file': files = '1', compress } = options;
  if (type === 'local') {
    if (size !== undefined && bytesIn(size) === undefined)
      fail(`invalid value for max-size: ${size}: invalid size: '${size}'`);
    if (!/^[+-]?\d+$/.test(files))
      fail(`invalid value for max-file: ${files}: strconv.Atoi: parsing ${quote(files)}: invalid syntax`);
    const packed = compress === undefined ? undefined : isTrue(compress);
    if (compress !== undefined && packed === undefined)
      fail(`invalid boolean value for compress: strconv.ParseBool: parsing ${quote(compress)}: invalid syntax`);
    return;
  }
  if (size !== undefined && bytesIn(size) === undefined) fail(`invalid size: '${size}'`);
  if (size !== undefined && bytesIn(size) === 0) fail('max-size must be a positive number');
  if (!/^[+-]?\d+$/.test(files)) fail(`strconv.Atoi: parsing ${quote(files)}: invalid syntax`);
  if (Number(files) < 1) fail('max-file cannot be less than 1');
  if (compress === undefined) return;
  const packed = isTrue(compress);
  if (packed === undefined) fail(`strconv.ParseBool: parsing ${quote(compress)}: invalid syntax`);
  if (packed && (Number(files) < 2 || size === undefined))
    fail('compress cannot be true when max-file is less than 2 or max-size is not set');
}

/** Where logs of splunk go to is taken to be there. */
function checkSplunk(
  { 'splunk-url': url, 'splunk-token': token }: Record<string, string>,
  fail: (reason: string) => never,
): void {
  if (url === undefined) fail('splunk: splunk-url is expected');
  if (!/^https?:\/\/[^/?#]*\/?$/.test(url ?? ''))
    fail('splunk: expected format scheme://dns_name_or_ip:port for splunk-url');
  if (token === undefined) fail('splunk: splunk-token is expected');
}

function isTrue(text: string): boolean | undefined {
  try {
    return parseBool(text);
  } catch {
    return undefined;
  }
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
