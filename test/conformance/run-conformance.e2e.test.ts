import { expect } from 'chai';
import { type ConformanceOptions, runConformance } from '../../src/conformance/index.js';
import { reportViolations } from '../../src/conformance/report/read.js';
import { type Daemon, startDaemon } from '../../src/testing/server.js';

async function codeOf(options: ConformanceOptions): Promise<string | undefined> {
  return runConformance(options).then(
    () => undefined,
    (error: { code?: string }) => error.code,
  );
}

describe('the suite run from code', () => {
  let daemon: Daemon;

  before(async () => {
    daemon = await startDaemon();
  });

  after(() => daemon.close());

  it('gives the report that the command writes', async () => {
    const seen: string[] = [];
    const report = await runConformance({
      host: daemon.host,
      only: ['SystemPing', 'SystemVersion'],
      name: 'from-code',
      onResult: ({ requirement, outcome }) => {
        if (outcome === 'passed') seen.push(requirement.id);
      },
    });
    expect(reportViolations(JSON.parse(JSON.stringify(report)))).to.deep.equal([]);
    const passed = report.results.filter(({ outcome }) => outcome === 'passed').map(({ id }) => id);
    expect(passed).to.have.length.above(1);
    expect(passed.every((id) => /^System(Ping|Version)\./.test(id))).to.equal(true);
    expect([...seen].sort()).to.deep.equal(passed);
    expect(report.totals).to.include({ failed: 0, error: 0 });
    expect(report.run.name).to.equal('from-code');
    expect(report.daemon.address).to.equal(daemon.host);
  });

  it('tests what a profile has and leaves nothing behind', async () => {
    await daemon.reset();
    const report = await runConformance({ host: daemon.host, profiles: ['engine-1.55'], skip: ['Content'] });
    const [profile] = report.profiles.filter(({ name }) => name === 'engine-1.55');
    expect(profile?.failed).to.deep.equal([]);
    expect(report.run.leftovers).to.deep.equal([]);
    expect(daemon.requests.map(({ operationId }) => operationId)).to.include('ImageAttestations');
  }).timeout(120_000);

  it('ends early when it is told to', async () => {
    const controller = new AbortController();
    const report = await runConformance({
      host: daemon.host,
      signal: controller.signal,
      onResult: () => controller.abort(),
    });
    expect(report.run.interrupted).to.equal(true);
  });

  it('refuses what it does not have, and says with a code that nobody answers', async () => {
    const { host } = daemon;
    expect(await codeOf({ host, profiles: ['none' as 'engine-1.55'] })).to.equal('INVALID_ARGUMENT');
    expect(await codeOf({ host, features: ['none' as 'images'] })).to.equal('INVALID_ARGUMENT');
    expect(await codeOf({ host, only: ['No.such'] })).to.equal('INVALID_ARGUMENT');
    expect(await codeOf({ host, apiVersion: 'new' })).to.equal('INVALID_ARGUMENT');
    expect(await codeOf({ host, name: 'Not Lower' })).to.equal('INVALID_ARGUMENT');
    expect(await codeOf({ host: 'pigeon://roof' })).to.equal('USAGE');
    expect(await codeOf({ host: 'unix:///nowhere/docker.sock' })).to.equal('UNAVAILABLE');
  });
});
