import { RetryableError } from "../errors.ts";

/** The text of an answer. Throws a `RetryableError` for one that is empty or longer, and reads no further then. */
export async function readBounded(response: Response, maxBytes: number): Promise<string> {
  if (response.body === null) throw new RetryableError("the endpoint answered with an empty body");
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new RetryableError(`the endpoint's answer exceeds ${maxBytes} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
