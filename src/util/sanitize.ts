/**
 * Characters that must never reach a terminal as they are: C0 and C1 controls, DEL, line and paragraph separators,
 * everything that reorders or hides text (bidi marks, overrides and isolates, zero-width and other invisible
 * format characters, tags), and lone surrogates.
 */
const UNSAFE =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}\p{Surrogate}]/u;
const UNSAFE_ALL = new RegExp(UNSAFE.source, 'gu');

const SHORT: Record<string, string> = {'\n': '\\n', '\r': '\\r', '\t': '\\t'};

function escapeOne(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  const short = SHORT[char];
  if (short) return short;
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (code <= 0xffff) return `\\u${code.toString(16).padStart(4, '0')}`;
  return `\\u{${code.toString(16)}}`;
}

/**
 * Text from the kernel or a file, safe to print on one line: control, escape, reordering and invisible characters
 * appear as `\x1b`, `\n`, `\u202e`. A backslash stays single (systemd's cgroup names are full of `\x2d`).
 */
export function visible(text: string): string {
  return UNSAFE.test(text) ? text.replace(UNSAFE_ALL, escapeOne) : text;
}

/** `visible`, cut to `max` UTF-16 units with `…` as the last one when it is longer. */
export function visibleUpTo(text: string, max: number): string {
  const shown = visible(text.length > max * 2 ? text.slice(0, max * 2) : text);
  if (shown.length <= max) return shown;
  const cut = shown.slice(0, max - 1);
  return `${/[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut}…`;
}

/** A value for `key=value` text: like `visible`, in double quotes when it is empty or holds spaces, quotes or `=`. */
export function visibleValue(text: string): string {
  const shown = visible(text);
  return shown === '' || /[\s"=]/.test(shown) ? `"${shown.replaceAll('"', '\\"')}"` : shown;
}
