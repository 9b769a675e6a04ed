/** Code points of a name that are shown. */
const LONGEST_NAME = 64;
const ELLIPSIS = "…";

/** Controls, formats (direction marks, zero width, tags), separators, private use, unassigned, halves of a pair. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}\p{Cs}]+/gu;
/** More marks on one letter than any language has grow over the lines beside it. */
const MANY_MARKS = /(\p{M}{2})\p{M}+/gu;

/**
 * A name that somebody else has chosen, such as a token's, as one line of at most 64 characters of which none is
 * invisible or changes the direction. What would be a link is broken up: `evil.com` is shown as `evil·com`.
 */
export function cleanName(text: string): string {
  const plain = text
    .toWellFormed()
    .slice(0, 16 * LONGEST_NAME)
    .replace(UNSEEN, " ")
    .replace(MANY_MARKS, "$1")
    .replaceAll("://", " ")
    .replace(/(?<=[^\s.])\.(?=[^\s.])/gu, "·")
    .replace(/\s+/gu, " ")
    .trim();
  const points = Array.from(plain);
  if (points.length === 0) return "unnamed";
  return points.length <= LONGEST_NAME ? plain : points.slice(0, LONGEST_NAME - 1).join("") + ELLIPSIS;
}

/** As `cleanName`, but whole and with its dots: for what a person typed and has to recognise. */
export function cleanLine(text: string): string {
  return text.toWellFormed().replace(UNSEEN, " ").trim();
}
