/** Why a character that nobody sees is not as harmless as it looks. */
export type HiddenKind = 'zero_width' | 'bidirectional' | 'tag' | 'variation_selector' | 'control';

/** Characters of one kind in one text of a definition. */
export interface HiddenCharacters {
  /** Path to the text, e.g. `inputSchema.properties.path.description`; member names count as text of their object. */
  readonly where: string;
  readonly kind: HiddenKind;
  /** e.g. `U+200B`, each once, in the order they were found. */
  readonly codePoints: readonly string[];
  readonly count: number;
}

/** Scripts that are written with joiners (Unicode Standard, sections 9, 12, 13 and 16). */
const joiningScripts = [
  ...['Arabic', 'Syriac', 'Mandaic', 'Nko', 'Mongolian', 'Phags_Pa', 'Devanagari', 'Bengali', 'Gurmukhi'],
  ...[
    'Gujarati',
    'Oriya',
    'Tamil',
    'Telugu',
    'Kannada',
    'Malayalam',
    'Sinhala',
    'Khmer',
    'Myanmar',
    'Tibetan',
  ],
];
const joiningLetter = `[${joiningScripts.map((script) => `\\p{Script=${script}}`).join('')}]`;
const pictograph = '[\\p{Extended_Pictographic}\\p{Emoji_Modifier}]';

/** Joiners where they belong: between the parts of an emoji, and in scripts that need them. */
const ordinaryJoiner = `(?:(?<=${pictograph}\\uFE0F?)\\u200D(?=${pictograph})|(?<=${joiningLetter})[\\u200C\\u200D])`;

/** Sources of classes of characters that leave no mark on a screen, or change the order of what does. */
const classes = {
  zero_width:
    '\\u00AD\\u034F\\u115F\\u1160\\u17B4\\u17B5\\u180B-\\u180F\\u200B-\\u200D\\u2060-\\u2065\\u206A-\\u206F' +
    '\\u3164\\uFEFF\\uFFA0\\uFFF9-\\uFFFB\\u{1D173}-\\u{1D17A}',
  bidirectional: '\\u061C\\u200E\\u200F\\u202A-\\u202E\\u2066-\\u2069',
  tag: '\\u{E0000}-\\u{E007F}',
  // The sixteen of the basic plane choose the look of a character before them; more than one in a row do not.
  variation_selector: '\\u{E0100}-\\u{E01EF}',
  control: '\\u0000-\\u0008\\u000B\\u000C\\u000E-\\u001F\\u007F-\\u009F',
} as const satisfies Record<HiddenKind, string>;

const kinds = Object.keys(classes) as readonly HiddenKind[];
const byKind = kinds.map((kind) => [kind, new RegExp(`^[${classes[kind]}]`, 'u')] as const);

/** What is worth a look; the first group holds what turned out to be ordinary. */
const suspects = new RegExp(
  `(${ordinaryJoiner})|[\\uFE00-\\uFE0F]{2,}|[${kinds.map((kind) => classes[kind]).join('')}]`,
  'gu',
);

const maxFindings = 100;

/**
 * Zero-width, bidirectional, tag and other characters that hide text from whoever reads a definition but not from a
 * model, in every string and member name of a JSON value. At most 100 findings; safe for values of any depth.
 */
export function hiddenCharactersIn(value: unknown): readonly HiddenCharacters[] {
  const findings: HiddenCharacters[] = [];
  const texts: { readonly where: string; readonly value: unknown }[] = [{ where: '', value }];
  for (const { where, value: current } of texts) {
    if (findings.length >= maxFindings) break;
    if (typeof current === 'string') findings.push(...hiddenIn(where, current));
    else if (typeof current === 'object' && current !== null) {
      for (const [name, member] of Object.entries(current)) {
        findings.push(...hiddenIn(where, name));
        texts.push({ where: pathTo(where, name, Array.isArray(current)), value: member });
      }
    }
  }
  return findings.slice(0, maxFindings);
}

/** Whether JSON text could hold any: quick, and right when it says no. */
export function mayHideCharacters(json: string): boolean {
  return json.includes('\\u') || json.search(suspects) >= 0;
}

/** The text with `\u{200B}` and the like in the place of each such character, so that a person sees it. */
export function showHiddenCharacters(text: string): string {
  return text.replace(
    suspects,
    (found, ordinary?: string) => ordinary ?? Array.from(found, (it) => `\\u{${hex(it)}}`).join(''),
  );
}

function hiddenIn(where: string, text: string): HiddenCharacters[] {
  const found = new Map<HiddenKind, { codePoints: Set<string>; count: number }>();
  for (const [match, ordinary] of text.matchAll(suspects)) {
    if (ordinary !== undefined) continue;
    for (const character of match) {
      const kind = kindOf(character);
      const finding = found.get(kind) ?? { codePoints: new Set(), count: 0 };
      if (finding.codePoints.size < maxFindings) finding.codePoints.add(`U+${hex(character)}`);
      finding.count++;
      found.set(kind, finding);
    }
  }
  return [...found].map(([kind, { codePoints, count }]) => ({
    where,
    kind,
    codePoints: [...codePoints],
    count,
  }));
}

function kindOf(character: string): HiddenKind {
  return byKind.find(([, pattern]) => pattern.test(character))?.[0] ?? 'variation_selector';
}

function pathTo(where: string, name: string, isItem: boolean): string {
  const shown = showHiddenCharacters(name);
  if (isItem) return `${where}[${shown}]`;
  return where === '' ? shown : `${where}.${shown}`;
}

function hex(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
}
