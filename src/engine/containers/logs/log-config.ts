import { AttestdError } from '../../../support/foundation/errors.js';
import { quote } from '../../../support/go/quote.js';
import { parseBool } from '../../../support/go/strconv.js';
import { bytesIn } from '../../../support/go/units.js';
import type { HostConfig } from '../create/host-config.js';
import type { LogBounds } from './log.js';
import { checkDriverOptions, isLogDriver } from './log-drivers.js';

/** Drivers whose logs can be read. */
const readable = ['json-file', 'local', 'journald'];
/** Options of the daemon itself, valid for every driver. */
const everyOption = 'mode max-buffer-size cache-disabled cache-max-size cache-max-file cache-compress'.split(' ');

/** Default size of a log in bytes, because it is kept in memory and not on disk. */
const defaultSize = 16 * 1024 * 1024;

/** Maximum size of a log in bytes. */
const largest = 2 * defaultSize;

/**
 * Whether the daemon can read a driver's log. For a driver that cannot, the daemon keeps a copy unless that is
 * disabled.
 */
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
 * Runs a driver's checks at the start of a container (docs/reference/behavior/containers.md#container-start).
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

/** Assumes that the splunk server exists. */
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

/** Returns the limits of a log from max-size and max-file, capped at our own maximum. */
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
