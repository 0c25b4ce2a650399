// The predecessor's front end without its pictures: one tab, as a React hook drives socket.io-client.
//
//   node frontend.cjs URL WORKOUT TRANSPORTS    TRANSPORTS: "default", or names with commas
//
// What it hears goes to standard output, a JSON object a line; lines of standard input are events to emit.

const { io } = require("socket.io-client");
const readline = require("node:readline");

const [url, workout, transports] = process.argv.slice(2);
const tell = (event, payload) => process.stdout.write(JSON.stringify({ event, payload }) + "\n");

const socket = io(url, {
  ...(transports === "default" ? {} : { transports: transports.split(",") }),
  ...(process.env.TOKEN_OF_A_TEST ? { auth: { token: process.env.TOKEN_OF_A_TEST } } : {}),
  reconnection: true,
  reconnectionDelay: 50,
  reconnectionDelayMax: 200,
  extraHeaders: { Origin: "http://localhost:3000" },
});

socket.on("connect", () => {
  tell("connect", { transport: socket.io.engine.transport.name });
  socket.emit("join_session", { workout_id: workout });
});
socket.on("connect_error", (error) => tell("connect_error", { message: error.message, data: error.data ?? null }));
socket.on("disconnect", (reason) => tell("disconnect", { reason }));
socket.io.engine.on("upgrade", (transport) => tell("upgrade", { transport: transport.name }));
for (const event of ["session_joined", "frame_processed", "session_ended", "ack", "nack", "pong", "error"]) {
  socket.on(event, (payload) => tell(event, payload));
}

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const [event, payload, id] = JSON.parse(line);
  if (payload.data !== undefined) payload.data = Buffer.from(payload.data, "base64");
  socket.emit(event, payload, ...(id === undefined ? [] : [(result) => tell("receipt", { id, result })]));
}).on("close", () => socket.disconnect());
