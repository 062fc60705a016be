import { expect } from 'chai';
import { sh } from '../support.js';

/** As long as an argument can be. */
const long = 130_000;
const many = (what: string): string => `$(head -c ${long} /dev/zero | tr '\\0' '${what}')`;

describe('a long text of one character', () => {
  for (const [what, script, code] of [
    [
      'line feeds of a substitution',
      `x=$(head -c 1000000 /dev/zero | tr '\\0' '\\n'; echo .); [ \${#x} = 1000001 ]`,
      0,
    ],
    ['slashes before a name', `basename "${many('/')}a" && dirname "${many('/')}a"`, 0],
    ['slashes before a name that is made', `mkdir "${many('/')}a" && rmdir "${many('/')}a"`, 1],
    ['slashes before a name that is removed', `touch a && rm "${many('/')}a"`, 1],
    ['letters of a key', `echo a | sort -k "${many('a')}1"`, 0],
    ['a width of zeros', `printf "%${many('0')}" 1`, 1],
    ['a width of zeros in awk', `awk "BEGIN { printf \\"%${many('0')}\\" }"`, 0],
    ['digits that are no number', `echo "${many('0')}x" | awk '$1 + 0 == 0'`, 0],
    ['brackets in an expression of awk', `awk '/[^${'^/][^^/][^'.repeat(28)}^/ { }' < /dev/null`, 1],
    ['classes in an expression', `echo a | grep "$(yes '[.' | head -n 2000 | tr -d '\\n')"`, 1],
    ['brackets in an expression', `echo a | grep "$(yes '[[.' | head -n 1300 | tr -d '\\n')"`, 1],
    ['space between fields', `printf 'a%${60_000}sb' '' | awk '{ exit NF != 2 }'`, 0],
    ['an expression that is long', `echo a | grep "${many('x')}"`, 2],
    [
      'a text that is long for an expression',
      `echo "${many('a')}" | grep "$(yes 'a*' | head -n 100 | tr -d '\\n')b"`,
      2,
    ],
    ['what is searched for again from each place', `echo "${many('a')}" | sed 's/a\\|a.*z/b/g'`, 1],
    ['a text that stands for itself', `echo "${many('a')}b" | grep ab >/dev/null`, 0],
    ['a comparison of a script', `r="$(yes 'a*' | head -n 100 | tr -d '\\n')b"; [[ "${many('a')}" =~ $r ]]`, 2],
  ] as const)
    it(`is gone through once: ${what}`, async () => {
      const ended = await sh(script);
      expect([ended.code, ended.stderr.slice(0, 200)]).to.have.property('0', code);
    });
});
