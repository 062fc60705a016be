const powers = ['', 'k', 'm', 'g', 't', 'p'];

/**
 * A number of bytes as people write it, by the rules of go-units' RAMInBytes: `64m`, `1.5 GiB`.
 *
 * @returns whole bytes; undefined for what is no size, or a negative one
 */
export function bytesIn(text: string): number | undefined {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?) ?([kmgtp]?)i?b?$/i.exec(text) ?? [];
  return number === '' ? undefined : Math.floor(Number(number) * 1024 ** powers.indexOf(unit.toLowerCase()));
}
