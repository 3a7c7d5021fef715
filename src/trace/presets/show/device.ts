import {readlinkSync} from 'node:fs';
import path from 'node:path';

const NAMES_MAX = 1000;
const names = new Map<string, string>();

/** A disk's name by the kernel's device number (12 bits major, 20 bits minor); `major:minor` where it has none (any more). */
export function deviceName(printed: string): string {
  const known = names.get(printed);
  if (known !== undefined) return known;
  const device = Number(printed);
  const numbers = `${Math.floor(device / 2 ** 20)}:${device % 2 ** 20}`;
  let name = numbers;
  try {
    name = path.basename(readlinkSync(`/sys/dev/block/${numbers}`));
  } catch {
    return numbers;
  }
  if (names.size < NAMES_MAX) names.set(printed, name);
  return name;
}
