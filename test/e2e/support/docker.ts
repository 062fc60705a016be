import { type Finished, type RunOptions, run } from './run.js';

/** The docker CLI pointed at one daemon. */
export class DockerCli {
  readonly #path: string;
  readonly #host: string;

  constructor(path: string, host: string) {
    this.#path = path;
    this.#host = host;
  }

  /** Runs a command whatever its exit code. */
  try(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
    // The CLI's own settings and contexts stay out of the tests.
    const env = {
      DOCKER_HOST: this.#host,
      DOCKER_CONTEXT: '',
      DOCKER_CONFIG: '/nonexistent',
      DOCKER_CLI_HINTS: 'false',
    };
    return run(this.#path, args, { ...options, env: { ...env, ...options.env } });
  }

  /** Runs a command that must succeed; resolves with its trimmed standard output. */
  async ok(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.try(args);
    if (code !== 0) throw new Error(`docker ${args.join(' ')} ended with ${code}: ${stderr.trim()}`);
    return stdout.trim();
  }

  /** Runs a command that must succeed; resolves with its lines, none for no output. */
  async lines(...args: readonly string[]): Promise<string[]> {
    const text = await this.ok(...args);
    return text === '' ? [] : text.split('\n').map((line) => line.trim());
  }

  /** Runs a command that must fail; resolves with its standard error. */
  async fails(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.try(args);
    if (code === 0) throw new Error(`docker ${args.join(' ')} succeeded: ${stdout.trim()}`);
    return stderr.trim();
  }

  /** Runs a command that prints JSON. */
  async json(...args: readonly string[]): Promise<unknown> {
    return JSON.parse(await this.ok(...args));
  }
}
