import { attachExec } from '../../engine/containers/exec/exec-attach.js';
import {
  consoleSizeType,
  createExec,
  type ExecCreateRequest,
  execCreateRequestType,
} from '../../engine/containers/exec/exec-create.js';
import { inspectExec, resizeExec } from '../../engine/containers/exec/exec-inspect.js';
import { findExec, startExec } from '../../engine/containers/exec/exec-start.js';
import { sizeOf } from '../../engine/containers/io/terminal.js';
import { isAtLeast } from '../../engine/versions.js';
import { zero } from '../../support/go/json/decode.js';
import { goBool, struct } from '../../support/go/json.js';
import { readSize } from '../byte-size.js';
import { readJson } from '../json-body.js';
import type { DescribedHandlers } from '../operation.js';
import { multiplexedStream, rawStream, upgraded } from '../streams.js';

/** Body of `POST /exec/{id}/start`. */
interface ExecStartRequest {
  Detach: boolean;
  Tty: boolean;
  ConsoleSize?: number[];
}

const execStartRequestType = struct<ExecStartRequest>('container.ExecStartRequest', {
  Detach: goBool,
  Tty: goBool,
  'ConsoleSize?': consoleSizeType,
});

/** Exec operations (docs/reference/behavior/streams.md#exec). */
export const handlers = {
  async ContainerExec(request, context) {
    const wanted = await readJson(
      request,
      execCreateRequestType,
      () => zero(execCreateRequestType) as ExecCreateRequest,
    );
    const id = createExec(context, request.params.id, wanted, request.apiVersion);
    return { kind: 'json', status: 201, value: { Id: id } };
  },

  async ExecStart(request, context) {
    const options = await readJson(request, execStartRequestType, () => zero(execStartRequestType) as ExecStartRequest);
    const { exec, container } = findExec(context, request.params.id);
    const size = options.Tty && isAtLeast(request.apiVersion, '1.42') ? sizeOf(options.ConsoleSize) : undefined;
    if (options.Detach) {
      startExec(context, container, exec, size);
      return { kind: 'empty' };
    }
    const multiplexed = !options.Tty;
    const typed = multiplexed && isAtLeast(request.apiVersion, '1.42');
    return {
      kind: 'hijack',
      ...upgraded(request, typed ? multiplexedStream : rawStream),
      run: (connection) => attachExec(context, container, exec, { multiplexed, size }, connection),
      abandon: () => undefined,
    };
  },

  ExecInspect: (request, context) => ({ kind: 'json', value: inspectExec(context, request.params.id) }),

  async ExecResize(request, context) {
    resizeExec(context, request.params.id, readSize(await request.query()));
    return { kind: 'empty' };
  },
} satisfies DescribedHandlers;
