/**
 * A time as Go's RFC3339Nano writes it, in UTC: no trailing zeros in the fraction.
 *
 * @param ms milliseconds since 1970; fractions count
 */
export function formatTime(ms: number): string {
  const whole = Math.floor(ms / 1000);
  const nanoseconds = Math.round((ms - whole * 1000) * 1e6);
  const fraction = String(nanoseconds).padStart(9, '0').replace(/0+$/, '');
  const text = new Date(whole * 1000).toISOString().slice(0, 19);
  return `${text}${fraction === '' ? '' : `.${fraction}`}Z`;
}
