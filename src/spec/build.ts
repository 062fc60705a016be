/** The files of api/ and what is built from them. */
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AttestdError } from '../errors.js';
import type { Description, Json } from './document.js';
import { parseDescription, readText } from './load.js';
import { applyOverlay, type Overlay, parseOverlay } from './overlay.js';

/** The folders of overlays, in the order in which they are applied. */
export const channels = ['standard', 'experimental', 'corrections'] as const;

/** A folder of overlays. */
export type Channel = (typeof channels)[number];

/** The packaged api/ folder. */
export const apiFolder = fileURLToPath(new URL('../../api/', import.meta.url));

/** The description before the patch, within an api folder. */
export const baseFile = 'base/engine-v1.54.yaml';

/**
 * Reads the overlays of a channel.
 *
 * @param channel the channel
 * @param api an api folder; default: the packaged one
 * @returns its overlays in name order, each named `channel/file`
 * @throws AttestdError NOT_FOUND, INVALID_ARGUMENT or OVERLAY
 */
export function readOverlays(channel: Channel, api: string = apiFolder): Overlay[] {
  const folder = join(api, 'overlays', channel);
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
  } catch (cause) {
    throw new AttestdError('NOT_FOUND', `no overlays at ${folder}`, { cause });
  }
  return names.sort().map((name) => parseOverlay(readText(join(folder, name)), `${channel}/${basename(name)}`));
}

/**
 * Builds a description: the base with the overlays of some channels applied.
 *
 * @param which the channels; default: all
 * @param api an api folder; default: the packaged one
 * @returns the description
 * @throws AttestdError NOT_FOUND, INVALID_ARGUMENT or OVERLAY
 */
export function buildDescription(which: readonly Channel[] = channels, api: string = apiFolder): Description {
  const path = join(api, baseFile);
  const description = parseDescription(readText(path), path);
  for (const channel of which) {
    for (const overlay of readOverlays(channel, api)) applyOverlay(description as unknown as Json, overlay);
  }
  return description;
}
