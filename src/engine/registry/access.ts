import { Registry } from '../../support/registry-client/registry.js';
import type { RegistryOptions } from '../../support/registry-client/types.js';
import { Slots } from './slots.js';
import { Sources } from './sources.js';

/** Maximum concurrent layer downloads of all pulls. */
const downloads = 3;
/** Layers that it uploads side by side. */
const uploads = 5;

/** Services for registry access. */
export interface RegistryAccess {
  /** The daemon's registry configuration. */
  readonly options: RegistryOptions;
  readonly registry: Registry;
  readonly downloads: Slots;
  readonly uploads: Slots;
  readonly sources: Sources;
}

/** @throws INVALID_ARGUMENT for a mirror or an insecure registry that dockerd would refuse */
export function openRegistryAccess(options: RegistryOptions = {}): RegistryAccess {
  return {
    options,
    registry: new Registry(options),
    downloads: new Slots(downloads),
    uploads: new Slots(uploads),
    sources: new Sources(),
  };
}
