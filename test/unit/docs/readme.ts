import { readFileSync } from 'node:fs';

const text = readFileSync('README.md', 'utf8');

/** The rows of the table marked `<!-- table: name -->`, without its head; cells without backticks at their ends. */
export function readmeTable(name: string): string[][] {
  const marker = `<!-- table: ${name} -->\n`;
  const start = text.indexOf(marker);
  if (start < 0) throw new Error(`README.md has no table "${name}"`);
  const lines = text.slice(start + marker.length).split('\n');
  const end = lines.findIndex((line) => !line.startsWith('|'));
  return lines.slice(2, end).map(cellsOf);
}

function cellsOf(line: string): string[] {
  return line
    .slice(1, -1)
    .split(' | ')
    .map((cell) => cell.trim());
}

/** `` `a`, `b` `` as `['a', 'b']`; a dash is nothing. */
export function codes(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code ?? '');
}

/** The text of the fenced block that is tagged with `tag` after its language. */
export function readmeBlock(tag: string): string {
  const block = new RegExp(`^\`\`\`\\w+ ${tag}\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(text)?.[1];
  if (block === undefined) throw new Error(`README.md has no block "${tag}"`);
  return block;
}

export const readmeText = text;
