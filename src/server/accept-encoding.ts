/** Codings that archives are sent in, the first one before the second where a client takes both as well. */
const offers = ['gzip', 'deflate'] as const;

/**
 * The coding that a client wants most of those that are offered.
 *
 * @param header `Accept-Encoding`
 * @returns undefined when it takes neither
 */
export function acceptedCoding(header: string | string[] | undefined): 'gzip' | 'deflate' | undefined {
  const qualities = new Map<string, number>();
  for (const part of String(header ?? '').split(',')) {
    const [name = '', ...parameters] = part.split(';').map((word) => word.trim().toLowerCase());
    const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    qualities.set(name, quality === undefined ? 1 : Number(quality) || 0);
  }
  let best: 'gzip' | 'deflate' | undefined;
  let bestQuality = 0;
  for (const offer of offers) {
    const quality = qualities.get(offer) ?? qualities.get('*') ?? 0;
    if (quality <= bestQuality) continue;
    best = offer;
    bestQuality = quality;
  }
  return best;
}
