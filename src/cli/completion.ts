import { AttestdError } from '../support/foundation/errors.js';
import { commonFlags, type Flag, programFlags } from './arguments.js';
import { type Command, command as define, type Entry } from './command.js';

/** What can follow a command's name. */
export interface Completable {
  /** The names that lead to the command, with spaces between them; empty for the program itself. */
  readonly path: string;
  /** Commands below it, with what they do. */
  readonly commands: readonly (readonly [name: string, summary: string])[];
  readonly flags: readonly (readonly [name: string, flag: Flag])[];
}

/** Everything that can be completed, from a table of commands. Positional arguments such as `a|b` are words. */
export async function completables(entry: Entry, path: readonly string[] = []): Promise<Completable[]> {
  const own = (await entry.load?.())?.command;
  const below = Object.entries(entry.commands ?? {});
  const words = (own?.line.positionals ?? []).flatMap((name) => (name.includes('|') ? name.split('|') : []));
  const nested = await Promise.all(below.map(([name, each]) => completables(each, [...path, name])));
  return [
    {
      path: path.join(' '),
      commands: [
        ...below.map(([name, { summary }]): [string, string] => [name, summary]),
        ...words.map((word): [string, string] => [word, '']),
      ],
      flags: Object.entries<Flag>(path.length === 0 ? programFlags : { ...own?.line.flags, ...commonFlags }),
    },
    ...nested.flat(),
  ];
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** What the value of a flag can be: words, files, or nothing that is known. */
function valuesOf({ choices, value }: Flag): string {
  if (choices) return choices.join(' ');
  return value === 'FILE' || value === 'DIR' ? value : '';
}

function cases(all: readonly Completable[]): { words: string[]; values: string[]; paths: string[] } {
  const words = all.map(({ path, commands, flags }) => {
    const names = [...commands.map(([name]) => name), ...flags.map(([name]) => `--${name}`)];
    return `    ${quoted(path)}) offered=${quoted(names.join(' '))} ;;`;
  });
  const values = all.flatMap(({ path, flags }) =>
    flags.flatMap(([name, flag]) => {
      if (flag.type !== 'string') return [];
      const patterns = [`--${name}`, ...(flag.short ? [`-${flag.short}`] : [])].map((each) =>
        quoted(`${path}:${each}`),
      );
      return [`    ${patterns.join('|')}) value=1 offered=${quoted(valuesOf(flag))} ;;`];
    }),
  );
  const paths = all.filter(({ path }) => path !== '').map(({ path }) => quoted(path));
  return { words, values, paths };
}

/** Sets `offered` to what may come next, and `value` when it is the value of a flag; bash and zsh read it. */
function lookup(all: readonly Completable[]): string {
  const { words, values, paths } = cases(all);
  return `_attestd_words() { # the words before the one that is completed, the program's name left out
  local path='' word previous=''
  offered='' value=''
  for word; do
    case "\${path:+$path }$word" in
    ${paths.join('|')}) path="\${path:+$path }$word" ;;
    esac
    previous=$word
  done
  case "$path" in
${words.join('\n')}
  esac
  case "$path:$previous" in
${values.join('\n')}
  esac
}
`;
}

function bash(all: readonly Completable[]): string {
  return `# attestd completion bash
${lookup(all)}
_attestd() {
  local offered value current=\${COMP_WORDS[COMP_CWORD]}
  _attestd_words "\${COMP_WORDS[@]:1:COMP_CWORD-1}"
  case "$offered" in
  FILE) compopt -o filenames; COMPREPLY=($(compgen -f -- "$current")) ;;
  DIR) compopt -o filenames; COMPREPLY=($(compgen -d -- "$current")) ;;
  *) COMPREPLY=($(compgen -W "$offered" -- "$current")) ;;
  esac
  # What a command takes besides words is a file as a rule.
  if [ -z "$value" ] && [ \${#COMPREPLY[@]} -eq 0 ]; then compopt -o default 2>/dev/null; fi
}
complete -F _attestd attestd
`;
}

function zsh(all: readonly Completable[]): string {
  return `#compdef attestd
# attestd completion zsh
${lookup(all)}
_attestd() {
  local -a typed=("\${(@)words[2,CURRENT-1]}")
  local offered value
  _attestd_words "\${typed[@]}"
  case "$offered" in
  FILE) _files ;;
  DIR) _files -/ ;;
  '') [ -n "$value" ] || _files ;;
  *) compadd -- \${=offered} || { [ -n "$value" ] || _files; } ;;
  esac
}
if [ "\${funcstack[1]}" = _attestd ]; then _attestd "$@"; else compdef _attestd attestd; fi
`;
}

function fish(all: readonly Completable[]): string {
  const paths = all.filter(({ path }) => path !== '').map(({ path }) => quoted(path));
  const lines = all.flatMap(({ path, commands, flags }) => {
    const at = `complete -c attestd -n "__attestd_at '${path}'"`;
    return [
      ...commands.map(([name, summary]) => `${at} -f -a ${name} -d ${quoted(summary)}`),
      ...flags.map(([name, flag]) => {
        const short = flag.short ? ` -s ${flag.short}` : '';
        const values = valuesOf(flag);
        const files = values === 'FILE' || values === 'DIR';
        const value = flag.type === 'boolean' ? '' : files ? ' -r -F' : ` -x${values ? ` -a ${quoted(values)}` : ''}`;
        return `${at} -l ${name}${short}${value} -d ${quoted(flag.help)}`;
      }),
    ];
  });
  return `# attestd completion fish
function __attestd_at
    set -l path
    for word in (commandline -opc)[2..-1]
        if contains -- (string join -- ' ' $path $word) ${paths.join(' ')}
            set -a path $word
        end
    end
    set -l found (string join -- ' ' $path)
    test "$found" = "$argv[1]"
end
${lines.join('\n')}
`;
}

const scripts = { bash, zsh, fish } as const;

/**
 * `attestd completion SHELL`.
 *
 * @param program the table of all commands
 */
export const completionOf = (program: Entry): Command =>
  define(
    {
      positionals: ['bash|zsh|fish'],
      flags: {},
      notes: [
        `bash: source <(attestd completion bash) in ~/.bashrc. zsh: attestd completion zsh > a file named _attestd in a
        folder of $fpath. fish: attestd completion fish > ~/.config/fish/completions/attestd.fish.`,
      ],
      example: 'source <(attestd completion bash)',
    },
    async ({ positionals }) => {
      const shell = positionals[0] as string;
      if (!Object.hasOwn(scripts, shell))
        throw new AttestdError('USAGE', `'${shell}' is none of ${Object.keys(scripts).join(', ')}`);
      process.stdout.write(scripts[shell as keyof typeof scripts](await completables(program)));
      return 0;
    },
  );
