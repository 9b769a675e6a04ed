import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { createInterface } from "node:readline";

/** A mail as it was handed over: the envelope and the bytes of the message. */
export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly data: string;
}

/** A mail server that keeps what it gets. */
export interface SmtpSink {
  readonly port: number;
  readonly mails: readonly ReceivedMail[];
  /** What it says to a command; undefined for what a server says that is well. */
  answer: (command: string) => string | undefined;
  close(): Promise<void>;
}

export async function startSmtpSink(): Promise<SmtpSink> {
  const mails: ReceivedMail[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
    converse(socket, mails, () => sink);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const sink: SmtpSink = {
    port: (server.address() as AddressInfo).port,
    mails,
    answer: () => undefined,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
  return sink;
}

function converse(socket: Socket, mails: ReceivedMail[], sink: () => SmtpSink): void {
  let from = "";
  let to: string[] = [];
  let data: string[] | undefined;
  const say = (line: string) => socket.write(`${line}\r\n`);
  say("220 sink");
  createInterface({ input: socket, crlfDelay: Infinity }).on("line", (line) => {
    if (data !== undefined) {
      if (line !== ".") {
        data.push(line.replace(/^\./, ""));
        return;
      }
      const told = sink().answer("END");
      if (told === undefined) mails.push({ from, to, data: data.join("\r\n") });
      data = undefined;
      say(told ?? "250 kept");
      return;
    }
    const told = sink().answer(line);
    if (told !== undefined) say(told);
    else if (/^EHLO|^HELO/.test(line)) say("250 sink");
    else if (line.startsWith("MAIL FROM:")) {
      from = line.slice("MAIL FROM:".length);
      to = [];
      say("250 ok");
    } else if (line.startsWith("RCPT TO:")) {
      to.push(line.slice("RCPT TO:".length));
      say("250 ok");
    } else if (line === "DATA") {
      data = [];
      say("354 go on");
    } else if (line === "QUIT") {
      say("221 bye");
      socket.end();
    } else say("250 ok");
  });
}
