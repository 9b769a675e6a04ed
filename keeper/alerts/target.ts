import type { AlertChannel } from "../../sdk/alertRequest.ts";
import { faultOf, hostAndPort } from "./safePost.ts";

/** A target in its one form, or what is wrong with it, as the rest of a sentence about it. */
export type Target =
  { readonly kind: "good"; readonly target: string } | { readonly kind: "bad"; readonly fault: string };

const LONGEST = 500;
const DISCORD_HOSTS = ["discord.com", "discordapp.com", "ptb.discord.com", "canary.discord.com"];
const DISCORD_PATH = /^\/api(?:\/v\d{1,2})?\/webhooks\/(\d{5,25})\/([\w-]{20,128})$/;
const SLACK_PATH = /^\/services\/T[A-Z0-9]{1,20}\/B[A-Z0-9]{1,20}\/[A-Za-z0-9]{8,64}$/;
const TELEGRAM_CHAT = /^(-?[1-9]\d{0,18}|@[A-Za-z]\w{3,31})$/;
/** Narrower than the standard: nothing that a mail server or a header could take for something else. */
const EMAIL = /^[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/;

/** @param allowed `host:port` that the operator lets webhooks reach whatever their address. */
export function targetFrom(channel: AlertChannel, text: string, allowed: ReadonlySet<string>): Target {
  if (text.length > LONGEST) return bad(`is longer than ${LONGEST} characters`);
  switch (channel) {
    case "webhook":
      return webhook(text, allowed);
    case "discord":
      return discord(text);
    case "slack":
      return slack(text);
    case "telegram":
      return TELEGRAM_CHAT.test(text)
        ? good(text.toLowerCase())
        : bad("is neither a chat's number nor @name");
    case "email":
      return email(text);
  }
}

function webhook(text: string, allowed: ReadonlySet<string>): Target {
  const url = urlFrom(text);
  if (url === undefined) return bad("is no URL");
  const fault = allowed.has(hostAndPort(url)) ? undefined : faultOf(url);
  if (fault !== undefined) return bad(`cannot be used: ${fault}`);
  url.hash = "";
  return good(url.href);
}

function discord(text: string): Target {
  const url = urlFrom(text);
  const [, id, token] = DISCORD_PATH.exec(url?.pathname ?? "") ?? [];
  const isTheirs = url !== undefined && DISCORD_HOSTS.includes(url.host) && isPlainHttps(url);
  if (!isTheirs || id === undefined || token === undefined) {
    return bad("is not of the form https://discord.com/api/webhooks/<id>/<token>");
  }
  return good(`https://discord.com/api/webhooks/${id}/${token}`);
}

function slack(text: string): Target {
  const url = urlFrom(text);
  const isTheirs = url?.host === "hooks.slack.com" && isPlainHttps(url) && SLACK_PATH.test(url.pathname);
  return isTheirs ? good(url.href) : bad("is not of the form https://hooks.slack.com/services/T…/B…/…");
}

function email(text: string): Target {
  const at = text.lastIndexOf("@");
  const address = `${text.slice(0, at)}@${text.slice(at + 1).toLowerCase()}`;
  const isGood = EMAIL.test(address) && address.length <= 254 && !address.includes("..");
  return isGood ? good(address) : bad("is no e-mail address that is served");
}

function isPlainHttps({ protocol, username, password, search, hash }: URL): boolean {
  return protocol === "https:" && `${username}${password}${search}${hash}` === "";
}

function urlFrom(text: string): URL | undefined {
  // The parser would drop what is around and in it.
  return /^[\x21-\x7e]+$/.test(text) && URL.canParse(text) ? new URL(text) : undefined;
}

function good(target: string): Target {
  return { kind: "good", target };
}

function bad(fault: string): Target {
  return { kind: "bad", fault };
}
