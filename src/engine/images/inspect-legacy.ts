import type { ImageInspect } from '../../support/foundation/types.js';
import type { EncodedObject, JsonObject } from '../../support/go/json/render.js';
import { still } from '../versions.js';
import { olderForm, type Wire } from '../wire.js';

/** Container fields in Config that versions before 1.50 return for images. */
const containerFields: JsonObject = {
  AttachStderr: false,
  AttachStdin: false,
  AttachStdout: false,
  Domainname: '',
  Hostname: '',
  Image: '',
  OpenStdin: false,
  StdinOnce: false,
  Tty: false,
};

/** Fields of Config that versions before 1.52 have even when they are empty. */
const emptyFields: JsonObject = {
  Cmd: null,
  Entrypoint: null,
  Env: null,
  Labels: null,
  OnBuild: null,
  User: '',
  Volumes: null,
  WorkingDir: '',
};

/** Adds the fields of an older API version to Config. */
export function widenConfig(config: EncodedObject, apiVersion: string): EncodedObject {
  if (!still(apiVersion, 'inspect.legacyFields')) return config;
  const more = still(apiVersion, 'inspect.legacyConfig') ? { ...containerFields, ...emptyFields } : emptyFields;
  return { ...more, ...config };
}

/**
 * Adds the fields of an older API version to an inspected image. Sorts the keys if a field was added or the image has a
 * parent, because newer versions know neither.
 */
export function widenInspect(body: JsonObject & Wire<ImageInspect>, apiVersion: string): Wire<ImageInspect> {
  if (!still(apiVersion, 'inspect.legacyFields')) return body.Parent === undefined ? body : olderForm(body);
  const legacy = {
    Parent: '',
    Comment: '',
    DockerVersion: '',
    Author: '',
    GraphDriver: { Data: null, Name: 'overlayfs' },
    ...(still(apiVersion, 'inspect.VirtualSize') && { VirtualSize: body.Size, Created: '0001-01-01T00:00:00Z' }),
    ...(still(apiVersion, 'inspect.Container') && { Container: '', ContainerConfig: null }),
  };
  const present = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
  return olderForm({ ...legacy, ...present });
}
