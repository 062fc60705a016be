import { AttestdError } from '../../../support/foundation/errors.js';
import { formatDuration, parseDuration } from '../../../support/go/duration.js';
import { quote } from '../../../support/go/quote.js';
import { atoi, parseBool, parseUnsigned } from '../../../support/go/strconv.js';
import { bytesIn } from '../../../support/go/units.js';

type Options = Readonly<Record<string, string>>;

/** The option rules of one log driver. */
interface LogDriver {
  /** Option names in addition to the daemon's own. */
  readonly names: string;
  /** Returns the error text for an unknown option. */
  readonly unknown?: (key: string) => string;
  /**
   * Runs before the names are checked.
   *
   * @throws INVALID_ARGUMENT
   */
  readonly before?: (options: Options) => void;
  /** @throws INVALID_ARGUMENT for an invalid value */
  readonly check?: (options: Options) => void;
}

const chosen = 'env env-regex labels labels-regex';
const tagged = `${chosen} tag`;
const files = `max-file max-size compress ${tagged}`;

const refuse = (reason: string): never => {
  throw new AttestdError('INVALID_ARGUMENT', reason);
};

/** Parses a value that is set and not empty. */
function reading<T>(options: Options, key: string, read: (text: string) => T, words = ''): T | undefined {
  const text = options[key] ?? '';
  if (text === '') return undefined;
  try {
    return read(text);
  } catch (error) {
    return refuse(words + (error as Error).message);
  }
}

/** A whole number, which is not below the least. @returns undefined for any other text */
function wholeNumber(text: string, least: number): number | undefined {
  try {
    const number = atoi(text);
    return number < least ? undefined : number;
  } catch {
    return undefined;
  }
}

function checkAwslogs(options: Options): void {
  if (!options['awslogs-group']) refuse("must specify a value for log opt 'awslogs-group'");
  for (const key of ['awslogs-create-group', 'awslogs-create-stream'])
    reading(options, key, parseBool, `must specify valid value for log opt '${key}': `);
  for (const key of ['awslogs-force-flush-interval-seconds', 'awslogs-max-buffered-events']) {
    const value = options[key] ?? '';
    if (value !== '' && wholeNumber(value, 1) === undefined)
      refuse(`must specify a positive integer for log opt '${key}': ${value}`);
  }
  const [date, lines] = ['awslogs-datetime-format', 'awslogs-multiline-pattern'];
  const [dated, lined] = [options[date] !== undefined, options[lines] !== undefined];
  if (dated && lined) refuse(`you cannot configure log opt '${date}' and '${lines}' at the same time`);
  const format = options['awslogs-format'] ?? '';
  if (format === '') return;
  if (format !== 'json/emf') refuse(`unsupported log format '${format}'`);
  if (dated || lined)
    refuse(`you cannot configure log opt '${date}' or '${lines}' when log opt 'awslogs-format' is set to '${format}'`);
}

function checkFluentdAddress(address: string): void {
  const [scheme = '', rest = ''] = address.includes('://') ? address.split('://', 2) : ['tcp', address];
  if (scheme === 'unix') {
    if (rest.replace(/^\/+/, '') === '') throw new Error('path is empty');
    return;
  }
  if (scheme !== 'tcp' && scheme !== 'tls') throw new Error(`unsupported scheme: '${scheme}'`);
  if (rest.includes('/')) throw new Error('should not contain a path element');
  const port = /:(\d+)$/.exec(rest)?.[1];
  if (port === undefined) return;
  try {
    parseUnsigned(port, 16);
  } catch (error) {
    throw new Error(`invalid port: ${(error as Error).message}`);
  }
}

const milliseconds = 1_000_000n;

function checkFluentd(options: Options): void {
  reading(options, 'fluentd-address', checkFluentdAddress, `invalid fluentd-address (${options['fluentd-address']}): `);
  const size = options['fluentd-buffer-limit'] ?? '';
  if (size !== '' && bytesIn(size) === undefined) refuse(`invalid size: '${size}'`);
  reading(options, 'fluentd-retry-wait', parseDuration);
  const tries = reading(options, 'fluentd-max-retries', (text) => parseUnsigned(text, 32)) ?? 0n;
  if (tries > 0x7fffffffn) refuse('invalid fluentd-max-retries: value out of range');
  reading(options, 'fluentd-async', parseBool);
  const again = 'fluentd-async-reconnect-interval';
  const interval = reading(options, again, parseDuration, `invalid value for ${again}: `) ?? 0n;
  if (interval !== 0n && (interval < 100n * milliseconds || interval > 10_000n * milliseconds))
    refuse(`invalid value for ${again}: value (${quote(formatDuration(interval))}) must be between 100ms and 10s`);
  reading(options, 'fluentd-sub-second-precision', parseBool);
  reading(options, 'fluentd-request-ack', parseBool);
  for (const key of ['fluentd-write-timeout', 'fluentd-read-timeout']) {
    const what = `invalid value for ${key}: value must be a duration`;
    if ((reading(options, key, parseDuration, `${what}: `) ?? 0n) < 0n) refuse(`${what} that is non-negative`);
  }
}

