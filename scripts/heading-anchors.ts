/**
 * Returns the anchor that GitHub gives a heading: lower case, punctuation dropped, hyphens for spaces.
 *
 * @param heading the heading's text, as Markdown
 */
export function headingAnchor(heading: string): string {
  return heading
    .replace(/[`*]/g, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');
}

/**
 * Returns the anchors of all headings of a Markdown page. A repeated heading gets a number, as on GitHub.
 *
 * @param markdown the page
 */
export function headingAnchors(markdown: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of markdown.replace(/^(`{3,}).*\n[\s\S]*?^\1$/gm, '').matchAll(/^#{1,6} +(.*)$/gm)) {
    const base = headingAnchor(heading);
    let anchor = base;
    for (let count = 1; anchors.has(anchor); count++) anchor = `${base}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}
