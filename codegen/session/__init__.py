"""The typing session: one model, many requests, and what is known between them. It knows no LSP."""
