/** Whether the fragments stand in the text in this order, none over another. Leftmost first, which finds them whenever they are there. */
export function containsInOrder(text: string, fragments: readonly string[]): boolean {
  let from = 0;
  for (const fragment of fragments) {
    const at = text.indexOf(fragment, from);
    if (at === -1) return false;
    from = at + fragment.length;
  }
  return true;
}

/** How specific a row is: the characters that it asks for. */
export function weightOf(fragments: readonly string[]): number {
  return fragments.reduce((sum, fragment) => sum + fragment.length, 0);
}
