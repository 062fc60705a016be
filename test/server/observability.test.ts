import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type RunningServer, startServer } from '../../src/server/index.js';
import { streamLog } from '../../src/server/log.js';
import type { RequestRecord } from '../../src/server/request-record.js';
import { contextWithoutStore, raw, serveContext, type TestService } from './support.js';

describe('the record of a request', () => {
  const records: RequestRecord[] = [];
  let service: TestService;
  before(async () => {
    service = await serveContext(contextWithoutStore(), { watch: (record) => records.push(record) });
  });
  after(() => service.close());
  beforeEach(() => {
    records.length = 0;
  });

  it('is made for each of three equal ones, whether kept or not', async () => {
    for (let i = 0; i < 3; i++) await raw(service.path, 'GET /v1.50/version HTTP/1.1\r\nUser-Agent: me');
    expect(records.map(({ cached }) => cached)).to.deep.equal([false, true, true]);
    for (const record of records) {
      expect(record).to.include({
        method: 'GET',
        target: '/v1.50/version',
        operationId: 'SystemVersion',
        apiVersion: '1.50',
        status: 200,
        agent: 'me',
        aborted: false,
      });
      expect(record.bytes).to.equal(records[0]?.bytes).and.above(100);
      expect(record.ms).to.be.at.least(0);
    }
  });

  it('is made for what has no operation, and for what is refused', async () => {
    await raw(service.path, 'GET /nothing HTTP/1.1');
    await raw(service.path, 'GET /v9.9/version HTTP/1.1');
    expect(records.map(({ status, operationId }) => [status, operationId])).to.deep.equal([
      [404, undefined],
      [400, undefined],
    ]);
  });
});

describe('the log', () => {
  const lines = (format: 'text' | 'json', level: 'info' | 'warn' = 'info') => {
    const written: string[] = [];
    return { written, log: streamLog({ write: (text) => written.push(text) }, level, format) };
  };

  it('writes a line of JSON', () => {
    const { written, log } = lines('json');
    log('info', 'request', { status: 200, cached: true });
    expect(JSON.parse(written.join(''))).to.deep.include({ level: 'info', msg: 'request', status: 200, cached: true });
    expect(written.join('')).to.match(/^[^\n]*"time":"\d{4}-[^\n]*\n$/);
  });

  it('writes a line of text that no value can break', () => {
    const { written, log } = lines('text');
    log('warn', 'odd\nthing', { agent: 'a "b"\n2026 forged', status: 200 });
    expect(written.join('')).to.match(/^\S+ warn odd thing agent="a \\"b\\"\\n2026 forged" status=200\n$/);
  });

  it('cuts texts that a client made long', () => {
    for (const format of ['text', 'json'] as const) {
      const { written, log } = lines(format);
      log('error', 'x'.repeat(1 << 20), { client: 'y'.repeat(1 << 20), status: 500 });
      expect(written.join('').length).to.be.within(8192, 9000);
      expect(written.join('')).to.include('500');
    }
  });

  it('leaves out what is below its level', () => {
    const { written, log } = lines('text', 'warn');
    log('info', 'request');
    expect(written).to.deep.equal([]);
  });
});

describe('the control socket', () => {
  let folder: string;
  let server: RunningServer;
  const path = () => join(folder, 'control.sock');
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'attestd-test-'));
    server = await startServer({ listen: [`unix://${join(folder, 'x.sock')}`], control: `unix://${path()}` });
  });
  after(async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('is only for this user, and is not the API', async () => {
    expect((await stat(path())).mode & 0o777).to.equal(0o600);
    expect((await raw(path(), 'GET /_ping HTTP/1.1')).status).to.equal(404);
    expect((await raw(join(folder, 'x.sock'), 'GET /healthz HTTP/1.1')).status).to.equal(404);
  });

  it('says that the server is well', async () => {
    const answer = await raw(path(), 'GET /healthz HTTP/1.1');
    expect([answer.status, answer.body.toString()]).to.deep.equal([200, 'ok\n']);
  });

  it('counts requests by operation, status, and whether they were kept', async () => {
    for (let i = 0; i < 3; i++) await raw(join(folder, 'x.sock'), 'GET /v1.44/version HTTP/1.1');
    const text = (await raw(path(), 'GET /metrics HTTP/1.1')).body.toString();
    const count = (cached: boolean): string =>
      `attestd_requests_total{method="GET",operation="SystemVersion",status="200",cached="${cached}"}`;
    expect(text)
      .to.include(`${count(false)} 1\n`)
      .and.include(`${count(true)} 2\n`);
    expect(text).to.include('attestd_request_seconds_count{operation="SystemVersion"} 3');
  });
});
