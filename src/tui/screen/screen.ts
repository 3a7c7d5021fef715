import {EventEmitter} from 'node:events';
import {baseSegment, place, type Rect, rowUpdate, type Segment} from './compose.ts';

/** A painter that owns a rectangle. Lines are as wide as the rectangle; missing ones are blank. */
export interface Layer {
  rect(): Rect;
  paint(rect: Rect): string[];
  /** Stands above all that is not, whichever came first. */
  above?: boolean;
}

/** What Screen needs of the terminal: process.stdout, or a double in tests. */
export interface Terminal extends NodeJS.EventEmitter {
  columns: number;
  rows: number;
  writableNeedDrain?: boolean;
  write(text: string, done?: () => void): boolean;
}

/** An event after a quiet while is painted at once; more of them wait, as nobody reads faster. */
const DATA_MS = 200;
/** What somebody waits for is there sooner. */
const URGENT_MS = 50;
/** Restores what a terminal starts with: end of synchronised output, wrapping, no style, no mouse, no paste mode, cursor. */
const RESTORE = '\x1b[?2026l\x1b[?7h\x1b[m\x1b[?1006l\x1b[?1000l\x1b[?2004l';
/** Buttons and the wheel as reports, in the form that has no limit of columns. */
const MOUSE = '\x1b[?1000h\x1b[?1006h';
const LEAVE = '\x1b[?1049l\x1b[?25h';

/**
 * The one writer of the terminal. Ink takes it for its stdout and writes whole frames into it (debug mode); layers
 * paint above them. Only rows that changed reach the terminal, as one synchronised update.
 */
export class Screen extends EventEmitter {
  readonly isTTY = true;
  /** Ink's last frame, by row: dialogs copy themselves out of it. */
  base: string[] = [];
  /** Called with what a painter threw. */
  onError: (error: unknown) => void = () => {};
  private shown: (Segment[] | undefined)[] = [];
  /** Ink's rows as segments, made once a frame of Ink's. */
  private under: Segment[] = [];
  private readonly layers = new Set<Layer>();
  private open = false;
  private queued = false;
  private timer: NodeJS.Timeout | undefined;
  /** When the timer fires. */
  private due = 0;
  private flushed = 0;
  private readonly resized = (): void => {
    this.reset();
    this.emit('resize');
  };

  constructor(
    private readonly out: Terminal,
    private readonly mouse = false,
  ) {
    super();
    this.setMaxListeners(0);
    out.on('resize', this.resized);
  }

  get columns(): number {
    return this.out.columns || 80;
  }

  get rows(): number {
    return this.out.rows || 24;
  }

  /** Ink's writes: terminal modes pass through (with the cursor's visibility added), frames are kept. */
  write(text: string, done?: () => void): boolean {
    if (/^\x1b\[[?<>]/.test(text)) this.mode(text);
    else if (this.open && text.length > 1) {
      this.base = text.split('\n');
      this.under = [];
      this.invalidate();
    }
    if (done) this.out.write('', done);
    return true;
  }

  /** Adds a layer above the others. Returns its removal. */
  add(layer: Layer): () => void {
    this.layers.add(layer);
    this.invalidate();
    return () => {
      this.layers.delete(layer);
      this.invalidate();
    };
  }

  /** Forgets what is on the terminal: everything is written anew. */
  reset(): void {
    this.shown = [];
    this.under = [];
    this.invalidate();
  }

  /** Repaints as soon as the current work is done (keys). */
  invalidate(): void {
    if (this.queued) return;
    this.queued = true;
    setImmediate(() => this.flush());
  }

  /** Repaints for new data: at once after a quiet while, at most five times a second; for urgent data twenty times. */
  tick(urgent = false): void {
    if (this.queued) return;
    const due = this.flushed + (urgent ? URGENT_MS : DATA_MS);
    if (this.timer && this.due <= due) return;
    clearTimeout(this.timer);
    this.timer = undefined;
    const wait = due - performance.now();
    if (wait > 0) {
      this.due = due;
      this.timer = setTimeout(() => this.flush(), wait);
      this.timer.unref();
    } else {
      this.invalidate();
    }
  }

  /** Sets the terminal's modes again, which a shell may have changed meanwhile. */
  reopen(): void {
    if (this.open) this.mode('\x1b[?1049h\x1b[?2004h');
  }

  /** Leaves the terminal as it was found. Idempotent; also for exits that gave Ink no time. */
  close(): void {
    this.out.off('resize', this.resized);
    clearTimeout(this.timer);
    this.layers.clear();
    if (!this.open) return;
    this.open = false;
    this.out.write(RESTORE + LEAVE);
  }

  /** Paints and writes now. */
  flush(): void {
    this.queued = false;
    clearTimeout(this.timer);
    this.timer = undefined;
    if (!this.open) return;
    if (this.out.writableNeedDrain) {
      this.out.once('drain', () => this.invalidate());
      return;
    }
    this.flushed = performance.now();
    try {
      this.paint();
    } catch (error) {
      this.onError(error);
    }
  }

  private paint(): void {
    const {columns, rows} = this;
    const frame: Segment[][] = [];
    for (let y = 0; y < rows; y++) {
      this.under[y] ??= baseSegment(this.base[y] ?? '', columns);
      frame.push([this.under[y] as Segment]);
    }
    const layers = [...this.layers];
    for (const layer of [...layers.filter((each) => !each.above), ...layers.filter((each) => each.above)]) {
      const rect = layer.rect();
      const width = Math.min(rect.width, columns - rect.x);
      if (width < 1 || rect.height < 1) continue;
      const lines = layer.paint({...rect, width});
      for (let i = 0; i < rect.height && rect.y + i < rows; i++) {
        const y = rect.y + i;
        frame[y] = place(frame[y]!, {x: rect.x, width, text: lines[i] ?? ' '.repeat(width)});
      }
    }
    let text = '';
    for (let y = 0; y < rows; y++) text += rowUpdate(y, this.shown[y], frame[y]!);
    this.shown = frame;
    if (text) this.out.write(`\x1b[?2026h\x1b[?7l${text}\x1b[?7h\x1b[?2026l`);
  }

  private mode(text: string): void {
    if (text.includes('?1049h')) {
      this.open = true;
      this.out.write(`${text}\x1b[?25l${this.mouse ? MOUSE : ''}\x1b[2J`);
    } else if (text.includes('?1049l')) {
      this.open = false;
      this.out.write(RESTORE + LEAVE);
    } else {
      this.out.write(text);
    }
    this.reset();
  }
}
