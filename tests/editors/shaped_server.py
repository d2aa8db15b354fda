"""A language server that answers what a test tells it: shapes that a model seldom gives.

    python shaped_server.py FILE

FILE is a JSON object that is read anew for each request:

encoding   of the positions
items      what is answered; `around`: [before, after] in one stands for the range of so many
           units around the cursor, unless it has a range
delay      seconds until the answer
say        messages that are sent before it
"""

import json
import sys
import threading
from pathlib import Path

INVOKED = 1


class Connection:
    def __init__(self, script):
        self._script = Path(script)
        self._writing = threading.Lock()

    @property
    def script(self):
        return json.loads(self._script.read_text(encoding="utf-8"))

    def send(self, **message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        with self._writing:
            sys.stdout.buffer.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
            sys.stdout.buffer.flush()

    def receive(self):
        length = None
        while (line := sys.stdin.buffer.readline()) not in (b"\r\n", b""):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        return None if length is None else json.loads(sys.stdin.buffer.read(length))

    def serve(self):
        while (message := self.receive()) is not None:
            method, asked = message.get("method"), message.get("id")
            if method == "initialize":
                self.send(id=asked, result={"capabilities": self.capabilities()})
            elif method == "initialized":
                status = {"busy": False, "kind": "Normal", "state": "ready", "message": "shaped"}
                self.send(method="didChangeStatus", params=status)
            elif method == "textDocument/inlineCompletion":
                self.answer(asked, message["params"])
            elif method == "exit":
                return
            elif method is not None and asked is not None:
                self.send(id=asked, result=None)

    def capabilities(self):
        return {
            "positionEncoding": self.script["encoding"],
            "textDocumentSync": {"openClose": True, "change": 2},
            "executeCommandProvider": {"commands": ["codegen.didAcceptCompletionItem"]},
            "inlineCompletionProvider": True,
        }

    def answer(self, asked, params):
        script = self.script
        items = [placed(one, params["position"]) for one in script["items"]]
        # As the server does: one candidate where nobody has asked for more.
        if params["context"]["triggerKind"] != INVOKED:
            items = items[:1]
        for message in script["say"]:
            self.send(**message)
        reply = {"id": asked, "result": {"items": items}}
        later = threading.Timer(script["delay"], self.send, kwargs=reply)
        later.daemon = True
        # Without a delay in the order of the questions.
        (later.start if script["delay"] else later.run)()


def placed(item, at):
    before, after = item.pop("around", (None, None))
    if before is None or "range" in item:
        return item
    start, end = ({**at, "character": at["character"] + units} for units in (-before, after))
    return {**item, "range": {"start": start, "end": end}}


if __name__ == "__main__":
    Connection(sys.argv[1]).serve()
