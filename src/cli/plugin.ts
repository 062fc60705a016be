import { AttestdError } from '../support/foundation/errors.js';
import { packageVersion } from '../support/foundation/package-files.js';
import type { Flag } from './arguments.js';
import { attestations } from './commands.js';
import { type Completable, completables } from './completion.js';
import { execute } from './program.js';

/** The name of the command among docker's. */
const name = 'attestations';

/** What `docker-cli-plugin-metadata` is answered (docker/cli, cli-plugins/metadata). */
const metadata = (): object => ({
  SchemaVersion: '0.1.0',
  Vendor: 'attestd',
  Version: packageVersion(),
  ShortDescription: 'Show and verify the attestations of images',
});

/** docker's own flags, which it passes on before the plugin's name; true for those with a value. */
const dockerFlags: Readonly<Record<string, boolean>> = {
  '--config': true,
  '--context': true,
  '-c': true,
  '--debug': false,
  '-D': false,
  '--host': true,
  '-H': true,
  '--log-level': true,
  '-l': true,
  '--tls': false,
  '--tlscacert': true,
  '--tlscert': true,
  '--tlskey': true,
  '--tlsverify': false,
};

type Environment = Record<string, string | undefined>;

/** What docker's flags say where the daemon is, in the environment's words, which the client library reads. */
function apply(flag: string, value: string, env: Environment): void {
  if (flag === '--config') env.DOCKER_CONFIG = value;
  if (flag === '--host' || flag === '-H') env.DOCKER_HOST = value;
  if (flag === '--context' || flag === '-c') {
    env.DOCKER_CONTEXT = value;
    // Given as a flag, a context counts more than the environment's host.
    delete env.DOCKER_HOST;
  }
  if (flag === '--tls' && value !== 'false') env.DOCKER_TLS = '1';
  if (flag === '--tlsverify' && value !== 'false') env.DOCKER_TLS_VERIFY = '1';
  if (/^--tls(cacert|cert|key)$/.test(flag))
    throw new AttestdError(
      'USAGE',
      `${flag} is not taken: set DOCKER_CERT_PATH to a folder with ca.pem, cert.pem and key.pem`,
    );
}

/**
 * Take docker's own flags off a command line.
 *
 * @param args as docker gives them to a plugin
 * @param env gets what they say
 * @returns what follows the plugin's name
 * @throws AttestdError USAGE for a flag that docker does not have
 */
export function afterDocker(args: readonly string[], env: Environment): readonly string[] {
  for (let at = 0; at < args.length; at++) {
    const word = args[at] as string;
    if (word === name) return args.slice(at + 1);
    const [flag = '', ...given] = word.split('=');
    const takes = dockerFlags[flag];
    if (takes === undefined) throw new AttestdError('USAGE', `unknown flag '${word}' before '${name}'`);
    if (given.length > 0) apply(flag, given.join('='), env);
    else apply(flag, takes ? (args[++at] ?? '') : 'true', env);
  }
  return [];
}

/** How shells are told that no file names follow, and that they may (spf13/cobra, ShellCompDirective). */
const noFiles = ':4';
const files = ':0';

async function imageNames(): Promise<string[]> {
  const { withDaemon } = await import('./daemon.js');
  const images = await withDaemon(undefined, (client) => client.listImages());
  return images.flatMap(({ RepoTags }) => RepoTags ?? []).filter((tag) => !tag.includes('<none>'));
}

function valuesOf({ choices, value }: Flag): [string[], string] {
  return [[...(choices ?? [])], value === 'FILE' || value === 'DIR' ? files : noFiles];
}

/** The command that words lead to, and its flags. */
function placeOf(all: readonly Completable[], words: readonly string[]): Completable {
  let place = all[0] as Completable;
  for (const word of words) place = all.find(({ path }) => path === `${place.path} ${word}`.trim()) ?? place;
  return place;
}

/**
 * What may come next on a command line, in the form that docker's completion reads.
 *
 * @param words what stands before it, and the beginning of the word itself, which may be empty
 */
async function complete(words: readonly string[]): Promise<string> {
  const current = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const all = await completables(attestations);
  // The program's own flags are not the plugin's: the commands' are.
  const own = (await attestations.load?.())?.command.line.flags ?? {};
  const found = placeOf(all, before);
  const place = found.path === '' ? { ...found, flags: Object.entries<Flag>(own) } : found;
  const previous = before.at(-1) ?? '';
  const flag = place.flags.find(([long, { short }]) => previous === `--${long}` || previous === `-${short}`);
  let offered: string[] = [];
  let directive = noFiles;
  if (flag?.[1].type === 'string') [offered, directive] = valuesOf(flag[1]);
  else if (current.startsWith('-')) offered = place.flags.map(([long, { help }]) => `--${long}\t${help}`);
  else {
    const images = await imageNames().catch(() => []);
    offered = [...place.commands.map(([word, summary]) => `${word}\t${summary}`), ...images];
  }
  return `${[...offered.filter((word) => word.startsWith(current)), directive].join('\n')}\n`;
}

/**
 * Run as a plugin of the docker CLI (docs/guides/docker-cli-plugin.md).
 *
 * @param args as docker gives them
 * @returns the exit code
 * @throws AttestdError as the commands do
 */
export async function runPlugin(args: readonly string[]): Promise<number> {
  const [first] = args;
  if (first === 'docker-cli-plugin-metadata') {
    process.stdout.write(`${JSON.stringify(metadata())}\n`);
    return 0;
  }
  if (first === '__complete' || first === '__completeNoDesc') {
    const text = await complete(afterDocker(args.slice(1), process.env));
    process.stdout.write(first === '__complete' ? text : text.replace(/\t.*$/gm, ''));
    return 0;
  }
  const rest = afterDocker(args, process.env);
  return execute([name, ...rest], 'docker');
}
