/** Rounds to `digits` significant digits, without an exponent and without trailing zeros. */
function significant(value: number, digits: number): number {
  return Number(value.toPrecision(digits));
}

function scaled(us: number, digits: number): string {
  const rounded = significant(us, digits);
  if (rounded < 1000) return `${rounded}us`;
  if (rounded < 1_000_000) return `${significant(us / 1000, digits)}ms`;
  const seconds = us / 1_000_000;
  return seconds >= 10 ** digits ? `${Math.round(seconds)}s` : `${significant(seconds, digits)}s`;
}

/** Microseconds with three significant digits: `812us`, `2.45ms`, `15.2ms`, `3.99s`. */
export function duration(us: number): string {
  return scaled(us, 3);
}

/** A percentile in microseconds with the two digits that its 12.5 % error allows: `450us`, `1.2ms`, `12ms`. */
export function percentileText(us: number): string {
  return scaled(us, 2);
}

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];

/** Bytes with three significant digits in binary units: `512B`, `4KiB`, `15.2GiB`. */
export function bytes(value: number): string {
  let amount = value;
  let unit = 0;
  while (unit < BYTE_UNITS.length - 1 && Math.round(Math.abs(amount)) >= 1000 && Math.abs(amount) > 999) {
    amount /= 1024;
    unit++;
  }
  const text = Math.abs(amount) >= 100 ? Math.round(amount) : significant(amount, 3);
  return `${text}${BYTE_UNITS[unit]}`;
}

/** Things a second with three significant digits: `0/s`, `0.5/s`, `12/s`, `1.2k/s`, `3.4M/s`. */
export function rate(perSecond: number): string {
  return `${compact(perSecond)}/s`;
}

/** A number with three significant digits: `0.5`, `12`, `1.2k`, `3.4M`, `5.6G`. */
export function compact(value: number): string {
  const rounded = significant(value, 3);
  if (rounded >= 1e9) return `${significant(value / 1e9, 3)}G`;
  if (rounded >= 1e6) return `${significant(value / 1e6, 3)}M`;
  return rounded >= 1000 ? `${significant(value / 1000, 3)}k` : String(rounded);
}

/** Percent with two significant digits: `0.05%`, `3.2%`, `85%`, `100%`. */
export function percent(value: number): string {
  return `${Math.abs(value) >= 100 ? Math.round(value) : significant(value, 2)}%`;
}

/** A count with thousands separated by commas, whatever the locale: `1,234,567`. */
export function count(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Seconds of run time: `35.2s`, `12m 5s`, `3h 20m`, `2d 4h`. */
export function span(seconds: number): string {
  if (seconds < 60) return `${significant(seconds, 3)}s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${whole % 60}s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)}h ${Math.floor((whole % 3600) / 60)}m`;
  return `${Math.floor(whole / 86_400)}d ${Math.floor((whole % 86_400) / 3600)}h`;
}
