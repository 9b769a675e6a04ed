import { GiveUpError } from "../errors.ts";
import type { Signer } from "./signer.ts";

/** Nobody's: it has no nonces, and where a key's address is needed it stands for one that is not there. */
const NOBODY = "0x70C51470C51470C51470c51470C51470C5147003";

/** In the place of a key where none is opened. Throws a `GiveUpError` whenever it is asked to sign. */
export const keylessSigner: Signer = {
  address: NOBODY,
  sign() {
    return Promise.reject(new GiveUpError("this mode signs nothing; only live does"));
  },
};
