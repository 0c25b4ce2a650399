import assert from "node:assert/strict";
import { mock, test } from "node:test";

await import("../../../dashboard/assets/core/reach.js");
const { Reach, Waiting, patient } = globalThis.barographReaching;

function made() {
  const server = { up: true, asked: 0, sent: [] };
  let now = 0;
  const waiting = new Waiting();
  const probe = async () => {
    server.asked += 1;
    return server.up;
  };
  const reach = new Reach({ probe, told: () => reach.away || waiting.release(), now: () => now });
  const send = async (resource) => {
    if (!server.up) throw new TypeError("Failed to fetch");
    server.sent.push(resource);
    return new Response("{}");
  };
  return { server, reach, fetch: patient(send, reach, waiting), pass: (ms) => (now += ms) };
}

const callback = (output) => ["/_dash-update-component", { body: JSON.stringify({ output }) }];
const settle = () => new Promise((done) => setImmediate(done));

test("what was heard a moment ago is believed, and asked about before anything later", async () => {
  const { server, fetch, pass } = made();
  await fetch("/data/walk");
  assert.equal(server.asked, 0);
  pass(5_000);
  await fetch("/data/walk");
  assert.equal(server.asked, 1);
});

test("while nobody answers nothing is sent, and it is asked again more and more seldom", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { server, reach, fetch, pass } = made();
  server.up = false;
  pass(5_000);
  await assert.rejects(fetch("/data/walk"), TypeError);
  assert.ok(reach.away);
  const waits = [];
  for (let i = 0; i < 8; i++) {
    waits.push(reach.retryAt - 5_000 - waits.reduce((a, b) => a + b, 0));
    pass(waits.at(-1));
    mock.timers.tick(waits.at(-1));
    await settle();
    await assert.rejects(fetch("/data/walk"), TypeError);
  }
  assert.deepEqual(waits, [500, 1000, 2000, 4000, 8000, 15000, 15000, 15000]);
  assert.equal(server.sent.length, 0);
  mock.timers.reset();
});

test("of callbacks the newest of each kind waits until it is back, the others are told that nothing changed", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { server, reach, fetch, pass } = made();
  server.up = false;
  pass(5_000);
  const answers = ["list.children", "list.children", "head.children"].map((output) => fetch(...callback(output)));
  await settle();
  assert.equal((await answers[0]).status, 204);
  assert.equal(server.sent.length, 0);
  server.up = true;
  await reach.ask();
  assert.deepEqual(await Promise.all(answers.slice(1).map(async (answer) => (await answer).status)), [200, 200]);
  assert.equal(server.sent.length, 2);
  mock.timers.reset();
});

test("a callback that breaks off is sent again", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { server, reach, fetch } = made();
  server.up = false;
  const answer = fetch(...callback("list.children")); // believed, and lost on its way
  await settle();
  assert.ok(reach.away);
  server.up = true;
  await reach.ask();
  assert.equal((await answer).status, 200);
  mock.timers.reset();
});
