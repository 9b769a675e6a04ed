import type { AlertChannel } from "../../sdk/alertRequest.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { URGENCIES } from "./notice.ts";
import type { Waiting } from "./queue.ts";
import type { Subscription, SubscriptionState } from "./subscription.ts";

/** Messages of a channel and an urgency that wait to be sent. */
export interface WaitingSum {
  readonly channel: AlertChannel;
  readonly urgency: (typeof URGENCIES)[number];
  readonly messages: number;
  /** To whom they go; a target of several owners is one. */
  readonly targets: number;
  /** Block time of what the oldest is about; undefined where none waits. */
  readonly oldestAt: bigint | undefined;
}

/** Subscriptions of a channel in one state. */
export interface SubscriptionSum {
  readonly channel: AlertChannel;
  readonly state: SubscriptionState;
  readonly subscriptions: number;
}

/** What is to be seen of alerts from outside; what is offered and has nothing is there with zeros. */
export interface AlertsView {
  waiting(): readonly WaitingSum[];
  subscriptions(): readonly SubscriptionSum[];
  /** Whether a whole channel fails, and is tried less often. */
  isDown(channel: AlertChannel): boolean;
  readonly channels: readonly AlertChannel[];
}

export interface AlertsViewParts {
  readonly channels: Iterable<AlertChannel>;
  readonly queue: { all(): Iterable<Pick<Waiting, "subscription" | "urgency" | "createdAt">> };
  readonly subscriptions: { all(): Iterable<Pick<Subscription, "id" | "channel" | "target" | "state">> };
  readonly dispatcher: Pick<Dispatcher, "isDown">;
}

const SHOWN_STATES = ["active", "unconfirmed"] as const satisfies readonly SubscriptionState[];

export function alertsView({ channels, queue, subscriptions, dispatcher }: AlertsViewParts): AlertsView {
  const offered = [...channels];
  return {
    channels: offered,
    isDown: (channel) => dispatcher.isDown(channel),
    waiting: () => sumWaiting(offered, queue, [...subscriptions.all()]),
    subscriptions: () => {
      const all = [...subscriptions.all()];
      const count = (channel: AlertChannel, state: SubscriptionState) =>
        all.filter((each) => each.channel === channel && each.state === state).length;
      return offered.flatMap((channel) =>
        SHOWN_STATES.map((state) => ({ channel, state, subscriptions: count(channel, state) })),
      );
    },
  };
}

function sumWaiting(
  offered: readonly AlertChannel[],
  queue: AlertsViewParts["queue"],
  subscriptions: readonly Pick<Subscription, "id" | "channel" | "target">[],
): readonly WaitingSum[] {
  const subscriptionOf = new Map(subscriptions.map((each) => [each.id, each]));
  const sums = offered.flatMap((channel) =>
    URGENCIES.map((urgency) => ({
      channel,
      urgency,
      messages: 0,
      targets: new Set<string>(),
      oldestAt: undefined as bigint | undefined,
    })),
  );
  for (const { subscription, urgency, createdAt } of queue.all()) {
    const to = subscriptionOf.get(subscription);
    const place = to === undefined ? -1 : offered.indexOf(to.channel);
    const sum = place === -1 ? undefined : sums[place * URGENCIES.length + urgency];
    if (to === undefined || sum === undefined) continue;
    sum.messages += 1;
    sum.targets.add(to.target);
    if (sum.oldestAt === undefined || createdAt < sum.oldestAt) sum.oldestAt = createdAt;
  }
  return sums.map(({ targets, ...sum }) => ({ ...sum, targets: targets.size }));
}
