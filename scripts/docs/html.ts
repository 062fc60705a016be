/** Small pieces of the documentation's pages. */
import { marked } from 'marked';
import type { Channel } from '../../src/spec/build.js';
import { Html, type HtmlValue, html } from '../../src/support/foundation/html.js';

/**
 * Renders Markdown of a description.
 *
 * @param text a description
 * @param headings how many levels its headings are moved down
 */
export function markdown(text: string | undefined, headings = 0): Html {
  const rendered = marked.parse(text ?? '', { async: false, gfm: true });
  return new Html(
    rendered.replace(/<(\/?)h(\d)>/g, (_, slash: string, level: string) => `<${slash}h${Number(level) + headings}>`),
  );
}

const badges: Readonly<Record<Channel, string>> = {
  standard: 'new in 1.55',
  experimental: 'experimental',
  corrections: 'corrected',
};

/**
 * The mark of a patched place; nothing for what is not patched.
 *
 * @param channel what changed it, if anything
 */
export function badge(channel: Channel | undefined): HtmlValue {
  return channel && html` <a class="badge ${channel}" href="changes.html#${channel}">${badges[channel]}</a>`;
}

/**
 * Text to scroll in, such as an example.
 *
 * @param text the text
 * @param label what it is, for screen readers
 */
export function code(text: string, label: string): Html {
  return html`<pre tabindex="0" role="region" aria-label="${label}"><code>${text}</code></pre>`;
}
