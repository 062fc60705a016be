import { type Area, answers, type Call, instead, type Reply, requests } from '../mutant.js';

const create = /^\/images\/create$/;
const inspectOf = (name: string): RegExp => new RegExp(`^/images/127\\..+/${name}[^/]*/json$`);

type Json = Record<string, unknown>;

/** Answers requests with a certain parameter value with success. */
const swallowed = (name: string, part: string) =>
  requests('POST', create, (asked) =>
    asked.query.getAll(name).some((value) => value.includes(part)) ? instead(200, { status: 'done' }) : undefined,
  );

/** The second push of a name, and each one after it, is answered in place of the daemon. */
function pushedOnce(): (asked: { readonly path: string }) => Reply | undefined {
  const seen = new Set<string>();
  return ({ path }) => {
    if (seen.has(path)) return instead(200, { status: 'latest: digest: size: 1' });
    seen.add(path);
    return undefined;
  };
}

/** A read that works is UNAVAILABLE when the one before it did not. */
function lastingFailure(): (call: Call) => Call {
  let failed = false;
  return (call) => {
    if (call.method !== 'Read') return call;
    const spoilt = failed && call.status === 0;
    failed = call.status !== 0;
    return spoilt ? { ...call, status: 14, messages: [] } : call;
  };
}

/** Faults that only one requirement catches. */
export const single: Area = {
  name: 'single requirements',
  only: ['ImageCreate', 'ImagePush', 'ImageLoad', 'ImageGet', 'ImageDelete', 'ImageBuild', 'Content'],
  mutants: [
    {
      id: 'pull-plain-without-layers',
      title: 'an image that was pulled without an index has no layers',
      ...answers('GET', inspectOf('plain'), (reply) =>
        reply.edit((value) => ({ ...(value as Json), RootFS: { Type: 'layers', Layers: [] } })),
      ),
    },
    {
      id: 'import-digest-accepted',
      title: 'an import under a digest seems to succeed',
      ...swallowed('repo', '@sha256:'),
    },
    {
      id: 'import-change-accepted',
      title: 'a change that is none is left out',
      ...swallowed('changes', 'NOTHING'),
    },
    {
      id: 'push-once',
      title: 'a name is pushed once only',
      ...requests('POST', /^\/images\/.+\/push$/, pushedOnce()),
    },
    {
      id: 'load-spare-refused',
      title: 'the image that only prunes need is refused',
      ...requests('POST', /^\/images\/load$/, (asked) =>
        asked.body.includes('/spare:') ? instead(400, { message: 'no such archive' }) : undefined,
      ),
    },
    {
      id: 'save-several-bad-name-500',
      title: 'a name of several that cannot be is answered 500',
      ...answers('GET', /^\/images\/get$/, (reply) => reply.withStatus(500), 400),
    },
    {
      id: 'delete-platform-nothing',
      title: 'with platforms nothing is deleted',
      ...requests('DELETE', /^\/images\/.+$/, (asked) =>
        asked.query.has('platforms') && asked.query.has('force') ? instead(200, []) : undefined,
      ),
    },
    {
      id: 'delete-platform-all',
      title: 'with platforms the whole image is deleted',
      ...requests('DELETE', /^\/images\/.+$/, (asked) =>
        asked.query.has('force') ? asked.ask((query) => query.delete('platforms')) : undefined,
      ),
    },
    {
      id: 'build-quiet-short',
      title: 'with q the id is a short one',
      ...answers('POST', /^\/build$/, (reply, asked) =>
        asked.query.has('q') ? reply.withText(reply.text.replace(/(sha256:.{12})[0-9a-f]+/, '$1')) : undefined,
      ),
    },
    {
      id: 'content-after-failure',
      title: 'after a Read that failed the next one is UNAVAILABLE',
      call: lastingFailure(),
    },
    {
      id: 'content-attestation-manifests',
      title: 'manifests of attestations are read with a wrong byte',
      call: (call) =>
        call.method === 'Read' && call.messages.some((one) => one.includes('in-toto') && one.includes('"layers"'))
          ? {
              ...call,
              messages: call.messages.map((one) =>
                Buffer.from(one.toString('latin1').replace('in-toto', 'in-Toto'), 'latin1'),
              ),
            }
          : call,
    },
  ],
};
