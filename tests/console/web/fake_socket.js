// Stands in for the server's socket: plays `window.feed` (made by feed.py) and notes what the page sends.
(() => {
  const FRAME_MS = 100;
  const STATE_MS = 500;
  window.sent = [];
  window.sockets = [];

  function encode(feed, t_s, sequence) {
    const tracks = feed.tracks.filter((track) => track.to_impact_s > t_s - feed.t_s);
    const buffer = new ArrayBuffer(24 + 32 * tracks.length + 24 * feed.interceptors.length);
    const view = new DataView(buffer);
    view.setUint8(0, 1);
    view.setUint8(1, 1);
    view.setUint16(2, tracks.length, true);
    view.setUint16(4, feed.interceptors.length, true);
    view.setFloat64(8, t_s, true);
    view.setFloat32(16, feed.state.rate, true);
    view.setUint32(20, sequence, true);
    const past_s = t_s - feed.t_s;
    let at = 24;
    for (const one of tracks) {
      view.setUint32(at, one.track, true);
      view.setUint8(at + 4, one.group);
      view.setUint8(at + 5, one.status);
      view.setUint16(at + 6, one.flags, true);
      const numbers = [one.east_m + one.ve_mps * past_s, one.north_m + one.vn_mps * past_s, one.height_m, one.ve_mps, one.vn_mps];
      [...numbers, one.to_impact_s - past_s].forEach((value, i) => view.setFloat32(at + 8 + 4 * i, value, true));
      at += 32;
    }
    for (const one of feed.interceptors) {
      view.setUint32(at, one.track, true);
      view.setUint16(at + 4, one.unit, true);
      const numbers = [one.east_m, one.north_m, one.height_m, one.to_meeting_s - (past_s % one.to_meeting_s)];
      numbers.forEach((value, i) => view.setFloat32(at + 8 + 4 * i, value, true));
      at += 24;
    }
    return buffer;
  }

  class FakeSocket {
    static OPEN = 1;
    static CLOSED = 3;

    constructor(url) {
      this.url = url;
      this.readyState = 0;
      window.sockets.push(this);
      setTimeout(() => {
        if (window.refuses) return this.drop(1006);
        this.readyState = FakeSocket.OPEN;
        this.onopen?.({});
      }, 0);
    }

    send(text) {
      const message = JSON.parse(text);
      window.sent.push(message);
      if (message.hello) this.start();
      else this.tell({ is: 'answer', to: message.id, ok: true, text: `${message.do}: done` });
    }

    tell(message) {
      this.onmessage?.({ data: JSON.stringify(message) });
    }

    /** Everything a page gets after its hello, and then frames and states for as long as it is open. */
    start() {
      const feed = window.feed;
      let t_s = feed.t_s - feed.warm_up_s;
      let sequence = 0;
      const push = () => this.onmessage?.({ data: encode(feed, t_s, sequence++) });
      this.tell(feed.scene);
      for (; t_s < feed.t_s; t_s += 0.5) push();
      this.tell(feed.state);
      this.tell({ is: 'events', items: feed.events });
      push();
      this.timers = [
        setInterval(() => {
          if (!feed.is_still) t_s += (FRAME_MS / 1000) * feed.state.rate;
          push();
        }, FRAME_MS),
        setInterval(() => this.tell({ ...feed.state, t_s }), STATE_MS),
      ];
    }

    /** Break off, as a network or a server would. */
    drop(code) {
      (this.timers ?? []).forEach(clearInterval);
      this.readyState = FakeSocket.CLOSED;
      this.onclose?.({ code });
    }

    close() {
      this.drop(1000);
    }
  }
  window.WebSocket = FakeSocket;
})();
