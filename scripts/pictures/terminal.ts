/** Pictures of what commands print, made from real runs. */
import { fileURLToPath } from 'node:url';
import { execute } from '../../src/cli/program.js';
import { startServer } from '../../src/server/index.js';
import { type Html, html } from '../../src/support/foundation/markup.js';

/** A command, as the picture shows it and as it is run. */
interface Shown {
  readonly title: string;
  readonly shown: string;
  readonly args: readonly string[];
}

const commands: Readonly<Record<string, Shown>> = {
  'docs/pictures/conformance.svg': {
    title: 'attestd conformance judges the reference server',
    shown: 'attestd conformance',
    args: ['conformance', '--quiet'],
  },
  'docs/pictures/attestations.svg': {
    title: 'attestd attestations shows and verifies the attestations of an image',
    shown: 'attestd attestations hello:signed --key cosign.pub',
    args: [
      'attestations',
      'hello:signed',
      '--platform',
      'linux/amd64',
      '--key',
      fileURLToPath(new URL('../../fixtures/images/buildkit/cosign.pub', import.meta.url)),
    ],
  },
};

/** Runs a command in this process as on a terminal, and keeps what it prints. */
async function printed(args: readonly string[]): Promise<string> {
  const { write, isTTY } = process.stdout;
  const noColor = process.env.NO_COLOR;
  let text = '';
  process.stdout.write = ((chunk: string | Uint8Array) => {
    text += Buffer.from(chunk as string).toString('utf8');
    return true;
  }) as typeof write;
  process.stdout.isTTY = true;
  delete process.env.NO_COLOR;
  try {
    const code = await execute(args);
    if (code !== 0) throw new Error(`attestd ${args.join(' ')} ended with ${code}: ${text}`);
  } finally {
    Object.assign(process.stdout, { write, isTTY });
    if (noColor !== undefined) process.env.NO_COLOR = noColor;
  }
  return text;
}

/** What differs from run to run, made equal. */
function settled(text: string): string {
  return text
    .replace(/unix:\/\/\S+\/docker\.sock/g, 'unix:///tmp/attestd-…/docker.sock')
    .replace(/ in \d+\.\d s$/m, '')
    .replace(/\d+(?= answers checked)/, '…')
    .trimEnd();
}

const styles: Readonly<Record<string, string>> = {
  '1': 'bold',
  '2': 'dim',
  '31': 'red',
  '32': 'green',
  '33': 'yellow',
};

/** A line with its colours; none of the palette's marks goes over a line's end, and none lies in another. */
function line(text: string, at: number): Html {
  const pieces = text.split('\u001b[');
  const spans = pieces.map((piece, index) => {
    const [, code = '', rest = piece] = index === 0 ? [] : (/^(\d+)m(.*)$/s.exec(piece) ?? []);
    const style = styles[code];
    return style === undefined ? html`${rest}` : html`<tspan class="${style}">${rest}</tspan>`;
  });
  return html`<text x="16" y="${52 + at * 20}">${spans}</text>\n`;
}

/** A terminal with a command and what it printed. */
function picture({ title, shown }: Shown, output: string): string {
  const lines = [`\u001b[32m$\u001b[39m ${shown}`, ...output.split('\n')];
  const widest = Math.max(
    60,
    ...lines.map(
      (text) =>
        text
          .split('\u001b[')
          .map((p, i) => (i ? p.replace(/^\d+m/, '') : p))
          .join('').length,
    ),
  );
  const [width, height] = [Math.ceil(widest * 8.43) + 32, lines.length * 20 + 56];
  return `${html`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title">
<title id="title">${title}</title>
<style>text { font: 14px ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; fill: #e6edf3; white-space: pre; }
.bold { font-weight: 700; } .dim { fill: #9aa7b4; } .red { fill: #ff8a80; } .green { fill: #7ee2a0; } .yellow { fill: #ffcf70; }</style>
<rect width="${width}" height="${height}" rx="8" fill="#0d1117"/>
<circle cx="20" cy="18" r="6" fill="#ff5f57"/><circle cx="40" cy="18" r="6" fill="#febc2e"/><circle cx="60" cy="18" r="6" fill="#28c840"/>
${lines.map(line)}</svg>
`}`;
}

/** The pictures of commands, by file. */
export async function terminalPictures(): Promise<Record<string, string>> {
  const server = await startServer({ platform: 'linux/amd64', logLevel: 'none' });
  const dockerHost = process.env.DOCKER_HOST;
  process.env.DOCKER_HOST = server.hosts[0] ?? '';
  try {
    const made: Record<string, string> = {};
    for (const [file, command] of Object.entries(commands))
      made[file] = picture(command, settled(await printed(command.args)));
    return made;
  } finally {
    if (dockerHost === undefined) delete process.env.DOCKER_HOST;
    else process.env.DOCKER_HOST = dockerHost;
    await server.close();
  }
}
