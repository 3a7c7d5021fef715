import type headless from '@xterm/headless';

type Cell = headless.IBufferCell;

/** Size of a cell in the picture's units, and of the letters in it. */
const CELL = {width: 8, height: 17, font: 13.3, baseline: 13};
const MARGIN = 10;
const PAPER = '#16181d';
const INK = '#d0d0d0';
/** The sixteen colours that a terminal chooses itself. */
const SIXTEEN = [
  ...['#16181d', '#d7705a', '#8fb573', '#e0b050', '#5f9fd0', '#b48ead', '#56b0c0', '#d0d0d0'],
  ...['#6c7380', '#e88a75', '#a8cc8c', '#f0c674', '#7fb5e0', '#c8a2c8', '#78ccd8', '#ffffff'],
];
const CUBE = [0, 95, 135, 175, 215, 255];

interface Look {
  ink: string;
  paper: string;
  bold: boolean;
  dim: boolean;
}

/** A run of cells that look alike. */
interface Run extends Look {
  x: number;
  cells: number;
  text: string;
}

/** The colour with a number from 0 to 255, as terminals define them. */
function palette(n: number): string {
  if (n < 16) return SIXTEEN[n] as string;
  const rgb =
    n >= 232
      ? [8 + (n - 232) * 10, 8 + (n - 232) * 10, 8 + (n - 232) * 10]
      : [Math.floor((n - 16) / 36), Math.floor((n - 16) / 6) % 6, (n - 16) % 6].map((i) => CUBE[i] as number);
  return hex(rgb);
}

const hex = (rgb: number[]): string => `#${rgb.map((n) => n.toString(16).padStart(2, '0')).join('')}`;

function lookOf(cell: Cell): Look {
  const colour = (n: number, isDefault: boolean, isRgb: boolean, standard: string) =>
    isDefault ? standard : isRgb ? `#${n.toString(16).padStart(6, '0')}` : palette(n);
  const ink = colour(cell.getFgColor(), cell.isFgDefault(), cell.isFgRGB(), INK);
  const paper = colour(cell.getBgColor(), cell.isBgDefault(), cell.isBgRGB(), PAPER);
  const style = {bold: cell.isBold() !== 0, dim: cell.isDim() !== 0};
  return cell.isInverse() ? {ink: paper, paper: ink, ...style} : {ink, paper, ...style};
}

function runsOf(row: readonly Cell[]): Run[] {
  const runs: Run[] = [];
  for (const [x, cell] of row.entries()) {
    if (cell.getWidth() === 0) continue;
    const look = lookOf(cell);
    const last = runs.at(-1);
    const same =
      last && last.ink === look.ink && last.paper === look.paper && last.bold === look.bold && last.dim === look.dim;
    const text = cell.getChars() || ' ';
    if (same) {
      last.text += text;
      last.cells += cell.getWidth();
    } else runs.push({...look, x, cells: cell.getWidth(), text});
  }
  return runs;
}

