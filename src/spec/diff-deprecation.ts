/** Detects deprecations in description texts: sentences whose subject is the described member. */

/** Nouns for a member of the API. */
const nouns =
  'fields?|propert(?:y|ies)|parameters?|query parameters?|options?|endpoints?|filters?|headers?|members?|settings?|flags?|values?|attributes?|operations?|methods?|formats?|types?|features?';

/** A subject that refers to the described member. */
const self = `(?:this|these|it|the (?:${nouns}))(?: (?:\\S+ )?(?:${nouns}))?`;

/** An announced end: in a future version, or in a named one. */
const end =
  'in (?:(?:a|an|the|some|any)\\s+)?(?:future|next|later|upcoming|following|API|docker|version|release|v?\\d)|(?:from|with|as of|starting with) (?:API|docker|version|v?\\d)|once ';

const heading =
  /^[\s>*_-]*deprecated\b[*_]*\s*(?:[:.,;–—-]|$|since\b|as of\b|in favou?r\b|in (?:api|docker|v?\d)|use\b|and\b)/i;
const statement = new RegExp(
  `^${self}(?: [^.]{0,60}?)? (?:is|are|was|were|has been|have been|became) (?:now |also |marked (?:as )?|considered )*deprecated\\b`,
  'i',
);
const removal = new RegExp(
  `^${self} (?:[^.]{0,60}? )?(?:will|is (?:scheduled |going |planned )?to) (?:no longer be|be) (?:removed|omitted|dropped|returned|sent|set|supported|ignored)\\b.{0,20}?\\b(?:${end})`,
  'i',
);
const scheduled = new RegExp(`^${self} (?:[^.]{0,60}? )?(?:is |are )?scheduled (?:for|to be) remov`, 'i');
const negated =
  /\b(?:not|never|no longer|isn't|aren't|used to be) (?:yet |be |been |currently |considered )*deprecated\b/i;
const named = new RegExp(
  `^(?:the )?(?:\`([^\`]+)\`|"([^"]+)")(?: (?:${nouns}))? (?:is|are|was|has been|have been) (?:now )?deprecated\\b`,
  'i',
);
const namedRemoval = new RegExp(
  `^(?:the )?(?:\`([^\`]+)\`|"([^"]+)")(?: (?:${nouns}))? will (?:no longer be|be) (?:removed|omitted|dropped|returned)\\b.{0,20}?\\b(?:${end})`,
  'i',
);
const listed = /^\s*[-*]\s+`([^`=]+)[^`]*`\s*\(deprecated\b/gim;

/** Splits a text into sentences without Markdown quotes and emphasis. */
function sentences(text: string): string[] {
  return text
    .split(/\n\s*\n|\n(?=\s*[-*]\s)/)
    .flatMap((paragraph) =>
      paragraph
        .replaceAll(/(?:^|\n)\s*>\s?/g, ' ')
        .replaceAll(/[*\s]+/g, ' ')
        .trim()
        .split(/(?<=[.!?:;])\s/),
    )
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== '');
}

/**
 * Whether a text announces that the member that it describes is deprecated.
 *
 * A mention of another deprecated thing does not count: "an array will be returned", "`MAINTAINER` (deprecated)",
 * "not deprecated".
 *
 * @param text the description of an operation, parameter or property
 */
export function announces(text: string): boolean {
  return sentences(text).some(
    (sentence) =>
      !negated.test(sentence) && [heading, statement, removal, scheduled].some((pattern) => pattern.test(sentence)),
  );
}

/**
 * Returns the values that a text calls deprecated, such as a filter.
 *
 * @param text the description of an operation or parameter
 */
export function deprecatedValues(text: string): string[] {
  const items = [...text.matchAll(listed)].map(([, value]) => value as string);
  const said = sentences(text).flatMap((sentence) => {
    const match = negated.test(sentence) ? null : (named.exec(sentence) ?? namedRemoval.exec(sentence));
    return match ? [(match[1] ?? match[2]) as string] : [];
  });
  return [...new Set([...items, ...said])];
}
