import type { Answer } from '../api.js';
import { type Shape, show, Unmet } from '../expect.js';
import type { BuiltImage } from '../images/recipe.js';
import type { RecipeName } from '../images/recipes.js';
import type { CheckContext } from '../requirement.js';
import type { LoadedImage } from '../session.js';
import { credentials, type Registry } from './registry.js';

/** An image that the run's registry has, and where. */
export interface Offered extends LoadedImage {
  readonly registry: Registry;
  /** Its repository in the registry, without the address. */
  readonly path: string;
}

/** The value of X-Registry-Auth for an object; every push has to carry one. */
export function authOf(config: object = {}): Readonly<Record<string, string>> {
  // RFC 4648 pads base64url, and daemons read it so.
  const text = Buffer.from(JSON.stringify(config)).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
  return { 'X-Registry-Auth': text };
}

/** The authentication header for the private registry. */
export const welcome = (registry: Registry): Readonly<Record<string, string>> =>
  authOf({ ...credentials, serveraddress: registry.address });

/** Put an image with digests of its own into a registry of the run, under a name that nothing else has. */
export async function offered(
  t: CheckContext,
  recipe: RecipeName,
  options: { readonly isPrivate?: boolean; readonly tags?: readonly string[] } = {},
): Promise<Offered> {
  const registry = await t.registry(options.isPrivate);
  const image = t.draft(recipe);
  return { ...image, ...shelved(t, registry, image, options.tags ?? ['latest']), registry };
}

function shelved(
  t: CheckContext,
  registry: Registry,
  image: BuiltImage,
  tags: readonly string[],
): Pick<Offered, 'path' | 'name' | 'names' | 'repository'> {
  const path = (image.names[0] ?? '').replace(/:[^:/]*$/, '');
  for (const tag of tags) registry.repositories.seed(path, tag, image);
  const repository = `${registry.address}/${path}`;
  const names = tags.map((tag) => t.own(`${repository}:${tag}`));
  return { path, repository, names, name: names[0] ?? repository };
}

/**
 * Parses the messages of a successful stream.
 * @throws Unmet if the status is an error, or a message reports one
 */
export function streamed(answer: Answer): Shape[] {
  const lines = answer.status(200).lines();
  const failed = lines.find((line) => line.at('error').present || line.at('errorDetail').present);
  if (failed) throw new Unmet(`stream of ${answer.exchange.path}`, 'no error', show(failed.value));
  return lines;
}

/**
 * Demands that the request failed and that the daemon reported it, by the status or by a message of the stream.
 * @throws Unmet
 */
export function broken(answer: Answer): void {
  if (answer.exchange.status >= 400) {
    answer.json().at('message').string();
    return;
  }
  const lines = answer.status(200).lines();
  if (!lines.some((line) => line.at('error').present || line.at('errorDetail', 'message').present))
    throw new Unmet(`answer to ${answer.exchange.path}`, 'an error', show(answer.text.slice(-300)));
}

/** Ask for a pull. */
export function pull(
  t: CheckContext,
  query: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return t.api.post('/images/create', { query, headers });
}

/** Pull an image that the registry offers, so that a failure is blamed on the requirement that judges it. */
export async function pulled(t: CheckContext, recipe: RecipeName): Promise<Offered> {
  const image = await offered(t, recipe);
  await t.given('ImageCreate.pulled', async () =>
    streamed(await pull(t, { fromImage: image.repository, tag: 'latest' })),
  );
  return image;
}

/** An image that was loaded, under a name of the run's registry: ready to be pushed. */
export async function shippable(
  t: CheckContext,
  recipe: RecipeName,
  options: { readonly isPrivate?: boolean; readonly tags?: readonly string[] } = {},
): Promise<Offered> {
  const registry = await t.registry(options.isPrivate);
  const image = await t.fresh(recipe);
  const path = image.repository;
  const repository = `${registry.address}/${path}`;
  const names: string[] = [];
  for (const tag of options.tags ?? ['latest']) {
    const query = { repo: repository, tag };
    await t.given('ImageTag.created', async () =>
      (await t.api.post(`/images/${image.name}/tag`, { query })).status(201),
    );
    names.push(t.own(`${repository}:${tag}`));
  }
  return { ...image, registry, path, repository, names, name: names[0] ?? repository };
}

/** Ask for a push. */
export function push(
  t: CheckContext,
  name: string,
  query: Readonly<Record<string, string>> = {},
  headers: Readonly<Record<string, string>> = authOf(),
): Promise<Answer> {
  return t.api.post(`/images/${name}/push`, { query, headers });
}
