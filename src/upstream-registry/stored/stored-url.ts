const unreadable = 'unreadable';

/** What of an address anyone may see: its origin. What does not read as one, because a variable stands in it, is hidden. */
export function originText(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : unreadable;
}
