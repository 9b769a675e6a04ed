/** The demo cannot go on, and the sentence says all there is to say. */
export class DemoError extends Error {
  override readonly name = "DemoError";
}
