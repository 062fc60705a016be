import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { AttestdError, connect, type EngineClient } from '../../src/client/index.js';
import { type RunningServer, startServer } from '../../src/server/index.js';

const blobs = new URL('../../fixtures/layouts/buildkit-signed/blobs/sha256', import.meta.url);
const file = (name: string): URL => new URL(`../server/tls/${name}`, import.meta.url);
const pem = (name: string): string => readFileSync(file(name), 'utf8');

/** The client's files under the names that DOCKER_CERT_PATH has. */
async function certificateFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'attestd-certs-'));
  for (const [from, to] of [
    ['ca.pem', 'ca.pem'],
    ['client.pem', 'cert.pem'],
    ['client.key', 'key.pem'],
  ] as const)
    await copyFile(file(from), join(folder, to));
  return folder;
}

describe('a client of the content store', () => {
  for (const [kind, secure] of [
    ['unix', false],
    ['tcp', false],
    ['tls', true],
  ] as const) {
    describe(`over ${kind}`, () => {
      let server: RunningServer;
      let client: EngineClient;
      let certificates: string;

      before(async () => {
        server = await startServer({
          platform: 'linux/amd64',
          ...(kind !== 'unix' && { listen: ['tcp://127.0.0.1:0'] }),
          ...(secure && { tls: { cert: pem('server.pem'), key: pem('server.key'), ca: pem('ca.pem'), verify: true } }),
        });
        certificates = await certificateFolder();
        const env = secure ? { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: certificates } : {};
        client = await connect({ host: server.hosts[0] as string, env });
      });
      after(async () => {
        client.close();
        await server.close();
        await rm(certificates, { recursive: true });
      });

      it('reads every blob of an image, with the digests that it should have', async () => {
        const { Descriptor } = await client.inspectImage('hello:signed');
        const pending = [Descriptor?.digest as string];
        const read = new Set<string>();
        for (let digest = pending.pop(); digest !== undefined; digest = pending.pop()) {
          if (read.has(digest)) continue;
          read.add(digest);
          const hash = createHash('sha256');
          for await (const piece of client.content.read(digest)) hash.update(piece);
          expect(`sha256:${hash.digest('hex')}`).to.equal(digest);
          const { labels } = await client.content.info(digest);
          pending.push(
            ...Object.entries(labels).flatMap(([name, value]) => (name.includes('gc.ref.content') ? [value] : [])),
          );
        }
        // Images that share blobs with this one lead on to theirs.
        expect([...read].map((digest) => digest.replace('sha256:', ''))).to.include.members(readdirSync(blobs));
      });

      it('lists by filters', async () => {
        const found: string[] = [];
        for await (const { digest } of client.content.list(['digest~=^sha256:3798bf83'])) found.push(digest);
        expect(found).to.deep.equal(['sha256:3798bf8308ac92bc2784fb3db63fe9dccfeb81d3c5501a4a77b0febd9be66aed']);
      });

      it('tells what is wrong', async () => {
        const missing = `sha256:${'0'.repeat(64)}`;
        for (const [digest, code] of [
          [missing, 'NOT_FOUND'],
          ['bad', 'INVALID_ARGUMENT'],
        ] as const) {
          const error = await client.content.info(digest).catch((thrown: unknown) => thrown);
          expect(error).to.be.instanceOf(AttestdError).with.property('code', code);
        }
      });
    });
  }
});
