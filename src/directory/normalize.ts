/**
 * The form in which names are compared: equal for names that differ only in case, in Unicode form or in invisible
 * characters (Unicode NFKC, UAX #15; default ignorables, UAX #44).
 */
export function normalizeName(name: string): string {
  return name
    .normalize('NFKC')
    .replaceAll(/\p{Default_Ignorable_Code_Point}/gu, '')
    .toLowerCase()
    .normalize('NFKC')
    .trim();
}
