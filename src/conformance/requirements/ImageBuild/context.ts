import { gunzipSync } from 'node:zlib';
import type { Answer } from '../../api.js';
import type { Shape } from '../../expect.js';
import { runLabel } from '../../images/kit.js';
import { readTar, writeTar } from '../../images/tar.js';
import { streamed } from '../../registry/offered.js';
import type { CheckContext } from '../../requirement.js';

/** Parameters of a build. */
export type Query = Readonly<Record<string, string | readonly string[]>>;

/** A build context: a Dockerfile and other files. */
export function context(dockerfile: string, files: Readonly<Record<string, string>> = {}): Buffer {
  const all = { Dockerfile: dockerfile, ...files };
  return writeTar(Object.entries(all).map(([name, text]) => [name, Buffer.from(text)] as const));
}

/** Labels that the suite adds to each built image to find it later. */
const marked = (t: CheckContext): Query => ({
  labels: JSON.stringify({ [runLabel]: t.mark() }),
});

/** Ask for a build; nothing of it needs a network. */
export const ask = (t: CheckContext, body: Buffer, query: Query = {}): Promise<Answer> =>
  t.api.post('/build', {
    query: { version: '1', networkmode: 'none', ...marked(t), ...query },
    body,
    headers: { 'Content-Type': 'application/x-tar' },
    alone: true,
  });

/** Build an image under a name of its own. @returns the name, and what inspect says of it */
export async function built(t: CheckContext, body: Buffer, query: Query = {}): Promise<[string, Shape]> {
  const name = t.own(`${t.scratch('built')}:v1`);
  streamed(await ask(t, body, { t: name, ...query }));
  return [name, (await t.api.get(`/images/${name}/json`)).status(200).json()];
}

/** Content of a file in any layer of a saved image. */
export async function fileOf(t: CheckContext, name: string, path: string): Promise<string | undefined> {
  const answer = await t.given('ImageGet.digests', async () => (await t.api.get(`/images/${name}/get`)).status(200));
  for (const [, bytes] of readTar(answer.body)) {
    try {
      const found = readTar(bytes[0] === 0x1f ? gunzipSync(bytes) : bytes).get(path);
      if (found) return found.toString('utf8');
    } catch {
      // No layer: a manifest, or a config.
    }
  }
  return undefined;
}

/** A Dockerfile that copies one file. */
export const plain = 'FROM scratch\nCOPY a.txt /a.txt\n';
/** A context with a Dockerfile, and the file that it copies. */
export const withFile = (text: string): Buffer => context(text, { 'a.txt': 'content of a\n' });
