"""A language server whose suggestions have the shape that a test wants.

    python shaped_server.py FILE

FILE holds a JSON object: `encoding` is that of positions, `items` is the answer to every request
for inline completion, and `says` are notifications that are sent before it. Items without a range
get an empty one at the cursor. The file is read again for each request.
"""

import json
import sys
from pathlib import Path


def read():
    length = 0
    while (line := sys.stdin.buffer.readline()) not in (b"\r\n", b""):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    return json.loads(sys.stdin.buffer.read(length)) if length else None


def write(**message):
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    sys.stdout.buffer.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
    sys.stdout.buffer.flush()


def main():
    while message := read():
        shape = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
        params, result = message.get("params"), None
        match message.get("method"):
            case "initialize":
                result = {"capabilities": {"positionEncoding": shape["encoding"]}}
            case "initialized":
                write(method="didChangeStatus", params={"state": "ready"})
            case "textDocument/inlineCompletion":
                for method, said in shape["says"]:
                    write(method=method, params=said)
                here = {"start": params["position"], "end": params["position"]}
                result = {"items": [{"range": here, **item} for item in shape["items"]]}
            case "exit":
                return
        if "id" in message and "method" in message:
            write(id=message["id"], result=result)


if __name__ == "__main__":
    main()
