import { expect } from 'chai';
import fc from 'fast-check';
import { escapeHtml, Html, html, joinHtml } from '../../../src/support/foundation/html.js';

describe('a template of HTML', () => {
  it('escapes text, in content and in attributes, and keeps markup', () => {
    const inner = html`<b>${'<i>'}</b>`;
    expect(`${html`<p title="${'"\'&'}">${inner}${1}</p>`}`).to.equal(
      '<p title="&quot;&#39;&amp;"><b>&lt;i&gt;</b>1</p>',
    );
  });

  it('joins lists and leaves out what is absent', () => {
    expect(`${html`${['a', html`<br>`, [undefined, false, '<']]}`}`).to.equal('a<br>&lt;');
    expect(`${joinHtml(['a', '&'], '\n')}`).to.equal('a\n&amp;');
    expect(`${html`${new Html('<hr>')}`}`).to.equal('<hr>');
  });

  it('shows control characters, which HTML forbids', () => {
    expect(escapeHtml('\u0000\u001b\n\t')).to.equal('\\u0000\\u001b\n\t');
  });

  it('lets no text become markup', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const escaped = escapeHtml(text);
        expect(escaped).to.not.match(/[<>"']/);
        expect(escaped.replace(/&(amp|lt|gt|quot|#39);/g, '')).to.not.include('&');
      }),
    );
  });
});
