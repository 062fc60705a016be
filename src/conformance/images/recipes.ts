import type { Recipe } from './recipe.js';
import * as broken from './recipes-broken.js';
import * as forms from './recipes-forms.js';
import * as programs from './recipes-programs.js';
import * as signatures from './recipes-signed.js';
import * as sound from './recipes-sound.js';

/** Every image of the suite by name. */
export const recipes = {
  basic: sound.basic,
  bare: sound.bare,
  plain: sound.plain,
  multi: sound.multi,
  nested: sound.nested,
  foreign: sound.foreign,
  older: sound.older,
  'two-names': sound.twoNames,
  unnamed: sound.unnamed,
  verbatim: forms.verbatim,
  values: forms.values,
  comma: forms.comma,
  forged: forms.forged,
  unannotated: forms.unannotated,
  duplicates: forms.duplicates,
  many: forms.many,
  big: forms.big,
  sizes: forms.sizes,
  'odd-sizes': forms.oddSizes,
  artifact: forms.artifact,
  rich: forms.rich,
  inline: forms.inline,
  'size-mismatch': forms.sizeMismatch,
  'docker-list': forms.dockerList,
  'two-manifests': forms.twoManifests,
  'two-images': forms.twoImages,
  signed: signatures.signed,
  'missing-statement': broken.missingStatement,
  'missing-attestation-manifest': broken.missingAttestationManifest,
  'missing-image-manifest': broken.missingImageManifest,
  'not-json': broken.notJson,
  mixed: broken.mixed,
  orphan: broken.orphan,
  'no-reference': broken.noReference,
  'other-type': broken.otherType,
  program: programs.program,
  spare: programs.spare,
  configured: programs.configured,
  commandless: programs.commandless,
} as const satisfies Record<string, Recipe>;

/** Name of an image of the suite. */
export type RecipeName = keyof typeof recipes;
