import { expect } from 'chai';
import { buildImage } from '../../../src/engine/build/build.js';
import { imageHistory } from '../../../src/engine/images/history.js';
import { inspectImage } from '../../../src/engine/images/inspect.js';
import type { StreamMessage } from '../../../src/engine/types.js';
import { all, history, parsed, refusal } from '../support.js';
import { archiveOf, build, engineWithBase, optionsOf, textOf } from './support.js';

const from = 'FROM base:1\n';

describe('The classic builder', function () {
  this.timeout(60_000);
  const engine = engineWithBase();

  const text = async (
    ...args: Parameters<typeof build> extends [unknown, ...infer Rest] ? Rest : never
  ): Promise<string> => textOf(await build(engine.context, ...args));
  const config = async (name: string): Promise<Record<string, unknown>> =>
    parsed(await inspectImage(engine.context, name, { apiVersion: '1.55' })).Config;
  const steps = async (name: string): Promise<string[]> =>
    parsed(await imageHistory(engine.context, name)).map(({ CreatedBy }: { CreatedBy: string }) =>
      CreatedBy.replace(/[0-9a-f]{64}/, 'ID'),
    );

  it('tells each step as the daemon does', async () => {
    expect(
      await text(`${from}LABEL a=b\nRUN echo out\nCOPY f /f\n`, { f: 'x' }, { tags: ['t:1', 't', 't:1'] }),
    ).to.equal(
      [
        'Step 1/4 : FROM base:1',
        ' ---> ID',
        'Step 2/4 : LABEL a=b',
        ' ---> Running in ID',
        ' ---> Removed intermediate container ID',
        ' ---> ID',
        'Step 3/4 : RUN echo out',
        ' ---> Running in ID',
        'out',
        ' ---> Removed intermediate container ID',
        ' ---> ID',
        'Step 4/4 : COPY f /f',
        ' ---> ID',
        'aux {"ID":"sha256:ID"}',
        'Successfully built ID',
        'Successfully tagged t:1',
        'Successfully tagged t:latest',
        '',
      ].join('\n'),
    );
    expect((await history(engine.context)).slice(-5).map((event) => event.split(' ')[0])).to.deep.equal([
      'create',
      'destroy',
      'create',
      'tag',
      'tag',
    ]);
  });

  it('makes what the instructions say, and a history of it', async () => {
    const dockerfile = `${from}MAINTAINER me
ENV A=1 B="$A 2"
ENV A=2 C=$A
LABEL l='x y'
EXPOSE 81/udp 80
VOLUME /v ["x"]
WORKDIR /w
WORKDIR x/../y
USER 1:2
STOPSIGNAL SIGINT
SHELL ["/bin/sh","-ec"]
CMD echo hi
ENTRYPOINT ["e"]
HEALTHCHECK --interval=5s --retries=3 CMD true
ONBUILD RUN x
`;
    await build(engine.context, dockerfile, {}, { tags: ['t'], labels: { z: '1', k: '$A' } });
    expect(await config('t')).to.deep.equal({
      Cmd: ['/bin/sh', '-ec', 'echo hi'],
      Entrypoint: ['e'],
      Env: ['PATH=/bin', 'A=2', 'B= 2', 'C=1'],
      ExposedPorts: { '80/tcp': {}, '81/udp': {} },
      Healthcheck: { Interval: 5_000_000_000, Retries: 3, Test: ['CMD-SHELL', 'true'] },
      Labels: { k: '$A', l: 'x y', z: '1' },
      OnBuild: ['RUN x'],
      Shell: ['/bin/sh', '-ec'],
      StopSignal: 'SIGINT',
      User: '1:2',
      Volumes: { '/v': {}, '[x]': {} },
      WorkingDir: '/w/y',
    });
    expect((await steps('t')).slice(0, 17).reverse()).to.deep.equal([
      '/bin/sh -c #(nop)  MAINTAINER me',
      '/bin/sh -c #(nop)  ENV A=1 B= 2',
      '/bin/sh -c #(nop)  ENV A=2 C=1',
      '/bin/sh -c #(nop)  LABEL l=x y',
      '/bin/sh -c #(nop)  EXPOSE 80 81/udp',
      '/bin/sh -c #(nop)  VOLUME [/v [x]]',
      '/bin/sh -c #(nop) WORKDIR /w',
      '/bin/sh -c #(nop) WORKDIR /w/y',
      '/bin/sh -c #(nop)  USER 1:2',
      '/bin/sh -c #(nop)  STOPSIGNAL SIGINT',
      '/bin/sh -ec #(nop)  SHELL [/bin/sh -ec]',
      '/bin/sh -ec #(nop)  CMD ["/bin/sh" "-ec" "echo hi"]',
      '/bin/sh -ec #(nop)  ENTRYPOINT ["e"]',
      '/bin/sh -ec #(nop)  HEALTHCHECK &{Test:[CMD-SHELL true] Interval:5s Timeout:0s StartPeriod:0s StartInterval:0s Retries:3}',
      '/bin/sh -ec #(nop)  ONBUILD RUN x',
      '/bin/sh -ec #(nop)  LABEL k=$A',
      '/bin/sh -ec #(nop)  LABEL z=1',
    ]);
  });

  it('runs commands, and ends with the code of one that fails', async () => {
    const messages = await build(engine.context, `${from}RUN echo err >&2; exit 3\n`);
    const what = "The command '/bin/sh -c echo err >&2; exit 3' returned a non-zero code: 3";
    expect(messages.slice(-2)).to.deep.equal([
      { stream: '\u001b[91merr\n\u001b[0m' },
      { error: what, errorDetail: { code: 3, message: what } },
    ]);
    expect(engine.context.containers.list()).to.have.lengthOf(1);
    await build(engine.context, `${from}RUN exit 3\n`, {}, { forceRemove: true });
    expect(engine.context.containers.list()).to.have.lengthOf(1);
  });

  it('cannot kill the first process of a container from inside', async () => {
    expect(await text(`${from}RUN kill -9 $$; echo lives\n`))
      .to.include('lives\n')
      .and.include('Successfully built');
  });

  it('writes manifests as the daemon does, indented by four', async () => {
    await build(engine.context, `${from}LABEL a=b\n`, {}, { tags: ['t'] });
    const { digest } = engine.context.store.get('docker.io/library/t:latest')?.target ?? { digest: '' };
    const pieces = await all(await engine.context.store.content.stream(digest));
    expect(Buffer.concat(pieces as Buffer[]).toString()).to.match(/^\{\n {4}"schemaVersion": 2,\n/);
  });

  it('takes over what was made before, until something differs', async () => {
    const dockerfile = `${from}LABEL a=b\nCOPY f /f\nRUN echo x\n`;
    const uses = (said: string): number => said.split('Using cache').length - 1;
    expect(uses(await text(dockerfile, { f: '1' }))).to.equal(0);
    expect(uses(await text(dockerfile, { f: { text: '1', mtime: new Date(5000) } }))).to.equal(3);
    expect(uses(await text(dockerfile, { f: '2' }))).to.equal(1);
    expect(uses(await text(dockerfile, { f: '1' }, { noCache: true }))).to.equal(0);
  });

  it('takes over the steps of an image that is named for it', async () => {
    const dockerfile = `${from}LABEL a=b\nRUN echo x > /x\nLABEL c=`;
    await build(engine.context, `${dockerfile}1\n`, {}, { tags: ['cached:1'] });
    const other = await text(`${dockerfile}2\n`, {}, { cacheFrom: ['cached:1', 'nosuch'] });
    expect(other.split('Using cache')).to.have.lengthOf(3);
    expect((await text(`${dockerfile}1\n`, {}, { cacheFrom: ['nosuch'] })).includes('Using cache')).to.equal(false);
  });

  it('knows stages by name and number, and stops at the one that is asked for', async () => {
    const dockerfile = `FROM base:1 AS One\nRUN echo x > /x; chown 4:5 /x\nFROM base:1 AS two\nCOPY --from=one /x /y\nCOPY --from=0 --chown=7 /x /z/\nRUN stat -c '%n %u:%g' /y /z /z/x\nFROM nosuch\n`;
    expect(await text(dockerfile, {}, { target: 'TWO' })).to.include('/y 4:5\n/z 7:7\n/z/x 7:7\n');
    const again = 'FROM base:1 AS one\nFROM base:1 AS ONE\n';
    expect(await text(again)).to.match(/error one stage name already used$/);
  });

  it('gives arguments to whom declares them, and says which nobody took', async () => {
    const dockerfile = 'ARG B=base\nFROM $B:1\nARG V=def\nARG B\nLABEL v=$V$B\nRUN echo "$V $HTTP_PROXY"\n';
    const given = new Map([
      ['V', 'given'],
      ['U', 'x'],
      ['HTTP_PROXY', 'p'],
    ]);
    const said = await text(dockerfile, {}, { arguments: given, tags: ['t'] });
    expect(said).to.include('given p\n').and.to.include('[Warning] One or more build-args [U] were not consumed\n');
    expect((await config('t')).Labels).to.deep.equal({ v: 'givenbase' });
    expect((await steps('t'))[0]).to.equal('|2 B=base V=given /bin/sh -c echo "$V $HTTP_PROXY"');
  });

  it('does the triggers of its base image first', async () => {
    await build(engine.context, `${from}ONBUILD RUN echo triggered\nONBUILD LABEL x=y\n`, {}, { tags: ['on:1'] });
    const said = await text('FROM on:1\n', {}, { tags: ['t'] });
    expect(said).to.match(/^Step 1\/1 : FROM on:1\n# Executing 2 build triggers\n ---> Running in ID\ntriggered\n/);
    expect(await config('t'))
      .to.include.keys('Labels')
      .and.not.to.include.keys('OnBuild');
  });

  it('sends nothing but the id when it is to be quiet, and all when it fails', async () => {
    expect(await text(from, {}, { quiet: true })).to.equal('sha256:ID\n');
    expect(await text(`${from}RUN exit 1\n`, {}, { quiet: true })).to.match(/^Step 1\/2[\s\S]*non-zero code: 1$/);
  });

  it('kills what runs when the client goes', async () => {
    const { context } = engine;
    const client = new AbortController();
    const messages: StreamMessage[] = [];
    for await (const message of buildImage(
      context,
      archiveOf({ Dockerfile: `${from}RUN echo runs; sleep 60\n` }),
      optionsOf(),
      client.signal,
    )) {
      messages.push(message);
      if (message.stream === 'runs\n') client.abort();
    }
    expect(textOf(messages)).to.match(/returned a non-zero code: 137$/);
    expect(context.containers.list()).to.have.lengthOf(0);
  });

  const refused: readonly (readonly [dockerfile: string, code: string, message: string])[] = [
    ['', 'INVALID_ARGUMENT', 'the Dockerfile (Dockerfile) cannot be empty'],
    ['# c\n', 'INVALID_ARGUMENT', 'failed to parse Dockerfile: file with no instructions'],
    ['LABEL a=b\n', 'INVALID_ARGUMENT', 'no build stage in current context'],
    ['FROM a b\n', 'INVALID_ARGUMENT', 'dockerfile parse error on line 1: FROM requires either one or three arguments'],
    [
      `${from}COPY --link=maybe f /f\n`,
      'INVALID_ARGUMENT',
      'dockerfile parse error on line 2: expecting boolean value for flag --link, not: maybe',
    ],
    [
      `${from}LABEL a=${'b'.repeat(70_000)}\n`,
      'INVALID_ARGUMENT',
      'failed to parse Dockerfile: dockerfile line greater than max allowed size of 65535',
    ],
    [
      `${from}\nRUm x\n`,
      'INVALID_ARGUMENT',
      'dockerfile parse error on line 3: unknown instruction: RUm (did you mean run?)',
    ],
    [`${from}ENV a\n`, 'INVALID_ARGUMENT', 'failed to parse Dockerfile: ENV must have two arguments'],
    [
      `${from}COPY --from f /f\n`,
      'INVALID_ARGUMENT',
      'dockerfile parse error on line 2: missing a value on flag: --from',
    ],
    [
      `${from}SHELL /bin/sh\n`,
      'INVALID_ARGUMENT',
      'dockerfile parse error on line 2: SHELL requires the arguments to be in JSON form',
    ],
    [
      `${from}VOLUME []\n`,
      'INVALID_ARGUMENT',
      'dockerfile parse error on line 2: VOLUME requires at least one argument',
    ],
    [
      `${from}HEALTHCHECK --retries=1 --retries=2 CMD x\n`,
      'INVALID_ARGUMENT',
      'dockerfile parse error on line 2: duplicate flag specified: --retries',
    ],
    [
      `${from}HEALTHCHECK --interval CMD x\n`,
      'INVALID_ARGUMENT',
      'dockerfile parse error on line 2: missing a value on flag: --interval',
    ],
    [`${from}ONBUILD ENV a\n`, 'INVALID_ARGUMENT', 'failed to parse Dockerfile: ENV must have two arguments'],
    [
      `# escape=x\n${from}`,
      'INVALID_ARGUMENT',
      "failed to parse Dockerfile: invalid escape token 'x' does not match ` or \\",
    ],
    [
      `# syntax=a\n# escape=\`\n#ESCAPE = \\\n${from}`,
      'INVALID_ARGUMENT',
      'failed to parse Dockerfile: only one escape parser directive can be used',
    ],
  ];
  for (const [dockerfile, code, message] of refused)
    it(`refuses ${JSON.stringify(dockerfile.slice(0, 60))} before it says anything`, async () => {
      expect(await refusal(() => build(engine.context, dockerfile))).to.deep.equal([code, message]);
    });

  it('takes comments for no directives once another one came', async () => {
    expect(await text(`# c\n# escape=x\n# escape=y\n${from}LABEL a=b\n`)).to.contain('Successfully built');
  });

  it('refuses an archive that leads out of the context', async () => {
    expect(await refusal(() => build(engine.context, from, { '../evil': 'x' }))).to.deep.equal([
      'INTERNAL',
      'invalid entry name "../evil"',
    ]);
  });

  it('tells of what it made with the keys in order, for its parent is told', async () => {
    await text(`${from}LABEL a=b\n`, {}, { tags: ['ordered:1'] });
    const told = parsed(await inspectImage(engine.context, 'ordered:1', { apiVersion: '1.55' }));
    expect(told.Parent).to.match(/^sha256:/);
    expect(Object.keys(told)).to.deep.equal(Object.keys(told).sort());
  });

  it('refuses names, paths and targets before it says anything', async () => {
    const { context } = engine;
    expect(await refusal(() => build(context, from, {}, { tags: ['UPPER'] }))).to.deep.equal([
      'INTERNAL',
      'invalid reference format: repository name (library/UPPER) must be lowercase',
    ]);
    expect(await refusal(() => build(context, from, {}, { dockerfile: 'x' }))).to.deep.equal([
      'INTERNAL',
      'Cannot locate specified Dockerfile: x',
    ]);
    expect(await refusal(() => build(context, from, {}, { target: 'x' }))).to.deep.equal([
      'INVALID_ARGUMENT',
      'target stage "x" could not be found',
    ]);
    expect(await refusal(() => build(context, from, {}, { remote: 'xyz' }))).to.deep.equal([
      'INTERNAL',
      'remoteURL (xyz) could not be recognized as URL',
    ]);
  });

  const failing: readonly (readonly [step: string, message: string])[] = [
    ['RUN --mount=type=cache,target=/x true', 'the --mount option requires BuildKit.'],
    ['COPY --from=0 /x /y', 'invalid from flag value 0: refers to current build stage'],
    ['COPY --from=9 /x /y', 'invalid from flag value 9: index out of bounds'],
    ['LABEL a="b', 'failed to process "\\"b": unexpected end of statement while looking for matching double-quote'],
    ['STOPSIGNAL FOO', 'invalid signal: FOO'],
  ];
  for (const [step, message] of failing)
    it(`fails at ${step} in its stream`, async () => {
      const last = (await build(engine.context, `${from}${step}\n`)).at(-1);
      expect(String(last?.error)).to.match(new RegExp(`^${message.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`));
    });
});
