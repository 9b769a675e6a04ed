import type { GaugeSpec } from "./gaugeSpec.ts";

/** What traders are to be told and have not been, and who is told anything. */
export const ALERT_GAUGES: readonly GaugeSpec[] = [
  {
    name: "tocsin_alerts_waiting",
    help: "Messages that wait to be sent, by channel and urgency: calls, receipts, warnings, questions.",
    labels: ["channel", "urgency"],
    read: (_, { alerts }) =>
      (alerts?.waiting() ?? []).map(({ channel, urgency, messages }) => [messages, { channel, urgency }]),
  },
  {
    name: "tocsin_alerts_waiting_targets",
    help: "Targets that wait for a message of a channel and urgency.",
    labels: ["channel", "urgency"],
    read: (_, { alerts }) =>
      (alerts?.waiting() ?? []).map(({ channel, urgency, targets }) => [targets, { channel, urgency }]),
  },
  {
    name: "tocsin_alerts_oldest_seconds",
    help: "Block time since what the oldest waiting message of a channel and urgency is about; 0 where none waits.",
    labels: ["channel", "urgency"],
    read: ({ head }, { alerts }) =>
      (alerts?.waiting() ?? []).map(({ channel, urgency, oldestAt }) => {
        const age = oldestAt === undefined ? 0 : Number(head.timestamp - oldestAt);
        return [Math.max(0, age), { channel, urgency }];
      }),
  },
  {
    name: "tocsin_alerts_channel_down",
    help: "Whether a whole channel fails and is tried less often.",
    labels: ["channel"],
    read: (_, { alerts }) =>
      (alerts?.channels ?? []).map((channel) => [Number(alerts?.isDown(channel)), { channel }]),
  },
  {
    name: "tocsin_alerts_subscriptions",
    help: "Subscriptions, active or not confirmed yet, by channel.",
    labels: ["channel", "state"],
    read: (_, { alerts }) =>
      (alerts?.subscriptions() ?? []).map(({ channel, state, subscriptions }) => [
        subscriptions,
        { channel, state },
      ]),
  },
];
