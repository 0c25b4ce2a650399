"""A program that uses python-socketio as its documentation shows: by long-polling, or by WebSocket.

    python backend.py URL WORKOUT TRANSPORT    TRANSPORT: "polling" or "websocket"

It speaks with its test as frontend.cjs does, line by line.
"""

import base64
import json
import os
import sys
import threading

import socketio

url, workout, transport = sys.argv[1:]
EVENTS = ("session_joined", "frame_processed", "session_ended", "ack", "nack", "pong", "error")
client = socketio.Client(reconnection_delay=0.05, reconnection_delay_max=0.2)
lock = threading.Lock()


def tell(event, payload):
    with lock:
        print(json.dumps({"event": event, "payload": payload}), flush=True)


@client.event
def connect():
    tell("connect", {"transport": client.transport()})
    client.emit("join_session", {"workout_id": workout})


@client.event
def disconnect(reason):
    tell("disconnect", {"reason": reason})


@client.event
def connect_error(told):
    tell("connect_error", told)


for each in EVENTS:
    client.on(each, lambda payload, each=each: tell(each, payload))

token = os.environ.get("TOKEN_OF_A_TEST")
auth = None if token is None else {"token": token}
client.connect(url, auth=auth, transports=[transport], retry=token is None)
for line in sys.stdin:
    event, payload, *asked = json.loads(line)
    if "data" in payload:
        payload["data"] = base64.b64decode(payload["data"])
    told = (lambda result, id_=asked[0]: tell("receipt", {"id": id_, "result": result})) if asked else None
    client.emit(event, payload, callback=told)
client.disconnect()
