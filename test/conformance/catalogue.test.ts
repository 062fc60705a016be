import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';
import { headingAnchors } from '../../scripts/heading-anchors.js';
import { catalogue } from '../../src/conformance/catalogue.js';
import { feature, featureNames } from '../../src/conformance/features.js';
import { type RecipeName, recipes } from '../../src/conformance/images/recipes.js';
import { profile, profileNames } from '../../src/conformance/profiles.js';
import { loadOf } from '../../src/conformance/session.js';
import { operations } from '../../src/generated/operations.js';

const description: unknown = parse(readFileSync(new URL('../../api/swagger.yaml', import.meta.url), 'utf8'));

function lookUp(pointer: string): unknown {
  return pointer
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], description);
}

const anchorsOf = (page: string): Set<string> =>
  headingAnchors(readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8'));

const requirements = new URL('../../src/conformance/requirements/', import.meta.url);

/** Lists of requirements that a module exports. */
function listsOf(module: Readonly<Record<string, unknown>>): readonly (readonly { readonly id: string }[])[] {
  return Object.values(module).filter(
    (value): value is { id: string }[] =>
      Array.isArray(value) && value.length > 0 && value.every((one) => typeof one?.id === 'string' && 'check' in one),
  );
}

describe('the catalogue', () => {
  it('has what every file of requirements exports', async () => {
    const listed = new Set(catalogue.map(({ id }) => id));
    let lists = 0;
    for (const file of readdirSync(requirements, { recursive: true, encoding: 'utf8' }))
      if (file.endsWith('.ts'))
        for (const list of listsOf((await import(new URL(file, requirements).href)) as Record<string, unknown>)) {
          lists += 1;
          for (const { id } of list) expect(listed.has(id), `${file}: ${id}`).to.equal(true);
        }
    expect(lists).to.be.at.least(50);
  });

  it('has at least 540 requirements', () => {
    expect(catalogue.length).to.be.at.least(540);
  });

  it('has unique ids of the form Area.what', () => {
    expect(new Set(catalogue.map(({ id }) => id)).size).to.equal(catalogue.length);
    for (const { id } of catalogue) expect(id).to.match(/^[A-Z]\w+\.[a-z0-9][a-z0-9.-]*$/);
  });

  it('points into the description', () => {
    for (const { id, pointer } of catalogue)
      if (pointer !== null) expect(lookUp(pointer), `${id}: ${pointer}`).to.not.equal(undefined);
  });

  it('names operations of the description, or of the content service', () => {
    const known = new Set(operations.map(({ operationId }) => operationId));
    for (const { id, operationId, pointer } of catalogue)
      if (pointer === null) expect(operationId, id).to.match(/^containerd\.services\.content\.v1\.Content\//);
      else expect(known.has(operationId), `${id}: ${operationId}`).to.equal(true);
  });

  it('says what each rests on', () => {
    for (const { id, basis, features } of catalogue) {
      expect(basis.section, id).to.not.equal('');
      if (features.includes('as-dockerd')) expect(basis.kind, id).to.equal('observed');
      const [page = '', anchor = ''] = basis.section.split('#');
      if (page.startsWith('docs/')) expect([...anchorsOf(page)], `${id}: ${basis.section}`).to.include(anchor);
    }
  });

  it('demands what only an observation shows of daemons alone that answer as dockerd', () => {
    const claims = ['as-dockerd', 'content', 'statements', 'type-lists'];
    for (const { id, basis, level, features } of catalogue)
      if (basis.kind === 'observed' && level === 'MUST')
        expect(
          features.some((name) => claims.includes(name)),
          id,
        ).to.equal(true);
  });

  it('judges by a requirement of its own whether each image can be loaded', () => {
    for (const name of Object.keys(recipes) as RecipeName[])
      expect(
        catalogue.some(({ id }) => id === loadOf(name)),
        name,
      ).to.equal(true);
  });

  it('says why in one sentence', () => {
    for (const { id, why, title } of catalogue) {
      expect(why, id).to.match(/^[A-Z].*\.$|^curl .*\.$|^uname .*\.$|^[a-z]\S* .*\.$/);
      expect(title, id).to.not.match(/\.$/);
    }
  });

  it('needs known features and images', () => {
    for (const { id, features, images } of catalogue) {
      expect(features, id).to.not.be.empty;
      for (const name of features) expect(featureNames, id).to.include(name);
      for (const name of images) expect(recipes, id).to.have.property(name);
    }
  });

  it('covers every feature with a MUST', () => {
    for (const name of featureNames)
      expect(
        catalogue.some(({ features, level }) => level === 'MUST' && features.includes(name)),
        name,
      ).to.equal(true);
  });

  it('puts every requirement into a profile', () => {
    for (const name of profileNames)
      for (const needed of [...profile(name).core, ...profile(name).extended])
        expect(feature(needed)).to.be.an('object');
    const covered = new Set(profileNames.flatMap((name) => [...profile(name).core, ...profile(name).extended]));
    for (const { id, features } of catalogue) for (const name of features) expect(covered.has(name), id).to.equal(true);
  });
});
