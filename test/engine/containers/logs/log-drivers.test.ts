import { expect } from 'chai';
import { checkLogConfig, checkLogStart } from '../../../../src/engine/containers/logs/log-config.js';
import { refusal } from '../../support.js';

const check = (driver: string, options: Record<string, string>): Promise<readonly [string, string]> =>
  refusal(() => checkLogConfig({ Type: driver, Config: options }));

describe('Options of drivers of logs', () => {
  const group = { 'awslogs-group': 'g' };
  const udp = { 'gelf-address': 'udp://h:1' };
  const tcp = { 'gelf-address': 'tcp://h:1' };
  const date = { 'awslogs-datetime-format': 'x' };
  const cases: readonly (readonly [driver: string, options: Record<string, string>, why: string])[] = [
    ['fluentd', { x: '1' }, "unknown log opt 'x' for fluentd log driver"],
    ['fluentd', { 'fluentd-address': 'udp://x' }, "invalid fluentd-address (udp://x): unsupported scheme: 'udp'"],
    ['fluentd', { 'fluentd-address': 'unix:///' }, 'invalid fluentd-address (unix:///): path is empty'],
    ['fluentd', { 'fluentd-address': 'h/x' }, 'invalid fluentd-address (h/x): should not contain a path element'],
    [
      'fluentd',
      { 'fluentd-address': 'tcp://h:99999' },
      'invalid fluentd-address (tcp://h:99999): invalid port: strconv.ParseUint: parsing "99999": value out of range',
    ],
    ['fluentd', { 'fluentd-buffer-limit': 'x' }, "invalid size: 'x'"],
    ['fluentd', { 'fluentd-retry-wait': 'x' }, 'time: invalid duration "x"'],
    ['fluentd', { 'fluentd-max-retries': '-1' }, 'strconv.ParseUint: parsing "-1": invalid syntax'],
    ['fluentd', { 'fluentd-max-retries': '4000000000' }, 'invalid fluentd-max-retries: value out of range'],
    ['fluentd', { 'fluentd-async': 'x' }, 'strconv.ParseBool: parsing "x": invalid syntax'],
    [
      'fluentd',
      { 'fluentd-async-reconnect-interval': '1ms' },
      'invalid value for fluentd-async-reconnect-interval: value ("1ms") must be between 100ms and 10s',
    ],
    [
      'fluentd',
      { 'fluentd-write-timeout': '-1s' },
      'invalid value for fluentd-write-timeout: value must be a duration that is non-negative',
    ],
    [
      'fluentd',
      { 'fluentd-read-timeout': 'x' },
      'invalid value for fluentd-read-timeout: value must be a duration: time: invalid duration "x"',
    ],
    ['splunk', { x: '1' }, "unknown log opt 'x' for splunk log driver"],
    ['gcplogs', { tag: '1' }, '"tag" is not a valid option for the gcplogs driver'],
    ['awslogs', { 'awslogs-group': '' }, "must specify a value for log opt 'awslogs-group'"],
    ['awslogs', { ...group, env: 'x' }, "unknown log opt 'env' for awslogs log driver"],
    [
      'awslogs',
      { ...group, 'awslogs-create-group': 'x' },
      'must specify valid value for log opt \'awslogs-create-group\': strconv.ParseBool: parsing "x": invalid syntax',
    ],
    [
      'awslogs',
      { ...group, 'awslogs-max-buffered-events': '0' },
      "must specify a positive integer for log opt 'awslogs-max-buffered-events': 0",
    ],
    ['awslogs', { ...group, 'awslogs-format': 'x' }, "unsupported log format 'x'"],
    [
      'awslogs',
      { ...group, ...date, 'awslogs-format': 'json/emf' },
      "you cannot configure log opt 'awslogs-datetime-format' or 'awslogs-multiline-pattern' when log opt 'awslogs-format' is set to 'json/emf'",
    ],
    [
      'awslogs',
      { ...group, ...date, 'awslogs-multiline-pattern': 'x' },
      "you cannot configure log opt 'awslogs-datetime-format' and 'awslogs-multiline-pattern' at the same time",
    ],
    ['gelf', {}, 'gelf-address is a required parameter'],
    ['gelf', { 'gelf-address': 'x' }, 'gelf: endpoint needs to be TCP or UDP'],
    ['gelf', { 'gelf-address': 'udp://h' }, 'gelf: please provide gelf-address as proto://host:port'],
    ['gelf', { ...udp, x: '1' }, 'unknown log opt "x" for gelf log driver'],
    ['gelf', { ...tcp, 'gelf-compression-type': 'gzip' }, 'compression is only supported on UDP'],
    [
      'gelf',
      { ...udp, 'gelf-compression-level': '10' },
      'unknown value "10" for log opt "gelf-compression-level" for gelf log driver',
    ],
    ['gelf', { ...udp, 'gelf-tcp-max-reconnect': '1' }, '"gelf-tcp-max-reconnect" is only valid for TCP'],
    ['gelf', { ...tcp, 'gelf-tcp-max-reconnect': '-1' }, '"gelf-tcp-max-reconnect" must be a positive integer'],
    ['syslog', { 'syslog-address': 'http://x' }, "unsupported scheme: 'http'"],
    ['syslog', { 'syslog-facility': '24' }, 'invalid syslog facility'],
    ['syslog', { 'syslog-facility': '23', 'syslog-format': 'x' }, 'Invalid syslog format'],
  ];
  for (const [driver, options, why] of cases)
    it(`are refused by ${driver}: ${JSON.stringify(options)}`, async () => {
      expect(await check(driver, options)).to.deep.equal(['INVALID_ARGUMENT', why]);
    });

  it('are taken where they are right', () => {
    checkLogConfig({
      Type: 'fluentd',
      Config: { 'fluentd-address': 'tcp://h:24224', 'fluentd-async': 'true', tag: 't', mode: 'non-blocking' },
    });
    checkLogConfig({ Type: 'gcplogs', Config: { 'gcp-project': 'p', labels: 'l' } });
    checkLogConfig({ Type: 'gelf', Config: { ...udp, 'gelf-compression-level': '9' } });
  });

  it('are missed by splunk once the container starts', async () => {
    const start = (options: Record<string, string>): Promise<readonly [string, string]> =>
      refusal(() => checkLogStart({ Type: 'splunk', Config: options }));
    const failed = 'failed to create task for container: failed to initialize logging driver: splunk: ';
    const url = { 'splunk-url': 'http://h:1' };
    expect(await start({})).to.deep.equal(['INTERNAL', `${failed}splunk-url is expected`]);
    expect(await start(url)).to.deep.equal(['INTERNAL', `${failed}splunk-token is expected`]);
    expect((await start({ 'splunk-url': 'ftp://h' }))[1]).to.contain('expected format scheme://dns_name_or_ip:port');
    checkLogStart({ Type: 'splunk', Config: { ...url, 'splunk-token': 't' } });
  });
});
