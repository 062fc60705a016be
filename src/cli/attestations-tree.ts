import {
  type AttestationChain,
  type EngineClient,
  resolveAttestations,
  type Verification,
  verifyAttestations,
} from '../client/index.js';
import { parseManifest, predicateTypeOf } from '../client/manifests.js';
import { platformText } from '../client/platform.js';
import { summarizeStatement } from '../client/statement.js';
import { type Terminal, terminal, visible } from '../support/foundation/markup.js';
import type { OCIDescriptor } from '../support/foundation/types.js';
import { type Demand, platformsAsked, readDemand, selectionFlags, verificationFlags } from './attestations-find.js';
import { clip, short, signerText, size } from './attestations-table.js';
import { command as define } from './command.js';
import { withDaemon } from './daemon.js';
import { columns } from './help.js';
import { type Palette, palette, printJson, printLines } from './output.js';

/** A line of a tree, with its children. */
interface Branch {
  readonly text: string;
  readonly paint?: (text: string) => Terminal;
  readonly below?: readonly Branch[];
}

/** The findings for a platform. */
interface Found {
  readonly platform: NonNullable<OCIDescriptor['platform']> | undefined;
  readonly chain: AttestationChain;
  readonly verification: Verification | undefined;
}

/** The layers of the attestation manifest that are statements. */
function statementsOf({ attestationManifest, blobs }: AttestationChain): OCIDescriptor[] {
  const data = blobs.get(attestationManifest ?? '')?.data;
  const layers = (data && parseManifest(data)?.layers) ?? [];
  return layers.filter(predicateTypeOf);
}

function statementBranch(layer: OCIDescriptor, chain: AttestationChain, dim: Palette['dim']): Branch {
  const data = chain.blobs.get(layer.digest ?? '')?.data;
  const summary = data && summarizeStatement(data);
  const maker = summary?.builder || summary?.tools?.join(', ');
  const details = [`${size(layer.size)}  sha256:${short(layer.digest)}`, ...(maker ? [`made by ${maker}`] : [])];
  return { text: predicateTypeOf(layer), below: details.map((text) => ({ text, paint: dim })) };
}

function signatureBranch(digest: string, verification: Verification | undefined, colours: Palette): Branch {
  const outcomes = verification?.signatures.filter(({ manifest }) => manifest === digest) ?? [];
  const below = outcomes.map(({ verified, signer, reasons }) =>
    verified
      ? { text: `verified${signerText(signer)}`, paint: colours.green }
      : { text: reasons.map(({ code, detail }) => `${code}: ${detail}`).join('; '), paint: colours.red },
  );
  return { text: `signature sha256:${short(digest)}`, below };
}

function platformBranch({ platform, chain, verification }: Found, colours: Palette): Branch {
  const { imageManifest, attestationManifest, signatureManifests, gaps } = chain;
  // A missing signature is a gap only if signatures are verified.
  const shownGaps = gaps.filter(
    ({ part, reason }) => part !== 'signature-manifest' || reason !== 'no-signature' || verification,
  );
  const missing = shownGaps.map(({ part, reason, detail }) => ({
    text: `! ${part}: ${reason}: ${detail}`,
    paint: colours.yellow,
  }));
  const attestation: Branch[] =
    attestationManifest === undefined
      ? []
      : [
          {
            text: `attestations sha256:${short(attestationManifest)}`,
            below: [
              ...statementsOf(chain).map((layer) => statementBranch(layer, chain, colours.dim)),
              ...signatureManifests.map((digest) => signatureBranch(digest, verification, colours)),
            ],
          },
        ];
  const manifest = imageManifest === undefined ? '' : `sha256:${short(imageManifest)}`;
  const name = platform ? platformText(platform) : 'this platform';
  return { text: `${name} ${manifest}`.trim(), paint: colours.bold, below: [...attestation, ...missing] };
}

/** Renders a tree of at most 80 columns. */
function draw(branches: readonly Branch[], indent = ''): Terminal[] {
  return branches.flatMap(({ text, paint = (plain) => terminal`${plain}`, below = [] }, at) => {
    const last = at === branches.length - 1;
    const line = clip(visible(text), columns - indent.length - 3);
    return [
      terminal`${indent}${last ? '└─ ' : '├─ '}${paint(line)}`,
      ...draw(below, `${indent}${last ? '   ' : '│  '}`),
    ];
  });
}

function toJson({ platform, chain, verification }: Found): object {
  const { imageManifest, attestationManifest, signatureManifests, gaps } = chain;
  const statements = statementsOf(chain).map((layer) => {
    const data = chain.blobs.get(layer.digest ?? '')?.data;
    return {
      predicateType: predicateTypeOf(layer),
      digest: layer.digest,
      size: layer.size,
      ...(data && summarizeStatement(data)),
    };
  });
  return { platform, imageManifest, attestationManifest, statements, signatureManifests, gaps, verification };
}

async function find(
  client: EngineClient,
  image: string,
  platform: Found['platform'],
  { demand, registry }: { readonly demand: Demand | undefined; readonly registry: boolean },
): Promise<Found> {
  const options = { predicateTypes: 'all', registry, ...(platform && { platform }) } as const;
  const chain = await resolveAttestations(client, image, options);
  const { trusts = [], threshold = 1 } = demand ?? {};
  return { platform, chain, verification: demand && (await verifyAttestations(chain, trusts, { threshold })) };
}

/** `attestd attestations tree IMAGE`: shows the path from an image to its statements and signatures, with the gaps. */
export const command = define(
  {
    positionals: ['IMAGE'],
    flags: {
      ...selectionFlags,
      'all-platforms': { type: 'boolean', help: 'with all platforms that the image has' },
      ...verificationFlags,
      json: { type: 'boolean', help: 'write JSON instead of a tree' },
    },
    exitCodes: '0 shown, 1 the image is not there or its signatures do not hold, 2 usage or no daemon',
    example: 'attestd attestations tree hello:signed --all-platforms',
  },
  async ({ values, positionals }) => {
    const [image = ''] = positionals;
    const { registry = false } = values;
    const platformsOf = platformsAsked(values);
    const demand = await readDemand(values);
    return withDaemon(values.host, async (client) => {
      const platforms = await platformsOf(client, image);
      const found: Found[] = [];
      // An image without an index, or without a manifest in it, has no platforms to go through.
      for (const each of platforms.length === 0 ? [undefined] : platforms)
        found.push(await find(client, image, each, { demand, registry }));
      const root = found[0]?.chain.root ?? '';
      if (values.json) printJson({ image, root, platforms: found.map(toJson) }, 2);
      else {
        const branches = found.map((one) => platformBranch(one, palette(process.stdout)));
        printLines([`${clip(visible(image), columns - 21)} sha256:${short(root)}`, ...draw(branches)]);
        if (found.every(({ chain }) => chain.attestationManifest === undefined) && !values.quiet)
          printLines([clip(`${visible(image)} has no attestations`, columns)]);
      }
      return found.some(({ verification }) => verification && !verification.verified) ? 1 : 0;
    });
  },
);
