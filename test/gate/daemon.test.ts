import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Daemon } from '../../src/gate/forward.js';
import type { AttestdError } from '../../src/support/foundation/errors.js';

describe('the daemon behind a gate', () => {
  let folder: string;
  let server: Server;
  let sent = 0;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'attestd-gate-daemon-'));
    server = createServer((_, response) => {
      const piece = Buffer.alloc(1 << 20, 'x');
      const pour = (): void => {
        sent += piece.length;
        if (!response.destroyed && sent < 256 << 20) response.write(piece, pour);
      };
      pour();
    });
    server.listen(join(folder, 'docker.sock'));
    await once(server, 'listening');
  });
  after(async () => {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true });
  });

  it('is not listened to when it answers what is judged without end', async () => {
    const daemon = new Daemon({ kind: 'unix', path: join(folder, 'docker.sock') });
    const waiting = new EventEmitter() as ServerResponse;
    const request = { method: 'POST', path: '/containers/create', headers: {}, body: Buffer.from('{}') };
    const code = await daemon.send(request, waiting).then(
      () => 'answered',
      (error: AttestdError) => error.code,
    );
    daemon.close();
    expect(code).to.equal('UNAVAILABLE');
    expect(sent).to.be.below(64 << 20);
  });
});
