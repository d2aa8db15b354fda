"""A language server that answers what a test tells it: other texts and ranges than a model's.

    python answering.py FILE

FILE is a JSON object that is read anew for each request:

encoding   of the positions
items      each {"text", "before", "after"}: so many units around the cursor are replaced
delay      seconds until the answer
say        messages that are sent before it
"""

import json
import sys
import threading
import time
from pathlib import Path


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
                status = {"busy": False, "kind": "Normal", "state": "ready", "message": "a test"}
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
        script, at = self.script, params["position"]
        items = [
            {
                "insertText": one["text"],
                "range": {
                    "start": {**at, "character": at["character"] - one.get("before", 0)},
                    "end": {**at, "character": at["character"] + one.get("after", 0)},
                },
                "command": {
                    "title": "Accepted",
                    "command": "codegen.didAcceptCompletionItem",
                    "arguments": [{"uri": params["textDocument"]["uri"], "number": number}],
                },
            }
            for number, one in enumerate(script["items"])
        ]
        # As the server does: one candidate where nobody has asked for more.
        if params["context"]["triggerKind"] == 2:
            items = items[:1]

        for message in script["say"]:
            self.send(**message)

        def later():
            time.sleep(script["delay"])
            self.send(id=asked, result={"items": items} if items else None)

        threading.Thread(target=later, daemon=True).start()


if __name__ == "__main__":
    Connection(sys.argv[1]).serve()
