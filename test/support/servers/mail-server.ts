import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { callbackify } from 'node:util';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

export interface MailServer {
  readonly url: string;
  readonly received: Email[];
  /** If set, every mail is refused with this reply. */
  refusal: string | null;
  /** The reply code of a refusal. */
  refusalCode: number;
  /** Whether connections are cut in the middle of a mail, before its final dot. */
  cutsOff: boolean;
  /** The delay of the reply to the final dot. */
  answerAfterMs: number;
  stop(): Promise<void>;
}

/** A real SMTP server on loopback that stores and parses the mails that it receives. */
export async function startMailServer(options: SMTPServerOptions = {}): Promise<MailServer> {
  const received: Email[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    onData(stream, session, done) {
      if (mailServer.cutsOff) {
        cut(session.remotePort);
        return;
      }
      const arrived = async () => {
        const mail = await PostalMime.parse(await buffer(stream));
        if (mailServer.refusal !== null)
          throw Object.assign(new Error(mailServer.refusal), { responseCode: mailServer.refusalCode });
        received.push(mail);
        await wait(mailServer.answerAfterMs);
      };
      callbackify(arrived)((error: Error | null) => {
        done(error);
      });
    },
    ...options,
  });
  const sockets = new Map<number | undefined, Socket>();
  server.server.on('connection', (socket: Socket) => sockets.set(socket.remotePort, socket));
  const cut = (remotePort: number) => sockets.get(remotePort)?.destroy();
  // A client that closes the connection, for example because it requires TLS, is not an error of the server.
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const mailServer: MailServer = {
    url: `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`,
    received,
    refusal: null,
    refusalCode: 450,
    cutsOff: false,
    answerAfterMs: 0,
    stop: () => new Promise((resolve) => server.close(resolve)),
  };
  return mailServer;
}
