import type { Readable } from 'node:stream';
import { createDeflateRaw, createGzip } from 'node:zlib';
import { archivePath, extractArchive, statPath } from '../../engine/containers/io/archive.js';
import { containerChanges, exportContainer } from '../../engine/containers/io/changes.js';
import { AttestdError } from '../../support/foundation/errors.js';
import { type JsonObject, renderJson } from '../../support/go/json/render.js';
import { acceptedCoding } from '../accept-encoding.js';
import { jsonList, wholeList } from '../json-list.js';
import type { DescribedHandlers } from '../operation.js';

function pathOf({ path }: { readonly path: string }): string {
  if (path === '') throw new AttestdError('INVALID_ARGUMENT', 'bad parameter: path cannot be empty');
  return path;
}

function statHeader(stat: JsonObject): Record<string, string> {
  const json = renderJson(stat).toString().trimEnd();
  return { 'X-Docker-Container-Path-Stat': Buffer.from(json).toString('base64') };
}

/** A stream as the client takes it. */
function encode(source: Readable, coding: 'gzip' | 'deflate' | undefined): Readable {
  if (coding === undefined) return source;
  const packed = coding === 'gzip' ? createGzip() : createDeflateRaw();
  source.once('error', (error) => packed.destroy(error));
  packed.once('close', () => source.destroy());
  return source.pipe(packed);
}

/** Operations on the files of containers (docs/reference/behavior/files.md#container-archive). */
export const handlers = {
  async ContainerArchiveInfo(request, context) {
    const path = pathOf(await request.query());
    return { kind: 'empty', headers: statHeader(await statPath(context, request.params.id, path)) };
  },

  async ContainerArchive(request, context) {
    const path = pathOf(await request.query());
    const { stat, archive } = await archivePath(context, request.params.id, path);
    const coding = acceptedCoding(request.headers['accept-encoding']);
    const headers = { ...statHeader(stat), ...(coding && { 'Content-Encoding': coding }) };
    const body = { length: undefined, content: encode(archive, coding) };
    return { kind: 'body', contentType: 'application/x-tar', headers, body };
  },

  async PutContainerArchive(request, context) {
    // The description calls both flags strings.
    const form = await request.form();
    await extractArchive(context, request.params.id, pathOf(await request.query()), request.body, {
      copyUidGid: form.flag('copyUIDGID'),
      noOverwriteDirNonDir: form.flag('noOverwriteDirNonDir'),
    });
    return { kind: 'empty' };
  },

  async ContainerChanges(request, context) {
    const changes = await containerChanges(context, request.params.id);
    const value = await wholeList(changes);
    if (value === undefined)
      return { kind: 'records', contentType: 'application/json', records: jsonList(changes.items()) };
    return { kind: 'json', value: value.length === 0 ? null : value };
  },

  ContainerExport: (request, context) => ({
    kind: 'body',
    contentType: 'application/octet-stream',
    body: { length: undefined, content: exportContainer(context, request.params.id) },
  }),
} satisfies DescribedHandlers;
