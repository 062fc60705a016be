import { demand, same } from '../../expect.js';
import { type CheckContext, type Requirement, requirements } from '../../requirement.js';
import { pointers, tagged } from '../common.js';

/** The Identity member, or undefined. Its content for a loaded image depends on the daemon. */
async function identity(t: CheckContext, name: string): Promise<unknown> {
  const body = (await t.api.get(`/images/${name}/json`)).status(200).json().value as { readonly Identity?: unknown };
  return body.Identity ?? undefined;
}

/** The signatures of the suite's images prove nothing, so no signer may be reported. */
async function demandNoSigner(t: CheckContext, name: string): Promise<void> {
  const found = (await identity(t, name)) as { readonly Signature?: unknown } | undefined;
  const signatures = Array.isArray(found?.Signature) ? (found.Signature as object[]) : [];
  const named = signatures.flatMap((signature) => naming.filter((member) => Object.hasOwn(signature, member)));
  demand(named.length === 0, 'members of Identity.Signature that name a signer', 'none', named);
}

/** Members of a signature that identify a signer or the kind of signature. */
const naming = ['Name', 'Signer', 'KnownSigner', 'DockerReference'];

/** Origin of images. */
export const identities: readonly Requirement[] = [
  ...requirements(
    {
      operationId: 'ImageInspect',
      features: ['images'],
      pointer: '/definitions/Identity',
      images: ['basic'],
      since: '1.53',
    },
    [
      {
        id: 'identity-survives-tag',
        title: 'Identity is the same under a new name',
        why: 'Whoever could name an image could give it an origin.',
        async check(t) {
          const { name } = t.image('basic');
          const before = await identity(t, name);
          const second = await tagged(t, name, 'identity');
          same(JSON.stringify(await identity(t, second)), JSON.stringify(before), 'Identity under the new name');
          same(JSON.stringify(await identity(t, name)), JSON.stringify(before), 'Identity under the old name');
        },
      },
      {
        id: 'identity-no-signer',
        title: 'an image that nobody has signed has no signer',
        why: 'Clients show the signer as verified.',
        check: (t) => demandNoSigner(t, t.image('basic').name),
      },
      {
        id: 'identity-stranger',
        title: 'an image that a stranger has signed has no signer',
        images: ['signed'],
        why: 'Anybody can sign anything: only a signature that was verified names somebody.',
        check: (t) => demandNoSigner(t, t.image('signed').name),
      },
    ],
  ),
  ...requirements(
    { operationId: 'ImageList', features: ['images'], pointer: pointers.list, images: ['basic'], since: '1.54' },
    [
      {
        id: 'identity-needs-manifests',
        title: 'identity without manifests is answered 400',
        pointer: '+/parameters/5',
        why: 'Identities are members of manifests: without them the client would take silence for ignorance.',
        async check(t) {
          (await t.api.get('/images/json', { query: { identity: '1' } })).error(400);
          (await t.api.get('/images/json', { query: { identity: '1', manifests: '1' } })).status(200);
        },
      },
    ],
  ),
];
