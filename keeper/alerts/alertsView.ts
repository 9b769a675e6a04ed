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
  readonly subscriptions: { all(): Iterable<Pick<Subscription, "id" | "channel" | "state">> };
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
  subscriptions: readonly Pick<Subscription, "id" | "channel">[],
): readonly WaitingSum[] {
  const channelOf = new Map(subscriptions.map(({ id, channel }) => [id, channel]));
  const sums = offered.flatMap((channel) =>
    URGENCIES.map((urgency) => ({
      channel,
      urgency,
      messages: 0,
      oldestAt: undefined as bigint | undefined,
    })),
  );
  for (const { subscription, urgency, createdAt } of queue.all()) {
    const channel = channelOf.get(subscription);
    const place = channel === undefined ? -1 : offered.indexOf(channel);
    const sum = place === -1 ? undefined : sums[place * URGENCIES.length + urgency];
    if (sum === undefined) continue;
    sum.messages += 1;
    if (sum.oldestAt === undefined || createdAt < sum.oldestAt) sum.oldestAt = createdAt;
  }
  return sums;
}
