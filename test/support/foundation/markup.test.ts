import { expect } from 'chai';
import fc from 'fast-check';
import {
  html,
  Markup,
  markdown,
  shell,
  terminal,
  visible,
  workflow,
  xml,
} from '../../../src/support/foundation/markup.js';

const anyText = fc.string({ unit: 'binary' });
const bidi = '\u202e\u2066\u200f';

describe('a template of markup', () => {
  it('escapes values, in content and in attributes, and keeps markup', () => {
    const inner = html`<b>${'<i>'}</b>`;
    expect(`${html`<p title="${'"\'&'}">${inner}${1}</p>`}`).to.equal(
      '<p title="&quot;&#39;&amp;"><b>&lt;i&gt;</b>1</p>',
    );
  });

  it('joins lists and leaves out absent values', () => {
    expect(`${html`${['a', html`<br>`, [undefined, false, '<']]}`}`).to.equal('a<br>&lt;');
    expect(`${html.join(['a', '&'], '\n')}`).to.equal('a\n&amp;');
    expect(`${html`${new Markup('<hr>', 'html')}`}`).to.equal('<hr>');
  });

  it('shows characters that a reader cannot see', () => {
    expect(visible(`a\n\u001b[2J${bidi}`)).to.equal('a\\n\\u{1b}[2J\\u{202e}\\u{2066}\\u{200f}');
    expect(html.escape('\u0000\u001b\n\t')).to.equal('\\u{0}\\u{1b}\n\t');
  });

  it('lets no text become HTML or XML markup', () => {
    for (const template of [html, xml])
      fc.assert(
        fc.property(anyText, (text) => {
          const escaped = template.escape(text);
          expect(escaped).to.not.match(/[<>"']/);
          expect(escaped.replace(/&(amp|lt|gt|quot|#39|#10|#13);/g, '')).to.not.include('&');
        }),
      );
  });

  it('lets no control or bidi character reach a terminal, nor a line break', () => {
    fc.assert(fc.property(anyText, (text) => void expect(terminal.escape(text)).to.not.match(/[\p{Cc}\p{Cf}\p{Cs}]/u)));
  });

  it('lets no text become a workflow command', () => {
    for (const text of ['::error::x', ' ::stop-commands::x', '\u001b::error::', '##[error]x', 'a\n::error::x'])
      for (const template of [terminal, markdown]) {
        const line = template.escape(text);
        expect(line, line).to.not.match(/^\s*::|##\[/m);
      }
    expect(workflow.escape('a%0A::error::,b\n')).to.equal('a%250A%3A%3Aerror%3A%3A%2Cb%0A');
  });

  it('lets no text become Markdown', () => {
    const text = markdown.escape('<img src=x onerror=y> [a](b) `c` **d** @user http://e | f\n# g');
    expect(text).to.equal(
      '\\<img src=x onerror=y\\> \\[a\\](b) \\`c\\` \\*\\*d\\*\\* \\@user http\\://e \\| f\\\\n\\# g'.replace(
        '\\\\n',
        '\\\\n',
      ),
    );
  });

  it('quotes words of a shell', () => {
    expect(shell.escape('a/b:c=1')).to.equal('a/b:c=1');
    expect(shell.escape("it's $(rm)")).to.equal("'it'\\''s $(rm)'");
    expect(shell.escape("a\n\u001b'\\é\u202e")).to.equal("$'a\\n\\x1b\\'\\\\é\\xe2\\x80\\xae'");
  });
});
