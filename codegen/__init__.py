"""codegen: code completion that runs on its user's own machine.

The packages below follow one completion from top to bottom: `document` (text and cursor),
`context` (what the model may see), `prompt` (tokens in the family's own format), `engine`
(tokens in, tokens out), `postprocess` (text to suggestion). `complete` shows all of them in
order. docs/architecture.md is the map.
"""

import os

# ONNX Runtime's own telemetry begins when it is imported: it writes an event of the machine and
# the process into ~/.cache/Microsoft, and looks for its maker's server. Its function that switches
# that off comes too late, so that nothing here may import it before this.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

__version__ = "0.1.0.dev0"
