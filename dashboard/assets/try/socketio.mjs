// As much of Socket.IO as a device says: Engine.IO 4 over one WebSocket, events out and in. Nothing is kept: what a lost
// connection had not brought is lost.

const [OPEN, PING, PONG, CONNECT, EVENT, REFUSED] = ["0", "2", "3", "40", "42", "44"];

/**
 * Resolves when the server has let us in; `tell` hears its events, with the name as `type`, and `disconnected`.
 * @param {{ url: string, token: string, tell: (event: any) => void }} to
 */
export function connect({ url, token, tell }) {
  const socket = new WebSocket(`${url}/socket.io/?EIO=4&transport=websocket`);
  const emit = (name, fields) => socket.send(EVENT + JSON.stringify([name, fields]));
  return /** @type {Promise<{ emit: typeof emit, close: () => void }>} */ (
    new Promise((resolve, reject) => {
      socket.onclose = () => (reject(new Error("the ingest does not answer this page")), tell({ type: "disconnected" }));
      socket.onmessage = ({ data }) => {
        const of = (start) => data.startsWith(start);
        if (of(OPEN)) socket.send(CONNECT + JSON.stringify({ token }));
        else if (of(PING)) socket.send(PONG);
        else if (of(CONNECT)) resolve({ emit, close: () => socket.close() });
        else if (of(REFUSED)) reject(new Error(JSON.parse(data.slice(REFUSED.length)).message));
        else if (of(EVENT)) {
          const [type, fields] = JSON.parse(data.slice(EVENT.length));
          tell({ ...fields, type });
        }
      };
    })
  );
}
