import { BRAKE, MARKET } from "./chosenTerms.ts";
import { recordReplay, type ReplayPoint } from "./recordReplay.ts";
import { planOf, type ReplayOptions, type Scene } from "./scenes.ts";

/** One scene, replayed by the same accounts three times. */
export interface BrakeScene {
  /** Unix seconds. */
  readonly from: number;
  readonly to: number;
  /** Prices that nobody's sales have moved. */
  readonly undisturbed: readonly ReplayPoint[];
  readonly without: readonly ReplayPoint[];
  readonly with: readonly ReplayPoint[];
}

/** What is drawn. Quote base units. */
export interface BrakePicture {
  readonly crash: BrakeScene;
  readonly slide: BrakeScene;
  readonly brake: { readonly burst: bigint; readonly perHour: bigint };
}

/** The accounts of the demo that is run without saying anything. */
const SEED = 1;

/** What happens to the demo's accounts with the chosen brake and without it. */
export function brakePicture(crash: Scene, slide: Scene): BrakePicture {
  return { crash: sceneOf(crash), slide: sceneOf(slide), brake: BRAKE };
}

function sceneOf(scene: Scene): BrakeScene {
  const replayed = (options: ReplayOptions) => recordReplay(planOf(scene, SEED, options)).points;
  const { from, to } = scene;
  return {
    from,
    to,
    undisturbed: replayed({}),
    without: replayed({ market: MARKET }),
    with: replayed({ market: MARKET, brake: BRAKE }),
  };
}
