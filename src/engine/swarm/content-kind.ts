import { type GoType, goBytes, pointer, struct } from '../../support/go/json.js';
import { type Annotations, annotationFields, type Driver, driverType } from './annotations.js';
import type { ObjectKind } from './objects.js';

/** A secret or a configuration: a name, labels, and bytes that its services get (`swarm.SecretSpec`, `swarm.ConfigSpec`). */
export interface ContentSpec extends Annotations {
  /** Base64. */
  Data?: string;
  /** Makes the bytes of a secret when they are asked for. */
  Driver?: Driver;
  Templating?: Driver;
}

/** What is told of secrets and configurations otherwise. */
export interface ContentKind extends ObjectKind<ContentSpec> {
  readonly name: 'secret' | 'config';
  /** How a client writes one. */
  readonly spec: GoType<ContentSpec>;
  /** How it is told. */
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

/** Secrets: nobody is told what is in them. */
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
