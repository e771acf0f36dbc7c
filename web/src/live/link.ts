// The connection to the server: says hello with the token, numbers the orders, and comes back after a break.
import { readFrame, type Frame } from './frame';
import { CLOSE_TAKEN_OVER, CLOSE_WRONG_TOKEN, type Order, type ServerMessage } from './protocol';

export type LinkStatus = 'connecting' | 'open' | 'lost' | 'refused' | 'taken over';

export interface LinkReader {
  onMessage(message: ServerMessage): void;
  onFrame(frame: Frame): void;
  onStatus(status: LinkStatus): void;
}

const TOKEN_KEY = 'opendome.token';
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8_000;
const FINAL_CODES: Record<number, LinkStatus> = { [CLOSE_TAKEN_OVER]: 'taken over', [CLOSE_WRONG_TOKEN]: 'refused' };

/** Take the token out of the address into this tab's memory, so that it is not shown or copied by accident. */
export function takeToken(): string {
  const given = new URLSearchParams(location.hash.slice(1)).get('t');
  if (given) {
    sessionStorage.setItem(TOKEN_KEY, given);
    history.replaceState(null, '', location.pathname + location.search);
  }
  return sessionStorage.getItem(TOKEN_KEY) ?? '';
}

export class Link {
  private socket: WebSocket | null = null;
  private wait_ms = FIRST_WAIT_MS;
  private lastNumber = 0;

  constructor(
    private readonly token: string,
    private readonly reader: LinkReader,
  ) {}

  open(): void {
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    const socket = new WebSocket(`${scheme}://${location.host}/live`);
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => socket.send(JSON.stringify({ hello: { token: this.token } }));
    socket.onmessage = (event: MessageEvent<string | ArrayBuffer>) => this.read(event.data);
    socket.onclose = (event: CloseEvent) => this.closed(event.code);
    this.socket = socket;
  }

  /** Send an order; gives its number, or 0 when there is no connection. */
  send(order: Order): number {
    if (this.socket?.readyState !== WebSocket.OPEN) return 0;
    this.lastNumber += 1;
    this.socket.send(JSON.stringify({ id: this.lastNumber, ...order }));
    return this.lastNumber;
  }

  private read(data: string | ArrayBuffer): void {
    if (typeof data !== 'string') {
      const frame = readFrame(data);
      if (frame) this.reader.onFrame(frame);
      return;
    }
    const message = JSON.parse(data) as ServerMessage;
    if (message.is === 'scene') {
      this.wait_ms = FIRST_WAIT_MS;
      this.reader.onStatus('open');
    }
    this.reader.onMessage(message);
  }

  private closed(code: number): void {
    const final = FINAL_CODES[code];
    this.reader.onStatus(final ?? 'lost');
    if (final) return;
    setTimeout(() => this.open(), this.wait_ms);
    this.wait_ms = Math.min(this.wait_ms * 2, LONGEST_WAIT_MS);
  }
}
