import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import type { StreamMessage } from '../../../src/engine/types.js';
import { refusal } from '../support.js';
import { archiveOf, build, type ContextFile, engineWithBase, textOf } from './support.js';

const listing = "RUN stat -c '%n %a %u:%g %s'";

async function bytesOf(files: Readonly<Record<string, ContextFile>>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of archiveOf(files) as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces);
}

describe('COPY and ADD', function () {
  this.timeout(60_000);
  const engine = engineWithBase();

  /** What a step of a build with these instructions prints. */
  const printed = async (instructions: string, files: Readonly<Record<string, ContextFile>>): Promise<string[]> => {
    const said = textOf(await build(engine.context, `FROM base:1\n${instructions}\n`, files));
    const [, output = said] = /Running in ID\n(?! ---> Removed)([\s\S]*?)(?: ---> Removed|error)/.exec(said) ?? [];
    return output.trimEnd().split('\n');
  };

  const fault = async (instructions: string, files: Readonly<Record<string, ContextFile>>): Promise<unknown> =>
    (await build(engine.context, `FROM base:1\n${instructions}\n`, files)).at(-1)?.error;

  it('put a file where the destination says, as root', async () => {
    const files = { f: { text: 'x', mode: 0o640, uid: 5, gid: 6 } };
    const copies = 'COPY f /a\nCOPY f /b/\nWORKDIR /w\nCOPY f .\nCOPY f g\n';
    expect(await printed(`${copies}${listing} /a /b /b/f /w/f /w/g`, files)).to.deep.equal([
      '/a 640 0:0 1',
      '/b 755 0:0 4096',
      '/b/f 640 0:0 1',
      '/w/f 640 0:0 1',
      '/w/g 640 0:0 1',
    ]);
  });

  it('take numbers of owners as Go and the kernel do', async () => {
    const copies = ['-1', '+7', '3:-1', '4294967297', '4294967295'].map(
      (owner, at) => `COPY --chown=${owner} f /${at}`,
    );
    expect(await printed(`${copies.join('\n')}\nRUN stat -c %u:%g /0 /1 /2 /3 /4`, { f: 'x' })).to.deep.equal([
      '0:0',
      '7:7',
      '3:0',
      '1:1',
      '0:0',
    ]);
  });

  it('put what a directory holds, with its links', async () => {
    const files: Record<string, ContextFile> = {
      'd/': { type: 'directory', mode: 0o700, uid: 3 },
      'd/f': 'x',
      'd/s/l': { type: 'symlink', linkname: '../f' },
    };
    const copies = 'COPY d /d\nCOPY --chown=1:2 d /t/a\n';
    expect(await printed(`${copies}${listing} /d /d/f /d/s/l /t /t/a /t/a/f`, files)).to.deep.equal([
      '/d 755 0:0 4096',
      '/d/f 644 0:0 1',
      '/d/s/l 777 0:0 4',
      '/t 755 0:0 4096',
      '/t/a 755 1:2 4096',
      '/t/a/f 644 1:2 1',
    ]);
  });

  it('copy links of an image that point above what is copied', async () => {
    const links = 'RUN mkdir /h && ln -s ../../../.. /h/up && ln -s ../x /h/x\nFROM base:1\nCOPY --from=0 /h /h\n';
    expect(await printed(`${links}RUN readlink /h/up /h/x`, {})).to.include('../../../..');
  });

  it('take what a pattern fits, and what a link in the context leads to', async () => {
    const files: Record<string, ContextFile> = {
      f1: '1',
      f2: '2',
      'd/f3': '3',
      l: { type: 'symlink', linkname: '/d/f3' },
    };
    expect(await printed('COPY f* /t/\nCOPY d/? l /u/\nRUN ls /t /u; cat /u/l', { ...files, 'd/x': '' })).to.deep.equal(
      ['/t:', 'f1', 'f2', '', '/u:', 'l', 'x', '3'],
    );
  });

  it('take archives of the context apart, with whom they belong to', async () => {
    const archive = await bytesOf({ 'x/y': { text: '1', uid: 3, gid: 2 } });
    const files = {
      'a.tar': archive.toString('latin1'),
      b: 'no archive',
    };
    expect(await printed(`ADD a.tar /t\nADD a.tar b /u/\n${listing} /t/x/y /u/x/y /u/b`, files)).to.deep.equal([
      '/t/x/y 644 3:2 1',
      '/u/x/y 644 3:2 1',
      '/u/b 644 0:0 10',
    ]);
    expect(await printed(`COPY a.tar /t/\nRUN ls /t`, files)).to.deep.equal(['a.tar']);
  });

  it('leave a program its mode, but not whose it runs as', async () => {
    const files = {
      p: { text: '1', mode: 0o6755 },
      'a.tar': (await bytesOf({ q: { mode: 0o4755 } })).toString('latin1'),
    };
    expect(await printed(`COPY p /p\nADD a.tar /t\n${listing} /p /t/q`, files)).to.deep.equal([
      '/p 755 0:0 1',
      '/t/q 4755 0:0 0',
    ]);
  });

  it('fail at an archive that leads out of the destination', async () => {
    const files = { 'a.tar': (await bytesOf({ '../evil': 'x' })).toString('latin1') };
    expect(await fault('ADD a.tar /t', files)).to.match(/^failed to copy files: /);
  });

  it('go where a link of the image leads, also when nothing is there yet', async () => {
    const image = 'RUN ln -s made /to; ln -s /nowhere /loop; ln -s /loop /nowhere\n';
    expect(await printed(`${image}COPY f /to\nRUN ls -l /made /to | cut -c1; cat /made`, { f: 'x' })).to.deep.equal([
      '-',
      'l',
      'x',
    ]);
  });

  it('take ADD with --unpack', async () => {
    expect(await printed('ADD --unpack f /f\nRUN cat /f', { f: 'x' })).to.deep.equal(['x']);
  });

  it('hide the Dockerfile and .dockerignore where it says so, and nothing else', async () => {
    const files = { '.dockerignore': '*\n!Dockerfile\n', f: '' };
    expect(await printed('COPY . /t\nRUN ls -a /t', files)).to.deep.equal(['.', '..', 'Dockerfile', 'f']);
  });

  const refused: readonly (readonly [instruction: string, message: string])[] = [
    [
      'COPY nosuch /d',
      'COPY failed: file not found in build context or excluded by .dockerignore: stat nosuch: file does not exist',
    ],
    ['ADD nosuch* /d', 'ADD failed: no source files were specified'],
    ['COPY ../f /d', 'COPY failed: forbidden path outside the build context: ../f ()'],
    [
      'COPY f g /d',
      'When using COPY with more than one source file, the destination must be a directory and end with a /',
    ],
    [
      'COPY --chown=nosuch f /d',
      "unable to convert uid/gid chown string to host mapping: can't find uid for user nosuch: no such user: nosuch",
    ],
    [
      'COPY --chown=1:2:3 f /d',
      'unable to convert uid/gid chown string to host mapping: invalid chown string format: 1:2:3',
    ],
    ['COPY . /bin/busybox', 'failed to copy files: lstat /bin/busybox: not a directory'],
    ['WORKDIR /bin/busybox', 'Cannot mkdir: /bin/busybox is not a directory'],
    ['EXPOSE $PATH', 'no port specified: /bin<empty>'],
    ['COPY http://127.0.0.1:1/f /d', "COPY failed: source can't be a URL for COPY"],
  ];
  for (const [instruction, message] of refused)
    it(`fail at ${instruction}`, async () => {
      expect(await fault(instruction, { f: '', g: '' })).to.equal(message);
    });

  describe('with a server', () => {
    let server: Server;
    let origin: string;
    let archive: Buffer;

    before(async () => {
      archive = gzipSync(await bytesOf({ Dockerfile: 'FROM base:1\nCOPY f /f\nRUN cat /f\n', f: 'from afar\n' }));
      const large = await bytesOf({ Dockerfile: 'FROM base:1\n', f: 'x'.repeat(600_000) });
      server = createServer(({ url }, response) => {
        if (url === '/file') response.writeHead(200, { 'Last-Modified': new Date(1e12).toUTCString() }).end('content');
        else if (url === '/folder/') response.end('content');
        else if (url === '/named/')
          response.writeHead(200, { 'Content-Disposition': 'attachment; filename="a/from-header"' }).end('content');
        else if (url === '/context') response.writeHead(200, { 'Content-Type': 'application/x-gzip' }).end(archive);
        else if (url === '/Dockerfile')
          response.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8' }).end('FROM base:1\nCOPY f /f\n');
        else if (url === '/octets')
          response.writeHead(200, { 'Content-Type': 'application/octet-stream' }).end('FROM base:1\n');
        else if (url === '/large') response.writeHead(200, { 'Content-Type': 'application/x-tar' }).end(large);
        else if (url === '/empty') response.writeHead(200, { 'Content-Type': 'text/plain' }).end();
        else if (url === '/comment') response.writeHead(200, { 'Content-Type': 'text/plain' }).end('# c\n');
        else if (url === '/odd') response.writeHead(200, { 'Content-Type': 'text/html; charset=x' }).end('<html>');
        else response.writeHead(404).end('not here');
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });

    after(() => server.close());

    it('fetch a file', async () => {
      const output = await printed(`ADD ${origin}/file /t/\nRUN stat -c '%n %a %Y' /t/file; cat /t/file`, {});
      expect(output).to.deep.equal(['/t/file 600 1000000000', 'content']);
      expect(await fault(`ADD ${origin}/nosuch /t/`, {})).to.equal(
        `ADD failed: failed to GET ${origin}/nosuch with status 404 Not Found: not here`,
      );
    });

    it('call a file as the path ends, or as the server says', async () => {
      expect(await printed(`ADD ${origin}/named/ /t/\nRUN cat /t/from-header`, {})).to.deep.equal(['content']);
      expect(await printed(`ADD ${origin}/folder/ /t\nRUN cat /t`, {})).to.deep.equal(['content']);
      expect(await fault(`ADD ${origin}/folder/ /t/`, {})).to.equal(
        `ADD failed: cannot determine filename for source ${origin}/folder/`,
      );
    });

    it('take a context from there, or but a Dockerfile', async () => {
      const remote = (path: string): Promise<string> =>
        build(engine.context, '', {}, { remote: `${origin}${path}` }).then(textOf);
      expect(await remote('/context'))
        .to.include('from afar\n')
        .and.include('Successfully built');
      expect(await remote('/Dockerfile')).to.match(/error COPY failed: missing build context$/);
    });

    it('tell how far a context has come: all of a Dockerfile, and of an archive what is long', async () => {
      const told = async (path: string): Promise<readonly StreamMessage[]> => {
        const messages = await build(engine.context, '', {}, { remote: `${origin}${path}` });
        return messages.slice(
          0,
          messages.findIndex(({ stream }) => stream !== undefined),
        );
      };
      const [first, ...rest] = await told('/octets');
      const progress = { status: `${origin}/octets`, progressDetail: { current: 12 }, id: 'Downloading context' };
      expect([first, ...rest]).to.deep.equal([progress, {}]);
      expect(await told('/context')).to.deep.equal([]);
      const long = await told('/large');
      expect(long).to.have.length(1);
      expect(Object.keys(long[0]?.progressDetail ?? {})).to.deep.equal(['current']);
    });

    it('say what cannot be a context', async () => {
      const why = (path: string): Promise<readonly [string, string]> =>
        refusal(() => build(engine.context, '', {}, { remote: `${origin}${path}` }));
      const detecting = (path: string): string => `error detecting content type for remote ${origin}${path}: `;
      expect(await why('/empty')).to.deep.equal(['INTERNAL', `${detecting('/empty')}empty response`]);
      const unsupported = 'unsupported Content-Type "text/html; charset=x"';
      expect(await why('/odd')).to.deep.equal(['INTERNAL', detecting('/odd') + unsupported]);
      const last = (await build(engine.context, '', {}, { remote: `${origin}/comment` })).at(-1);
      expect(last?.error).to.equal('file with no instructions');
    });
  });

  it('are known by owner, mode, content and name', async () => {
    const imagesAfter = async (file: ContextFile, name = 'f'): Promise<number> => {
      await build(engine.context, `FROM base:1\nCOPY ${name} /f\n`, { [name]: file });
      return engine.context.store.list().length;
    };
    const first = await imagesAfter('x');
    expect(await imagesAfter({ text: 'x', mtime: new Date(9e9) })).to.equal(first);
    expect(await imagesAfter({ text: 'x', mode: 0o600 })).to.equal(first + 1);
    expect(await imagesAfter({ text: 'x', uid: 1 })).to.equal(first + 2);
    expect(await imagesAfter('x', 'g')).to.equal(first + 3);
  });
});
