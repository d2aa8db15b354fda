"""A language server that computes nothing, run as a script: what it does is on its command line.

Its ghost text comes from the model at places where it is asked for the first time, after as many
deadlines as `deadlines=N` says, and else from the cache; `refuses=1` gives none. `silent=N` leaves
that request for ghost text without an answer, `twice=N` answers it two times, and `dies=N` ends
there with code 3. `state=missing` has no model.
"""

import json
import sys

ITEMS = {"items": [{"insertText": "x"}]}
USAGE = {
    "prompt_tokens": 100,
    "cached_tokens": 90,
    "prefill_seconds": 0.1,
    "decode_seconds": 0.42,
    "decoded_tokens": 6,
}


class Server:
    def __init__(self, options):
        self.state = options.pop("state", "ready")
        self.options = {key: int(value) for key, value in options.items()}
        self.known = set()
        self.asked = self.deadlines = 0
        self.versions = {}
        self.said = None

    def serve(self):
        while (message := read()) is not None and message["method"] != "exit":
            name = message["method"].rpartition("/")[2]
            handle = getattr(self, f"on_{name}", lambda _message: {"result": None})
            answer = handle(message)
            if "id" in message and answer is not None:
                send({"id": message["id"], **answer})

    def on_initialized(self, _message):
        # What its editor has nothing to say to is answered nevertheless.
        send({"id": "s1", "method": "client/registerCapability", "params": {}})
        answer = read()
        assert (answer["id"], answer["result"]) == ("s1", None)
        for state in ("loading", self.state):
            status = {"state": state, "message": f"tiny is {state}"}
            send({"method": "didChangeStatus", "params": status})

    def on_didOpen(self, message):  # noqa: N802 - the protocol's name
        document = message["params"]["textDocument"]
        self.versions[document["uri"]] = document["version"]

    def on_didChange(self, message):  # noqa: N802 - as above
        document = message["params"]["textDocument"]
        self.versions[document["uri"]] += 1
        assert document["version"] == self.versions[document["uri"]]

    def on_explain(self, _message):
        return {"result": self.said}

    def on_inlineCompletion(self, message):  # noqa: N802 - as above
        self.asked += 1
        if self.asked == self.options.get("dies"):
            print("out of order", file=sys.stderr)
            sys.exit(3)
        if self.asked == self.options.get("silent"):
            return None
        if self.asked == self.options.get("twice"):
            send({"id": message["id"], "result": None})
        shown = self.suggest(json.dumps(message["params"]["position"]))
        return {"result": ITEMS if shown else None}

    def suggest(self, place):
        if self.options.get("refuses"):
            return self.explain("none", "inside-word")
        if place in self.known:
            return self.explain("cache", None)
        if self.deadlines < self.options.get("deadlines", 0):
            self.deadlines += 1
            return self.explain("none", "deadline")
        late, self.deadlines = self.deadlines, 0
        self.known.add(place)
        return self.explain("joined" if late else "model", None, USAGE)

    def explain(self, source, reason, usage=None):
        seconds = {"debounce": 0.06, "total": 0.1}
        self.said = {"source": source, "reason": reason, "seconds": seconds, "usage": usage or {}}
        return reason is None


def read():
    length = None
    while line := sys.stdin.buffer.readline().strip():
        length = int(line.partition(b":")[2])
    return None if length is None else json.loads(sys.stdin.buffer.read(length))


def send(message):
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    sys.stdout.buffer.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    Server(dict(word.split("=") for word in sys.argv[1:])).serve()