const ESCAPES: Record<string, string> = {'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;'};
const escaped = (text: string): string => text.replace(/[&<>"]/g, (char) => ESCAPES[char] as string);

/** Arms of a box-drawing character: left, right, up, down. Drawn as lines, because fonts leave gaps between them. */
const ARMS: Record<string, string> = {
  '─': 'lr',
  '━': 'lr',
  '│': 'ud',
  '┃': 'ud',
  '┌': 'rd',
  '┐': 'ld',
  '└': 'ru',
  '┘': 'lu',
  '├': 'rud',
  '┤': 'lud',
  '┬': 'lrd',
  '┴': 'lru',
  '┼': 'lrud',
  '╭': 'rd',
  '╮': 'ld',
  '╰': 'ru',
  '╯': 'lu',
};
const HEAVY = new Set('━┃');
const SHADES: Record<string, number> = {'░': 0.25, '▒': 0.5, '▓': 0.75, '█': 1};
const BARS = '▁▂▃▄▅▆▇█';

/** What is drawn of a character that isn't left to the font; undefined for the others. */
function shape(char: string, x: number, y: number, ink: string): string | undefined {
  const {width, height} = CELL;
  const shade = SHADES[char];
  const bar = BARS.indexOf(char);
  if (shade !== undefined)
    return `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${ink}"${shade < 1 ? ` opacity="${shade}"` : ''}/>`;
  if (bar >= 0) {
    const part = Math.round((height * (bar + 1)) / 8);
    return `<rect x="${x}" y="${y + height - part}" width="${width}" height="${part}" fill="${ink}"/>`;
  }
  const arms = ARMS[char];
  if (!arms) return undefined;
  const [cx, cy] = [x + width / 2, y + height / 2];
  const ends: Record<string, string> = {l: `H${x}`, r: `H${x + width}`, u: `V${y}`, d: `V${y + height}`};
  const path = [...arms].map((arm) => `M${cx} ${cy}${ends[arm]}`).join('');
  return `<path d="${path}" stroke="${ink}"${HEAVY.has(char) ? ' stroke-width="2.5"' : ''}/>`;
}

/** Neighbouring shapes of one kind become one, so that a border is a single element. */
function merged(shapes: string[]): string {
  return shapes
    .join('')
    .replace(
      /(<path d=")([^"]*)(" stroke="[^"]*"(?: stroke-width="2.5")?\/>)(?:<path d="([^"]*)\3)+/g,
      (all, start, _first, end) => {
        const paths = [...all.matchAll(/<path d="([^"]*)"/g)].map(([, path]) => path);
        return `${start}${paths.join('')}${end}`;
      },
    );
}

function drawn({x, cells, text, ink, paper, bold, dim}: Run, row: number): string {
  const {width, height} = CELL;
  const [left, top] = [MARGIN + x * width, MARGIN + row * height];
  const back =
    paper === PAPER ? '' : `<rect x="${left}" y="${top}" width="${cells * width}" height="${height}" fill="${paper}"/>`;
  const shapes: string[] = [];
  const letters = [...text].map((char, i) => {
    const found = shape(char, left + i * width, top, ink);
    if (found) shapes.push(found);
    return found ? ' ' : char;
  });
  const style = `${bold ? ' font-weight="bold"' : ''}${dim ? ' opacity="0.7"' : ''}`;
  // Words are placed one by one and stretched to their cells: no font is exactly as wide as another.
  const words = [...letters.join('').matchAll(/\S+(?: \S+)*/g)].map(({0: word, index}) => {
    const at = `x="${left + index * width}" y="${top + CELL.baseline}" textLength="${[...word].length * width}"`;
    return `<text ${at} fill="${ink}"${style}>${escaped(word)}</text>`;
  });
  return back + merged(shapes) + words.join('');
}

/** A terminal's screen as a picture; `title` and the screen's lines of text are in it for who can't see it. */
export function svgOf(rows: readonly (readonly Cell[])[], title: string, lines: readonly string[]): string {
  const width = (rows[0]?.length ?? 0) * CELL.width + 2 * MARGIN;
  const height = rows.length * CELL.height + 2 * MARGIN;
  const body = rows
    .map((row, y) =>
      runsOf(row)
        .map((run) => drawn(run, y))
        .join(''),
    )
    .join('\n');
  const font = 'font-family="ui-monospace,Menlo,Consolas,&quot;DejaVu Sans Mono&quot;,monospace"';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" ${font} font-size="${CELL.font}" fill="none">
<title>${escaped(title)}</title>
<desc>
${lines.map((line) => escaped(line.trimEnd())).join('\n')}
</desc>
<rect width="${width}" height="${height}" rx="8" fill="${PAPER}"/>
${body}
</svg>
`;
}

/** The lines of text that a picture shows. */
export function textOf(svg: string): string[] {
  const [, text = ''] = /<desc>\n(.*)\n<\/desc>/s.exec(svg) ?? [];
  return Object.entries(ESCAPES)
    .reduceRight((plain, [char, written]) => plain.replaceAll(written, char), text)
    .split('\n');
}