/** The scheme of where gelf sends to; it is looked at before all other options. */
function gelfScheme(address = ''): string {
  if (address === '') refuse('gelf-address is a required parameter');
  const [, scheme = '', host = ''] = /^([a-z][a-z0-9+.-]*):(?:\/\/([^/?#]*))?/i.exec(address) ?? [];
  if (scheme !== 'udp' && scheme !== 'tcp') refuse('gelf: endpoint needs to be TCP or UDP');
  if (!/:\d*$/.test(host)) refuse('gelf: please provide gelf-address as proto://host:port');
  return scheme;
}

function checkGelf(options: Options): void {
  const scheme = gelfScheme(options['gelf-address']);
  const bad = (key: string): never =>
    refuse(`unknown value ${quote(options[key] ?? '')} for log opt ${quote(key)} for gelf log driver`);
  const [level, type] = [options['gelf-compression-level'], options['gelf-compression-type']];
  if ((level ?? type) !== undefined && scheme !== 'udp') refuse('compression is only supported on UDP');
  if (level !== undefined && (wholeNumber(level, -1) ?? 10) > 9) bad('gelf-compression-level');
  if (type !== undefined && !['gzip', 'zlib', 'none'].includes(type)) bad('gelf-compression-type');
  for (const key of ['gelf-tcp-max-reconnect', 'gelf-tcp-reconnect-delay']) {
    const value = options[key];
    if (value === undefined) continue;
    if (scheme !== 'tcp') refuse(`${quote(key)} is only valid for TCP`);
    if (wholeNumber(value, 0) === undefined) refuse(`${quote(key)} must be a positive integer`);
  }
}

const facilities = (
  'kern user mail daemon auth syslog lpr news uucp cron authpriv ftp ' +
  'local0 local1 local2 local3 local4 local5 local6 local7'
).split(' ');

function checkSyslog(options: Options): void {
  const { 'syslog-address': address = '', 'syslog-facility': facility = '', 'syslog-format': format = '' } = options;
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(address)?.[1] ?? '';
  if (address !== '' && !['unix', 'unixgram', 'udp', 'tcp', 'tcp+tls'].includes(scheme))
    refuse(`unsupported scheme: '${scheme}'`);
  const number = wholeNumber(facility, 0);
  if (facility !== '' && !facilities.includes(facility) && (number === undefined || number > 23))
    refuse('invalid syslog facility');
  if (!['', 'rfc3164', 'rfc5424', 'rfc5424micro'].includes(format)) refuse('Invalid syslog format');
}

const prefixed = (prefix: string, names: string): string => names.replace(/\S+/g, (name) => `${prefix}-${name}`);

/** The drivers of logs that a daemon has, by their names. */
const drivers: Readonly<Record<string, LogDriver>> = {
  awslogs: {
    names: `tag ${prefixed('awslogs', 'group stream create-group create-stream region endpoint datetime-format multiline-pattern credentials-endpoint force-flush-interval-seconds max-buffered-events format')}`,
    check: checkAwslogs,
  },
  fluentd: {
    names: `${tagged} ${prefixed('fluentd', 'address async async-reconnect-interval buffer-limit max-retries request-ack retry-wait sub-second-precision write-timeout read-timeout')}`,
    check: checkFluentd,
  },
  gcplogs: {
    names: `${chosen} ${prefixed('gcp', 'project log-cmd meta-zone meta-name meta-id')}`,
    unknown: (key) => `${quote(key)} is not a valid option for the gcplogs driver`,
  },
  gelf: {
    names: `${tagged} ${prefixed('gelf', 'address compression-level compression-type tcp-max-reconnect tcp-reconnect-delay')}`,
    unknown: (key) => `unknown log opt ${quote(key)} for gelf log driver`,
    before: (options) => void gelfScheme(options['gelf-address']),
    check: checkGelf,
  },
  journald: { names: tagged },
  'json-file': { names: files },
  local: { names: files, unknown: (key) => `unknown log opt '${key}' for log driver local` },
  splunk: {
    names: `${tagged} ${prefixed('splunk', 'url token source sourcetype index capath caname insecureskipverify format verify-connection gzip gzip-level index-acknowledgment')}`,
  },
  syslog: {
    names: `${tagged} ${prefixed('syslog', 'address facility format tls-ca-cert tls-cert tls-key tls-skip-verify')}`,
    check: checkSyslog,
  },
};

/** Whether the daemon has a log driver. `none` is not a driver. */
export const isLogDriver = (name: string): boolean => Object.hasOwn(drivers, name);

/**
 * Checks the options of an existing driver as the driver does (docs/reference/behavior/streams.md#container-logs).
 *
 * @param options without the daemon's own
 * @throws INVALID_ARGUMENT with the driver's words
 */
export function checkDriverOptions(name: string, options: Options): void {
  const { names, unknown, before, check } = drivers[name] as LogDriver;
  before?.(options);
  const known = names.split(' ');
  const other = Object.keys(options)
    .sort()
    .find((key) => !known.includes(key));
  if (other !== undefined) refuse(unknown?.(other) ?? `unknown log opt '${other}' for ${name} log driver`);
  check?.(options);
}
