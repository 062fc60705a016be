import { type ImageBuilder, image } from '../../src/testing/image.js';

const programs = Object.fromEntries(
  ['sh', 'echo'].map((name) => [`/bin/${name}`, { content: `\x7fELF${name}`, mode: 0o755 }]),
);

const app = (name: string): ImageBuilder =>
  image(name)
    .layer(programs)
    .config({ Env: ['PATH=/bin'], Cmd: ['echo', 'hello from', name] });

/** The images of the README's demonstration, fixtures/images/policy/NAME.tar; their programs are those of the simulated shell. */
export const demoImages: Readonly<Record<string, ImageBuilder>> = {
  attested: app('app:attested').provenance().sbom(),
  unattested: app('app:unattested'),
};
