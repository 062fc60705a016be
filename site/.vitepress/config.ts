/** Configuration of the documentation site: VitePress renders docs/, with search, navigation and link check. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type DefaultTheme, defineConfig } from 'vitepress';
import { headingAnchor } from '../../scripts/heading-anchors.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const docs = join(root, 'docs');
const repository = 'https://github.com/attestd/attestd';

/** Returns a page's first heading. */
function title(page: string): string {
  return /^# (.*)$/m.exec(readFileSync(join(docs, page), 'utf8'))?.[1]?.replaceAll('`', '') ?? page;
}

/** Returns the sidebar entries of a folder: the pages in `first`, then the others by title. */
function pages(folder: string, first: readonly string[] = []): DefaultTheme.SidebarItem[] {
  const names = readdirSync(join(docs, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => name.slice(0, -'.md'.length));
  const rank = (name: string): number => (first.includes(name) ? first.indexOf(name) : first.length);
  return names
    .map((name) => ({ name, text: title(`${folder}/${name}.md`) }))
    .sort((a, b) => rank(a.name) - rank(b.name) || a.text.localeCompare(b.text))
    .map(({ name, text }) => ({ text, link: `/${folder}/${name === 'index' ? '' : name}` }));
}

const typedoc = join(docs, 'reference/typescript/typedoc-sidebar.json');

export default defineConfig({
  title: 'attestd',
  description: 'A toolkit for the image attestations of the Docker Engine API',
  lang: 'en-US',
  base: process.env.DOCS_BASE ?? '/',
  srcDir: 'docs',
  outDir: '../build/docs',
  cacheDir: '../build/vitepress-cache',
  vite: {
    // site/docs is a link to docs/, so that pages find the packages of this folder.
    resolve: { preserveSymlinks: true },
    build: { chunkSizeWarningLimit: 4096 },
  },
  markdown: {
    html: false,
    anchor: { slugify: headingAnchor },
    config(md) {
      // Comments mark examples for tests; readers do not see them.
      md.core.ruler.before('normalize', 'strip-comments', (state) => {
        state.src = state.src.replace(/^<!-- .* -->$/gm, '');
      });
      // Links to files outside docs/ lead to the repository.
      md.core.ruler.push('repository-links', ({ tokens, env }) => {
        const page: string = env.relativePath ?? '';
        for (const token of tokens.flatMap((block) => block.children ?? [])) {
          const href = token.type === 'link_open' ? token.attrGet('href') : null;
          if (href === null || !href.startsWith('.')) continue;
          const path = relative(docs, resolve(docs, dirname(page), href));
          if (!path.startsWith('..')) continue;
          const file = relative(root, resolve(docs, path));
          if (!existsSync(join(root, file.split('#')[0] ?? ''))) throw new Error(`${page}: ${href} leads nowhere`);
          token.attrSet('href', `${repository}/blob/main/${file}`);
        }
      });
    },
  },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Getting started', link: '/getting-started' },
      { text: 'Guides', link: '/guides/test-a-client' },
      { text: 'Reference', link: '/reference/cli' },
      { text: 'Explanation', link: '/explanation/architecture' },
    ],
    sidebar: [
      { text: 'Getting started', link: '/getting-started' },
      { text: 'Guides', items: pages('guides', ['test-a-client', 'test-runners', 'test-a-daemon']) },
      {
        text: 'Reference',
        items: [
          ...pages('reference'),
          { text: 'Observed behavior', collapsed: true, items: pages('reference/behavior', ['index']) },
          ...(existsSync(typedoc)
            ? [{ text: 'TypeScript API', collapsed: true, items: JSON.parse(readFileSync(typedoc, 'utf8')) }]
            : []),
        ],
      },
      { text: 'Explanation', items: pages('explanation', ['what-it-does-not-do', 'architecture']) },
    ],
    socialLinks: [{ icon: 'github', link: repository }],
  },
});
