"""A language server that answers what a file says, for shapes that a model seldom gives.

    python shaped_server.py ITEMS CAPABILITIES

ITEMS is read at each request: a JSON list of the items that are answered, whatever was typed.
CAPABILITIES is a JSON object that is laid over the server's own.
"""

import json
import sys
from pathlib import Path


def send(message):
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    sys.stdout.buffer.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
    sys.stdout.buffer.flush()


def receive():
    length = 0
    while line := sys.stdin.buffer.readline():
        if line == b"\r\n":
            return json.loads(sys.stdin.buffer.read(length))
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    return None


def main():
    items, capabilities = Path(sys.argv[1]), json.loads(sys.argv[2])
    while (message := receive()) is not None:
        method, answer = message.get("method"), None
        if method == "initialize":
            offered = {
                "positionEncoding": "utf-8",
                "textDocumentSync": 2,
                "inlineCompletionProvider": {},
            }
            answer = {"capabilities": {**offered, **capabilities}}
        elif method == "initialized":
            status = {"busy": False, "kind": "Normal", "state": "ready", "message": "shaped"}
            send({"method": "didChangeStatus", "params": status})
        elif method == "textDocument/inlineCompletion":
            answer = {"items": json.loads(items.read_text(encoding="utf-8"))}
        elif method == "exit":
            return
        if "id" in message and method:
            send({"id": message["id"], "result": answer})


if __name__ == "__main__":
    main()
