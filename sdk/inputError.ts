/** Something a person wrote or configured cannot be used; the message is one sentence meant for that person. */
export class InputError extends Error {
  override readonly name = "InputError";
}
