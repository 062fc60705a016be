import { type GoType, goBytes, pointer, struct } from '../../support/go/json.js';
import { type Annotations, annotationFields, type Driver, driverType } from './annotations.js';
import type { ObjectKind } from './objects.js';

/** A secret or a configuration: a name, labels, and bytes that its services get (`swarm.SecretSpec`, `swarm.ConfigSpec`). */
export interface ContentSpec extends Annotations {
  /** Base64. */
  Data?: string;
  /** Driver that generates the bytes of a secret on demand. */
  Driver?: Driver;
  Templating?: Driver;
}

/** The differences between secrets and configs. */
export interface ContentKind extends ObjectKind<ContentSpec> {
  readonly name: 'secret' | 'config';
  /** The form in requests. */
  readonly spec: GoType<ContentSpec>;
  /** The form in responses. */
  readonly schema: GoType<ContentSpec>;
  /** Fewer bytes than this. */
  readonly limit: number;
  readonly filters: readonly string[];
}

const kibibyte = 1024;
const secretSpec = struct<ContentSpec>('swarm.SecretSpec', {
  ...annotationFields,
  'Data?': goBytes,
  'Driver?': pointer(driverType),
  'Templating?': pointer(driverType),
});
const configSpec = struct<ContentSpec>('swarm.ConfigSpec', {
  ...annotationFields,
  'Data?': goBytes,
  'Templating?': pointer(driverType),
});
const annotations = (spec: ContentSpec): Annotations => spec;

/** Secrets, whose data is never returned. */
export const secretKind: ContentKind = {
  name: 'secret',
  record: secretSpec,
  spec: secretSpec,
  schema: struct<ContentSpec>('swarm.SecretSpec', {
    ...annotationFields,
    'Driver?': pointer(driverType),
    'Templating?': pointer(driverType),
  }),
  annotations,
  emitsEvents: true,
  limit: 500 * kibibyte,
  filters: ['id', 'label', 'name', 'names'],
};

/** Configurations. */
export const configKind: ContentKind = {
  name: 'config',
  record: configSpec,
  spec: configSpec,
  schema: configSpec,
  annotations,
  emitsEvents: true,
  limit: 1000 * kibibyte,
  filters: ['id', 'label', 'name'],
};
