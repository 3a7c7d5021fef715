import {existsSync, readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';

const PLACES = ['/sys/kernel/tracing', '/sys/kernel/debug/tracing'];

/** The kernel's tracing files below a root folder. What can't be read isn't there. */
export class Tracefs {
  /** The folder; none where tracefs isn't mounted or not for us. */
  readonly folder: string | undefined;
  private readonly names = new Map<string, string[]>();

  constructor(root: string) {
    this.folder = PLACES.map((place) => path.join(root, place)).find(
      (place) => this.list(path.join(place, 'events')).length > 0,
    );
  }

  /** Whether there's a file by that name. */
  has(name: string): boolean {
    return this.folder !== undefined && existsSync(path.join(this.folder, name));
  }

  categories(): string[] {
    return this.folder === undefined ? [] : this.list(path.join(this.folder, 'events'));
  }

  /** Names of a category's tracepoints. */
  events(category: string): string[] {
    return this.folder === undefined ? [] : this.list(path.join(this.folder, 'events', category));
  }

  /** A tracepoint's format, as text. */
  format(category: string, name: string): string | undefined {
    return this.folder === undefined ? undefined : readText(path.join(this.folder, 'events', category, name, 'format'));
  }

  private list(folder: string): string[] {
    const known = this.names.get(folder);
    if (known) return known;
    const names = foldersIn(folder);
    this.names.set(folder, names);
    return names;
  }
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder, {withFileTypes: true})
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .sort();
  } catch {
    return [];
  }
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
