/**
 * A large layer pushed to a docker-registry on loopback and pulled again, by `attestd serve` and by skopeo in one run, with
 * the daemon's resident memory. ATTESTD_REGISTRY and ATTESTD_SKOPEO name the programs where they are not on the PATH.
 *
 * usage: npx tsx bench/registry.ts [MIB]
 */
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { get, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const size = Number(process.argv[2] ?? 1024) * (1 << 20);
const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const folder = await mkdtemp(join(process.env.TMPDIR ?? tmpdir(), 'attestd-bench-registry-'));
const host = '127.0.0.1:5997';
const name = `${host}/bench/large`;

/** An image layout with one image, `large`, whose only layer is of random bytes. */
async function writeLayout(layout: string): Promise<void> {
  const blobs = join(layout, 'blobs', 'sha256');
  await mkdir(blobs, { recursive: true });
  const put = async (content: object): Promise<{ digest: string; size: number }> => {
    const bytes = Buffer.from(JSON.stringify(content));
    const hex = createHash('sha256').update(bytes).digest('hex');
    await writeFile(join(blobs, hex), bytes);
    return { digest: `sha256:${hex}`, size: bytes.length };
  };
  // One file in an archive, so that it can be unpacked: a header, the bytes, two empty blocks.
  const header = Buffer.alloc(512);
  header.write('large', 0);
  header.write('0000644\x000000\x000000\x00', 100);
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  header.write(`${'0'.repeat(11)}\0        0`, 136);
  header.write('ustar\x0000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const piece = randomBytes(1 << 20);
  const hash = createHash('sha256');
  const file = createWriteStream(join(layout, 'layer'));
  const write = async (bytes: Buffer): Promise<void> => {
    hash.update(bytes);
    if (!file.write(bytes)) await new Promise<void>((resolve) => file.once('drain', resolve));
  };
  await write(header);
  for (let written = 0; written < size; written += piece.length) {
    piece.writeUInt32LE(written >>> 20);
    await write(Buffer.from(piece));
  }
  await write(Buffer.alloc(1024));
  await new Promise<void>((resolve) => file.end(resolve));
  const hex = hash.digest('hex');
  await rename(join(layout, 'layer'), join(blobs, hex));
  const layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: `sha256:${hex}`, size: size + 1536 };
  const rootfs = { type: 'layers', diff_ids: [layer.digest] };
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const config = {
    mediaType: 'application/vnd.oci.image.config.v1+json',
    ...(await put({ architecture: 'amd64', os: 'linux', config: {}, rootfs })),
  };
  const manifest = await put({ schemaVersion: 2, mediaType, config, layers: [layer] });
  const annotations = {
    'io.containerd.image.name': `${name}:1`,
    'org.opencontainers.image.ref.name': 'large',
  };
  const index = { schemaVersion: 2, manifests: [{ mediaType, ...manifest, annotations }] };
  await writeFile(join(layout, 'index.json'), JSON.stringify(index));
  await writeFile(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
}

interface Running {
  readonly pid: number;
  stop(): Promise<void>;
}

async function start(program: string, args: readonly string[], ready: () => Promise<boolean>): Promise<Running> {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'ignore'] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  for (let tries = 0; tries < 300; tries++) {
    if (await ready()) {
      return {
        pid: child.pid as number,
        stop: async () => {
          child.kill('SIGTERM');
          await ended;
        },
      };
    }
    await sleep(100);
  }
  child.kill('SIGKILL');
  throw new Error(`${program} does not answer`);
}

const answers = (options: object): Promise<boolean> =>
  new Promise((resolve) => {
    get(options, (response) => response.resume().once('end', () => resolve(response.statusCode === 200))).once(
      'error',
      () => resolve(false),
    );
  });

function post(socketPath: string, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { 'X-Registry-Auth': 'e30=' };
    const outgoing = request({ socketPath, path, method: 'POST', headers }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text = `${text}${chunk}`.slice(-4096)));
      response.once('end', () => (/"error"/.test(text) ? reject(new Error(text)) : resolve()));
    });
    outgoing.once('error', reject).end();
  });
}

function skopeo(...args: readonly string[]): Promise<void> {
  const child = spawn(process.env.ATTESTD_SKOPEO ?? 'skopeo', ['--insecure-policy', 'copy', '-q', ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`skopeo ended with ${code}`))));
  });
}

/** Resident memory of a process in MiB: now, and the most that it had. */
async function memory(pid: number): Promise<string> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const [now, peak] = ['VmRSS', 'VmHWM'].map((key) => Number(new RegExp(`${key}:\\s+(\\d+)`).exec(status)?.[1]) >> 10);
  return `resident ${now} MiB, at most ${peak} MiB`;
}

async function timed(what: string, act: () => Promise<void>): Promise<void> {
  const began = performance.now();
  await act();
  const seconds = (performance.now() - began) / 1000;
  const rate = (size / seconds / (1 << 20)).toFixed(0);
  process.stdout.write(`${what.padEnd(24)} ${seconds.toFixed(1).padStart(6)} s  ${rate.padStart(5)} MiB/s\n`);
}

async function serving(store: string, act: (socket: string) => Promise<void>): Promise<void> {
  const socketPath = join(folder, 'docker.sock');
  const args = [main, 'serve', '--listen', `unix://${socketPath}`, '--store', store, '--channel', 'standard'];
  const daemon = await start(process.execPath, args, () => answers({ socketPath, path: '/_ping' }));
  try {
    process.stdout.write(`${'attestd before'.padEnd(24)} ${await memory(daemon.pid)}\n`);
    await act(socketPath);
    process.stdout.write(`${'attestd after'.padEnd(24)} ${await memory(daemon.pid)}\n`);
  } finally {
    await daemon.stop();
  }
}

const config = {
  version: 0.1,
  log: { level: 'error', accesslog: { disabled: true } },
  storage: { filesystem: { rootdirectory: join(folder, 'registry') } },
  http: { addr: host },
};
try {
  const layout = join(folder, 'layout');
  await writeLayout(layout);
  await writeFile(join(folder, 'config.yml'), JSON.stringify(config));
  const program = process.env.ATTESTD_REGISTRY ?? 'docker-registry';
  const registry = await start(program, ['serve', join(folder, 'config.yml')], () =>
    answers({ host: '127.0.0.1', port: 5997, path: '/v2/' }),
  );
  try {
    await timed('skopeo push', () =>
      skopeo('--dest-tls-verify=false', `oci:${layout}:large`, `docker://${host}/bench/theirs:1`),
    );
    await serving(layout, (socket) => timed('attestd push', () => post(socket, `/v1.55/images/${name}/push?tag=1`)));
    await timed('skopeo pull', () =>
      skopeo('--src-tls-verify=false', `docker://${host}/bench/large:1`, `oci:${join(folder, 'theirs')}:1`),
    );
    await serving(join(folder, 'store'), (socket) =>
      timed('attestd pull', () => post(socket, `/v1.55/images/create?fromImage=${name}&tag=1`)),
    );
  } finally {
    await registry.stop();
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
