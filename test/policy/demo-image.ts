import { packageFile } from '../../src/support/foundation/package-files.js';
import { type ImageBuilder, image } from '../../src/testing/image.js';

/** A program of the suite's for amd64, so that real daemons run the images too; it acts as the name that it is called by says. */
const content = packageFile('fixtures/program/program-amd64');
const programs = Object.fromEntries(['sh', 'echo'].map((name) => [`/bin/${name}`, { content, mode: 0o755 }]));

const app = (name: string): ImageBuilder =>
  image(name)
    .layer(programs)
    .config({ Env: ['PATH=/bin'], Cmd: ['echo', 'hello from', name] });

/** The images of the README's demonstration, fixtures/images/policy/NAME.tar. */
export const demoImages: Readonly<Record<string, ImageBuilder>> = {
  attested: app('app:attested').provenance().sbom(),
  unattested: app('app:unattested'),
};
