import { demand } from '../../expect.js';
import { forgery } from '../../images/recipes-forms.js';
import { type CheckContext, type Requirement, requirements } from '../../requirement.js';
import { entryWhere, manifestsOf, pointers } from '../common.js';

const config = (id: string, member: string) => ({
  id: `config-${id}`,
  title: `Config.${member} is that of the image`,
  // The OCI image specification does not have it: a daemon may keep what that has alone.
  level: 'SHOULD' as const,
  why: 'Containers and builds take it from there.',
  async check(t: CheckContext): Promise<void> {
    const image = t.image('forged');
    const document = image.images[0]?.document.config as Record<string, unknown>;
    (await t.api.get(`/images/${image.name}/json`)).status(200).json().at('Config', member).is(document[member]);
  },
});

/** Unusual configurations, and values that inspect must not trust. */
export const whole: readonly Requirement[] = requirements(
  { operationId: 'ImageInspect', features: ['images'], pointer: pointers.inspect, images: ['forged'] },
  [
    config('healthcheck', 'Healthcheck'),
    config('on-build', 'OnBuild'),
    config('shell', 'Shell'),
    {
      id: 'identity-not-forged',
      title: "what an image says of its own identity is not repeated as the daemon's word",
      basis: { kind: 'prose', section: 'Engine API, definition Identity: where the daemon got the image from' },
      why: 'Whoever builds an image could name any registry as its origin.',
      async check(t) {
        const answer = (await t.api.get(`/images/${t.image('forged').name}/json`)).status(200);
        const identity = JSON.stringify(answer.json().at('Identity').value ?? null);
        demand(!identity.includes(forgery), 'Identity', `nothing of ${forgery}`, identity);
      },
    },
    {
      id: 'image-data-containers',
      title: 'ImageData.Containers is there, and empty when no container uses the platform',
      features: ['inspect-manifests'],
      images: ['basic'],
      pointer: `${pointers.manifestSummary}/properties/ImageData`,
      why: 'Clients see by it what a removal would break.',
      async check(t) {
        const { images } = t.image('basic');
        const summary = entryWhere(await manifestsOf(t, t.image('basic')), 'ID', images[0]?.descriptor.digest);
        const containers = summary.at('ImageData', 'Containers').value;
        demand(
          containers === null || (Array.isArray(containers) && containers.length === 0),
          'ImageData.Containers',
          'an empty list or null',
          containers,
        );
      },
    },
    {
      id: 'manifest-available-1.48',
      title: 'at API 1.48 complete manifests are available too',
      features: ['inspect-manifests'],
      images: ['multi'],
      pointer: `${pointers.manifestSummary}/properties/Available`,
      why: 'Clients of that version go by it.',
      async check(t) {
        const call = { query: { manifests: '1' }, version: '1.48' };
        const body = (await t.api.get(`/images/${t.image('multi').name}/json`, call)).status(200).json();
        for (const summary of body.at('Manifests').array()) summary.at('Available').is(true);
      },
    },
  ],
);
