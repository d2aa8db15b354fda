"""codegen: code completion that runs on its user's own machine.

The packages below follow one completion from top to bottom: `document` (text and cursor),
`context` (what the model may see), `prompt` (tokens in the family's own format), `engine`
(tokens in, tokens out), `postprocess` (text to suggestion). `complete` shows all of them in
order. docs/architecture.md is the map.
"""

__version__ = "0.1.0.dev0"
